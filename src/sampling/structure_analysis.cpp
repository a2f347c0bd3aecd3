#include <blockspin/sampling/structure_analysis.hpp>

#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/two_point_sums.hpp>
#include <blockspin/sampling/wave_vectors.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include "analysis_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace blockspin::sampling {

namespace {

/// One quantity at 0 … L/2, as series of all chains of a point: [n][chain][measurement].
using Curve = std::vector<std::vector<std::vector<double>>>;

/// Σ_x m(x) m(x+r), the sum over all directions, of one measurement.
std::int64_t correlation(std::span<const std::int64_t> layers, std::size_t length, std::size_t r) {
    std::int64_t sum = 0;
    for (; !layers.empty(); layers = layers.subspan(length)) {
        for (std::size_t x = 0; x + r < length; ++x) sum += layers[x] * layers[x + r];
        for (std::size_t x = length - r; x < length; ++x) sum += layers[x] * layers[x + r - length];
    }
    return sum;
}

Curve layer_correlation(const Task& task, std::size_t point, const Measured& measured) {
    const SmallestModes modes(task.geometry);
    const auto length = static_cast<std::size_t>(modes.length());
    const double norm = static_cast<double>(task.geometry.sites()) * static_cast<double>(modes.directions().size());
    Curve curve(length / 2 + 1);
    for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
        const std::int64_t replica = task.replica(static_cast<std::int64_t>(point), 0, chain);
        for (auto& series : curve) series.emplace_back();
        for (const std::span<const std::int64_t> layers : measured.rows("layer", replica)) {
            for (std::size_t r = 0; r < curve.size(); ++r) {
                curve[r].back().push_back(static_cast<double>(correlation(layers, length, r)) / norm);
            }
        }
    }
    return curve;
}

/// S(k) = Σ_r G(r) e^{ikr} over all r, measurement by measurement.
Curve structure_factor(const Curve& correlation, std::size_t length) {
    Curve curve(correlation.size());
    for (std::size_t n = 0; n < curve.size(); ++n) {
        curve[n] = correlation.front();
        for (std::size_t r = 1; r < correlation.size(); ++r) {
            const double phase =
                2 * std::numbers::pi * static_cast<double>(n * r % length) / static_cast<double>(length);
            const double weight = (2 * r == length ? 1.0 : 2.0) * std::cos(phase);
            for (std::size_t chain = 0; chain < curve[n].size(); ++chain) {
                for (std::size_t i = 0; i < curve[n][chain].size(); ++i) {
                    curve[n][chain][i] += weight * correlation[r][chain][i];
                }
            }
        }
    }
    return curve;
}

/// The three tables of a quantity; points are appended.
struct CurveTables {
    Table mean, error, tau_int;

    CurveTables(const std::string& name, const std::string& meaning, std::size_t length)
        : mean{.name = name, .meaning = meaning, .shape = {0, length}, .values = {}},
          error{.name = name + "_error", .meaning = "one standard error", .shape = {0, length}, .values = {}},
          tau_int{.name = name + "_tau_int",
                  .meaning = "integrated autocorrelation time, in measurements",
                  .shape = {0, length},
                  .values = {}} {}

    std::vector<stats::Estimate> append(const Curve& curve) {
        std::vector<stats::Estimate> estimates;
        for (const auto& chains : curve) {
            const stats::Estimate& estimate =
                estimates.emplace_back(stats::gamma_method(stats::Record(chains.begin(), chains.end())));
            mean.values.push_back(estimate.mean);
            error.values.push_back(estimate.error);
            tau_int.values.push_back(estimate.tau_int);
        }
        for (Table* table : {&mean, &error, &tau_int}) ++table->shape.front();
        return estimates;
    }
    void move_to(std::vector<Table>& tables) {
        for (Table* table : {&mean, &error, &tau_int}) tables.push_back(std::move(*table));
    }
};

