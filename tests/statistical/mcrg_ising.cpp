#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/mcrg/variational.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

using namespace blockspin;

namespace {

const double critical_coupling = 0.5 * std::log(1 + std::sqrt(2.0));

/// A square periodic lattice at its critical point under Wolff's cluster update (Phys. Rev. Lett. 62 (1989) 361).
class Wolff {
  public:
    Wolff(int width, std::uint64_t seed)
        : width_(width), spins_(static_cast<std::size_t>(width * width), 1), engine_(seed) {}

    /// A fixed number of clusters: to stop at a number of flipped spins would bias the measurements.
    void update(int clusters) {
        for (int i = 0; i < clusters; ++i) flip_cluster();
    }
    void append(std::vector<std::uint8_t>& bytes) const {
        for (std::size_t i = 0; i < spins_.size(); i += 8) {
            int byte = 0;
            for (std::size_t bit = 0; bit < 8; ++bit) byte |= (spins_[i + bit] > 0 ? 1 : 0) << bit;
            bytes.push_back(static_cast<std::uint8_t>(byte));
        }
    }

  private:
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    void flip_cluster() {
        const double joins = 1 - std::exp(-2 * critical_coupling);
        std::vector<int> fresh{static_cast<int>(uniform() * static_cast<double>(spins_.size()))};
        const std::int8_t sign = spins_[fresh.back()];
        spins_[fresh.back()] = static_cast<std::int8_t>(-sign);
        while (!fresh.empty()) {
            const int x = fresh.back() % width_, y = fresh.back() / width_;
            fresh.pop_back();
            for (const int site : {(x + 1) % width_ + y * width_, (x + width_ - 1) % width_ + y * width_,
                                   x + (y + 1) % width_ * width_, x + (y + width_ - 1) % width_ * width_}) {
                if (spins_[site] != sign || uniform() >= joins) continue;
                spins_[site] = static_cast<std::int8_t>(-sign);
                fresh.push_back(site);
            }
        }
    }

    int width_;
    std::vector<std::int8_t> spins_;
    std::mt19937_64 engine_;
};

/// Exponents by quantity and their covariance, on the root rank.
struct Found {
    std::vector<io::Row> rows;
    std::vector<double> covariance;

