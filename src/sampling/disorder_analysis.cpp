// Averages over samples of the disorder.
#include "analysis_parts.hpp"

#include <blockspin/sampling/structure.hpp>
#include <blockspin/stats/gamma_method.hpp>
#include <blockspin/stats/jackknife.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace blockspin::sampling {

namespace {

/// What the samples give at one point, one after the other.
struct OfSamples {
    std::vector<stats::Estimate> energy, specific_heat, abs_magnetization, susceptibility;
    std::vector<std::vector<double>> moments; ///< thermal averages of m², m⁴ and, where it was measured, |M(k)|²/N²
    std::vector<std::string> in_doubt;        ///< what is wrong with those samples that something is wrong with
};

double mean_of(std::span<const double> series) {
    return std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
}

/// Mean over chains of equal length.
double mean_of(const stats::Record& record) {
    double sum = 0.0;
    for (const stats::Series& chain : record) sum += mean_of(chain);
    return sum / static_cast<double>(record.size());
}

OfSamples of_samples(const Task& task, std::size_t point, const Measured& measured) {
    const double sites = static_cast<double>(task.geometry.sites()), K = task.points[point].coupling("nn");
    OfSamples all;
    for (std::int64_t sample = 0; sample < task.samples(); ++sample) {
        const PointSeries series(task, point, measured, sample);
        const std::vector<stats::Record> records{series.energy(), series.squared_energy(), series.abs_magnetization(),
                                                 series.squared_magnetization()};
        const auto derived = stats::jackknife(records, [&](std::span<const double> mean) -> std::vector<double> {
            return {K * K * sites * (mean[1] - mean[0] * mean[0]), sites * (mean[3] - mean[2] * mean[2])};
        });
        all.energy.push_back(stats::gamma_method(series.energy()));
        all.abs_magnetization.push_back(stats::gamma_method(series.abs_magnetization()));
        all.specific_heat.push_back(derived.estimates[0]);
        all.susceptibility.push_back(derived.estimates[1]);
        all.moments.push_back({mean_of(series.squared_magnetization()), mean_of(series.fourth_magnetization())});
        if (!series.squared_mode().empty()) all.moments.back().push_back(mean_of(series.squared_mode()));
        const std::string found = joined(doubts(task, series, derived.estimates[1]));
        if (!found.empty()) all.in_doubt.push_back(fmt::format("number {}: {}", sample, found));
    }
    return all;
}

/// The mean over samples; its error from their scatter, which holds the thermal errors too.
stats::Estimate average(const std::vector<stats::Estimate>& samples) {
    if (samples.size() == 1) return samples.front();
    const double n = static_cast<double>(samples.size());
    double mean = 0.0, squares = 0.0, tau = 0.0;
    for (const stats::Estimate& each : samples) mean += each.mean / n;
    for (const stats::Estimate& each : samples) {
        squares += (each.mean - mean) * (each.mean - mean);
        tau = std::max(tau, each.tau_int);
    }
    return {.mean = mean, .error = std::sqrt(squares / (n - 1.0) / n), .tau_int = tau, .n_eff = n};
}

double thermal_error(const std::vector<stats::Estimate>& samples) {
    double squares = 0.0;
    for (const stats::Estimate& each : samples) squares += each.error * each.error;
    return std::sqrt(squares) / static_cast<double>(samples.size());
}

io::Row averaged(const std::string& point, const char* quantity, const char* unit,
                 const std::vector<stats::Estimate>& samples) {
    io::Row result = row(point, quantity, unit, average(samples));
    result.note = samples.size() == 1
                      ? "one sample of the disorder, thermal error only"
                      : fmt::format("mean over {} samples of the disorder; of the error, thermal: {:.2g}",
                                    samples.size(), thermal_error(samples));
    return result;
}

/// U4 and ξ, which need several samples for an error.
void add_of_moments(const Task& task, const std::string& point, const OfSamples& samples, std::vector<io::Row>& rows) {
    if (samples.moments.size() < 2) return;
    const stats::Estimate binder = of_averages(
        samples.moments, [](std::span<const double> mean) { return 1 - mean[1] / (3 * mean[0] * mean[0]); });
    rows.push_back(row(point, "Binder cumulant", "", binder));
    rows.back().note = "of moments averaged over samples";
    if (samples.moments.front().size() < 3) return;
    const SmallestModes modes(task.geometry);
    const auto xi = root(of_averages(samples.moments, [&](std::span<const double> mean) {
        return (mean[0] / mean[2] - 1) / modes.squared_wave_number();
    }));
    if (!xi) return;
    rows.push_back(row(point, "correlation length", "sites", *xi));
    rows.back().note = "of moments averaged over samples";
}

/// Nishimori's energy, if the point lies on his line.
std::optional<io::Row> exact_energy(const Task& task, const model::Point& point) {
    constexpr double closeness = 1e-9; // of two couplings that are given in decimal
    const auto line = task.bonds().nishimori_coupling();
    if (!line || std::abs(*line - point.coupling("nn")) > closeness || point.coupling("field") != 0.0)
        return std::nullopt;
    const double bonds = static_cast<double>(task.geometry.bonds()) / static_cast<double>(task.geometry.sites());
    const double energy = bonds * task.bonds().nishimori_energy();
    return io::Row{.section = "sample",
                   .point = point.label,
                   .quantity = "energy per site",
                   .kind = io::Kind::exact,
                   .unit = "J",
                   .value = energy,
                   .error = closeness + io::rounding_error(energy),
                   .note = "Nishimori 1981, the mean over all samples of the disorder"};
}

std::vector<Table> empty_tables(const Task& task) {
    std::vector<Table> tables;
    for (const auto& [name, meaning] : {std::pair{"sample_energy", "energy per site in J"},
                                        std::pair{"sample_energy_error", "its thermal error, one standard deviation"},
                                        std::pair{"sample_specific_heat", "specific heat"}}) {
        tables.push_back({.name = name,
                          .meaning = fmt::format("{} of each sample of the disorder [point, sample]", meaning),
                          .shape = {task.points.size(), static_cast<std::uint64_t>(task.samples())},
                          .values = {}});
    }
    return tables;
}

} // namespace