/// Σ_x s_x s_{x+R} of every length, per site and displacement; lengths begin at number `first` of the series.
Curve two_point_function(const Task& task, std::size_t point, const Measured& measured, std::size_t first,
                         std::size_t distances, std::size_t displacements) {
    const double norm = static_cast<double>(task.geometry.sites()) * static_cast<double>(displacements);
    Curve curve(distances);
    for (std::size_t r = 0; r < distances; ++r) {
        for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
            const std::int64_t replica = task.replica(static_cast<std::int64_t>(point), 0, chain);
            curve[r].push_back(measured.column("two_point", replica, first + r));
            for (double& each : curve[r].back()) each /= norm;
        }
    }
    return curve;
}

void add_layers(const Task& task, const Measured& measured, Analysis& analysis) {
    const auto length = static_cast<std::size_t>(SmallestModes(task.geometry).length());
    CurveTables factors("structure_factor", "<|M(k)|^2>/N at k = 2 pi n/L [point, n]", length / 2 + 1);
    CurveTables correlations("layer_correlation", "sum over x of <m(x) m(x+r)>/N, m the sum of a layer [point, r]",
                             length / 2 + 1);
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        const Curve correlation = layer_correlation(task, point, measured);
        correlations.append(correlation);
        factors.append(structure_factor(correlation, length));
    }
    factors.move_to(analysis.tables);
    correlations.move_to(analysis.tables);
}

void add_two_point(const Task& task, const Measured& measured, Analysis& analysis) {
    const TwoPointSums sums(task.geometry);
    const std::size_t distances = sums.distances();
    std::size_t first = 0;
    for (const Displacements& displacements : sums.displacements()) {
        CurveTables tables(fmt::format("two_point_{}", displacements.name),
                           fmt::format("<s_x s_(x+R)>, R = r steps along the {} [point, r]", displacements.name),
                           distances);
        for (std::size_t point = 0; point < task.points.size(); ++point) {
            tables.append(two_point_function(task, point, measured, first, distances, displacements.steps.size()));
        }
        tables.move_to(analysis.tables);
        first += distances;
    }
}

/// |M(k)|²/N at every wave vector.
Curve at_wave_vectors(const Task& task, std::size_t point, const Measured& measured, const WaveVectors& vectors) {
    Curve curve(vectors.size());
    for (std::size_t v = 0; v < curve.size(); ++v) {
        const double unit = std::ldexp(1.0, -vectors.shift(v)), sites = static_cast<double>(task.geometry.sites());
        for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
            const std::int64_t replica = task.replica(static_cast<std::int64_t>(point), 0, chain);
            std::vector<double>& squares = curve[v].emplace_back(measured.column("amplitude", replica, 2 * v));
            const std::vector<double> imaginary = measured.column("amplitude", replica, 2 * v + 1);
            for (std::size_t i = 0; i < squares.size(); ++i) {
                squares[i] = (std::pow(unit * squares[i], 2) + std::pow(unit * imaginary[i], 2)) / sites;
            }
        }
    }
    return curve;
}

void add_wave_vectors(const Task& task, const Measured& measured, Analysis& analysis) {
    const WaveVectors vectors(task.geometry, task.parameters.wave_vectors);
    std::vector<std::string> names;
    for (const auto& [name, n] : task.parameters.wave_vectors) {
        names.push_back(fmt::format("{} ({})", name, fmt::join(n, ", ")));
    }
    CurveTables tables("structure_factor_at",
                       fmt::format("<|M(k)|^2>/N at k = 2 pi n/L, n: {} [point, vector]", fmt::join(names, ", ")),
                       vectors.size());
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        const auto estimates = tables.append(at_wave_vectors(task, point, measured, vectors));
        for (std::size_t v = 0; v < estimates.size(); ++v) {
            analysis.rows.push_back(
                row(task.points[point].label, fmt::format("S(k) at {}", vectors.name(v)), "", estimates[v]));
        }
    }
    tables.move_to(analysis.tables);
}

} // namespace

void add_structure(const Task& task, const Measured& measured, Analysis& analysis) {
    if (measured.has("layer")) add_layers(task, measured, analysis);
    if (measured.has("amplitude")) add_wave_vectors(task, measured, analysis);
    if (measured.has("two_point")) add_two_point(task, measured, analysis);
}

} // namespace blockspin::sampling
