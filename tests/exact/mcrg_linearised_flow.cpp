#include "mcrg_support.hpp"
#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/io/publish.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/mcrg/variational.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <map>

using namespace blockspin;
using lattice::Lattice;
using model::Operator;

namespace {

using Couplings = std::vector<double>;

std::vector<std::int64_t> sums(const std::vector<Operator>& operators, const lattice::Geometry& geometry,
                               const std::vector<std::int8_t>& spins) {
    std::vector<std::int64_t> result;
    for (const Operator& op : operators) result.push_back(model::sum(op, geometry, spins));
    return result;
}

double weight(const Couplings& couplings, const std::vector<std::int64_t>& sums) {
    double exponent = 0;
    for (std::size_t a = 0; a < sums.size(); ++a) exponent += couplings[a] * static_cast<double>(sums[a]);
    return std::exp(exponent);
}

// One dimension: decimation of a ring, which is exact on a ring of any size: tanh K' = tanh^b K.

mcrg::Correlators decimated_ring(int sites, int factor, double coupling, const std::vector<std::string>& names) {
    const lattice::Geometry fine(Lattice::chain, {sites}), coarse(Lattice::chain, {sites / factor});
    std::vector<Operator> operators;
    for (const std::string& name : names) operators.push_back(Operator::from_name(Lattice::chain, name));
    const Operator nn = Operator::from_name(Lattice::chain, "nn");
    support::WeightedPairs pairs(static_cast<int>(names.size()));
    for (std::uint32_t number = 0; number < 1U << sites; ++number) {
        const auto spins = support::configuration(number, sites);
        std::vector<std::int8_t> blocks;
        for (int site = 0; site < sites; site += factor) blocks.push_back(spins[site]);
        pairs.add(weight({coupling}, sums({nn}, fine, spins)), sums(operators, fine, spins),
                  sums(operators, coarse, blocks));
    }
    return pairs.correlators();
}

double decimated(double coupling, int factor) { return std::atanh(std::pow(std::tanh(coupling), factor)); }

double decimation_slope(double coupling, int factor) {
    const double u = std::tanh(coupling);
    return factor * std::pow(u, factor - 1) * (1 - u * u) / (1 - std::pow(u, 2 * factor));
}

// Two dimensions: 4 x 4 sites in blocks of 2 x 2 by the majority. The five operators and a constant span all functions
// of four block spins that have the symmetry of the square, so that the renormalised couplings are exact.

const std::vector<std::string> names{"nn", "nnn", "plaquette", "field", "(0,0)(1,0)(0,1)"};

struct Square {
    lattice::Geometry fine{Lattice::square, {4, 4}}, coarse{Lattice::square, {2, 2}};
    std::vector<Operator> operators;
    std::vector<std::vector<std::int64_t>> fine_sums, coarse_sums; ///< [configuration][operator]
    std::vector<std::vector<double>> probability;                  ///< P(μ|σ) as [σ][μ]

    explicit Square(const mcrg::Rule& rule = coarsen::Majority(2)) {
        for (const std::string& name : names) operators.push_back(Operator::from_name(Lattice::square, name));
        const coarsen::Blocks blocks(2, fine.extents(), 2);
        for (std::uint32_t mu = 0; mu < 16; ++mu) {
            coarse_sums.push_back(sums(operators, coarse, support::configuration(mu, 4)));
        }
        for (std::uint32_t sigma = 0; sigma < 65536; ++sigma) {
            const auto spins = support::configuration(sigma, 16);
            fine_sums.push_back(sums(operators, fine, spins));
            std::vector<double>& row = probability.emplace_back();
            for (std::uint32_t mu = 0; mu < 16; ++mu) {
                const auto coarse_spins = support::configuration(mu, 4);
                row.push_back(std::exp(std::visit(
                    [&](const auto& kind) { return log_probability(kind, blocks, coarse_spins, spins); }, rule)));
            }
        }
    }

    /// P'(μ), not normalised.
    std::vector<double> coarse_weights(const Couplings& couplings) const {
        std::vector<double> weights(16);
        for (std::size_t sigma = 0; sigma < 65536; ++sigma) {
            const double w = weight(couplings, fine_sums[sigma]);
            for (std::size_t mu = 0; mu < 16; ++mu) weights[mu] += w * probability[sigma][mu];
        }
        return weights;
    }

