#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/flow/parameters.hpp>
#include <blockspin/flow/plane.hpp>
#include <blockspin/flow/spectrum.hpp>
#include <blockspin/flow/spin_glass.hpp>
#include <blockspin/flow/trajectory.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::flow {

/// What a study is about: the same on all ranks.
struct Setting {
    lattice::Lattice lattice;
    std::span<const model::Point> points; ///< of the scan
    std::uint64_t seed = 0;
};

/// The flow from the model at one nearest-neighbour coupling.
struct Streamline {
    double start = 0.0;
    Trajectory flow;
};

/// A plane of couplings with all that is drawn in it.
struct PhaseDiagram {
    Plane plane;
    Window window;
    int grid = 0;                                  ///< spots along each axis at which the flow is shown
    std::vector<Spot> displacements{};             ///< there, row by row
    std::vector<Boundary> boundaries{};            ///< the critical line, ray by ray
    std::vector<FixedPoint> fixed_points{};        ///< near the plane
    std::vector<int> relevant{};                   ///< number of relevant even modes of each
    std::vector<std::vector<Spot>> critical{};     ///< arms of the critical trajectories out of them
    std::vector<std::vector<Spot>> trajectories{}; ///< from the starts that were asked for
};

/// A phase diagram of random bonds; compositions and temperatures as in GlassModel.
struct GlassDiagram {
    /// A place on a boundary; the error is that of what was searched for.
    struct Place {
        GlassModel model;
        double error = 0.0;
    };
    Disorder disorder{};
    std::vector<Place> paramagnet{};      ///< highest temperatures of order, one for each composition
    std::vector<Place> ferromagnet{};     ///< lowest compositions of ferromagnets, one for each temperature
    std::optional<Place> multicritical{}; ///< on Nishimori's line
    std::vector<GlassModel> starts{};     ///< of the flows
    std::vector<GlassFlow> flows{};       ///< all of the same length
};

/// What one [[flow]] gives.
struct Report {
    std::string name; ///< "kadanoff d = 2"
    std::vector<io::Row> rows{};
    std::vector<std::string> couplings{};  ///< names of the axes of all that follows
    std::vector<double> fixed_point{};     ///< the one that governs the transition; empty if there is none
    Spectrum spectrum{};                   ///< there
    std::vector<Streamline> streamlines{}; ///< from both sides of the critical coupling
    std::optional<PhaseDiagram> diagram{}; ///< where a window was asked for
    std::optional<GlassDiagram> glass{};   ///< of random bonds
};

/// Why a [[flow]] cannot be used in a study, in a sentence; empty if it can.
std::string refusal(const FlowParameters& parameters, const Setting& setting);

/// Fixed point, exponents and critical coupling of one map, and its bound on f = ln Z per site at every point of the
/// scan where the map bounds the model at hand (nearest neighbours on the square lattice, no field; infinite lattice).
/// InputError if there is a refusal(), or where the search for the fixed point fails. Collective.
Report report(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting);

/// The exact values beside them: critical coupling and exponents of the two-dimensional Ising model, and Onsager's f at
/// every point. Empty for other lattices.
std::vector<io::Row> exact_rows(lattice::Lattice lattice, std::span<const model::Point> points);

} // namespace blockspin::flow
