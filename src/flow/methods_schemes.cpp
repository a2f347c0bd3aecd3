#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/flow/dyson.hpp>
#include <blockspin/flow/local_potential.hpp>
#include <blockspin/flow/niemeijer_van_leeuwen.hpp>
#include <blockspin/flow/truncated_decimation.hpp>
#include <blockspin/flow/wilson_recursion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <vector>

namespace blockspin::flow {

namespace {

/// The plane of the first two couplings of a map.
Plane first_two(const AnyMap& map) {
    const std::span<const Coupling> couplings = map.couplings();
    return {.names = {couplings[0].name, couplings[1].name}, .couplings = couplings.size()};
}

/// Everything about a map of the nearest-neighbour model, critical between `low` and `high`; its f on `lattice`, if the
/// constants of the map add up in both phases.
Report lattice_scheme(std::string name, const AnyMap& map, double low, double high,
                      std::optional<lattice::Lattice> lattice, const Setting& setting) {
    Report report{.name = std::move(name)};
    const Family family = first_axis(map.couplings().size());
    add_fixed_point(report, map, critical_fixed_point(map, family, low, high));
    const CriticalPoint critical = critical_point(map, family, low, high);
    add_numerical(report, "K_c", critical.value, critical.width);
    add_streamlines(report, map, critical.value, family);
    if (setting.lattice == lattice) add_free_energies(report, setting.points, map, family);
    return report;
}

/// Of something computed with `truncation` couplings, and with fewer of them.
template <class Of> auto with_fewer(int truncation, int fewer, Of&& of) {
    try {
        return of(truncation - fewer);
    } catch (const core::InputError& error) {
        throw core::InputError(fmt::format("truncation = {} does not tell its accuracy: {}", truncation, error.what()));
    }
}

/// ν and what else follows with η = 0, beside how much it changes with these numbers of couplings less. No ω where that
/// is unknown: the modes of a truncation that is too coarse come and go.
template <class Of> void add_converged(Report& report, int truncation, std::initializer_list<int> fewer, Of&& at) {
    constexpr double settled = 0.1;
    Exponents here = at(truncation);
    std::vector<Exponents> there;
    for (const int number : fewer) {
        there.push_back(with_fewer(truncation, number, at));
        const std::optional<double> omega = there.back().omega;
        if (here.omega && !(omega && std::abs(*omega - *here.omega) < settled * *here.omega)) here.omega.reset();
    }
    add_exponents(report, here, there);
}

/// Values of the potential that Wilson's recursion needs: more below three dimensions, where it is steeper.
int default_nodes(double dimension) { return dimension < 2.75 ? 60 : 30; }

/// Powers that Dyson's model needs: more above three dimensions, where the wall of V is less steep.
int default_order(double dimension) { return dimension > 3 ? 120 : 80; }

void check_between_two_and_four(const FlowParameters& parameters, io::Problems& problems) {
    const double d = parameters.dimension.value_or(3);
    if (!(d > 2 && d < 4))
        problems.add("dimension", fmt::format("{} has a critical point that is not Gaussian between 2 and 4 dimensions "
                                              "only",
                                              parameters.method));
    if (parameters.method != "dyson" && parameters.truncation.value_or(30) > 80)
        problems.add("truncation", fmt::format("{} keeps at most 80 values", parameters.method));
    const int fewest = parameters.method == "wilson-recursion" ? 24 : 16;
    if (parameters.truncation.value_or(30) < fewest)
        problems.add("truncation", fmt::format("at least {} are needed to tell the accuracy", fewest));
}

Report wilson_recursion(const mpi::Communicator&, const FlowParameters& parameters, const Setting&) {
    const double d = parameters.dimension.value_or(3);
    const int nodes = parameters.truncation.value_or(default_nodes(d));
    Report report{.name = fmt::format("wilson-recursion d = {}", d)};
    const WilsonRecursion map(d, nodes);
    const FixedPoint fixed = wilson_fisher(map);
    report.couplings = names(map.couplings());
    report.fixed_point = fixed.couplings;
    report.spectrum = spectrum(map, fixed.couplings);
    add_converged(report, nodes, {6, 12}, [&](int kept) {
        const WilsonRecursion truncated(d, kept);
        return exponents_without_eta(spectrum(truncated, wilson_fisher(truncated).couplings));
    });
    return report;
}

Report local_potential(const mpi::Communicator&, const FlowParameters& parameters, const Setting&) {
    const double d = parameters.dimension.value_or(3), N = parameters.components.value_or(1);
    const int nodes = parameters.truncation.value_or(32);
    Report report{.name = fmt::format("local-potential d = {}, N = {}", d, N)};
    const LocalPotential generator(d, N, nodes);
    report.couplings = names(generator.couplings());
    report.fixed_point = wilson_fisher(generator).couplings;
    report.spectrum = spectrum(generator, report.fixed_point);
    add_converged(report, nodes, {6}, [&](int kept) {
        const LocalPotential truncated(d, N, kept);
        return exponents_without_eta(spectrum(truncated, wilson_fisher(truncated).couplings));
    });
    return report;
}

Report dyson(const mpi::Communicator&, const FlowParameters& parameters, const Setting&) {
    const double d = parameters.dimension.value_or(3);
    const int order = parameters.truncation.value_or(default_order(d));
    constexpr double low = 0.3, high = 6.0;
    constexpr int fewer = 8;
    Report report{.name = fmt::format("dyson d = {}", d)};
    const auto ising = [](const Dyson& map) { return [&map](double K) { return map.ising(K); }; };
    const auto critical = [&](int kept) {
        const Dyson truncated(d, kept);
        return critical_point(truncated, ising(truncated), low, high);
    };
    const Dyson map(d, order);
    const FixedPoint fixed = wilson_fisher(map);
    report.couplings = names(map.couplings());
    report.fixed_point = fixed.couplings;
    report.spectrum = spectrum(map, fixed.couplings);
    add_converged(report, order, {fewer}, [&](int kept) {
        const Dyson truncated(d, kept);
        return exponents(spectrum(truncated, wilson_fisher(truncated).couplings));
    });
    const CriticalPoint here = critical(order), there = with_fewer(order, fewer, critical);
    add_numerical(report, "K_c", here.value, std::max(here.width, std::abs(there.value - here.value)), "Ising spins");
    return report;
}

} // namespace

Method cumulant_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
        const int order = parameters.order.value_or(2);
        const AnyMap map = order == 1 ? AnyMap(FirstCumulant()) : AnyMap(SecondCumulant());
        Report report = lattice_scheme(fmt::format("cumulant order {}", order), map, 0.1, 0.6,
                                       lattice::Lattice::triangular, setting);
        add_diagram(report, map, first_two(map), phase_by_sink(map), parameters);
        return report;
    };
    const auto check = [](const FlowParameters& parameters, io::Problems& problems) {
        check_diagram(parameters, problems);
        if (parameters.window && parameters.order == 1)
            problems.add("window", "the first cumulant has one coupling only, and no plane");
    };
    return {"cumulant", {"order", "window", "ratios", "starts"}, check, run};
}

Method maris_kadanoff_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters&, const Setting& setting) {
        return lattice_scheme("maris-kadanoff", MarisKadanoff(), 0.1, 1.0, lattice::Lattice::square, setting);
    };
    return {"maris-kadanoff", {}, {}, run};
}

Method wilson_decimation_method() {
    const auto run = [](const mpi::Communicator&, const FlowParameters& parameters, const Setting& setting) {
        const AnyMap map = WilsonDecimation();
        Report report = lattice_scheme("wilson-decimation", map, 0.1, 0.6, std::nullopt, setting);
        add_diagram(report, map, first_two(map), phase_by_sink(map), parameters);
        return report;
    };
    return {"wilson-decimation", {"window", "ratios", "starts"}, check_diagram, run};
}

Method wilson_recursion_method() {
    return {"wilson-recursion", {"dimension", "truncation"}, check_between_two_and_four, wilson_recursion};
}

Method dyson_method() { return {"dyson", {"dimension", "truncation"}, check_between_two_and_four, dyson}; }

Method local_potential_method() {
    return {"local-potential", {"dimension", "components", "truncation"}, check_between_two_and_four, local_potential};
}

} // namespace blockspin::flow
