#pragma once

namespace blockspin::smpi {

/// From now on all large blocks of all ranks are one and the same memory: thousands of ranks then fit, and what they
/// compute means nothing.
void fold_memory();

} // namespace blockspin::smpi