stats::Estimate of_averages(const std::vector<std::vector<double>>& samples, const AveragedFunction& function) {
    const double n = static_cast<double>(samples.size());
    std::vector<double> sum(samples.front().size());
    for (const auto& each : samples) {
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += each[k];
    }
    const auto without = [&](const std::vector<double>* left_out) {
        std::vector<double> mean = sum;
        for (std::size_t k = 0; k < mean.size(); ++k) {
            mean[k] = left_out == nullptr ? sum[k] / n : (sum[k] - (*left_out)[k]) / (n - 1.0);
        }
        return function(mean);
    };
    std::vector<double> values;
    for (const auto& each : samples) values.push_back(without(&each));
    const double centre = mean_of(values);
    double squares = 0.0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    return {.mean = n * without(nullptr) - (n - 1.0) * centre, .error = std::sqrt(squares * (n - 1.0) / n), .n_eff = n};
}

void analyse_disorder(const Task& task, const Measured& measured, Analysis& analysis) {
    std::vector<Table> tables = empty_tables(task);
    for (std::size_t p = 0; p < task.points.size(); ++p) {
        const model::Point& point = task.points[p];
        const OfSamples samples = of_samples(task, p, measured);
        std::vector<io::Row> rows{averaged(point.label, "energy per site", "J", samples.energy)};
        if (const auto exact = exact_energy(task, point)) {
            add_deviation(rows.front(), exact->value);
            rows.push_back(*exact);
        }
        rows.push_back(averaged(point.label, "specific heat", "", samples.specific_heat));
        rows.push_back(averaged(point.label, "|magnetization|", "", samples.abs_magnetization));
        rows.push_back(averaged(point.label, "susceptibility", "", samples.susceptibility));
        add_of_moments(task, point.label, samples, rows);
        if (!samples.in_doubt.empty()) {
            const std::string found = fmt::format("{} of {} samples of the disorder are in doubt, {}",
                                                  samples.in_doubt.size(), task.samples(), samples.in_doubt.front());
            analysis.warnings.push_back(fmt::format("{}{}{}", point.label, point.label.empty() ? "" : ": ", found));
            rows.front().note += "; " + found;
        }
        analysis.rows.insert(analysis.rows.end(), rows.begin(), rows.end());
        for (std::size_t s = 0; s < samples.energy.size(); ++s) {
            tables[0].values.push_back(samples.energy[s].mean);
            tables[1].values.push_back(samples.energy[s].error);
            tables[2].values.push_back(samples.specific_heat[s].mean);
        }
    }
    analysis.tables.insert(analysis.tables.end(), tables.begin(), tables.end());
}

} // namespace blockspin::sampling
