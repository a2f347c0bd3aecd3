#include <blockspin/sampling/analysis.hpp>

#include "analysis_parts.hpp"

#include <blockspin/model/kaufman.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/sampling/point_series.hpp>
#include <blockspin/sampling/reweighting.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/structure_analysis.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/stats/comparison.hpp>
#include <blockspin/stats/equilibration.hpp>
#include <blockspin/stats/gamma_method.hpp>
#include <blockspin/stats/jackknife.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace blockspin::sampling {

io::Row row(const std::string& point, std::string quantity, std::string unit, const stats::Estimate& estimate) {
    return process::estimate_row("sample", point, std::move(quantity), estimate, "", std::move(unit));
}

void add_deviation(io::Row& sampled, double exact) {
    const stats::Estimate estimate{.mean = sampled.value, .error = *sampled.error};
    const std::string text = fmt::format("{:.1f} sigma from exact", stats::compare(estimate, exact).sigmas());
    sampled.note = sampled.note.empty() ? text : text + "; " + sampled.note;
}

std::optional<stats::Estimate> root(stats::Estimate estimate) {
    if (!(estimate.mean > 0)) return std::nullopt;
    estimate.mean = std::sqrt(estimate.mean);
    estimate.error /= 2 * estimate.mean;
    return estimate;
}

namespace {

/// Single clusters among random spins are small: at the critical point of the cubic lattice, 32^3 sites needed 2000 of
/// them and 64^3 more than 13 000 until they had the size that they keep, which drifts too slowly to be seen as such.
bool leaves_hot_start_slowly(const Task& task) {
    constexpr std::int64_t sites_per_cluster = 16;
    const SampleParameters& parameters = task.parameters;
    return parameters.start == "hot" && parameters.update == std::vector<std::string>{"wolff"} &&
           parameters.thermalization < task.geometry.sites() / sites_per_cluster;
}

} // namespace

std::vector<std::string> doubts(const Task& task, const PointSeries& series, const stats::Estimate& slowest) {
    constexpr double smallest_p_value = 1e-4, thermalization_times = 10;
    std::vector<std::string> doubts;
    if (slowest.too_short()) doubts.emplace_back(process::short_series);
    const double sweeps = slowest.tau_int * static_cast<double>(task.parameters.measure_every);
    if (static_cast<double>(task.parameters.thermalization) < thermalization_times * sweeps) {
        doubts.push_back(fmt::format("thermalization is shorter than {:.0f} autocorrelation times of {:.3g} sweeps",
                                     thermalization_times, sweeps));
    }
    if (leaves_hot_start_slowly(task)) {
        doubts.emplace_back("clusters of wolff grow slowly from a hot start: start cold, or thermalize longer");
    }
    const std::array<std::pair<const char*, stats::Record>, 2> watched{
        {{"energy", series.energy()}, {"|magnetization|", series.abs_magnetization()}}};
    for (const auto& [name, record] : watched) {
        const stats::Equilibration start = stats::equilibration(record);
        if (!start.reached) doubts.push_back(fmt::format("not equilibrated: the {} still drifts", name));
        const double p = stats::gamma_analysis(record).replica_p_value;
        if (p < smallest_p_value) doubts.push_back(fmt::format("the {} differs between chains (p = {:.1e})", name, p));
    }
    return doubts;
}

std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, "; ")); }

