#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/spin_rule.hpp>

namespace blockspin::sampling {

/// Updates all spins held as bytes, one colour of the lattice after the other, so that spins updated together do not
/// see each other: for any lattice that can be coloured. A probability is compared with 64 random bits addressed by
/// (replica, sweep, site): it is exact to 2^-64.
class ByteSweep {
  public:
    /// One rule per slot (Replicas::slot).
    ByteSweep(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
              const rng::Key& key);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep, `name`
    /// is what it is called in the timing table. Collective in the group.
    void operator()(Replicas& replicas, std::int64_t step, process::Timers& timers, const char* name) const;

  private:
    void update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const;
    void update_row(const Replicas& replicas, lattice::Field<Spin>& field, std::int64_t i,
                    const lattice::Coordinates& first, std::int32_t length, int colour, std::int64_t step) const;

    rng::Key key_;
    rng::Purpose purpose_;
    int neighbours_;
    /// [replica][is up now][sum of neighbours + neighbours_]: the word below which the new spin is +1.
    std::vector<std::uint64_t> thresholds_;
};

} // namespace blockspin::sampling
