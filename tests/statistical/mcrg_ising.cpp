#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/stats/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
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

Found measured(int width, std::int64_t steps, std::int64_t rows, int clusters) {
    constexpr std::int64_t replicas = 2;
    std::vector<std::uint8_t> stored;
    std::vector<Wolff> chains{{width, 1982}, {width, 1984}};
    for (Wolff& chain : chains) chain.update(40 * clusters);
    for (std::int64_t row = 0; row < rows; ++row) {
        for (Wolff& chain : chains) {
            chain.update(clusters);
            chain.append(stored);
        }
    }
    const auto read = [&](std::int64_t first, std::int64_t count) {
        const auto row = static_cast<std::ptrdiff_t>(replicas * width * width / 8);
        return std::vector<std::uint8_t>(stored.begin() + first * row, stored.begin() + (first + count) * row);
    };
    const mcrg::Task task{.geometry = {lattice::Lattice::square, {width, width}},
                          .points = {{"", {{"nn", critical_coupling}}}},
                          .parameters = {.steps = steps},
                          .seed = 1979};
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::BlockFlow flow(support::world(), task, {rows, replicas, read}, folder.path(), timers);
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
    const auto found = measured(64, 3, 60000, 10);
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
