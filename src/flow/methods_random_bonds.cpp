#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/random_bonds.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace blockspin::flow {

namespace {

constexpr int largest_exact = 16; ///< spins of a sample that is enumerated
constexpr int rule_steps = 8;

enum Quantity { level, spin, rows, exact, tree, mean_field, quantities };
using Bounds = std::array<double, quantities>;

/// One sample: bonds of K times a random sign, or times a normal number, and the same field on all spins.
RandomBonds sample(const FlowParameters& parameters, std::uint64_t seed, int number, const model::Point& point) {
    const int size = parameters.size.value_or(8);
    RandomBonds bonds{size, size, {}, {}, {}};
    const double K = point.coupling("nn"), h = point.coupling("field");
    if (h != 0.0) bonds.field.assign(static_cast<std::size_t>(bonds.sites()), h);
    const rng::Key key(seed);
    const bool is_normal = parameters.disorder.value_or("plus-minus") == "gaussian";
    for (int site = 0; site < bonds.sites(); ++site) {
        const auto [right, up] = rng::normal(key, {rng::Purpose::random_bond, number, 0, site, 0});
        bonds.right.push_back(is_normal ? K * right : std::copysign(K, right));
        bonds.up.push_back(is_normal ? K * up : std::copysign(K, up));
    }
    return bonds;
}

/// ln Z by a sum over all configurations.
double enumerated(const RandomBonds& bonds) {
    std::vector<double> exponents;
    for (std::uint32_t mask = 0; mask < 1u << bonds.sites(); ++mask) {
        const auto spin_at = [&](int x, int y) {
            return (mask >> (y % bonds.height * bonds.width + x % bonds.width) & 1u) != 0 ? -1.0 : 1.0;
        };
        double sum = 0.0;
        for (int y = 0; y < bonds.height; ++y)
            for (int x = 0; x < bonds.width; ++x) {
                const int site = y * bonds.width + x;
                sum += spin_at(x, y) * (bonds.right[site] * spin_at(x + 1, y) + bonds.up[site] * spin_at(x, y + 1) +
                                        (bonds.field.empty() ? 0.0 : bonds.field[site]));
            }
        exponents.push_back(sum);
    }
    const double largest = std::ranges::max(exponents);
    double sum = 0.0;
    for (const double x : exponents) sum += std::exp(x - largest);
    return largest + std::log(sum);
}

/// All bounds on ln Z per site of one sample; not a number where one does not apply. Collective.
Bounds bounds_of(const RandomBonds& bonds, const mpi::Communicator& comm) {
    Bounds result;
    result.fill(std::numeric_limits<double>::quiet_NaN());
    result[level] = best_random_bond_bound(bonds, RuleSharing::level, rule_steps, comm).log_z;
    result[spin] = best_random_bond_bound(bonds, RuleSharing::spin, rule_steps, comm).log_z;
    if (bonds.height >= 4 && bonds.width <= 8) result[rows] = row_hoelder_bound(bonds);
    if (bonds.sites() <= largest_exact) result[exact] = enumerated(bonds);
    result[tree] = spanning_tree_bound(bonds);
    result[mean_field] = mean_field_bound(bonds, 0.5);
    for (double& bound : result) bound /= bonds.sites();
    return result;
}

/// The bounds of every sample in their order. The ranks share the samples or, if those are fewer, the branches of each
/// one's bound. Collective.
std::vector<double> all_bounds(const mpi::Communicator& comm, const FlowParameters& parameters, std::uint64_t seed,
                               int samples, const model::Point& point) {
    const bool together = samples < comm.size();
    const auto first = [&](int rank) { return together ? 0 : samples * rank / comm.size(); };
    const int end = together ? samples : first(comm.rank() + 1);
    const mpi::Communicator self = mpi::Communicator::self();
    std::vector<double> mine;
    mpi::collectively(comm, [&] {
        for (int number = first(comm.rank()); number < end; ++number) {
            const Bounds bounds = bounds_of(sample(parameters, seed, number, point), together ? comm : self);
            mine.insert(mine.end(), bounds.begin(), bounds.end());
        }
    });
    return together ? mine : mpi::all_gather_joined<double>(comm, mine);
}

void add_rows(Report& report, const model::Point& point, std::span<const double> bounds, int samples) {
    constexpr std::array<const char*, quantities> names{
        "f at most (kadanoff, p per level)", "f at most (kadanoff, p per spin)",
        "f at most (rows, Hoelder)",         "f (enumerated)",
        "f at least (spanning tree)",        "f at least (mean field)"};
    for (int q = 0; q < quantities; ++q) {
        double sum = 0.0;
        for (int number = 0; number < samples; ++number)
            sum += bounds[static_cast<std::size_t>(number) * quantities + q];
        if (std::isnan(sum)) continue;
        report.rows.push_back(exact_row(point.label, fmt::format("{} ({})", names[q], report.name),
                                        q == exact ? io::Kind::exact : io::Kind::bound, sum / samples,
                                        fmt::format("mean of {} samples, ln Z per site of each torus", samples)));
    }
}

Report report_random_bonds(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const int samples = parameters.samples.value_or(8);
    Report report{
        .name = fmt::format("{0} x {0}, {1}", parameters.size.value_or(8), parameters.disorder.value_or("plus-minus"))};
    for (const model::Point& point : setting.points)
        add_rows(report, point, all_bounds(comm, parameters, setting.seed, samples, point), samples);
    return report;
}

} // namespace

Method random_bonds_method() { return {"random-bonds", {"size", "disorder", "samples"}, {}, report_random_bonds}; }

} // namespace blockspin::flow
