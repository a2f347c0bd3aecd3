#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/hypercube.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>

#include <fmt/format.h>

#include <cmath>
#include <memory>

namespace blockspin::flow {

namespace {

/// Is this map's lattice the one of the model, so that its bound on f is a bound for the model?
bool bounds_model(int dimension, bool decimated, lattice::Lattice lattice) {
    if (lattice == lattice::Lattice::square) return dimension == 2;
    // One sublattice of the cubic lattice summed over is no hypercube of spins.
    return lattice == lattice::Lattice::cubic && dimension == 3 && !decimated;
}

/// The Newton step that p* is still away from the zero of the slope of f.
double inaccuracy(const std::shared_ptr<const SpinClasses>& classes, const OptimalFixedPoint& best) {
    const double step = 1e-4 * best.p;
    const auto slope = [&](double p) {
        const Kadanoff map(classes, p);
        return slope_of_free_energy_in_p(map, find_fixed_point(map, best.point.couplings).couplings);
    };
    const double here = slope(best.p);
    return here * step / (slope(best.p + step) - here);
}

Report report_kadanoff(const mpi::Communicator& /*comm*/, const FlowParameters& parameters, const Setting& setting) {
    const int dimension = static_cast<int>(parameters.dimension.value_or(2));
    const std::string from = parameters.start.value_or("decimated");
    const bool decimated = from == "decimated";
    const auto classes = std::make_shared<const SpinClasses>(decimated ? SpinClasses::totally_symmetric(dimension)
                                                                       : SpinClasses::hypercubic(dimension));
    const auto start = [&](double coupling) {
        return decimated ? one_sublattice_decimated(*classes, coupling) : bonds_shared(*classes, coupling);
    };
    const Family family = [&](double coupling) { return start(coupling).couplings; };
    const double low = 0.2 / dimension, high = 2.0 / dimension;

    Report report{.name = fmt::format("kadanoff d = {}, {}", dimension, from)};
    const OptimalFixedPoint best = optimal_fixed_point(classes, family, low, high);
    const Kadanoff map(classes, best.p);
    const CriticalPoint critical = critical_point(map, family, low, high);
    const std::string branch = best.asymmetry < 1e-9 ? "totally symmetric" : "hypercubic";
    add_numerical(report, "p*", best.p, inaccuracy(classes, best), fmt::format("{} branch", branch));
    add_exponents(report, map, best.point);
    add_numerical(report, "K_c", critical.value, critical.width);
    add_streamlines(report, map, critical.value, family);
    if (bounds_model(dimension, decimated, setting.lattice))
        add_bounds(report, setting.points,
                   [&](double coupling) { return optimal_bound(classes, start(coupling)).bound; });
    return report;
}

void check_kadanoff(const FlowParameters& parameters, io::Problems& problems) {
    const double dimension = parameters.dimension.value_or(2);
    if (dimension != 2 && dimension != 3 && dimension != 4)
        problems.add("dimension", "kadanoff knows 2, 3 and 4 dimensions");
    if (parameters.scale_factor.value_or(2) != 2) problems.add("scale_factor", "kadanoff knows scale_factor = 2 only");
}

} // namespace

Method kadanoff_method() {
    return {"kadanoff", {"dimension", "scale_factor", "start"}, check_kadanoff, report_kadanoff};
}

} // namespace blockspin::flow
