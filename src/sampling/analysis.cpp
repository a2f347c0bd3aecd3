#include <blockspin/sampling/analysis.hpp>

#include <blockspin/model/kaufman.hpp>
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

namespace blockspin::sampling {

namespace {

/// Measured quantities of one point, each with one series per chain.
class PointSeries {
  public:
    PointSeries(const Task& task, std::size_t point, std::span<const std::int64_t> bond_sums,
                std::span<const std::int64_t> spin_sums) {
        const auto chains = static_cast<std::size_t>(task.parameters.chains);
        const auto replicas = static_cast<std::size_t>(task.replicas());
        const double sites = static_cast<double>(task.geometry.sites());
        for (std::size_t chain = 0; chain < chains; ++chain) {
            for (auto* series : {&energy_, &energy2_, &abs_m_, &m2_, &m4_}) series->emplace_back();
            for (std::size_t at = point * chains + chain; at < bond_sums.size(); at += replicas) {
                const double e = -static_cast<double>(bond_sums[at]) / sites;
                const double m = static_cast<double>(spin_sums[at]) / sites;
                energy_.back().push_back(e);
                energy2_.back().push_back(e * e);
                abs_m_.back().push_back(std::abs(m));
                m2_.back().push_back(m * m);
                m4_.back().push_back(m * m * m * m);
            }
        }
    }

    stats::Record energy() const { return record(energy_); }
    stats::Record abs_magnetization() const { return record(abs_m_); }
    /// ⟨e⟩, ⟨e²⟩, ⟨|m|⟩, ⟨m²⟩, ⟨m⁴⟩ in this order.
    std::array<stats::Record, 5> all() const {
        return {record(energy_), record(energy2_), record(abs_m_), record(m2_), record(m4_)};
    }

  private:
    using Chains = std::vector<std::vector<double>>;
    static stats::Record record(const Chains& chains) { return {chains.begin(), chains.end()}; }

    Chains energy_, energy2_, abs_m_, m2_, m4_;
};

/// Susceptibility, specific heat, Binder cumulant from the means listed in PointSeries::all.
stats::Functions derived_quantities(double sites, double coupling) {
    return [=](std::span<const double> mean) -> std::vector<double> {
        return {sites * (mean[3] - mean[2] * mean[2]), coupling * coupling * sites * (mean[1] - mean[0] * mean[0]),
                1.0 - mean[4] / (3.0 * mean[3] * mean[3])};
    };
}

io::Row row(const std::string& point, std::string quantity, std::string unit, const stats::Estimate& estimate) {
    return {.section = "sample",
            .point = point,
            .quantity = std::move(quantity),
            .kind = io::Kind::sampled,
            .unit = std::move(unit),
            .value = estimate.mean,
            .error = estimate.error,
            .tau_int = estimate.tau_int,
            .n_eff = estimate.n_eff,
            .note = estimate.too_short() ? "the series is too short for its autocorrelation time" : ""};
}

/// Kaufman's torus: square, periodic, without field.
bool has_exact_solution(const Task& task, const model::Point& point) {
    const lattice::Geometry& geometry = task.geometry;
    return geometry.lattice() == lattice::Lattice::square && geometry.is_periodic(0) && geometry.is_periodic(1) &&
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

/// Tells in the note how far a sampled row is from its exact value.
void add_deviation(io::Row& sampled, double exact) {
    const stats::Estimate estimate{.mean = sampled.value, .error = *sampled.error};
    const std::string text = fmt::format("{:.1f} sigma from exact", stats::compare(estimate, exact).sigmas());
    sampled.note = sampled.note.empty() ? text : text + "; " + sampled.note;
}

std::vector<io::Row> analyse_point(const Task& task, const model::Point& point, const PointSeries& series) {
    const double sites = static_cast<double>(task.geometry.sites());
    const auto records = series.all();
    const auto derived = stats::jackknife(records, derived_quantities(sites, point.coupling("nn")));
    std::vector<io::Row> rows;
    rows.push_back(row(point.label, "energy per site", "J", stats::gamma_method(series.energy())));
    rows.push_back(row(point.label, "specific heat", "", derived.estimates[1]));
    if (const auto known = exact(task, point)) {
        rows.insert(rows.begin() + 1, exact_row(point.label, "energy per site", "J", known->energy));
        rows.push_back(exact_row(point.label, "specific heat", "", known->specific_heat));
        for (const std::size_t sampled : {0, 2}) add_deviation(rows[sampled], rows[sampled + 1].value);
    }
    rows.push_back(row(point.label, "|magnetization|", "", stats::gamma_method(series.abs_magnetization())));
    rows.push_back(row(point.label, "susceptibility", "", derived.estimates[0]));
    rows.push_back(row(point.label, "Binder cumulant", "", derived.estimates[2]));
    const stats::Equilibration start = stats::equilibration(series.energy());
    if (!start.reached) rows.front().note += "; not equilibrated: the energy still drifts, raise thermalization";
    return rows;
}

} // namespace

ExactCurve exact_curve(const Task& task) {
    constexpr int intervals = 100;
    constexpr std::int64_t most_sites = 1 << 20;
    ExactCurve curve;
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

std::vector<io::Row> analyse(const Task& task, std::span<const std::int64_t> bond_sums,
                             std::span<const std::int64_t> spin_sums) {
    std::vector<io::Row> rows;
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        const PointSeries series(task, point, bond_sums, spin_sums);
        const auto here = analyse_point(task, task.points[point], series);
        rows.insert(rows.end(), here.begin(), here.end());
    }
    return rows;
}

} // namespace blockspin::sampling
