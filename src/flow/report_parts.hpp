#pragma once

// What the reports of several methods have in common.

#include <blockspin/flow/any_map.hpp>
#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/report.hpp>

#include <functional>
#include <string>

namespace blockspin::flow {

/// A number that is exact, or a bound, but for rounding.
io::Row exact_row(std::string point, std::string quantity, io::Kind kind, double value, std::string note = "");

/// A computed number; `change` is how much it changes within the accuracy of what it was computed from.
void add_numerical(Report& report, std::string quantity, double value, double change, std::string note = "");

/// The exponents at a fixed point, with the accuracy that shows when they are taken at its image instead.
void add_exponents(Report& report, const AnyMap& map, const FixedPoint& fixed);

/// Flows from both sides of the critical point of a family.
void add_streamlines(Report& report, const AnyMap& map, double critical, const Family& family);

/// f at most …, at every point of a scan without a field, as a function of the nearest-neighbour coupling.
void add_bounds(Report& report, std::span<const model::Point> points,
                const std::function<InfiniteAtMost(double)>& bound_of);

} // namespace blockspin::flow
