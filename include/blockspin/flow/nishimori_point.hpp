#pragma once

#include <blockspin/flow/spin_glass.hpp>

namespace blockspin::flow {

/// The two relevant even exponents of the multicritical point of paramagnet, ferromagnet and spin glass.
struct NishimoriPoint {
    stats::Estimate along; ///< y of Nishimori's line, which flows into itself: 1/ν of the disorder
    stats::Estimate sum;   ///< of both
    stats::Estimate other; ///< y of the temperature at constant composition
};

/// From normal bonds, whose distributions depend smoothly on both parameters, whatever the disorder: all end at the
/// same fixed point. For each population the transition is found on Nishimori's line; differences between populations
/// with the same parents that start next to it, on the line and at constant composition, grow as b^{y n}, and the area
/// that the differences of means and widths span as b^{(y + y') n}. Empty if there is no transition. Collective.
std::optional<NishimoriPoint> nishimori_point(const mpi::Communicator& comm, const SpinGlass& glass, int populations);

} // namespace blockspin::flow