    /// K' of ln P'(μ) = K'_0 + Σ K'_a S_a(μ).
    Couplings renormalised(const Couplings& couplings) const {
        const auto weights = coarse_weights(couplings);
        linalg::Matrix<double> equations(16, 6), values(16, 1);
        for (int mu = 0; mu < 16; ++mu) {
            for (int a = 0; a < 5; ++a) equations(mu, a) = static_cast<double>(coarse_sums[mu][a]);
            equations(mu, 5) = 1;
            values(mu, 0) = std::log(weights[mu]);
        }
        const auto solution = linalg::least_squares(equations, values);
        BOOST_TEST(solution.rank == 6);
        return {solution.x.data(), solution.x.data() + 5};
    }

    /// Correlators of operators first … first + count − 1.
    mcrg::Correlators correlators(const Couplings& couplings, std::size_t first, std::size_t count) const {
        support::WeightedPairs pairs(static_cast<int>(count));
        const auto part = [&](const std::vector<std::int64_t>& all) { return std::span(all).subspan(first, count); };
        for (std::size_t sigma = 0; sigma < 65536; ++sigma) {
            const double w = weight(couplings, fine_sums[sigma]);
            for (std::size_t mu = 0; mu < 16; ++mu) {
                if (probability[sigma][mu] == 0) continue;
                pairs.add(w * probability[sigma][mu], part(fine_sums[sigma]), part(coarse_sums[mu]));
            }
        }
        return pairs.correlators();
    }
};

const Square& square() {
    static const Square instance;
    return instance;
}

const Couplings critical{0.5 * std::log(1 + std::sqrt(2.0)), 0, 0, 0, 0};

/// Independent configurations of the 4 x 4 lattice.
mcrg::Configurations drawn(const Couplings& couplings, std::int64_t rows, std::int64_t replicas) {
    std::vector<double> cumulated;
    for (double total = 0; const auto& sums : square().fine_sums) cumulated.push_back(total += weight(couplings, sums));
    const auto read = [=](std::int64_t first, std::int64_t count) {
        std::vector<std::uint8_t> bytes;
        for (std::int64_t i = first * replicas; i < (first + count) * replicas; ++i) {
            const double u = rng::uniform(rng::Key(1979), {.place = i}) * cumulated.back();
            const auto sigma = std::ranges::upper_bound(cumulated, u) - cumulated.begin();
            bytes.push_back(static_cast<std::uint8_t>(sigma & 255));
            bytes.push_back(static_cast<std::uint8_t>(sigma >> 8));
        }
        return bytes;
    };
    return {rows, replicas, read};
}

/// The rows of a flow run to its end.
std::vector<io::Row> rows(const mcrg::Task& task, const mcrg::Configurations& configurations) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::BlockFlow flow(support::world(), task, configurations, folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    return flow.results();
}

/// Compares rows with exact values by quantity; all errors must be below `largest_error`.
void check(const std::vector<io::Row>& rows, const std::map<std::string, double>& exact, double largest_error) {
    BOOST_TEST(rows.size() == exact.size());
    for (const io::Row& row : rows) {
        const double deviation = row.value - exact.at(row.quantity);
        // The second eigenvalue is small, and its logarithm the less certain for it.
        const bool is_leading = row.quantity[0] == 'y';
        BOOST_TEST(*row.error < (is_leading ? 1 : 20) * largest_error, row.quantity << " has error " << *row.error);
        BOOST_TEST(std::abs(deviation) < stats::family_wise_sigma(rows.size()) * *row.error,
                   row.quantity << ": " << row.value << " ± " << *row.error << ", exactly " << exact.at(row.quantity));
    }
}

/// n spins on a ring, drawn independently of each other: bonds are drawn until an even number is broken.
std::vector<std::int8_t> ring_of(int sites, double coupling, std::int64_t number) {
    const double unbroken = 0.5 * (1 + std::tanh(coupling));
    for (std::int32_t attempt = 0;; ++attempt) {
        std::vector<std::int8_t> spins{1};
        const auto uniform = [&](std::int64_t place) {
            return rng::uniform(rng::Key(1925), {.chain = attempt, .step = number, .place = place});
        };
        if (uniform(0) < 0.5) spins[0] = -1;
        for (int site = 1; site <= sites; ++site) {
            spins.push_back(static_cast<std::int8_t>(uniform(site) < unbroken ? spins.back() : -spins.back()));
        }
        if (spins.back() != spins.front()) continue;
        spins.pop_back();
        return spins;
    }
}

/// What a variational flow has published: values and errors in turn.
struct Variational {
    std::vector<double> couplings, slopes; ///< [step][operator][2], [step][operator][operator][2]
    std::vector<io::Row> rows;
};

Variational variational(const mcrg::VariationalTask& task) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::Variational flow(support::world(), task, folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    io::publish(support::world(), folder / "found.h5", [&](io::Writer& writer) { flow.publish(writer); });
    const io::Reader reader = io::open_sealed(support::world(), folder / "found.h5");
    return {reader.array<double>("couplings"), reader.array<double>("slopes"), flow.results()};
}

/// One of `comparisons` numbers that share a false-alarm rate of 1e-3.
void compare(const double* found, double exact, std::size_t comparisons, double largest_error,
             const std::string& what) {
    BOOST_TEST(found[1] < largest_error, what << " has error " << found[1]);
    BOOST_TEST(std::abs(found[0] - exact) < stats::family_wise_sigma(comparisons) * found[1],
               what << ": " << found[0] << " ± " << found[1] << ", exactly " << exact);
}

} // namespace

