#include <blockspin/sampling/state_update.hpp>

#include "coloured_rows.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/couplings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace blockspin::sampling {

namespace {

/// Largest table of a point, in words: half a megabyte.
constexpr std::int64_t largest_table = 1 << 16;

/// With larger couplings the state that a single bond disfavours has a probability below 2^-64, and a product of as
/// many factors as a site has neighbours could vanish.
constexpr double largest_coupling = 80.0;

std::size_t byte(std::int8_t value) { return static_cast<std::uint8_t>(value); }

StencilModel nearest_neighbours(const lattice::Geometry& geometry) {
    const std::vector<std::string> names{"nn"};
    return {geometry, model::OperatorBasis::from_names(geometry.lattice(), names)};
}

double bond_exponent(const model::SpinKind& kind, const model::Point& point, std::int8_t spin, std::int8_t neighbour) {
    double sum = 0.0;
    for (const auto& [name, coupling] : point.couplings) sum += coupling * kind.of_bond(name, spin, neighbour);
    return sum;
}

double site_exponent(const model::SpinKind& kind, const model::Point& point, std::int8_t spin) {
    double sum = 0.0;
    for (const auto& [name, coupling] : point.couplings) sum += coupling * kind.of_site(name, spin);
    return sum;
}

/// What a draw from a table needs.
struct Table {
    const std::int32_t* weights; ///< of a neighbour in the index, by its byte
    const std::uint64_t* thresholds;
    std::span<const std::ptrdiff_t> distances; ///< to the neighbours
    std::int64_t per_old_state;                ///< entries
    std::size_t width;                         ///< thresholds of an entry
    Spin lowest;                               ///< of the states, which follow each other
};

/// New states of the sites of a row with so many neighbours, and of so many thresholds where that is not 0. Copies,
/// since a byte that is stored may be any object for all that the compiler knows.
template <std::size_t neighbours, std::size_t fixed_width>
void draw(const Table& table, const ColouredRow& row, std::span<const std::uint64_t> words) {
    std::array<std::ptrdiff_t, neighbours> distances;
    std::ranges::copy_n(table.distances.begin(), neighbours, distances.begin());
    const auto [weights, thresholds, all, per_old_state, some_width, lowest] = table;
    const std::size_t width = fixed_width == 0 ? some_width : fixed_width;
    const std::ptrdiff_t stride = row.stride;
    Spin* spin = row.updated;
    for (const std::uint64_t word : words) {
        std::int64_t index = per_old_state * (*spin - lowest);
        for (const std::ptrdiff_t distance : distances) index += weights[byte(spin[distance])];
        const std::uint64_t* const entry = thresholds + index * static_cast<std::int64_t>(width);
        int state = 0;
        for (std::size_t k = 0; k < width; ++k) state += static_cast<int>(word >= entry[k]);
        *spin = static_cast<Spin>(lowest + state);
        spin += stride;
    }
}

template <std::size_t neighbours>
void draw(const Table& table, const ColouredRow& row, std::span<const std::uint64_t> words) {
    switch (table.width) {
    case 2:
        return draw<neighbours, 2>(table, row, words);
    case 3:
        return draw<neighbours, 3>(table, row, words);
    default:
        return draw<neighbours, 0>(table, row, words);
    }
}

/// The exponentials of some exponents over the largest of them.
void exponentiate(std::span<double> exponents) {
    const double largest = std::ranges::max(exponents);
    for (double& each : exponents) each = std::exp(each - largest);
}

} // namespace

void StateUpdate::check(const lattice::Geometry& geometry, const model::SpinKind& kind,
                        const std::vector<model::Point>& points) {
    nearest_neighbours(geometry);
    for (const model::Point& point : points) {
        for (const auto& [name, coupling] : point.couplings) {
            if (std::abs(coupling) <= largest_coupling) continue;
            throw core::InputError(fmt::format("[model] couplings.{}: at most {} in size for {}, not {}", name,
                                               largest_coupling, kind.text(), coupling));
        }
    }
}

