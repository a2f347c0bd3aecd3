// Averages over samples of the disorder of what two chains in the same bonds have in common.
#include "analysis_parts.hpp"

#include <blockspin/sampling/overlaps.hpp>
#include <blockspin/sampling/structure.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace blockspin::sampling {

namespace {

enum Moment : std::size_t { abs_q, q2, q4, link, mode2, moments };

/// Most cells of the distribution of q.
constexpr std::int64_t most_cells = 64;

/// The distribution of q in cells of as many of its N + 1 values each; the last one may have fewer.
class Cells {
  public:
    explicit Cells(std::int64_t sites) : sites_(sites), values_((sites + most_cells) / most_cells) {}

    std::int64_t count() const { return (sites_ + values_) / values_; }
    std::int64_t of(double sum) const { return (static_cast<std::int64_t>(sum) + sites_) / 2 / values_; }
    double width(std::int64_t cell) const {
        return 2.0 * static_cast<double>(last_value(cell) - cell * values_ + 1) / static_cast<double>(sites_);
    }
    double centre(std::int64_t cell) const {
        return static_cast<double>(cell * values_ + last_value(cell)) / static_cast<double>(sites_) - 1.0;
    }

  private:
    std::int64_t last_value(std::int64_t cell) const { return std::min(sites_, (cell + 1) * values_ - 1); }

    std::int64_t sites_, values_;
};

/// Thermal averages in one sample, over all pairs of its chains.
struct OfSample {
    std::vector<double> moments;
    std::vector<double> density; ///< of q in each cell
};

OfSample of_sample(const Task& task, std::int64_t first_pair, const Measured& measured) {
    const std::int64_t pairs = task.parameters.chains / 2;
    const double sites = static_cast<double>(task.geometry.sites()), bonds = static_cast<double>(task.geometry.bonds());
    const SmallestModes modes(task.geometry);
    const Cells cells(task.geometry.sites());
    OfSample result{std::vector<double>(moments), std::vector<double>(static_cast<std::size_t>(cells.count()))};
    const auto add = [&](Moment moment, double value) { result.moments[moment] += value; };
    double measurements = 0.0;
    for (std::int64_t pair = first_pair; pair < first_pair + pairs; ++pair) {
        for (const double sum : measured.column("overlap", pair)) {
            const double q = sum / sites;
            add(abs_q, std::abs(q));
            add(q2, q * q);
            add(q4, q * q * q * q);
            result.density[static_cast<std::size_t>(cells.of(sum))] += 1.0;
            measurements += 1.0;
        }
        for (const double sum : measured.column("link_overlap", pair)) add(link, sum / bonds);
        const std::size_t numbers = measured.has("overlap_fourier") ? measured.width("overlap_fourier") : 0;
        for (std::size_t n = 0; n < numbers; ++n) {
            const double unit = 1.0 / (modes.scale() * sites), directions = static_cast<double>(numbers) / 2.0;
            for (const double part : measured.column("overlap_fourier", pair, n)) {
                add(mode2, part * unit * part * unit / directions);
            }
        }
    }
    for (double& each : result.moments) each /= measurements;
    for (std::size_t c = 0; c < result.density.size(); ++c) {
        result.density[c] /= measurements * cells.width(static_cast<std::int64_t>(c));
    }
    return result;
}

/// The rows of one point.
std::vector<io::Row> rows_of(const Task& task, const std::string& point, const std::vector<OfSample>& samples) {
    std::vector<std::vector<double>> values;
    for (const OfSample& each : samples) values.push_back(each.moments);
    const double sites = static_cast<double>(task.geometry.sites());
    std::vector<io::Row> rows;
    const auto add = [&](const char* quantity, const char* unit, const AveragedFunction& function) {
        rows.push_back(row(point, quantity, unit, of_averages(values, function)));
        rows.back().note = fmt::format("over {} samples of the disorder", samples.size());
    };
    add("|overlap|", "", [](std::span<const double> mean) { return mean[abs_q]; });
    add("spin-glass susceptibility", "", [&](std::span<const double> mean) { return sites * mean[q2]; });
    add("overlap Binder ratio", "",
        [](std::span<const double> mean) { return (3.0 - mean[q4] / (mean[q2] * mean[q2])) / 2.0; });
    add("link overlap", "", [](std::span<const double> mean) { return mean[link]; });
    const SmallestModes modes(task.geometry);
    if (modes.directions().empty()) return rows;
    auto xi = root(of_averages(values, [&](std::span<const double> mean) {
        return (mean[q2] / mean[mode2] - 1.0) / modes.squared_wave_number();
    }));
    if (!xi) return rows;
    const double length = modes.length();
    xi->mean /= length;
    xi->error /= length;
    rows.push_back(row(point, "overlap correlation length / L", "", *xi));
    rows.back().note = fmt::format("over {} samples of the disorder", samples.size());
    return rows;
}

} // namespace

void add_overlaps(const Task& task, const Measured& measured, Analysis& analysis) {
    const Cells cells(task.geometry.sites());
    const auto count = static_cast<std::uint64_t>(cells.count());
    Table axis{"overlap_cell", "centre of each cell of overlap_distribution", {count}, {}};
    Table density{"overlap_distribution", "probability density of the overlap [point, cell]", {0, count}, {}};
    Table error{"overlap_distribution_error", "over samples of the disorder, one standard error", {0, count}, {}};
    for (std::int64_t c = 0; c < cells.count(); ++c) axis.values.push_back(cells.centre(c));
    for (std::size_t point = 0; point < task.points.size(); ++point) {
        std::vector<OfSample> samples;
        std::vector<std::vector<double>> densities;
        for (std::int64_t sample = 0; sample < task.samples(); ++sample) {
            const std::int64_t first = task.replica(static_cast<std::int64_t>(point), sample, 0) / 2;
            samples.push_back(of_sample(task, first, measured));
            densities.push_back(samples.back().density);
        }
        const auto rows = rows_of(task, task.points[point].label, samples);
        analysis.rows.insert(analysis.rows.end(), rows.begin(), rows.end());
        ++density.shape.front();
        ++error.shape.front();
        for (std::size_t c = 0; c < count; ++c) {
            const stats::Estimate p = of_averages(densities, [c](std::span<const double> mean) { return mean[c]; });
            density.values.push_back(p.mean);
            error.values.push_back(p.error);
        }
    }
    for (Table* table : {&axis, &density, &error}) analysis.tables.push_back(std::move(*table));
}

} // namespace blockspin::sampling
