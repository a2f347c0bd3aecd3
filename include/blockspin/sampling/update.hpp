#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/lane_update.hpp>
#include <blockspin/sampling/metropolis.hpp>
#include <blockspin/sampling/random_bond_update.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/state_update.hpp>
#include <blockspin/sampling/stencil_update.hpp>
#include <blockspin/sampling/strip_update.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/wolff.hpp>

namespace blockspin::sampling {

/// One kind of update; each has sweep(Replicas&, step, Timers&).
using Update = std::variant<Metropolis, HeatBath, StencilUpdate, StripUpdate, StateUpdate, RandomBondUpdate, LaneUpdate,
                            SwendsenWang, Wolff>;

/// The updates that make up one sweep of the task. `bonds` are those of random_bonds(); left out, they are made.
/// InputError for one that does not fit its lattice or couplings.
std::vector<Update> updates(const Task& task, const Replicas& replicas,
                            std::shared_ptr<const RandomBonds> bonds = nullptr);

/// The clusters that the first cluster update of a sweep found; null if there is none.
const ClusterFinder* clusters(const std::vector<Update>& updates);

/// One sweep over all replicas, whatever updates it is made of; `step` numbers it. Collective in the group.
void sweep(std::vector<Update>& updates, Replicas& replicas, std::int64_t step, process::Timers& timers);

} // namespace blockspin::sampling
