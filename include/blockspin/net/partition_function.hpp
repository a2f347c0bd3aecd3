#pragma once

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// Largest number of units that are enumerated for ln Z.
inline constexpr int most_enumerated_units = 30;

/// ln Z = ln Σ_v e^{a·v} Π_j 2 cosh(b_j + (v W)_j) by enumeration of the smaller layer, to about 1e-14 of the largest
/// exponent; for Gaussian visible units, of the binary hidden ones. The 2^n configurations are dealt out among ranks
/// and threads; the same bits on any number of them. InputError for rectified units, if the layer has more than 30
/// units, if the argument of a cosh can exceed 345, or if a parameter is not finite. Collective.
double ln_partition_function(const mpi::Communicator& comm, const Rbm<double>& rbm);

/// The same by the calling rank alone.
double ln_partition_function(const Rbm<double>& rbm);

} // namespace blockspin::net
