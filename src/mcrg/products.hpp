#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <blockspin/mcrg/linearised_flow.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::mcrg {

double mean(const std::vector<double>& values);

/// Measurements of all chains, joined to some 2000 bins: each chain to equally many, with the same mean as its
/// measurements.
class Bins {
  public:
    Bins(std::size_t measurements, std::size_t chains);

    bool join() const noexcept { return count_ < length_; }
    /// [bin], chain after chain, of value(measurement).
    std::vector<double> means(const auto& value) const {
        std::vector<double> result;
        for (std::size_t chain = 0; chain < chains_; ++chain) {
            for (std::size_t bin = 0; bin < count_; ++bin) {
                double sum = 0;
                const std::size_t end = chain * length_ + (bin + 1) * length_ / count_;
                for (std::size_t i = chain * length_ + bin * length_ / count_; i < end; ++i) sum += value(i);
                result.push_back(sum * static_cast<double>(count_) / static_cast<double>(length_));
            }
        }
        return result;
    }
    stats::Record record(const std::vector<double>& bins) const { return cut(bins, count_); }
    stats::Record unjoined(const std::vector<double>& measurements) const { return cut(measurements, length_); }

  private:
    stats::Record cut(const std::vector<double>& values, std::size_t length) const;

    std::size_t chains_, length_, count_;
};

/// Deviations of sums from their means, or from 0 [level][operator][measurement].
using Deviations = std::vector<std::vector<std::vector<double>>>;
Deviations deviations(const SectorSeries& series);

/// Correlators of one sector between two levels: the binned products of deviations, and the way back from the means of
/// these to the correlators. Deviations, because products of the sums themselves would be large numbers with a small
/// difference.
class Products {
  public:
    /// Appends its observables to those of others.
    Products(const Deviations& deviations, std::size_t fine, std::size_t coarse, const Bins& bins, Means means,
             std::vector<std::vector<double>>& observables);

    /// From the means of all observables.
    Correlators correlators(std::span<const double> means) const;
    /// Mean deviation of a coarse operator, in a sector whose means are estimated.
    double deviation(std::span<const double> means, std::size_t a) const { return means[first_ + products() + a]; }

  private:
    std::size_t products() const noexcept { return operators_ * (operators_ + 1) / 2 + operators_ * operators_; }

    std::size_t operators_;
    Means means_;
    std::size_t first_; ///< of its observables among those of all
};

} // namespace blockspin::mcrg
