#include <blockspin/sampling/point_series.hpp>

#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/structure.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::sampling {

namespace {

std::vector<double> transformed(std::vector<double> values, double (*function)(double)) {
    for (double& value : values) value = function(value);
    return values;
}

double square(double x) { return x * x; }

/// |M(k)|²/N² at every measurement, the mean over the wave vectors: of Potts spins q/(q − 1) Σ_s |M_s(k)|²/N².
std::vector<double> squared_modes(const Task& task, const Measured& measured, std::int64_t replica, double scale) {
    const std::size_t numbers = measured.width("fourier");
    const auto states = static_cast<std::size_t>(task.spins.states());
    const bool is_potts = task.spins.is_potts();
    const double norm = is_potts ? static_cast<double>(states * states) / static_cast<double>(states - 1) : 1.0;
    std::vector<double> sum;
    for (std::size_t n = 0; n < numbers; ++n) {
        const std::vector<double> part = measured.column("fourier", replica, n);
        sum.resize(part.size());
        for (std::size_t i = 0; i < part.size(); ++i)
            sum[i] += norm * square(part[i] * scale) * 2 / static_cast<double>(numbers);
    }
    return sum;
}

/// −Σ_a K_a S_a / N of the last chain.
std::vector<double> energy_per_site(const Task& task, const model::Point& point,
                                    const std::vector<std::vector<std::vector<double>>>& operators) {
    const model::OperatorBasis basis = task.operators();
    std::vector<double> energy(operators.front().back().size());
    for (std::size_t op = 0; op < basis.size(); ++op) {
        if (basis[op].spins() == 1) continue;
        const double coupling = point.coupling(basis[op].name());
        for (std::size_t i = 0; i < energy.size(); ++i) energy[i] -= coupling * operators[op].back()[i];
    }
    return energy;
}

/// −(K Σ s s + K_2 Σ s² s² − D Σ s²)/N of Blume–Capel spins.
std::vector<double> blume_capel_energy(const Task& task, const model::Point& point, const Measured& measured,
                                       std::int64_t replica) {
    std::vector<double> energy(measured.column("bond_sum", replica).size());
    const auto add = [&](const std::string& series, double factor) {
        const std::vector<double> sums = measured.column(series, replica);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            energy[i] += factor * sums[i] / static_cast<double>(task.geometry.sites());
        }
    };
    add("bond_sum", -point.coupling("nn"));
    add("square_sum", point.coupling("crystal_field"));
    if (measured.has("biquadratic_sum")) add("biquadratic_sum", -point.coupling("biquadratic"));
    return energy;
}

} // namespace

void PointSeries::add_operators(const Task& task, std::int64_t replica, const Measured& measured) {
    const std::size_t width = measured.width("operator_sum");
    operators_.resize(width);
    for (std::size_t op = 0; op < width; ++op) {
        std::vector<double> sums = measured.column("operator_sum", replica, op);
        for (double& each : sums) each /= static_cast<double>(task.geometry.sites());
        operators_[op].push_back(std::move(sums));
    }
}

void PointSeries::add_magnetization(const Task& task, std::int64_t replica, const Measured& measured) {
    std::vector<double> m = measured.column("spin_sum", replica);
    spins_.push_back(m);
    for (double& each : m) each /= static_cast<double>(task.geometry.sites());
    abs_m_.push_back(transformed(m, [](double x) { return std::abs(x); }));
    m2_.push_back(transformed(m, square));
}

void PointSeries::add_potts_magnetization(const Task& task, std::int64_t replica, const Measured& measured) {
    const double sites = static_cast<double>(task.geometry.sites()), q = task.spins.states();
    std::vector<double> squared, share;
    for (const std::span<const std::int64_t> counts : measured.rows("state_count", replica)) {
        double sum = 0.0;
        for (const std::int64_t count : counts) sum += square(static_cast<double>(count) / sites);
        squared.push_back(std::max(0.0, (q * sum - 1) / (q - 1)));
        share.push_back((q * static_cast<double>(std::ranges::max(counts)) / sites - 1) / (q - 1));
    }
    spins_.push_back(measured.column("state_count", replica));
    abs_m_.push_back(transformed(squared, [](double x) { return std::sqrt(x); }));
    m2_.push_back(std::move(squared));
    share2_.push_back(transformed(share, square));
    share_.push_back(std::move(share));
}

PointSeries::PointSeries(const Task& task, std::size_t point, const Measured& measured, std::int64_t sample) {
    const double sites = static_cast<double>(task.geometry.sites());
    const SmallestModes modes(task.geometry);
    for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
        const std::int64_t replica = task.replica(static_cast<std::int64_t>(point), sample, chain);
        std::vector<double> energy = measured.column("bond_sum", replica);
        bonds_.push_back(energy);
        if (task.disorder) {
            energy = measured.column("random_bond_sum", replica);
            for (double& e : energy) e *= task.bonds().unit();
        }
        for (double& e : energy) e = -e / sites;
        if (measured.has("operator_sum")) {
            add_operators(task, replica, measured);
            energy = energy_per_site(task, task.points[point], operators_);
        }
        if (measured.has("square_sum")) {
            occupation_.push_back(measured.column("square_sum", replica));
            for (double& each : occupation_.back()) each /= sites;
            if (!task.points[point].is_nearest_neighbour()) {
                energy = blume_capel_energy(task, task.points[point], measured, replica);
            }
        }
        energy2_.push_back(transformed(energy, square));
        energy_.push_back(std::move(energy));
        if (measured.has("state_count"))
            add_potts_magnetization(task, replica, measured);
        else
            add_magnetization(task, replica, measured);
        m4_.push_back(transformed(m2_.back(), square));
        if (measured.has("cluster")) {
            const double unit = 1 / (ClusterSums(task.geometry).scale() * sites * sites);
            cluster_m2_.push_back(measured.column("cluster", replica, 0));
            cluster_mode2_.push_back(measured.column("cluster", replica, 1));
            for (double& each : cluster_m2_.back()) each *= unit;
            for (double& each : cluster_mode2_.back()) each *= unit;
        }
        if (measured.has("fourier"))
            mode2_.push_back(squared_modes(task, measured, replica, 1 / (modes.scale() * sites)));
    }
}

} // namespace blockspin::sampling
