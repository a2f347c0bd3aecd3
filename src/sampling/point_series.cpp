#include <blockspin/sampling/point_series.hpp>

#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/structure.hpp>

#include <cmath>

namespace blockspin::sampling {

namespace {

std::vector<double> transformed(std::vector<double> values, double (*function)(double)) {
    for (double& value : values) value = function(value);
    return values;
}

double square(double x) { return x * x; }

/// |M(k)|²/N² at every measurement, the mean over the wave vectors.
std::vector<double> squared_modes(const Measured& measured, std::int64_t replica, double scale) {
    const std::size_t numbers = measured.width("fourier");
    std::vector<double> sum;
    for (std::size_t n = 0; n < numbers; ++n) {
        const std::vector<double> part = measured.column("fourier", replica, n);
        sum.resize(part.size());
        for (std::size_t i = 0; i < part.size(); ++i)
            sum[i] += square(part[i] * scale) * 2 / static_cast<double>(numbers);
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

PointSeries::PointSeries(const Task& task, std::size_t point, const Measured& measured) {
    const double sites = static_cast<double>(task.geometry.sites());
    const SmallestModes modes(task.geometry);
    for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
        const std::int64_t replica = static_cast<std::int64_t>(point) * task.parameters.chains + chain;
        std::vector<double> energy = measured.column("bond_sum", replica), m = measured.column("spin_sum", replica);
        bonds_.push_back(energy);
        spins_.push_back(m);
        for (double& e : energy) e = -e / sites;
        if (measured.has("operator_sum")) {
            add_operators(task, replica, measured);
            energy = energy_per_site(task, task.points[point], operators_);
        }
        for (double& each : m) each /= sites;
        energy2_.push_back(transformed(energy, square));
        energy_.push_back(std::move(energy));
        abs_m_.push_back(transformed(m, [](double x) { return std::abs(x); }));
        m2_.push_back(transformed(m, square));
        m4_.push_back(transformed(m2_.back(), square));
        if (measured.has("cluster")) {
            const double unit = 1 / (ClusterSums(task.geometry).scale() * sites * sites);
            cluster_m2_.push_back(measured.column("cluster", replica, 0));
            cluster_mode2_.push_back(measured.column("cluster", replica, 1));
            for (double& each : cluster_m2_.back()) each *= unit;
            for (double& each : cluster_mode2_.back()) each *= unit;
        }
        if (measured.has("fourier")) mode2_.push_back(squared_modes(measured, replica, 1 / (modes.scale() * sites)));
    }
}

} // namespace blockspin::sampling