StateUpdate::StateUpdate(const Replicas& replicas, const model::SpinKind& kind, const std::vector<model::Point>& points,
                         std::int64_t chains, Dynamics dynamics, const rng::Key& key)
    : key_(key), kind_(kind), dynamics_(dynamics), chains_(chains), neighbours_(replicas.geometry().coordination()),
      colouring_(replicas.geometry(), nearest_neighbours(replicas.geometry()).reach()) {
    const lattice::Geometry& geometry = replicas.geometry();
    check(geometry, kind, points);
    core::ensure(kind.value(1) == kind.value(0) + 1, "the bytes of the states follow each other");
    const lattice::Field<Spin> field(lattice::layout(replicas.decomposition(), replicas.ghosts()));
    for (int sublattice = 0; sublattice < geometry.sublattices(); ++sublattice) {
        for (const lattice::Coordinates& offset : geometry.neighbour_offsets(sublattice)) {
            std::ptrdiff_t distance = 0;
            for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
            distances_.at(sublattice).push_back(distance);
        }
    }
    find_digits(geometry);
    for (const model::Point& point : points) rules_.push_back(rule(point));
}

/// How many neighbours are in each state are the digits of an index in base neighbours + 1. One state needs none: where
/// no neighbour is missing, its number follows from the others'.
void StateUpdate::find_digits(const lattice::Geometry& geometry) {
    bool complete = true;
    for (int d = 0; d < geometry.dimension(); ++d) complete = complete && geometry.is_periodic(d);
    const int counted = complete ? kind_.states() - 1 : kind_.states();
    rest_ = complete ? kind_.value(counted) : std::int8_t{0};
    std::int64_t size = 1;
    for (int state = 0; state < counted; ++state) {
        counted_.push_back(kind_.value(state));
        weight_[byte(kind_.value(state))] = static_cast<std::int32_t>(size);
        size *= neighbours_ + 1;
        if (size * kind_.states() * kind_.states() > largest_table) return;
    }
    entries_ = size;
}

StateUpdate::Rule StateUpdate::rule(const model::Point& point) const {
    Rule rule;
    const auto states = static_cast<std::size_t>(kind_.states());
    for (int state = 0; state < kind_.states(); ++state) {
        rule.site.push_back(site_exponent(kind_, point, kind_.value(state)));
    }
    if (entries_ > 0) {
        tabulate(rule, point);
        return rule;
    }
    exponentiate(rule.site);
    rule.factor.resize(256 * states, 1.0);
    for (int neighbour = 0; neighbour < kind_.states(); ++neighbour) {
        const std::span<double> factors = std::span(rule.factor).subspan(byte(kind_.value(neighbour)) * states, states);
        for (int state = 0; state < kind_.states(); ++state) {
            factors[static_cast<std::size_t>(state)] =
                bond_exponent(kind_, point, kind_.value(state), kind_.value(neighbour));
        }
        exponentiate(factors);
    }
    return rule;
}

void StateUpdate::tabulate(Rule& rule, const model::Point& point) const {
    const int old_states = dynamics_ == Dynamics::metropolis ? kind_.states() : 1;
    std::vector<double> weights(rule.site.size());
    for (int old = 0; old < old_states; ++old) {
        for (std::int64_t index = 0; index < entries_; ++index) {
            std::ranges::copy(rule.site, weights.begin());
            const auto add = [&](std::int8_t neighbour, std::int64_t count) {
                for (int state = 0; state < kind_.states(); ++state) {
                    weights[static_cast<std::size_t>(state)] +=
                        static_cast<double>(count) * bond_exponent(kind_, point, kind_.value(state), neighbour);
                }
            };
            std::int64_t digits = index, rest = neighbours_;
            for (const std::int8_t neighbour : counted_) {
                const std::int64_t count = digits % (neighbours_ + 1);
                add(neighbour, count);
                rest -= count;
                digits /= neighbours_ + 1;
            }
            add(rest_, rest);
            exponentiate(weights);
            cumulate(weights, old);
            for (std::size_t k = 0; k + 1 < weights.size(); ++k) {
                rule.thresholds.push_back(probability_threshold(weights[k]));
            }
        }
    }
}

