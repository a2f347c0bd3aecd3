#pragma once

#include <cstddef>
#include <vector>

#include <blockspin/sampling/measured.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::sampling {

/// What was measured at one point of a task, in one sample of its disorder, per site, chain by chain. Moves, but is not
/// copied: records refer to it.
class PointSeries {
  public:
    PointSeries(const Task& task, std::size_t point, const Measured& measured, std::int64_t sample = 0);
    PointSeries(const PointSeries&) = delete;
    PointSeries(PointSeries&&) = default;

    /// What nn and field multiply, over the whole lattice: Σ s s and Σ s; of Potts spins the number of bonds between
    /// like spins and of spins in the first state.
    stats::Record bond_sum() const { return record(bonds_); }
    stats::Record spin_sum() const { return record(spins_); }
    /// e = −Σ s s / N, of Potts spins −Σ δ(s, s') / N, with random bonds −Σ J s s / N, and e²; where there are other
    /// couplings than nn and field, all but the field count: e = −Σ_a K_a S_a / N.
    stats::Record energy() const { return record(energy_); }
    stats::Record squared_energy() const { return record(energy2_); }
    /// S_a / N of every operator of the task; empty for models of nearest neighbours.
    std::vector<stats::Record> operators() const {
        std::vector<stats::Record> records;
        for (const Chains& chains : operators_) records.push_back(record(chains));
        return records;
    }
    /// |m|, m² and m⁴ of m = Σ s / N; of Potts spins m² = (q Σ_s ρ_s² − 1)/(q − 1), ρ_s the share of the sites in state
    /// s: the squared length of the vector whose q − 1 components the order parameter has. For q = 2 that of Ising
    /// spins.
    stats::Record abs_magnetization() const { return record(abs_m_); }
    stats::Record squared_magnetization() const { return record(m2_); }
    stats::Record fourth_magnetization() const { return record(m4_); }
    /// (q max_s ρ_s − 1)/(q − 1) of Potts spins, and its square; no chains for others.
    stats::Record largest_share() const { return record(share_); }
    stats::Record squared_largest_share() const { return record(share2_); }
    /// Σ s²/N of Blume–Capel spins; no chains for others.
    stats::Record occupation() const { return record(occupation_); }
    /// |M(k)|²/N², the mean over the smallest wave vectors, normalised as m²; no chains where it was not measured.
    stats::Record squared_mode() const { return record(mode2_); }
    /// m² and |M(k)|²/N² from clusters; no chains where they were not measured.
    stats::Record cluster_squared_magnetization() const { return record(cluster_m2_); }
    stats::Record cluster_squared_mode() const { return record(cluster_mode2_); }

  private:
    using Chains = std::vector<std::vector<double>>;
    static stats::Record record(const Chains& chains) { return {chains.begin(), chains.end()}; }

    void add_operators(const Task& task, std::int64_t replica, const Measured& measured);
    void add_magnetization(const Task& task, std::int64_t replica, const Measured& measured);
    void add_potts_magnetization(const Task& task, std::int64_t replica, const Measured& measured);

    std::vector<Chains> operators_;
    Chains bonds_, spins_, energy_, energy2_, abs_m_, m2_, m4_, share_, share2_, occupation_, mode2_, cluster_m2_,
        cluster_mode2_;
};

} // namespace blockspin::sampling