namespace {

bool is_square_torus(const lattice::Geometry& geometry) {
    return geometry.lattice() == lattice::Lattice::square && geometry.is_periodic(0) && geometry.is_periodic(1);
}

/// Kaufman's torus: square, periodic, without field.
bool has_exact_solution(const Task& task, const model::Point& point) {
    const lattice::Geometry& geometry = task.geometry;
    return task.spins.is_ising() && is_square_torus(geometry) && point.is_nearest_neighbour() &&
           point.coupling("field") == 0.0;
}

std::optional<model::Thermodynamics> exact(const Task& task, const model::Point& point) {
    if (!has_exact_solution(task, point)) return std::nullopt;
    return model::kaufman(task.geometry.extents()[0], task.geometry.extents()[1], point.coupling("nn"));
}

io::Row exact_row(const std::string& point, std::string quantity, std::string unit, double value) {
    return {.section = "sample",
            .point = point,
            .quantity = std::move(quantity),
            .kind = io::Kind::exact,
            .unit = std::move(unit),
            .value = value,
            .error = model::kaufman_accuracy * std::abs(value),
            .note = "Kaufman 1949, the same torus"};
}

/// The derived quantities of a point, from the means of e, e², |m|, m², m⁴ and, where it was measured, |M(k)|²/N².
struct Derived {
    stats::Estimate specific_heat, susceptibility, binder;
    std::optional<stats::Estimate> correlation_length; ///< none where ξ² came out negative
};

Derived derived_quantities(const Task& task, double coupling, const PointSeries& series) {
    const double sites = static_cast<double>(task.geometry.sites());
    const double squared_wave_number = SmallestModes(task.geometry).squared_wave_number();
    std::vector<stats::Record> records{series.energy(), series.squared_energy(), series.abs_magnetization(),
                                       series.squared_magnetization(), series.fourth_magnetization()};
    const bool has_mode = !series.squared_mode().empty();
    if (has_mode) records.push_back(series.squared_mode());
    const auto derived = stats::jackknife(records, [&](std::span<const double> mean) -> std::vector<double> {
        return {coupling * coupling * sites * (mean[1] - mean[0] * mean[0]), sites * (mean[3] - mean[2] * mean[2]),
                1 - mean[4] / (3 * mean[3] * mean[3]), has_mode ? (mean[3] / mean[5] - 1) / squared_wave_number : 0.0};
    });
    return {derived.estimates[0], derived.estimates[1], derived.estimates[2], root(derived.estimates[3])};
}

/// What only Potts spins have: at the critical point of the square lattice, the energy of the infinite one; and the
/// order parameter that is made of the largest share.
void add_potts(const Task& task, const model::Point& point, const PointSeries& series, std::vector<io::Row>& rows) {
    constexpr double closeness = 1e-12; // in K, to which the energy answers as |K - K_c|^(2/3) or less for q = 3
    if (!task.spins.is_potts()) return;
    const auto [critical, energy] = model::potts_critical_point(task.spins.states());
    if (is_square_torus(task.geometry) && point.coupling("field") == 0.0 &&
        std::abs(point.coupling("nn") - critical) < closeness) {
        io::Row exact = exact_row(point.label, "energy per site", "J", energy);
        exact.note = "infinite lattice at its critical point, by duality";
        rows.insert(rows.begin() + 1, exact);
    }
    rows.push_back(row(point.label, "order parameter", "", stats::gamma_method(series.largest_share())));
    const std::vector<stats::Record> records{series.largest_share(), series.squared_largest_share()};
    const auto sites = static_cast<double>(task.geometry.sites());
    rows.push_back(row(point.label, "susceptibility of the order parameter", "",
                       stats::jackknife(records, [&](std::span<const double> mean) {
                           return sites * (mean[1] - mean[0] * mean[0]);
                       })));
}

/// Estimates from clusters, where they were measured.
void add_from_clusters(const Task& task, const model::Point& point, const PointSeries& series,
                       std::vector<io::Row>& rows) {
    if (series.cluster_squared_magnetization().empty()) return;
    const double sites = static_cast<double>(task.geometry.sites());
    const SmallestModes modes(task.geometry);
    stats::Estimate m2 = stats::gamma_method(series.cluster_squared_magnetization());
    rows.push_back(row(point.label, "<m^2>, from clusters", "", m2));
    m2.mean *= sites;
    m2.error *= sites;
    rows.push_back(row(point.label, "N <m^2>, from clusters", "", m2));
    if (modes.directions().empty()) return;
    const std::vector<stats::Record> records{series.cluster_squared_magnetization(), series.cluster_squared_mode()};
    const auto xi = root(stats::jackknife(
        records, [&](std::span<const double> mean) { return (mean[0] / mean[1] - 1) / modes.squared_wave_number(); }));
    if (xi) rows.push_back(row(point.label, "correlation length, from clusters", "sites", *xi));
}

void analyse_point(const Task& task, const model::Point& point, const PointSeries& series, Analysis& analysis) {
    const bool in_units_of_j = point.is_nearest_neighbour();
    const Derived derived = derived_quantities(task, in_units_of_j ? point.coupling("nn") : 1.0, series);
    std::vector<io::Row> rows;
    rows.push_back(
        row(point.label, "energy per site", in_units_of_j ? "J" : "kT", stats::gamma_method(series.energy())));
    rows.push_back(row(point.label, "specific heat", "", derived.specific_heat));
    if (const auto known = exact(task, point)) {
        rows.insert(rows.begin() + 1, exact_row(point.label, "energy per site", "J", known->energy));
        rows.push_back(exact_row(point.label, "specific heat", "", known->specific_heat));
        for (const std::size_t sampled : {0, 2}) add_deviation(rows[sampled], rows[sampled + 1].value);
    }
    rows.push_back(row(point.label, "|magnetization|", "", stats::gamma_method(series.abs_magnetization())));
    rows.push_back(row(point.label, "susceptibility", "", derived.susceptibility));
    rows.push_back(row(point.label, "Binder cumulant", "", derived.binder));
    if (derived.correlation_length) {
        stats::Estimate xi = *derived.correlation_length;
        rows.push_back(row(point.label, "correlation length", "sites", xi));
        const double length = SmallestModes(task.geometry).length();
        xi.mean /= length;
        xi.error /= length;
        rows.push_back(row(point.label, "correlation length / L", "", xi));
    }
    add_potts(task, point, series, rows);
    if (task.spins.is_blume_capel()) {
        rows.push_back(row(point.label, "density of occupied sites", "", stats::gamma_method(series.occupation())));
    }
    add_from_clusters(task, point, series, rows);
    const std::vector<stats::Record> operators = series.operators();
    for (std::size_t op = 0; op < operators.size(); ++op) {
        rows.push_back(row(point.label, fmt::format("<{}> per site", task.operators()[op].name()), "",
                           stats::gamma_method(operators[op])));
    }
    const auto found = doubts(task, series, derived.susceptibility);
    if (!found.empty()) {
        analysis.warnings.push_back(fmt::format("{}{}{}", point.label, point.label.empty() ? "" : ": ", joined(found)));
        rows.front().note += (rows.front().note.empty() ? "" : "; ") + joined(found);
    }
    analysis.rows.insert(analysis.rows.end(), rows.begin(), rows.end());
}

} // namespace

