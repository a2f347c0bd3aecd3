#pragma once

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/sampling/measurements.hpp>

namespace blockspin::sampling {

/// Series "operator_sum": S_a of every operator of the basis, in its order. The ghosts of the replicas must be at least
/// halo_width(basis) wide.
Measurement operator_sums(const model::OperatorBasis& basis);

} // namespace blockspin::sampling
