#include "compute.hpp"

#include <packed_kernel.hpp>

#ifdef BLOCKSPIN_SIMULATED
#include <smpi/smpi.h>
#endif

namespace blockspin::smpi {

namespace {
double time_per_spin = 0.0; // the same on all ranks, which are one process
}

#ifdef BLOCKSPIN_SIMULATED
void compute(double seconds) { smpi_execute_flops(1e9 * seconds); }
#else
void compute(double /*seconds*/) {}
#endif

void set_time_per_spin(double seconds) { time_per_spin = seconds; }

} // namespace blockspin::smpi

namespace blockspin::sampling {

/// What packed_kernel.cpp defines as update_packed.
void update_packed_here(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles,
                        const PackedRandom& random);

void update_packed(const PackedRuns& runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random) {
    update_packed_here(runs, rule, tiles, random);
    const double spins = 2.0 * 64.0 * static_cast<double>(runs.last - runs.first);
    smpi::compute(spins * smpi::time_per_spin);
}

} // namespace blockspin::sampling
