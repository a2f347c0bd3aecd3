#pragma once

namespace blockspin::smpi {

/// Lets simulated time pass on this rank; does nothing where time is real. Hosts of tools/simulate do 1 Gflop/s.
void compute(double seconds);

/// What updating one spin takes, in simulated seconds.
void set_time_per_spin(double seconds);

} // namespace blockspin::smpi
