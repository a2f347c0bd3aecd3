#pragma once

// What the reports of several methods have in common.

#include <blockspin/flow/any_map.hpp>
#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/report.hpp>
#include <blockspin/flow/spectrum.hpp>

#include <array>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace blockspin::flow {

/// A number that is exact, or a bound, but for rounding.
io::Row exact_row(std::string point, std::string quantity, io::Kind kind, double value, std::string note = "");

/// A computed number; `change` is how much it changes within the accuracy of what it was computed from.
void add_numerical(Report& report, std::string quantity, double value, double change, std::string note = "");

/// All exponents; `there` are those at points that differ from the fixed point by the accuracy of the search, and the
/// largest difference is the error.
void add_exponents(Report& report, const Exponents& here, std::span<const Exponents> there);

/// Eigenvalues and exponents at a fixed point, with the accuracy that shows when they are taken at its image instead.
void add_fixed_point(Report& report, const AnyMap& map, const FixedPoint& fixed);

/// The same of a generator, whose "image" is K + dK/dl.
template <Generator G> void add_fixed_point(Report& report, const G& generator, const FixedPoint& fixed) {
    report.couplings = names(generator.couplings());
    report.fixed_point = fixed.couplings;
    report.spectrum = spectrum(generator, fixed.couplings);
    add_exponents(report, exponents(report.spectrum),
                  std::array{exponents(spectrum(generator, detail::step_of(generator)(fixed.couplings)))});
}

/// "migdal-kadanoff d = 2, b = 3, q = 4"; b = 1 stands for infinitesimal steps.
std::string title(const FlowParameters& parameters, double dimension, int scale_factor);

/// The coupling of axis 0 alone.
Family first_axis(std::size_t couplings);

namespace detail {

/// An interval on axis 0 at whose low end the coupling falls and at whose high end it grows. InputError if it grows
/// nowhere: there is no transition.
std::pair<double, double> transition_interval(const Step& step, std::size_t couplings);

} // namespace detail

/// The fixed point of maps of one bond between weak couplings, which fall, and strong ones, which grow: it lies on axis
/// 0, and is the critical coupling too. InputError if there is none.
template <Flow F> FixedPoint bond_fixed_point(const F& flow) {
    const auto [low, high] =
        detail::transition_interval(detail::step_of(flow), static_cast<std::size_t>(dimension(flow)));
    return bracket_fixed_point(flow, 0, low, high);
}

/// That fixed point with its exponents, and the flow around it.
void add_bond_transition(Report& report, const AnyMap& map);

/// Flows from both sides of the critical point of a family.
void add_streamlines(Report& report, const AnyMap& map, double critical, const Family& family);

/// f = ln Z per site by the sum of constants, at every point of a scan without a field. What the map approximates is no
/// part of the error.
void add_free_energies(Report& report, std::span<const model::Point> points, const AnyMap& map, const Family& family);

/// f at most …, at every point of a scan without a field, as a function of the nearest-neighbour coupling.
void add_bounds(Report& report, std::span<const model::Point> points,
                const std::function<InfiniteAtMost(double)>& bound_of);

/// What bond moving and decimation on lattices say about the dimension and the scale factor.
void check_bond_dimension(const FlowParameters& parameters, io::Problems& problems);

/// Rules between the keys of a phase diagram.
void check_diagram(const FlowParameters& parameters, io::Problems& problems);

/// The phase diagram in the window that was asked for, if one was: its critical line, and the critical coupling along
/// every ratio that was asked for; its fixed points; its trajectories.
void add_diagram(Report& report, const AnyMap& map, Plane plane, const Phase& phase, const FlowParameters& parameters);

} // namespace blockspin::flow
