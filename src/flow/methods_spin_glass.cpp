#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/flow/nishimori_point.hpp>

#include <fmt/format.h>

#include <cmath>

namespace blockspin::flow {

namespace {

constexpr double most_bonds = 4096; ///< that one new bond is made of

Disorder disorder_of(const FlowParameters& parameters) {
    return parameters.disorder.value_or("plus-minus") == "gaussian" ? Disorder::gaussian : Disorder::plus_minus;
}

/// What a composition is called.
const char* symbol(Disorder disorder) { return disorder == Disorder::plus_minus ? "p" : "J_0"; }

std::vector<double> compositions_of(const FlowParameters& parameters) {
    return parameters.compositions.value_or(
        std::vector<double>{disorder_of(parameters) == Disorder::plus_minus ? 0.5 : 0.0});
}

/// What is measured on independent populations.
class Measurements {
  public:
    Measurements(const mpi::Communicator& comm, const SpinGlass& glass, int populations, Report& report)
        : comm_(comm), glass_(glass), populations_(populations), report_(report) {
        report_.glass = GlassDiagram{.disorder = glass.disorder};
    }

    void add(std::string quantity, const stats::Estimate& value, std::string note = "") {
        report_.rows.push_back({.section = "flow",
                                .point = report_.name,
                                .quantity = std::move(quantity),
                                .kind = io::Kind::sampled,
                                .value = value.mean,
                                .error = value.error,
                                .n_eff = value.n_eff,
                                .note = std::move(note)});
    }
    void exponents() {
        const stats::Estimate theta = stiffness_exponent(comm_, glass_, populations_);
        add("theta", theta, "stiffness at T = 0");
        if (theta.mean < 3 * theta.error) return; // no spin glass above T = 0
        const GlassTransition transition = glass_transition(comm_, glass_, populations_);
        const double nu = 1 / transition.y_T.mean;
        add("y_T (spin glass)", transition.y_T);
        add("nu (spin glass)", {.mean = nu, .error = nu * nu * transition.y_T.error, .n_eff = transition.y_T.n_eff});
        add("width of K* (spin glass)", transition.width);
    }
    void temperature(double composition) {
        const auto found = critical_temperature(comm_, glass_, composition, populations_);
        if (!found) return;
        add(fmt::format("T_c at {} = {}", symbol(glass_.disorder), composition), *found);
        report_.glass->paramagnet.push_back({{composition, found->mean}, found->error});
        constexpr int levels = 16;
        for (const double factor : {0.8, 1.2}) {
            report_.glass->starts.push_back({composition, factor * found->mean});
            report_.glass->flows.push_back(
                glass_flow(comm_, glass_, report_.glass->starts.back(), levels, populations_));
        }
    }
    void composition(double temperature) {
        const auto found = critical_composition(comm_, glass_, temperature, populations_);
        if (!found) return;
        add(fmt::format("{}_c at T = {}", symbol(glass_.disorder), temperature), *found);
        report_.glass->ferromagnet.push_back({{found->mean, temperature}, found->error});
    }
    void multicritical() {
        const auto found = multicritical_temperature(comm_, glass_, populations_);
        if (!found) return;
        const auto on_line = [&](double temperature) { return nishimori_composition(glass_.disorder, temperature); };
        const double composition = on_line(found->mean);
        const double error = std::abs(on_line(found->mean + found->error) - composition);
        add("T (multicritical)", *found, "on Nishimori's line");
        add(fmt::format("{} (multicritical)", symbol(glass_.disorder)),
            {.mean = composition, .error = error, .n_eff = found->n_eff}, "on Nishimori's line");
        report_.glass->multicritical = {{composition, found->mean}, found->error};
        const auto point = nishimori_point(comm_, glass_, populations_);
        if (!point) return;
        add("y (multicritical, Nishimori's line)", point->along);
        add("y (multicritical, temperature)", point->other);
    }

  private:
    const mpi::Communicator& comm_;
    const SpinGlass& glass_;
    int populations_;
    Report& report_;
};

Report report_spin_glass(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const SpinGlass glass{.spatial_dimension = static_cast<int>(parameters.dimension.value_or(3)),
                          .scale_factor = parameters.scale_factor.value_or(2),
                          .disorder = disorder_of(parameters),
                          .population = parameters.population.value_or(20000),
                          .seed = setting.seed};
    Report report{.name = fmt::format("spin-glass d = {}, b = {}, {}", glass.spatial_dimension, glass.scale_factor,
                                      parameters.disorder.value_or("plus-minus"))};
    Measurements measure(comm, glass, parameters.populations.value_or(8), report);
    measure.exponents();
    measure.multicritical();
    for (const double composition : compositions_of(parameters)) measure.temperature(composition);
    for (const double temperature : parameters.temperatures.value_or(std::vector<double>{}))
        measure.composition(temperature);
    return report;
}

void check_spin_glass(const FlowParameters& parameters, io::Problems& problems) {
    const double d = parameters.dimension.value_or(3);
    const int b = parameters.scale_factor.value_or(2);
    if (d != 2 && d != 3 && d != 4 && d != 5) problems.add("dimension", "spin-glass knows 2, 3, 4 and 5 dimensions");
    if (b == 1) problems.add("scale_factor", "spin-glass needs at least 2");
    if (std::pow(b, d) > most_bonds)
        problems.add("scale_factor",
                     fmt::format("b^d = {} bonds make a new one; at most {} are possible", std::pow(b, d), most_bonds));
    if (disorder_of(parameters) == Disorder::gaussian) return;
    for (const double p : compositions_of(parameters))
        if (p < 0.5 || p > 1) problems.add("compositions", "the probability of +J lies between 0.5 and 1");
}

} // namespace

Method spin_glass_method() {
    return {"spin-glass",
            {"dimension", "scale_factor", "disorder", "population", "populations", "compositions", "temperatures"},
            check_spin_glass,
            report_spin_glass};
}

} // namespace blockspin::flow