ExactCurve exact_curve(const Task& task) {
    constexpr int intervals = 100;
    constexpr std::int64_t most_sites = 1 << 20;
    ExactCurve curve;
    if (task.disorder) return curve;
    const auto [low, high] =
        std::ranges::minmax(task.points, {}, [](const model::Point& point) { return point.coupling("nn"); });
    const double from = low.coupling("nn"), to = high.coupling("nn");
    const auto solvable = [&](const model::Point& point) { return has_exact_solution(task, point); };
    if (from == to || task.geometry.sites() > most_sites || !std::ranges::all_of(task.points, solvable)) return curve;
    for (int i = 0; i <= intervals; ++i) {
        const double coupling = from + (to - from) * i / intervals;
        const auto known = model::kaufman(task.geometry.extents()[0], task.geometry.extents()[1], coupling);
        curve.coupling.push_back(coupling);
        curve.energy.push_back(known.energy);
        curve.specific_heat.push_back(known.specific_heat);
    }
    return curve;
}

Analysis analyse(const Task& task, const Measured& measured) {
    Analysis analysis;
    if (task.disorder) {
        analyse_disorder(task, measured, analysis);
        return analysis;
    }
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        analyse_point(task, task.points[point], PointSeries(task, point, measured), analysis);
    }
    add_structure(task, measured, analysis);
    add_reweighted(task, measured, analysis);
    return analysis;
}

Analysis broadcast(const mpi::Communicator& comm, const Analysis& analysis) {
    Analysis all = analysis;
    all.tables.resize(mpi::broadcast(comm, analysis.tables.size()));
    for (Table& table : all.tables) {
        table.name = mpi::broadcast(comm, table.name);
        table.meaning = mpi::broadcast(comm, table.meaning);
        table.shape.resize(mpi::broadcast(comm, table.shape.size()));
        mpi::broadcast(comm, std::span(table.shape));
        table.values.resize(mpi::broadcast(comm, table.values.size()));
        mpi::broadcast(comm, std::span(table.values));
    }
    all.warnings.resize(mpi::broadcast(comm, analysis.warnings.size()));
    for (std::string& warning : all.warnings) warning = mpi::broadcast(comm, warning);
    return all;
}

void save(const std::vector<Table>& tables, io::Writer& writer) {
    for (const Table& table : tables) {
        writer.array(table.name, table.shape, std::span<const double>(table.values));
        writer.attribute(table.name, "meaning", table.meaning);
    }
}

} // namespace blockspin::sampling
