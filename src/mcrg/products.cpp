#include "products.hpp"

#include <algorithm>
#include <numeric>

namespace blockspin::mcrg {

namespace {

constexpr std::size_t most_bins = 2048;

} // namespace

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Bins::Bins(std::size_t measurements, std::size_t chains)
    : chains_(chains), length_(measurements / chains),
      count_(std::max<std::size_t>(1, length_ / (1 + measurements / most_bins))) {}

stats::Record Bins::cut(const std::vector<double>& values, std::size_t length) const {
    stats::Record record;
    for (std::size_t chain = 0; chain < chains_; ++chain) {
        record.push_back(std::span(values).subspan(chain * length, length));
    }
    return record;
}

Deviations deviations(const SectorSeries& series) {
    Deviations result = series.sums;
    if (series.means == Means::zero) return result;
    for (auto& level : result) {
        for (std::vector<double>& values : level) {
            const double centre = mean(values);
            for (double& value : values) value -= centre;
        }
    }
    return result;
}

Products::Products(const Deviations& deviations, std::size_t fine, std::size_t coarse, const Bins& bins, Means means,
                   std::vector<std::vector<double>>& observables)
    : operators_(deviations[coarse].size()), means_(means), first_(observables.size()) {
    std::vector<const std::vector<double>*> both;
    for (const auto& values : deviations[coarse]) both.push_back(&values);
    for (const auto& values : deviations[fine]) both.push_back(&values);
    for (std::size_t a = 0; a < operators_; ++a) {
        // Of the symmetric correlators of S' with S' one half is enough.
        for (std::size_t b = a; b < both.size(); ++b) {
            observables.push_back(bins.means([&](std::size_t i) { return (*both[a])[i] * (*both[b])[i]; }));
        }
    }
    if (means_ == Means::zero) return;
    for (const auto* values : both) {
        observables.push_back(bins.means([&](std::size_t i) { return (*values)[i]; }));
    }
}

Correlators Products::correlators(std::span<const double> means) const {
    const int n = static_cast<int>(operators_);
    auto next = means.begin() + static_cast<std::ptrdiff_t>(first_);
    const auto deviations = next + static_cast<std::ptrdiff_t>(products());
    const auto disconnected = [&](int a, int b) { return means_ == Means::zero ? 0.0 : deviations[a] * deviations[b]; };
    Correlators result{linalg::Matrix<double>(n, n), linalg::Matrix<double>(n, n)};
    for (int a = 0; a < n; ++a) {
        for (int c = a; c < n; ++c) result.coarse(a, c) = result.coarse(c, a) = *next++ - disconnected(a, c);
        for (int b = 0; b < n; ++b) result.cross(a, b) = *next++ - disconnected(a, n + b);
    }
    return result;
}

} // namespace blockspin::mcrg
