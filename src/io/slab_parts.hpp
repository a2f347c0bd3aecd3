#pragma once

#include <blockspin/io/hdf5.hpp>

#include <cstdint>
#include <vector>

namespace blockspin::io {

/// Parts of a box of at most `most` elements, but at least one row of the first dimension in which it has several; one
/// after the other they are the box, element by element. None of an empty box.
std::vector<Slab> cut(const Slab& slab, std::uint64_t most);

} // namespace blockspin::io
