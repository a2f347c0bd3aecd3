#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// Heat bath (Glauber) update: every spin in turn takes +1 with its conditional probability
/// 1 / (1 + exp(−2 (K Σ neighbours + h))), one colour of the lattice after the other, so that spins updated together do
/// not see each other. The probability is compared with 64 random bits addressed by (replica, sweep, site): it is
/// exact to 2^-64. Creutz, Phys. Rev. D 21 (1980) 2308.
class HeatBath {
  public:
    /// One pair of couplings per replica of the whole run. InputError if the lattice cannot be coloured.
    HeatBath(const lattice::Geometry& geometry, std::vector<NearestNeighbourCouplings> couplings, const rng::Key& key);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const;

  private:
    void update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const;
    void update_row(const Replicas& replicas, lattice::Field<Spin>& field, std::int64_t replica,
                    const lattice::Coordinates& first, std::int32_t length, int colour, std::int64_t step) const;

    rng::Key key_;
    int neighbours_;
    /// [replica][sum of neighbours + neighbours_]: the word below which the new spin is +1.
    std::vector<std::uint64_t> thresholds_;
};

} // namespace blockspin::sampling