void StateUpdate::cumulate(std::span<double> weights, int old_state) const {
    double sum = 0.0;
    if (dynamics_ == Dynamics::heat_bath) {
        for (double& each : weights) each = sum += each;
        for (double& each : weights) each /= sum;
        return;
    }
    const auto old = static_cast<std::size_t>(old_state);
    const double old_weight = weights[old], others = static_cast<double>(weights.size() - 1);
    double leaves = 0.0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
        weights[k] = k == old ? 0.0 : weights[k] >= old_weight ? 1.0 / others : weights[k] / old_weight / others;
        leaves += weights[k];
    }
    weights[old] = std::max(0.0, 1.0 - leaves);
    for (double& each : weights) each = sum += each;
}

void StateUpdate::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const {
    const bool is_heat_bath = dynamics_ == Dynamics::heat_bath;
    const rng::Purpose purpose = is_heat_bath ? rng::Purpose::heat_bath : rng::Purpose::metropolis;
    sweep_colours(replicas, colouring_, timers, is_heat_bath ? "heat bath" : "metropolis",
                  [&](const lattice::Box& box, int colour) {
                      for_each_coloured_row(replicas, colouring_, box, colour, step, purpose,
                                            [&](const ColouredRow& row) { update_row(row); });
                  });
}

void StateUpdate::update_row(const ColouredRow& row) const {
    thread_local std::vector<std::uint64_t> words;
    words.resize(static_cast<std::size_t>(row.count));
    rng::fill_words(key_, row.address, words, row.first_number);
    const Rule& rule = rules_[static_cast<std::size_t>(row.slot / chains_)];
    if (entries_ > 0)
        draw_from_table(row, words, rule);
    else
        draw_from_weights(row, words, rule);
}

void StateUpdate::draw_from_table(const ColouredRow& row, std::span<const std::uint64_t> words,
                                  const Rule& rule) const {
    const Table table{.weights = weight_.data(),
                      .thresholds = rule.thresholds.data(),
                      .distances = distances_.at(row.sublattice),
                      .per_old_state = dynamics_ == Dynamics::metropolis ? entries_ : 0,
                      .width = static_cast<std::size_t>(kind_.states() - 1),
                      .lowest = kind_.value(0)};
    switch (table.distances.size()) {
    case 2:
        return draw<2>(table, row, words);
    case 3:
        return draw<3>(table, row, words);
    case 4:
        return draw<4>(table, row, words);
    case 6:
        return draw<6>(table, row, words);
    default:
        return draw<8>(table, row, words);
    }
}

void StateUpdate::draw_from_weights(const ColouredRow& row, std::span<const std::uint64_t> words,
                                    const Rule& rule) const {
    const std::size_t states = rule.site.size();
    std::array<double, model::SpinKind::most_states> buffer;
    const std::span<double> weights = std::span(buffer).first(states);
    const Spin lowest = kind_.value(0);
    const std::span<const std::ptrdiff_t> distances = distances_.at(row.sublattice);
    Spin* spin = row.updated;
    for (const std::uint64_t word : words) {
        std::ranges::copy(rule.site, weights.begin());
        for (const std::ptrdiff_t distance : distances) {
            const double* const factors = &rule.factor[byte(spin[distance]) * states];
            for (std::size_t k = 0; k < states; ++k) weights[k] *= factors[k];
        }
        cumulate(weights, *spin - lowest);
        const double uniform = static_cast<double>(word >> 11) * 0x1p-53;
        int state = 0;
        for (std::size_t k = 0; k + 1 < states; ++k) state += static_cast<int>(uniform >= weights[k]);
        *spin = static_cast<Spin>(lowest + state);
        spin += row.stride;
    }
}

} // namespace blockspin::sampling
