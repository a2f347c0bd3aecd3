#include <blockspin/bounds/bracket.hpp>

#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/open_bounds.hpp>
#include <blockspin/bounds/operator_ledger.hpp>
#include <blockspin/bounds/row_state.hpp>
#include <blockspin/bounds/simple_bounds.hpp>
#include <blockspin/flow/kadanoff_groups.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <tuple>

namespace blockspin::bounds {

namespace {

using flow::Side;
using lattice::Lattice;

/// What a nominal core does in a second: numbers moved by a LayerTransfer, operations of dense linear algebra.
constexpr double moves_per_second = 4e8, products_per_second = 1e10;

constexpr const char* any_sign = "couplings of any sign";
constexpr const char* ferromagnet = "K ≥ 0; K < 0 without field by exchange of sublattices";

using Candidates = std::vector<Candidate>;

bool is_hypercubic(Lattice lattice) {
    return lattice == Lattice::chain || lattice == Lattice::square || lattice == Lattice::cubic ||
           lattice == Lattice::hypercubic;
}

/// (K, h) with K ≥ 0 and the same f on a bipartite lattice, if there is one: K < 0 with a field has a staggered one.
std::optional<std::pair<double, double>> ferromagnetic(const Interactions& i) {
    if (i.nn < 0.0 && i.field != 0.0) return std::nullopt;
    return std::pair(std::abs(i.nn), std::abs(i.field));
}

/// Foreseen work of the Perron root of a transfer matrix on a ring of this circumference.
double seconds_of(int sites, int spares, int moves, int circumference) {
    return (12.0 + 2.0 * circumference) * 2.0 * moves * std::ldexp(1.0, sites + spares) / moves_per_second;
}

/// Foreseen work of one truncation of a tensor bound: about 1000 products of χ² × χ² matrices, their Gram matrices, and
/// Krylov spaces whose vectors are multiplied by χ × χ matrices, at a tenth of the rate.
double seconds_of_level(const LedgerShape& shape) {
    const double size = std::pow(shape.bond, 4);
    return 0.21 * (2000.0 * std::pow(shape.bond, 6) + 2e6 * size + 1500.0 * shape.states * shape.bond * size) /
           products_per_second;
}

/// Foreseen memory of that: a Krylov space of six states, two with spares, and what goes between them.
double bytes_of(int sites, int spares) { return 8.0 * (10.0 + 2.0 * (1 << spares)) * std::ldexp(1.0, sites); }

/// Foreseen memory of a tensor bound: 256 products of χ² × χ² matrices and what they are compressed to, the Gram
/// matrices of 48² others, half of them even, and a strip of those, and in each of four sectors of χ⁴/4 components the
/// Krylov vectors, their images, and the same turned to Ritz vectors.
double bytes_of_level(const LedgerShape& shape) {
    constexpr double products = 48 * 48;
    return 8.0 * (std::pow(shape.bond, 4) * (320 + 4.0 * shape.states) +
                  products * (0.75 * products + 8.0 * std::pow(shape.bond, 2)));
}

/// f ≤ ln ρ(L)/(spins of a ring), and from the ring that is smaller by `step` spins,
/// f ≥ [ln ρ(L) − ln ρ(L − step)]/step.
struct Ring {
    std::string detail;
    int circumference = 0, step = 0; ///< no step: no bound from below
    int spins_per_unit = 1;          ///< spins that one application adds for each spin of the circumference
    std::function<LayerTransfer(int)> transfer;
    std::string holds;
};

std::vector<Entry> evaluate(const Ring& ring) {
    const PerronRoot root = perron_root(ring.transfer(ring.circumference));
    const double spins = ring.circumference * ring.spins_per_unit;
    std::vector<Entry> entries{{Side::high, "cylinder", ring.detail, ring.holds, root.high / spins}};
    if (ring.step > 0 && ring.circumference > ring.step) {
        const PerronRoot less = perron_root(ring.transfer(ring.circumference - ring.step));
        entries.push_back({Side::low, "cylinder", fmt::format("{}, slope", ring.detail), ring.holds,
                           (root.low - less.high) / (ring.step * ring.spins_per_unit)});
    }
    return entries;
}

void add_ring(Candidates& list, Ring ring, int sites, int spares, int moves) {
    list.push_back({"cylinder", seconds_of(sites, spares, moves, ring.circumference),
                    [ring = std::move(ring)] { return evaluate(ring); }, bytes_of(sites, spares)});
}

/// Cylinders of the hypercubic lattices with layers along (1, 1, 0, …).
void add_diagonal_cylinders(Candidates& list, const Interactions& i) {
    const double K = i.nn, h = i.field;
    if (i.geometry.lattice() == Lattice::square) {
        for (const int L : {4, 8, 12, 16, 20, 22})
            add_ring(list,
                     {fmt::format("diagonal ring of {}", L), L, 1, 1,
                      [=](int n) { return diagonal_cylinder(n, {}, K, h); }, any_sign},
                     L, 1, L);
        return;
    }
    const bool cubic = i.geometry.lattice() == Lattice::cubic;
    for (const auto& [L, rings] :
         cubic ? std::vector<std::pair<int, std::vector<int>>>{{2, {4}}, {3, {4}}, {4, {4}}, {3, {6}}, {4, {6}}}
               : std::vector<std::pair<int, std::vector<int>>>{
                     {2, {2, 2}}, {3, {2, 2}}, {4, {2, 2}}, {5, {2, 2}}, {3, {4, 2}}}) {
        const int stacked = std::accumulate(rings.begin(), rings.end(), 1, std::multiplies<>());
        add_ring(list,
                 {fmt::format("(110) ring of {} x {}", L, fmt::join(rings, " x ")), L, 0, stacked,
                  [=, rings = rings](int n) { return diagonal_cylinder(n, rings, K, h); }, any_sign},
                 L * stacked, 1, L * stacked);
    }
}

void add_cylinders(Candidates& list, const Interactions& i) {
    const double K = i.nn, h = i.field;
    const Lattice lattice = i.geometry.lattice();
    if (lattice == Lattice::square && i.nnn != 0.0) {
        const SquareCouplings couplings{.ring = K, .axis = K, .diagonal = i.nnn, .field = h};
        for (const int L : {4, 6, 8, 10, 12, 14, 16})
            add_ring(list,
                     {fmt::format("straight ring of {}", L), L, 2, 1,
                      [=](int n) { return straight_cylinder(n, couplings); }, any_sign},
                     L, 3, 2 * L);
    } else if (!i.is_simple()) {
        return;
    } else if (lattice == Lattice::triangular) {
        for (const int L : {4, 8, 12, 16, 20})
            add_ring(list,
                     {fmt::format("zigzag ring of {}", L), L, 2, 1, [=](int n) { return triangular_cylinder(n, K, h); },
                      any_sign},
                     L, 0, L);
    } else if (lattice == Lattice::honeycomb) {
        // A sublattice turned over makes K positive and the field staggered.
        const double odd = K < 0.0 ? -h : h;
        for (const int L : {4, 8, 12, 16, 20})
            add_ring(list,
                     {fmt::format("ring of {}", L), L, 2, 2,
                      [=](int n) { return honeycomb_cylinder(n, std::abs(K), h, odd); }, any_sign},
                     L, 0, 2 * L);
    } else if (lattice != Lattice::chain) {
        add_diagonal_cylinders(list, i);
    }
}

void add_columns(Candidates& list, const Interactions& i) {
    if (!i.is_simple() || !is_hypercubic(i.geometry.lattice())) return;
    if (i.geometry.lattice() == Lattice::chain) {
        list.push_back({"columns", 1e-6, [K = i.nn, h = i.field] {
                            const PerronRoot root = perron_root(open_column({}, K, {h}));
                            return std::vector<Entry>{{Side::low, "columns", "the chain itself", any_sign, root.low},
                                                      {Side::high, "columns", "the chain itself", any_sign, root.high}};
                        }});
        return;
    }
    const auto positive = ferromagnetic(i);
    if (!positive) return;
    const int d = i.geometry.dimension();
    for (const auto& extents : d == 2   ? std::vector<std::vector<int>>{{4}, {8}, {12}}
                               : d == 3 ? std::vector<std::vector<int>>{{2, 2}, {3, 3}, {4, 3}}
                                        : std::vector<std::vector<int>>{{2, 2, 1}, {2, 2, 2}, {3, 2, 2}}) {
        const int sites = std::accumulate(extents.begin(), extents.end(), 1, std::multiplies<>());
        list.push_back({"columns", 30 * seconds_of(sites, 0, sites, 4),
                        [=, K = positive->first, h = positive->second] {
                            return std::vector<Entry>{{Side::low, "columns",
                                                       fmt::format("{} wide", fmt::join(extents, " x ")), ferromagnet,
                                                       column_bound(extents, K, h).value}};
                        },
                        bytes_of(sites, 0)});
    }
}

/// Foreseen work of a row state of that many layers.
double seconds_of_row_state(int layers, int chi, int steps) {
    return (15.0 * steps * std::pow(chi << layers, 3) + 15.0 * std::pow(chi, 6)) / products_per_second;
}

/// Foreseen memory: the corner that grew, thrice, and the χ² × χ² matrix of its norm, four times.
double bytes_of_row_state(int layers, int chi) {
    return 8.0 * (3.0 * std::pow(chi << layers, 2) + 4.0 * std::pow(chi, 4));
}

void add_slabs(Candidates& list, const Interactions& i) {
    if (!i.is_simple() || i.geometry.lattice() != Lattice::cubic) return;
    if (const auto positive = ferromagnetic(i)) {
        const auto search = [](int layers) {
            return 64 * seconds_of_row_state(2, 4, 50) +
                   (layers > 2 ? 10 * seconds_of_row_state(std::min(layers, 4), 4, 80) : 0.0);
        };
        for (const auto& [layers, chi] : {std::pair{2, 4}, {3, 8}, {4, 8}, {4, 16}, {5, 8}, {5, 16}, {6, 16}})
            list.push_back({"slab", search(layers) + seconds_of_row_state(layers, chi, stack_steps / 2),
                            [=, n = layers, chi = chi, K = positive->first, h = positive->second] {
                                return std::vector<Entry>{{Side::low, "slab",
                                                           fmt::format("{} layers, matrix product with χ = {}", n, chi),
                                                           ferromagnet, stack_bound(n, chi, K, h).value}};
                            },
                            bytes_of_row_state(layers, chi)});
        return;
    }
    for (const auto& [layers, L] : {std::pair{2, 4}, {2, 6}, {3, 4}, {2, 8}, {3, 5}, {3, 6}, {2, 10}, {3, 7}}) {
        const double search = 52 * seconds_of(4 * layers, 1, 4 * layers, 4);
        list.push_back({"slab", search + 1.2 * seconds_of((L + 1) * layers, 1, (L + 1) * layers, L),
                        [=, n = layers, L = L, K = i.nn, h = i.field] {
                            return std::vector<Entry>{
                                {Side::low, "slab", fmt::format("{} layers, diagonal rings of {} and {}", n, L, L + 1),
                                 any_sign, slab_bound(n, L, K, h).value}};
                        },
                        bytes_of((L + 1) * layers, 1)});
    }
}

void add_square_methods(Candidates& list, const Interactions& i) {
    const auto positive = ferromagnetic(i);
    if (!i.is_simple() || i.geometry.lattice() != Lattice::square) return;
    if (positive) {
        const auto [K, h] = *positive;
        for (const int chi : {2, 4, 8, 12, 16, 24, 32}) {
            const double seconds = seconds_of_row_state(1, chi, 400 * chi);
            list.push_back({"row-state", seconds,
                            [=, K = K, h = h] {
                                return std::vector<Entry>{{Side::low, "row-state",
                                                           fmt::format("matrix product, χ = {}", chi), ferromagnet,
                                                           row_state_bound({.layers = {{K, K, h}}}, chi).value}};
                            },
                            bytes_of_row_state(1, chi)});
        }
        if (h == 0.0) {
            for (const auto& [width, height, seconds] : {std::tuple{2, 2, 0.01}, {2, 4, 0.05}, {4, 4, 4.0}})
                list.push_back({"kadanoff", seconds, [=, K = K, width = width, height = height] {
                                    const double value =
                                        flow::optimal_group_bound(flow::SpinGroup(width, height), K).bound.value;
                                    return std::vector<Entry>{
                                        {Side::high, "kadanoff",
                                         fmt::format("groups of {} x {}, all steps optimised together", width, height),
                                         "no field; any sign", value}};
                                }});
        }
    }
    for (const LedgerShape& shape : {LedgerShape{.levels = 4, .bond = 8, .states = 40},
                                     {.levels = 6, .bond = 10, .states = 40},
                                     {.levels = 6, .bond = 12, .states = 40},
                                     {.levels = 7, .bond = 14, .states = 120},
                                     {.levels = 7, .bond = 20, .states = 210}}) {
        const double seconds = (shape.levels - 3) * seconds_of_level(shape);
        list.push_back({"tensor", seconds,
                        [shape, K = i.nn, h = i.field] {
                            const LedgerBound bound = operator_ledger_bound(K, h, shape);
                            return std::vector<Entry>{{Side::high, "tensor",
                                                       fmt::format("ring of {}, {} layers, χ = {}", bound.ring,
                                                                   1 << bound.levels, shape.bond),
                                                       any_sign, bound.value}};
                        },
                        bytes_of_level(shape)});
    }
}

void add_simple(Candidates& list, const Interactions& i) {
    list.push_back(
        {"mean-field", 1e-3, [i] {
             return std::vector<Entry>{{Side::low, "mean-field", "independent spins", any_sign, mean_field_bound(i)}};
         }});
    const int d = i.geometry.dimension();
    for (const auto& extents : d == 1   ? std::vector<std::vector<int>>{{4}, {10}, {16}}
                               : d == 2 ? std::vector<std::vector<int>>{{2, 2}, {4, 4}}
                               : d == 3 ? std::vector<std::vector<int>>{{2, 2, 2}, {4, 2, 2}, {3, 3, 2}}
                                        : std::vector<std::vector<int>>{{2, 2, 2, 2}}) {
        const int sites = std::accumulate(extents.begin(), extents.end(), 1, std::multiplies<>());
        const double moves = 2.0 * sites * std::ldexp(1.0, sites) / moves_per_second;
        const std::string shape = fmt::format("{} spins", fmt::join(extents, " x "));
        list.push_back({"block", 10.0 * moves, [=] {
                            return std::vector<Entry>{{Side::high, "block", shape, any_sign, block_bound(i, extents)}};
                        }});
        const double trials = (block_state_steps + 2) << i.geometry.colours();
        list.push_back({"mean-field", 2e-3 + 2.0 * trials * moves, [=] {
                            return std::vector<Entry>{{Side::low, "mean-field",
                                                       fmt::format("independent blocks of {}", shape), any_sign,
                                                       block_state_bound(i, extents)}};
                        }});
    }
}

/// Kadanoff's bound for all terms that fit on a unit hypercube, shared by the hypercubes that have them in common.
void add_shared_terms(Candidates& list, const Interactions& i) {
    const int d = i.geometry.dimension();
    if (!is_hypercubic(i.geometry.lattice()) || i.terms.empty()) return;
    for (const auto& [op, K] : i.terms)
        for (const lattice::Coordinates& site : op.sites())
            for (const lattice::Coordinates& other : op.sites())
                for (int axis = 0; axis < d; ++axis)
                    if (std::abs(site[axis] - other[axis]) > 1) return;
    constexpr double seconds[] = {0.005, 0.01, 0.1, 20.0}; // by dimension
    list.push_back({"kadanoff", seconds[d - 1], [i, d] {
                        const auto classes =
                            std::make_shared<const flow::SpinClasses>(flow::SpinClasses::hypercubic(d));
                        std::map<std::string, double> couplings;
                        for (const auto& [op, K] : i.terms) couplings[op.name()] += K;
                        const flow::Start start =
                            flow::terms_shared(*classes, model::Hamiltonian(i.geometry.lattice(), couplings));
                        const double value = flow::optimal_bound(classes, start, std::max(4, 24 / d)).bound.value;
                        return std::vector<Entry>{{Side::high, "kadanoff",
                                                   fmt::format("terms shared by {}, p optimised step by step together",
                                                               d == 1   ? "bonds"
                                                               : d == 2 ? "squares"
                                                                        : "hypercubes"),
                                                   any_sign, value + 1e-12 * (1.0 + std::abs(value))}};
                    }});
}

} // namespace

std::vector<Candidate> candidates(const Interactions& interactions, const std::vector<std::string>& methods) {
    Candidates list;
    add_simple(list, interactions);
    add_shared_terms(list, interactions);
    add_columns(list, interactions);
    add_cylinders(list, interactions);
    add_slabs(list, interactions);
    add_square_methods(list, interactions);
    if (!methods.empty())
        std::erase_if(list,
                      [&](const Candidate& each) { return std::ranges::find(methods, each.method) == methods.end(); });
    std::ranges::stable_sort(list, {}, &Candidate::seconds);
    return list;
}

std::string refusal(const Interactions& interactions, const std::string& method) {
    if (!candidates(interactions, {method}).empty()) return "";
    if (method == "row-state" || method == "tensor" || method == "slab") {
        return fmt::format("{} gives no bound here: it is for nearest neighbours on the {} lattice{}", method,
                           method == "slab" ? "cubic" : "square",
                           method == "row-state" ? ", with K ≥ 0 or without field" : " and a field");
    }
    return fmt::format("{} gives no bound here: it knows {}", method,
                       method == "columns"    ? "hypercubic lattices with nearest neighbours, K ≥ 0 or no field"
                       : method == "kadanoff" ? "hypercubic lattices and terms that fit on a unit hypercube"
                                              : "nearest neighbours and a field on every lattice but the chain, and "
                                                "next-nearest ones on the square lattice");
}

} // namespace blockspin::bounds
