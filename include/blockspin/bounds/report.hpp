#pragma once

#include <span>
#include <vector>

#include <blockspin/bounds/bracket.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::bounds {

/// The tightest bracket at one point of a scan, NaN where a side has no bound.
struct Point {
    double low = 0.0;
    double high = 0.0;
};

/// What [bounds] gives.
struct Report {
    std::vector<io::Row> rows;
    std::vector<Point> points;
};

/// Brackets at all points, which are shared out to the ranks; the same bits on any number of them. Onsager's f stands
/// beside the bounds where it is known. InputError if a method was chosen that holds at no point. Collective.
Report report(const mpi::Communicator& comm, const lattice::Geometry& geometry, std::span<const model::Point> points,
              const BoundsParameters& parameters);

/// Every method that was chosen but gives no bound at any point, in a sentence each.
std::vector<std::string> refusals(const lattice::Geometry& geometry, std::span<const model::Point> points,
                                  const BoundsParameters& parameters);

} // namespace blockspin::bounds
