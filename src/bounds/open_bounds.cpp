#include <blockspin/bounds/open_bounds.hpp>

#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/row_state.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/onsager.hpp>

#include "search.hpp"

#include <algorithm>
#include <cmath>

namespace blockspin::bounds {

namespace {

/// Number of bonds of each site of a box that lead out of it.
std::vector<int> cut_bonds(const std::vector<int>& extents) {
    int sites = 1;
    for (const int extent : extents) sites *= extent;
    std::vector<int> cut(static_cast<std::size_t>(sites), 0);
    int below = 1;
    for (const int extent : extents) {
        for (int site = 0; site < sites; ++site) {
            const int at = site / below % extent;
            cut[static_cast<std::size_t>(site)] += (at == 0 ? 1 : 0) + (at + 1 == extent ? 1 : 0);
        }
        below *= extent;
    }
    return cut;
}

/// ⟨v|v⟩ of a square layer, per site, at most.
double ln_norm(double g, double b) {
    const double exact =
        g != 0.0 ? model::onsager(g).free_energy : std::abs(b) + std::log1p(std::exp(-2 * std::abs(b)));
    return exact + 1e-12 * (1.0 + std::abs(exact));
}

} // namespace

OpenBound column_bound(const std::vector<int>& extents, double K, double h) {
    if (K < 0.0 && !extents.empty()) throw core::InputError("independent columns give a bound for K ≥ 0 only");
    const std::vector<int> cut = cut_bonds(extents);
    const auto sites = static_cast<double>(cut.size());
    double bonds = 0.0; // per column; each cut bond has two ends
    for (const int count : cut) bonds += 0.5 * count;
    OpenBound result;
    const auto bound = [&](double phi) {
        std::vector<double> fields;
        for (const int count : cut) fields.push_back(h + K * count * phi);
        const PerronRoot root = perron_root(open_column(extents, K, fields));
        result.operations += root.operations;
        return (root.low - K * bonds * phi * phi) / sites;
    };
    // Between 0 and 1 in the direction of the field: any φ gives a bound.
    const double sign = h < 0.0 ? -1.0 : 1.0;
    const double phi = bonds == 0.0 ? 0.0 : maximum([&](double x) { return bound(sign * x); }, 0.0, 1.0, 24);
    result.value = std::max(bound(sign * phi), bound(0.0));
    return result;
}

OpenBound slab_bound(int layers, int diagonal, double K, double h) {
    const bool even = h == 0.0 && K >= 0.0;
    OpenBound result;
    const auto bound = [&](double x, int ring) {
        const double g = even ? x : 0.0, b = even ? 0.0 : x;
        const SlabCouplings couplings{
            .inner = K, .outer = 0.5 * (K + g), .inner_field = h, .outer_field = 0.5 * (h + b)};
        const PerronRoot more = perron_root(slab_cylinder(ring + 1, layers, couplings));
        const PerronRoot less = perron_root(slab_cylinder(ring, layers, couplings));
        result.operations += more.operations + less.operations;
        return (more.low - less.high - ln_norm(g, b)) / (layers - 1);
    };
    const double reach = even ? 2.0 * K : std::abs(h) + 6.0 * std::abs(K);
    const double x =
        maximum([&](double at) { return bound(at, std::min(diagonal, 3)); }, even ? 0.0 : -reach, reach, 24);
    result.value = bound(x, diagonal);
    return result;
}

OpenBound stack_bound(int layers, int chi, double K, double h) {
    if (!(K >= 0.0 && h >= 0.0) || layers < 2)
        throw core::InputError("a stack of layers gives a bound for K ≥ 0 and h ≥ 0, from two layers on");
    OpenBound result;
    const auto bound = [&](double g, double b, int thickness, int states) {
        SquareLayers stack{.layers = std::vector<SquareLayers::Layer>(static_cast<std::size_t>(thickness), {K, K, h}),
                           .between = K};
        stack.layers.front() = stack.layers.back() = {0.5 * (K + g), 0.5 * (K + g), 0.5 * (h + b)};
        const RowStateBound row = row_state_bound(stack, states, stack_steps);
        result.operations += row.operations;
        return (row.value - ln_norm(g, b)) / (thickness - 1);
    };
    // The best v changes little with the thickness: it is searched for in two layers, then close to that in up to four.
    const double g = maximum([&](double x) { return bound(x, 0.0, 2, 4); }, 0.0, 2.0 * K, 16);
    const double b = maximum([&](double x) { return bound(0.0, x, 2, 4); }, 0.0, h + 6.0 * K, 16);
    const bool pairs = bound(g, 0.0, 2, 4) >= bound(0.0, b, 2, 4);
    const auto along = [&](double x, int thickness, int states) {
        return pairs ? bound(x, 0.0, thickness, states) : bound(0.0, x, thickness, states);
    };
    const double start = pairs ? g : b;
    const double x = layers == 2 ? start
                                 : maximum([&](double at) { return along(at, std::min(layers, 4), 4); }, 0.9 * start,
                                           1.1 * start, 8);
    result.value = along(x, layers, chi);
    return result;
}

} // namespace blockspin::bounds
