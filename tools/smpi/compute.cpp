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
void update_packed_here(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
                        const PackedRandom& random);

void update_packed(std::span<const PackedRuns> runs, const PackedRule& rule, const PackedTiles& tiles,
                   const PackedRandom& random) {
    update_packed_here(runs, rule, tiles, random);
    std::int64_t words = 0;
    for (const PackedRuns& each : runs) words += 2 * (each.last - each.first);
    smpi::compute(64.0 * static_cast<double>(words) * smpi::time_per_spin);
}

} // namespace blockspin::sampling