BOOST_AUTO_TEST_CASE(decimation_of_a_ring_has_its_exact_slopes_to_1e_12) {
    for (const double coupling : {0.3, 1.0}) {
        for (const int factor : {2, 3}) {
            const auto even = decimated_ring(12, factor, coupling, {"nn", "nnn"});
            const auto one = mcrg::linearised_flow(even, 1), two = mcrg::linearised_flow(even, 2);
            const double slope = decimation_slope(coupling, factor);
            BOOST_TEST(std::abs(one(0, 0) - slope) < 1e-12);
            BOOST_TEST(std::abs(two(0, 0) - slope) < 1e-11);
            BOOST_TEST(std::abs(two(1, 0)) < 1e-11); // nn does not make nnn
        }
        const auto odd = mcrg::linearised_flow(decimated_ring(12, 2, coupling, {"h"}), 1);
        BOOST_TEST(std::abs(odd(0, 0) - (1 + std::tanh(2 * coupling))) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(the_linearised_majority_rule_is_the_derivative_of_exact_couplings_to_1e_8) {
    for (const double coupling : {0.2, critical[0]}) {
        const Couplings at{coupling, 0.02, -0.01, 0, 0};
        const auto even = mcrg::linearised_flow(square().correlators(at, 0, 3), 3);
        const auto odd = mcrg::linearised_flow(square().correlators(at, 3, 2), 2);
        for (int b = 0; b < 5; ++b) {
            const auto moved = [&](double by) {
                Couplings couplings = at;
                couplings[b] += by;
                return square().renormalised(couplings);
            };
            constexpr double h = 2e-4;
            const auto far_above = moved(2 * h), above = moved(h), below = moved(-h), far_below = moved(-2 * h);
            for (int a = 0; a < 5; ++a) {
                const double slope = (8 * (above[a] - below[a]) - (far_above[a] - far_below[a])) / (12 * h);
                const double expected = a < 3 && b < 3 ? even(a, b) : a >= 3 && b >= 3 ? odd(a - 3, b - 3) : 0;
                BOOST_TEST(std::abs(slope - expected) < 1e-8, a << ", " << b << ": " << slope << ", " << expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_flow_of_independent_configurations_agrees_with_enumeration) {
    std::map<std::string, double> exact;
    for (int n = 1; n <= 3; ++n) {
        const auto quantity = [n](std::string name) {
            return name + ", step 1, " + std::to_string(n) + (n == 1 ? " operator" : " operators");
        };
        const auto y = [n](const mcrg::Correlators& correlators) {
            return std::log2(mcrg::eigenvalues(mcrg::linearised_flow(correlators, n)).front().real());
        };
        exact[quantity("y_T")] = y(square().correlators(critical, 0, 3));
        if (n < 3) exact[quantity("y_H")] = y(square().correlators(critical, 3, 2));
        if (n < 2) continue;
        const auto even = mcrg::eigenvalues(mcrg::linearised_flow(square().correlators(critical, 0, 3), n));
        exact[quantity("omega")] = -std::log2(std::abs(even[1]));
    }
    mcrg::Task task{
        .geometry = square().fine, .points = {{"nn = Kc", {{"nn", critical[0]}}}}, .parameters = {}, .seed = 1};
    task.parameters.steps = 1;
    const auto found = rows(task, drawn(critical, 20000, 2));
    check(found, exact, 0.02);
    for (const io::Row& row : found) {
        BOOST_TEST((row.section == "block" && row.point == "nn = Kc" && row.kind == io::Kind::sampled));
        BOOST_TEST((row.note.empty() || row.quantity[0] == 'o'));
    }
}

BOOST_AUTO_TEST_CASE(the_decimated_flow_of_a_ring_agrees_with_its_exact_recursion_at_every_step) {
    constexpr int sites = 32;
    const double coupling = 1.0;
    const auto read = [=](std::int64_t first, std::int64_t count) {
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * sites / 8);
        for (std::int64_t row = 0; row < count; ++row) {
            const auto spins = ring_of(sites, coupling, first + row);
            for (int site = 0; site < sites; ++site) {
                if (spins[site] > 0) bytes[row * sites / 8 + site / 8] |= static_cast<std::uint8_t>(1 << site % 8);
            }
        }
        return bytes;
    };
    mcrg::Task task{
        .geometry = {Lattice::chain, {sites}}, .points = {{"", {{"nn", coupling}}}}, .parameters = {}, .seed = 1};
    task.parameters = {.rule = "decimation", .steps = 3, .even = {{"nn"}}, .odd = {{"field"}}};
    std::map<std::string, double> exact;
    double flowing = coupling;
    for (int step = 1; step <= 3; ++step, flowing = decimated(flowing, 2)) {
        const std::string suffix = ", step " + std::to_string(step) + ", 1 operator";
        exact["y_T" + suffix] = std::log2(decimation_slope(flowing, 2));
        exact["y_H" + suffix] = std::log2(1 + std::tanh(2 * flowing));
    }
    check(rows(task, {20000, 1, read}), exact, 0.05);
}

BOOST_AUTO_TEST_CASE(the_couplings_of_block_spins_agree_with_the_exact_sum) {
    const Couplings at{critical[0], 0.02, -0.01, 0, 0};
    const Couplings exact = square().renormalised(at);
    mcrg::Task task{.geometry = square().fine, .points = {{"nn = Kc", {{"nn", at[0]}}}}, .parameters = {}, .seed = 1};
    task.parameters.steps = 1;
    task.parameters.couplings = {names.begin(), names.begin() + 3};
    process::Timers timers;
    mcrg::CouplingFlow flow(support::world(), task, drawn(at, 20000, 2), timers);
    while (!flow.done()) flow.step();
    const auto rows = flow.results();
    BOOST_TEST(rows.size() == 3u);
    for (std::size_t a = 0; a < rows.size(); ++a) {
        BOOST_TEST(rows[a].quantity == "K(" + names[a] + "), step 1");
        BOOST_TEST(*rows[a].error < 0.006);
        BOOST_TEST(std::abs(rows[a].value - exact[a]) < stats::family_wise_sigma(3) * *rows[a].error,
                   rows[a].quantity << ": " << rows[a].value << " ± " << *rows[a].error << ", exactly " << exact[a]);
    }
}

BOOST_AUTO_TEST_CASE(callen_couplings_that_are_not_bounded_are_not_reported) {
    // All spins up, but for one configuration in a hundred at the second point, whose spins are random.
    const auto read = [](std::int64_t first, std::int64_t count) {
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count) * 4, 255);
        for (std::int64_t row = 0; row < count; ++row) {
            if ((first + row) % 10 != 0) continue;
            const std::uint64_t word = rng::word64(rng::Key(3), {.place = first + row});
            bytes[row * 4 + 2] = static_cast<std::uint8_t>(word);
            bytes[row * 4 + 3] = static_cast<std::uint8_t>(word >> 8);
        }
        return bytes;
    };
    mcrg::Task task{.geometry = square().fine,
                    .points = {{"cold", {{"nn", 2.0}}}, {"warm", {{"nn", 0.5}}}},
                    .parameters = {},
                    .seed = 1};
    task.parameters.steps = 1;
    task.parameters.couplings = {"nn"};
    process::Timers timers;
    mcrg::CouplingFlow flow(support::world(), task, {1000, 2, read}, timers);
    while (!flow.done()) flow.step();
    const auto rows = flow.results();
    BOOST_TEST(flow.couplings() == 2u);
    BOOST_TEST_REQUIRE(rows.size() == 1u);
    BOOST_TEST((rows[0].point == "warm" && *rows[0].error > 0));
}

BOOST_AUTO_TEST_CASE(the_variational_couplings_and_slopes_of_every_rule_agree_with_the_exact_sum) {
    const Couplings at{critical[0], 0.02, -0.01, 0, 0};
    struct Case {
        mcrg::Rule rule;
        mcrg::VariationalParameters parameters;
    };
    const Case cases[] = {{coarsen::Majority(2), {}},
                          {coarsen::Majority(2, coarsen::Tie::first_spin), {.ties = "fixed"}},
                          {coarsen::KadanoffT(2, 0.6), {.rule = "kadanoff", .p = {0.6}}},
                          {coarsen::Decimation(2), {.rule = "decimation"}}};
    constexpr std::size_t comparisons = 4 * 16;
    for (const auto& [rule, parameters] : cases) {
        const Square exact(rule);
        mcrg::VariationalTask task{.geometry = exact.fine,
                                   .points = {{"", {{"nn", at[0]}, {"nnn", at[1]}, {"plaquette", at[2]}}}},
                                   .parameters = parameters,
                                   .seed = 2017};
        task.parameters.steps = 1;
        task.parameters.even = {names.begin(), names.begin() + 3};
        task.parameters.odd = {names.begin() + 3, names.end()};
        task.parameters.sweeps = 4000;
        const auto found = variational(task);
        const std::string of = parameters.rule + "/" + parameters.ties + " ";
        const Couplings couplings = exact.renormalised(at);
        for (std::size_t a = 0; a < 3; ++a) {
            compare(&found.couplings[2 * a], couplings[a], comparisons, 0.005, of + names[a]);
        }
        const auto even = mcrg::linearised_flow(exact.correlators(at, 0, 3), 3);
        const auto odd = mcrg::linearised_flow(exact.correlators(at, 3, 2), 2);
        for (int a = 0; a < 5; ++a) {
            for (int b = 0; b < 5; ++b) {
                if ((a < 3) != (b < 3)) continue;
                const double slope = a < 3 ? even(a, b) : odd(a - 3, b - 3);
                compare(&found.slopes[static_cast<std::size_t>(5 * a + b) * 2], slope, comparisons, 0.15,
                        of + "d" + names[a] + "/d" + names[b]);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_variational_couplings_after_two_steps_agree_with_the_exact_sum) {
    // A ring of 8 sites, its 4 and then 2 block spins: ln P(++) / P(+-) = 4 K'', since both bonds of 2 sites are alike.
    const coarsen::KadanoffT rule(2, 0.7);
    const lattice::Geometry ring(Lattice::chain, {8});
    const coarsen::Blocks fine(1, {8, 1, 1, 1}, 2), coarse(1, {4, 1, 1, 1}, 2);
    const auto exact = [&](double coupling) {
        double weights[2] = {}; // of unlike and like block spins
        for (std::uint32_t sigma = 0; sigma < 256; ++sigma) {
            const auto spins = support::configuration(sigma, 8);
            const double w = weight({coupling}, sums({Operator::from_name(Lattice::chain, "nn")}, ring, spins));
            for (std::uint32_t mu = 0; mu < 16; ++mu) {
                const auto blocks = support::configuration(mu, 4);
                const double p = std::exp(log_probability(rule, fine, blocks, spins));
                for (std::uint32_t nu : {1U, 3U}) {
                    weights[nu / 2] +=
                        w * p * std::exp(log_probability(rule, coarse, support::configuration(nu, 2), blocks));
                }
            }
        }
        return 0.25 * std::log(weights[1] / weights[0]);
    };
    const double coupling = 1.0, h = 1e-4;
    const auto found = variational(
        {.geometry = ring,
         .points = {{"", {{"nn", coupling}}}},
         .parameters = {.rule = "kadanoff", .p = {0.7}, .steps = 2, .even = {{"nn"}}, .odd = {{"h"}}, .sweeps = 10000},
         .seed = 2017});
    compare(&found.couplings[2], exact(coupling), 2, 0.003, "K''");
    compare(&found.slopes[8], (exact(coupling + h) - exact(coupling - h)) / (2 * h), 2, 0.02, "dK''/dK");
    BOOST_TEST(found.rows.front().quantity == "K(nn), step 1");
}
