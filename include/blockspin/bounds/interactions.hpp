#pragma once

#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator.hpp>
#include <blockspin/model/parameters.hpp>

namespace blockspin::bounds {

/// The couplings of one point of a scan, on the infinite lattice.
struct Interactions {
    lattice::Geometry geometry;
    std::vector<std::pair<model::Operator, double>> terms; ///< those that are not zero
    double nn = 0.0;
    double nnn = 0.0;
    double field = 0.0;
    bool others = false; ///< is there any besides these three?

    /// Nearest neighbours and a field at most?
    bool is_simple() const noexcept { return nnn == 0.0 && !others; }
};

/// InputError for a coupling without a meaning on this lattice, or that is not finite.
Interactions interactions(const lattice::Geometry& geometry, const model::Point& point);

} // namespace blockspin::bounds