    std::size_t position(const std::string& quantity) const {
        return static_cast<std::size_t>(std::ranges::find(rows, quantity, &io::Row::quantity) - rows.begin());
    }
    stats::Estimate at(const std::string& quantity) const {
        const io::Row& row = rows.at(position(quantity));
        return {row.value, *row.error, *row.tau_int, *row.n_eff};
    }
};

constexpr std::int64_t replicas = 2;

/// Configurations of two chains that are a number of clusters apart.
mcrg::Configurations sampled(int width, std::int64_t rows, int clusters) {
    const auto stored = std::make_shared<std::vector<std::uint8_t>>();
    std::vector<Wolff> chains{{width, 1982}, {width, 1984}};
    for (Wolff& chain : chains) chain.update(40 * clusters);
    for (std::int64_t row = 0; row < rows; ++row) {
        for (Wolff& chain : chains) {
            chain.update(clusters);
            chain.append(*stored);
        }
    }
    const auto read = [stored, width](std::int64_t first, std::int64_t count) {
        const auto row = static_cast<std::ptrdiff_t>(replicas * width * width / 8);
        return std::vector<std::uint8_t>(stored->begin() + first * row, stored->begin() + (first + count) * row);
    };
    return {rows, replicas, read};
}

Found measured(int width, std::int64_t steps, std::int64_t rows, int clusters) {
    const mcrg::Task task{.geometry = {lattice::Lattice::square, {width, width}},
                          .points = {{"", {{"nn", critical_coupling}}}},
                          .parameters = {.steps = steps},
                          .seed = 1979};
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::BlockFlow flow(support::world(), task, sampled(width, rows, clusters), folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    return {flow.results(), flow.covariance()};
}

} // namespace

BOOST_AUTO_TEST_CASE(exponents_of_a_small_critical_lattice_are_near_the_exact_ones) {
    // One step of a lattice of 16 leaves some 0.01 of truncation and finite size; 3 operators or 2, y_T = 1, y_H =
    // 15/8.
    const auto found = measured(16, 2, 4000, 8);
    if (!support::world().is_root()) return;
    BOOST_TEST(found.rows.size() == 14u); // 3 y_T, 2 omega and 2 y_H at each step
    const auto thermal = found.at("y_T, step 2, 3 operators");
    const auto magnetic = found.at("y_H, step 2, 2 operators");
    BOOST_TEST(thermal.error < 0.02);
    BOOST_TEST(std::abs(thermal.mean - 1) < 0.01 + 3.3 * thermal.error);
    BOOST_TEST(magnetic.error < 0.003);
    BOOST_TEST(std::abs(magnetic.mean - 1.875) < 0.005 + 3.3 * magnetic.error);
}

BOOST_AUTO_TEST_CASE(exponents_at_64_agree_with_an_independent_program) {
    if (!std::getenv("BLOCKSPIN_LONG")) return;
    const auto found = measured(64, 3, 200000, 10);
    if (!support::world().is_root()) return;
    // Of the same rule, lattice and operators; [step][y_T of 1, 2, 3 operators, y_H of 1, 2].
    constexpr double values[3][5] = {{.9103, .9650, .9668, 1.8811, 1.8805},
                                     {.9595, .9964, .9976, 1.8756, 1.8758},
                                     {.9542, .9949, .9968, 1.8734, 1.8745}};
    constexpr double errors[3][5] = {
        {.0010, .0014, .0014, .0002, .0002}, {.0014, .0013, .0013, .0002, .0002}, {.0014, .0015, .0015, .0002, .0002}};
    // χ² with our covariance and their errors, which are independent for want of better knowledge.
    linalg::Matrix<double> covariance(15, 15), deviation(15, 1);
    std::vector<std::size_t> positions;
    for (int i = 0; i < 15; ++i) {
        const int step = i / 5, operators = i % 5 < 3 ? i % 5 + 1 : i % 5 - 2;
        const std::string quantity = std::string(i % 5 < 3 ? "y_T" : "y_H") + ", step " + std::to_string(step + 1) +
                                     ", " + std::to_string(operators) + (operators == 1 ? " operator" : " operators");
        positions.push_back(found.position(quantity));
        const auto estimate = found.at(quantity);
        BOOST_TEST(estimate.error < (i % 5 < 3 ? 0.0016 : 0.0003));
        BOOST_TEST(stats::compare(estimate, values[step][i % 5], errors[step][i % 5]).agrees(15),
                   quantity << ": " << estimate.mean << " ± " << estimate.error);
        deviation(i, 0) = estimate.mean - values[step][i % 5];
        covariance(i, i) = errors[step][i % 5] * errors[step][i % 5];
    }
    for (int i = 0; i < 15; ++i) {
        for (int j = 0; j < 15; ++j)
            covariance(i, j) += found.covariance[positions[i] * found.rows.size() + positions[j]];
    }
    const auto weighted = linalg::solve(covariance, deviation);
    double chi_squared = 0;
    for (int i = 0; i < 15; ++i) chi_squared += deviation(i, 0) * weighted(i, 0);
    BOOST_TEST(stats::chi_squared_p_value(chi_squared, 15) > 1e-3, "chi^2 = " << chi_squared << " of 15");
    BOOST_TEST_MESSAGE("chi^2 = " << chi_squared << " of 15");
}

namespace {

/// K' after one step of a critical lattice of 32 x 32 by both methods, and their differences, by quantity.
std::map<std::string, stats::Estimate> renormalized(const std::vector<std::string>& operators,
                                                    const mcrg::Configurations& configurations) {
    const lattice::Geometry geometry(lattice::Lattice::square, {32, 32});
    const std::vector<model::Point> points{{"", {{"nn", critical_coupling}}}};
    mcrg::BlockParameters block{.steps = 1};
    block.couplings = operators;
    process::Timers timers;
    mcrg::CouplingFlow callen(support::world(), {geometry, points, block, 1984}, configurations, timers);
    while (!callen.done()) callen.step();
    mcrg::VariationalTask task{.geometry = geometry, .points = points, .parameters = {}, .seed = 2017};
    task.parameters = {.steps = 1, .even = operators, .odd = {{"h"}}, .sweeps = 4000};
    task.others = callen.results();
    const support::ScratchFolder folder(support::world());
    mcrg::Variational variational(support::world(), task, folder.path(), timers);
    while (!variational.done()) variational.step();
    variational.seal();
    std::map<std::string, stats::Estimate> found;
    for (const io::Row& row : variational.results()) found[row.quantity] = {.mean = row.value, .error = *row.error};
    return found;
}

std::vector<std::string> even_operators(std::int64_t spins, std::int64_t squared_range) {
    const mcrg::BlockParameters block{.steps = 1, .generate = {{.spins = spins, .squared_range = squared_range}}};
    const mcrg::Operators operators = mcrg::operators(block, lattice::Lattice::square);
    std::vector<std::string> names = operators.names();
    names.resize(operators.even);
    return names;
}

} // namespace

BOOST_AUTO_TEST_CASE(variational_and_callen_couplings_differ_by_operators_that_are_left_out_and_agree_without) {
    if (!std::getenv("BLOCKSPIN_LONG")) return;
    const mcrg::Configurations configurations = sampled(32, 6000, 5);
    const std::vector<std::string> few{"nn", "nnn", "3nn", "plaquette"};
    const auto many = even_operators(4, 5); // all even ones of up to four spins within a distance of sqrt(5)
    const auto by_few = renormalized(few, configurations), by_many = renormalized(many, configurations);
    if (!support::world().is_root()) return;
    BOOST_TEST(many.size() == 16u);
    // With many, what is left out contributes less than the errors here.
    for (const std::string& name : many) {
        const std::string quantity = "K(" + name + "), step 1";
        BOOST_TEST(by_many.at(quantity).error < 0.005);
        const auto& difference = by_many.at(quantity + ": variational - Callen");
        BOOST_TEST_MESSAGE(quantity << ": " << difference.mean << " ± " << difference.error);
        BOOST_TEST(std::abs(difference.mean) < stats::family_wise_sigma(16) * difference.error,
                   quantity << ": " << difference.mean);
    }
    // With few, both are far apart, and it is the variational ones that stay where they were.
    for (const std::string& name : few) {
        const std::string quantity = "K(" + name + "), step 1";
        const auto& difference = by_few.at(quantity + ": variational - Callen");
        BOOST_TEST_MESSAGE(quantity << " of four: " << difference.mean << " ± " << difference.error);
        BOOST_TEST(std::abs(difference.mean) > 3 * difference.error, quantity << " of four: " << difference.mean);
        const stats::Comparison moved = stats::compare(by_few.at(quantity), by_many.at(quantity));
        BOOST_TEST(std::abs(moved.difference) < 0.001 + 4 * moved.error, quantity << " moves " << moved.difference);
    }
}

BOOST_AUTO_TEST_CASE(the_variational_flow_finds_the_critical_coupling_of_the_triangular_lattice_from_outside) {
    if (!std::getenv("BLOCKSPIN_LONG")) return;
    mcrg::VariationalTask task{.geometry = {lattice::Lattice::triangular, {32, 32}},
                               .points = {{"below", {{"nn", 0.267}}}, {"above", {{"nn", 0.282}}}},
                               .parameters = {},
                               .seed = 1950};
    task.parameters = {.steps = 2, .chains = 4, .sweeps = 20000};
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::Variational flow(support::world(), task, folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    if (!support::world().is_root()) return;
    const double exact = std::log(3.0) / 4; // Houtappel, Physica 16 (1950) 425
    std::size_t found = 0;
    for (const io::Row& row : flow.results()) {
        if (row.quantity != "K_c, steps 1 and 2") continue;
        BOOST_TEST_MESSAGE("from " << row.point << ": K_c = " << row.value << " ± " << *row.error);
        BOOST_TEST(*row.error < 0.002);
        BOOST_TEST(std::abs(row.value - exact) < 0.001 + 3.5 * *row.error, "K_c = " << row.value);
        ++found;
    }
    BOOST_TEST(found == 2u);
}

BOOST_AUTO_TEST_CASE(the_variational_flow_shows_the_critical_surface_and_its_coupling) {
    const bool is_long = std::getenv("BLOCKSPIN_LONG") != nullptr;
    mcrg::VariationalTask task{.geometry = {lattice::Lattice::square, {32, 32}},
                               .points = {{"", {{"nn", critical_coupling}}}},
                               .parameters = {},
                               .seed = 2019};
    task.parameters = {.steps = 3, .chains = 4, .sweeps = is_long ? 20000 : 2000};
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::Variational flow(support::world(), task, folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    if (!support::world().is_root()) return;
    std::map<std::string, stats::Estimate> found;
    for (const io::Row& row : flow.results()) {
        BOOST_TEST_MESSAGE(row.quantity << ": " << row.value << " ± " << *row.error << row.note);
        found[row.quantity] = {.mean = row.value, .error = *row.error};
    }
    // Along the surface dK(nn)/dK(nnn) is minus the ratio of the singular parts of both correlations, sqrt(2); what two
    // and three steps leave of irrelevant directions is a few hundredths.
    for (const int step : {2, 3}) {
        const auto& slope = found.at("critical surface: dK(nn)/dK(nnn) by step " + std::to_string(step));
        BOOST_TEST(slope.error < (is_long ? 0.006 : 0.02));
        BOOST_TEST(std::abs(slope.mean + std::sqrt(2.0)) < 0.03 + 4 * slope.error, "slope " << slope.mean);
    }
    const auto& coupling = found.at("K_c, steps 1 and 2");
    BOOST_TEST(coupling.error < (is_long ? 0.0015 : 0.006));
    BOOST_TEST(std::abs(coupling.mean - critical_coupling) < 0.004 + 4 * coupling.error, "K_c = " << coupling.mean);
    if (!is_long) return;
    // The couplings move toward a fixed point: the second change is less than half the first.
    const auto& [one, two, three] =
        std::tie(found.at("K(nn), step 1"), found.at("K(nn), step 2"), found.at("K(nn), step 3"));
    const stats::Comparison first = stats::compare(one, two), second = stats::compare(two, three);
    BOOST_TEST(first.sigmas() > 5);
    BOOST_TEST(std::abs(second.difference) < 0.5 * std::abs(first.difference) + 3 * second.error);
}
