#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/any_map.hpp>
#include <blockspin/flow/fixed_point.hpp>

namespace blockspin::flow {

/// A place in a plane of couplings.
using Spot = std::array<double, 2>;

/// Models with two couplings among all that a map knows. Other couplings are zero at the start; a flow that leaves the
/// plane is shown by its shadow, the two couplings alone.
struct Plane {
    std::array<std::string, 2> names;       ///< of its axes
    std::array<std::size_t, 2> axes{0, 1};  ///< which of the map's couplings they are
    std::array<double, 2> shares{1.0, 1.0}; ///< of the map's coupling in one unit of the model's
    std::size_t couplings = 2;              ///< of the map

    std::vector<double> point(const Spot& spot) const;
    Spot shadow(std::span<const double> point) const;
};

/// The part of a plane that is looked at.
struct Window {
    Spot low, high;

    bool contains(const Spot& spot) const;
};

/// The phase of a model by a number, negative where it has none.
using Phase = std::function<int(std::span<const double>)>;

/// Phases by the sinks that flows end in, numbered in the order in which they are met; −1 for a flow without a sink.
/// Two sinks differ if they do in coordinates K/(1 + |K|) by more than 1e-6.
Phase phase_by_sink(AnyMap map);

/// The phase of a nearest-neighbour model on the square lattice whose directions flow apart, like those of
/// AnisotropicMigdalKadanoff<2>: 1 if ordered, 0 if not, −1 unless the couplings of both are positive. Where one
/// coupling K grows and the other one, L, vanishes, chains of aligned spins meet the field L of each other, and s =
/// ln(sinh 2K sinh 2L) → 2K + ln L grows by the factor b at every step: the sign of s decides, to 1e-10.
Phase phase_by_directions(AnyMap map, const Plane& plane);

/// Where two phases meet on a line.
struct Boundary {
    Spot spot;
    double width = 0.0; ///< of the last bracket
    int before = 0;     ///< the phases along the line
    int after = 0;
};

/// All changes of the phase between neighbours among `samples` + 1 spots from `from` to `to`, each by bisection to
/// neighbouring numbers. Two changes between neighbours escape it. Next to models without a phase there is no boundary.
std::vector<Boundary> boundaries(const Phase& phase, const Plane& plane, const Spot& from, const Spot& to, int samples);

/// The boundaries on rays in all directions from the spot of a window that is nearest to zero couplings: the critical
/// line, ray by ray. Rays begin one sample away, since zero couplings may have symmetries that no neighbour has.
std::vector<Boundary> boundaries(const Phase& phase, const Plane& plane, const Window& window, int rays, int samples);

/// The fixed points in a plane's neighbourhood: even, with couplings in the window and no other one larger than any
/// that it contains. Newton's method from starts all over it, and then, for those that it misses, the flow kept on the
/// critical surface by bisection from the `critical` spots.
std::vector<FixedPoint> fixed_points(const AnyMap& map, const Plane& plane, const Window& window,
                                     std::span<const Boundary> critical);

/// The two arms of the critical trajectory out of a fixed point with one relevant even mode, its unstable manifold:
/// along the eigenvector from 1e-5 away, many starts to a step so that it is dense, as shadows on the plane until they
/// leave the window or arrive in a sink. Empty for other fixed points.
std::vector<std::vector<Spot>> critical_trajectory(const AnyMap& map, const Plane& plane, const Window& window,
                                                   const FixedPoint& fixed);

/// The flow from a spot as shadows on the plane, until it leaves the window or arrives in a sink.
std::vector<Spot> trajectory(const AnyMap& map, const Plane& plane, const Window& window, const Spot& start);

/// K' − K of models on a grid of `n` × `n` over the window, row by row from the lowest: what streamlines are drawn
/// from.
std::vector<Spot> displacements(const AnyMap& map, const Plane& plane, const Window& window, int n);

} // namespace blockspin::flow
