#include <blockspin/model/transfer_matrix.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

constexpr std::int64_t widest = 12;
constexpr std::int64_t most_sites = 1000; // 2^sites is a double

/// A row of spins, one bit each, 1 = up.
using Row = std::uint32_t;

Row rotated(Row row, std::int64_t width) { return (row >> 1 | row << (width - 1)) & ((Row{1} << width) - 1); }

Row reflected(Row row, std::int64_t width) {
    Row result = 0;
    for (std::int64_t x = 0; x < width; ++x) result |= (row >> x & 1U) << (width - 1 - x);
    return result;
}

/// One row of every class under rotation, reflection and spin flip, with the size of the class.
std::map<Row, std::int64_t> classes_of_rows(std::int64_t width) {
    const Row all_up = (Row{1} << width) - 1;
    std::map<Row, std::int64_t> classes;
    for (Row row = 0; row <= all_up; ++row) {
        Row smallest = row;
        for (Row image : {row, reflected(row, width), row ^ all_up, reflected(row, width) ^ all_up}) {
            for (std::int64_t x = 0; x < width; ++x) smallest = std::min(smallest, image = rotated(image, width));
        }
        ++classes[smallest];
    }
    return classes;
}

/// Weights of all configurations by their last row and their number of up spins, each bond e^{±K - |K|}.
class Weights {
  public:
    Weights(std::int64_t lx, std::int64_t sites, double k)
        : lx_(lx), counts_(static_cast<std::size_t>(sites) + 1), like_(std::exp(k - std::abs(k))),
          unlike_(std::exp(-k - std::abs(k))), weight_(counts_ << lx) {}

    /// Nothing but one row, whose own spins and bonds are counted when the torus closes on it.
    void start(Row row) {
        std::ranges::fill(weight_, 0.0);
        weight_[row * counts_] = 1;
    }
    void add_row() {
        for (std::int64_t x = 0; x < lx_; ++x) replace_spin(Row{1} << x);
        multiply_bonds_within_row();
    }
    std::span<const double> of_last_row(Row row) const { return std::span(weight_).subspan(row * counts_, counts_); }

  private:
    /// Puts a new spin in place of one of the last row, with the bond between them.
    void replace_spin(Row bit) {
        for (Row row = 0; row < Row{1} << lx_; ++row) {
            if ((row & bit) != 0) continue;
            double* down = weight_.data() + row * counts_;
            double* up = weight_.data() + (row | bit) * counts_;
            double carried = 0; // one more spin up: moves to the next count
            for (std::size_t u = 0; u < counts_; ++u) {
                const double becomes_up = unlike_ * down[u] + like_ * up[u];
                down[u] = like_ * down[u] + unlike_ * up[u];
                up[u] = carried;
                carried = becomes_up;
            }
        }
    }
    void multiply_bonds_within_row() {
        for (Row row = 0; row < Row{1} << lx_; ++row) {
            const int unlike = std::popcount(row ^ rotated(row, lx_));
            const double factor = std::pow(unlike_, unlike) * std::pow(like_, static_cast<double>(lx_ - unlike));
            for (std::size_t u = 0; u < counts_; ++u) weight_[row * counts_ + u] *= factor;
        }
    }

    std::int64_t lx_;
    std::size_t counts_;
    double like_, unlike_;
    std::vector<double> weight_;
};

} // namespace

double MagnetisationDistribution::abs_moment(int power) const {
    const auto sites = static_cast<double>(probability.size() - 1);
    double moment = 0;
    for (std::size_t u = 0; u < probability.size(); ++u) {
        moment += probability[u] * std::pow(std::abs(2 * static_cast<double>(u) / sites - 1), power);
    }
    return moment;
}

double MagnetisationDistribution::binder() const {
    const double m2 = abs_moment(2);
    return 1 - abs_moment(4) / (3 * m2 * m2);
}

MagnetisationDistribution torus_magnetisation(std::int64_t lx, std::int64_t ly, double k) {
    if (lx < 1 || lx > widest || ly < 1 || ly > most_sites / lx || !std::isfinite(k)) {
        throw core::InputError(fmt::format("no transfer matrix for a {} x {} torus at K = {}", lx, ly, k));
    }
    const std::int64_t sites = lx * ly;
    Weights weights(lx, sites, k);
    std::vector<double> by_count(static_cast<std::size_t>(sites) + 1, 0.0);
    for (const auto& [row, members] : classes_of_rows(lx)) {
        weights.start(row);
        for (std::int64_t y = 0; y < ly; ++y) weights.add_row();
        const auto closed = weights.of_last_row(row);
        for (std::size_t u = 0; u < closed.size(); ++u) { // half of it with all spins flipped
            by_count[u] += static_cast<double>(members) * (closed[u] + closed[closed.size() - 1 - u]) / 2;
        }
    }
    double norm = 0;
    for (const double weight : by_count) norm += weight;
    for (double& weight : by_count) weight /= norm;
    return {std::log(norm) + 2 * static_cast<double>(sites) * std::abs(k), std::move(by_count)};
}

} // namespace blockspin::model
