#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>
#include <blockspin/sampling/byte_sweep.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/spin_rule.hpp>

namespace blockspin::sampling {

/// Single-spin updates of all spins, one sublattice after the other, by any SpinRule.
class Checkerboard {
  public:
    /// One rule per replica of the whole run; `name` is what the update is called in messages and in the timing table.
    /// InputError if the lattice cannot be coloured.
    Checkerboard(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
                 const rng::Key& key, const char* name);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const;

  private:
    const char* name_;
    ByteSweep bytes_;
};

} // namespace blockspin::sampling
