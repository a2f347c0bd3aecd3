#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>
#include <blockspin/sampling/byte_sweep.hpp>
#include <blockspin/sampling/packed_sweep.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/spin_rule.hpp>

namespace blockspin::sampling {

/// How a checkerboard update holds the spins of a lattice: as bits if it is packable and has at least eight tiles, so
/// that eight ranks can share it; else as bytes. The choice, hence the random stream, is that of the lattice alone.
Representation checkerboard_representation(const lattice::Geometry& geometry) noexcept;

struct Task;

/// Is one of the updates of the task a checkerboard update?
bool has_checkerboard_update(const Task& task);

/// What these updates ask of domains: to be cut between tiles where spins are held as bits.
DomainRules checkerboard_domains(const lattice::Geometry& geometry) noexcept;

/// Single-spin updates of all spins, one sublattice after the other, by any SpinRule.
class Checkerboard {
  public:
    /// One rule per replica of the whole run; `name` is what the update is called in messages and in the timing table.
    /// InputError if the lattice cannot be coloured.
    Checkerboard(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
                 const rng::Key& key, const char* name);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

  private:
    const char* name_;
    std::variant<ByteSweep, PackedSweep> sweep_;
};

} // namespace blockspin::sampling
