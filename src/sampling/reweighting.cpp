#include <blockspin/sampling/reweighting.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/sampling/point_series.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <boost/math/tools/minima.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace blockspin::sampling {

namespace {

constexpr std::size_t intervals = 100;

/// The couplings of a point but one, as text.
std::string others(const model::Point& point, std::string_view coupling) {
    std::string text;
    for (const auto& [name, value] : point.couplings) {
        if (name != coupling) text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
    }
    return text;
}

/// The series of one point: Σ s s or Σ s, whichever the coupling multiplies, and what averages are made of.
stats::SampledState state_of(const PointSeries& series, const Family& family, const model::Point& point) {
    stats::SampledState state{.parameter = point.coupling(family.coupling),
                              .conjugate = family.coupling == "nn" ? series.bond_sum() : series.spin_sum(),
                              .observables = {series.energy(), series.squared_energy(), series.abs_magnetization(),
                                              series.squared_magnetization(), series.fourth_magnetization()}};
    if (!series.squared_mode().empty()) state.observables.push_back(series.squared_mode());
    return state;
}

stats::MultiHistogram histogram_of(const Task& task, const Family& family, const Measured& measured) {
    std::vector<PointSeries> series;
    std::vector<stats::SampledState> states;
    for (const std::size_t point : family.points) series.emplace_back(task, point, measured);
    for (std::size_t i = 0; i < series.size(); ++i) {
        states.push_back(state_of(series[i], family, task.points[family.points[i]]));
    }
    return stats::MultiHistogram(states);
}

/// The coupling at which a quantity is largest, looked for between two couplings.
double place_of_maximum(const ReweightedFamily& family, const stats::Reweighting& set, double Averages::*quantity,
                        double low, double high) {
    constexpr int bits = 26; // the place of an extremum is known to half the bits of its value
    const auto negative = [&](double coupling) { return -(family.at(set, coupling).*quantity); };
    return boost::math::tools::brent_find_minima(negative, low, high, bits).first;
}

io::Row row(const std::string& point, std::string quantity, const stats::Estimate& estimate) {
    return process::estimate_row("sample", point, std::move(quantity), estimate, "from all points together");
}

/// The curves of one family, appended to the tables.
void append_curves(const ReweightedFamily& family, std::vector<Table>& tables) {
    std::vector<double> couplings;
    for (std::size_t i = 0; i <= intervals; ++i) {
        couplings.push_back(family.low() + (family.high() - family.low()) * static_cast<double>(i) / intervals);
    }
    const auto estimates = family.histogram().estimate([&](const stats::Reweighting& set) {
        std::vector<double> values;
        for (const double coupling : couplings) {
            const Averages averages = family.at(set, coupling);
            for (const AveragedQuantity& quantity : averaged_quantities) values.push_back(averages.*quantity.value);
        }
        return values;
    });
    tables[0].values.insert(tables[0].values.end(), couplings.begin(), couplings.end());
    for (std::size_t i = 0; i < couplings.size(); ++i) {
        for (std::size_t q = 0; q < averaged_quantities.size(); ++q) {
            const stats::Estimate& estimate = estimates[i * averaged_quantities.size() + q];
            tables[1 + 2 * q].values.push_back(estimate.mean);
            tables[2 + 2 * q].values.push_back(estimate.error);
        }
    }
    for (Table& table : tables) ++table.shape.front();
}

std::vector<Table> empty_tables() {
    std::vector<Table> tables{
        {.name = "reweighted_coupling", .meaning = "coupling that varies", .shape = {}, .values = {}}};
    for (const AveragedQuantity& quantity : averaged_quantities) {
        const std::string name = fmt::format("reweighted_{}", quantity.key);
        tables.push_back({.name = name, .meaning = std::string(quantity.name), .shape = {}, .values = {}});
        tables.push_back({.name = name + "_error", .meaning = "one standard error", .shape = {}, .values = {}});
    }
    for (Table& table : tables) {
        table.shape = {0, intervals + 1};
        table.meaning += ", by multi-histogram reweighting [family, coupling]";
    }
    return tables;
}

} // namespace

std::vector<Family> families(const std::vector<model::Point>& points) {
    const auto values = [&](std::string_view name) {
        std::set<double> found;
        for (const model::Point& point : points) found.insert(point.coupling(name));
        return found.size();
    };
    const std::string coupling = values("field") > values("nn") ? "field" : "nn";
    std::vector<Family> families;
    for (std::size_t p = 0; p < points.size(); ++p) {
        const std::string rest = others(points[p], coupling);
        auto family = std::ranges::find(families, rest, &Family::others);
        if (family == families.end()) family = families.insert(family, Family{coupling, rest, {}});
        family->points.push_back(p);
    }
    for (Family& family : families) {
        std::ranges::sort(family.points, {}, [&](std::size_t p) { return points[p].coupling(coupling); });
    }
    return families;
}

