#pragma once

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/data_parameters.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

/// The data that [data] describes, the same on all ranks. The root rank reads, since a compressed file can only be read
/// from its beginning, and hands out bits (or bytes, where they are drawn anew for each epoch), which are few: 60 000
/// images of 784 units are 6 MB. DataError if a file is not what it should be: no such array, short, with values that
/// are not finite or out of range, or with another number of units than the first one; IoError if it cannot be read.
/// Collective.
Dataset read_data(const mpi::Communicator& comm, const DataParameters& parameters, const rng::Key& key);

} // namespace blockspin::net
