#pragma once

#include <cstddef>
#include <vector>

#include <blockspin/sampling/measured.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::sampling {

/// What was measured at one point of a task, per site, chain by chain. Moves, but is not copied: records refer to it.
class PointSeries {
  public:
    PointSeries(const Task& task, std::size_t point, const Measured& measured);
    PointSeries(const PointSeries&) = delete;
    PointSeries(PointSeries&&) = default;

    /// e = −Σ s s / N, and e².
    stats::Record energy() const { return record(energy_); }
    stats::Record squared_energy() const { return record(energy2_); }
    /// |m|, m² and m⁴ of m = Σ s / N.
    stats::Record abs_magnetization() const { return record(abs_m_); }
    stats::Record squared_magnetization() const { return record(m2_); }
    stats::Record fourth_magnetization() const { return record(m4_); }
    /// |M(k)|²/N², the mean over the smallest wave vectors; no chains where it was not measured.
    stats::Record squared_mode() const { return record(mode2_); }

  private:
    using Chains = std::vector<std::vector<double>>;
    static stats::Record record(const Chains& chains) { return {chains.begin(), chains.end()}; }

    Chains energy_, energy2_, abs_m_, m2_, m4_, mode2_;
};

} // namespace blockspin::sampling