ReweightedFamily::ReweightedFamily(const Task& task, const Family& family, const Measured& measured)
    : along_nn_(family.coupling == "nn"), nn_(task.points[family.points.front()].coupling("nn")),
      sites_(static_cast<double>(task.geometry.sites())),
      squared_wave_number_(SmallestModes(task.geometry).squared_wave_number()),
      length_(SmallestModes(task.geometry).length()),
      low_(task.points[family.points.front()].coupling(family.coupling)),
      high_(task.points[family.points.back()].coupling(family.coupling)), has_mode_(measured.has("fourier")),
      histogram_(histogram_of(task, family, measured)) {
    if (family.points.size() > 1) return;
    const PointSeries series(task, family.points.front(), measured);
    const stats::Estimate x = stats::gamma_method(along_nn_ ? series.bond_sum() : series.spin_sum());
    const double deviation = x.error * std::sqrt(x.n_eff);
    if (!(deviation > 0)) return;
    low_ -= 1 / deviation;
    high_ += 1 / deviation;
}

Averages ReweightedFamily::at(const stats::Reweighting& set, double coupling) const {
    const std::vector<double> mean = set.means(coupling);
    const double k = along_nn_ ? coupling : nn_;
    Averages averages{.energy = mean[0],
                      .specific_heat = k * k * sites_ * (mean[1] - mean[0] * mean[0]),
                      .abs_magnetization = mean[2],
                      .squared_magnetization = mean[3],
                      .susceptibility = sites_ * (mean[3] - mean[2] * mean[2]),
                      .binder = 1 - mean[4] / (3 * mean[3] * mean[3])};
    if (has_mode_) {
        averages.correlation_length =
            std::sqrt(std::max(0.0, (mean[3] / mean[5] - 1) / squared_wave_number_)) / length_;
    }
    return averages;
}

std::optional<ReweightedFamily::Maximum> ReweightedFamily::maximum(double Averages::*quantity) const {
    const double step = (high_ - low_) / intervals;
    const auto coupling = [&](std::size_t i) { return low_ + step * static_cast<double>(i); };
    std::size_t best = 0;
    double largest = at(histogram_.all(), low_).*quantity;
    for (std::size_t i = 1; i <= intervals; ++i) {
        const double value = at(histogram_.all(), coupling(i)).*quantity;
        if (value > largest) {
            largest = value;
            best = i;
        }
    }
    if (best == 0 || best == intervals) return std::nullopt;
    const auto estimates = histogram_.estimate([&](const stats::Reweighting& set) {
        const double place = place_of_maximum(*this, set, quantity, low_, high_);
        return std::vector<double>{place, at(set, place).*quantity};
    });
    return Maximum{estimates[0], estimates[1]};
}

void add_reweighted(const Task& task, const Measured& measured, Analysis& analysis) {
    if (!task.points.front().is_nearest_neighbour())
        return; // the energy of several operators is not linear in one coupling
    std::vector<Table> tables = empty_tables();
    for (const Family& points : families(task.points)) {
        if (points.points.size() < 2) continue;
        const ReweightedFamily family(task, points, measured);
        const double overlap = family.histogram().overlap();
        const std::string range = fmt::format("{} = {} … {}{}{}", points.coupling, family.low(), family.high(),
                                              points.others.empty() ? "" : ", ", points.others);
        const bool connected = family.histogram().is_connected();
        analysis.rows.push_back(
            {.section = "sample",
             .point = range,
             .quantity = "overlap of neighbouring points",
             .kind = io::Kind::numerical,
             .value = overlap,
             .note =
                 connected ? "" : fmt::format("no curves between the points: it should be {}", stats::least_overlap)});
        if (!connected) continue;
        append_curves(family, tables);
        for (const auto& [name, value] : {std::pair{"specific heat", &Averages::specific_heat},
                                          std::pair{"susceptibility", &Averages::susceptibility}}) {
            const auto largest = family.maximum(value);
            if (!largest) continue;
            analysis.rows.push_back(
                row(range, fmt::format("{} of the largest {}", points.coupling, name), largest->coupling));
            analysis.rows.push_back(row(range, fmt::format("largest {}", name), largest->value));
        }
    }
    if (tables.front().shape.front() == 0) return;
    analysis.tables.insert(analysis.tables.end(), tables.begin(), tables.end());
}

} // namespace blockspin::sampling
