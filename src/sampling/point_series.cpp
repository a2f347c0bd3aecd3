#include <blockspin/sampling/point_series.hpp>

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

} // namespace

PointSeries::PointSeries(const Task& task, std::size_t point, const Measured& measured) {
    const double sites = static_cast<double>(task.geometry.sites());
    const SmallestModes modes(task.geometry);
    for (std::int64_t chain = 0; chain < task.parameters.chains; ++chain) {
        const std::int64_t replica = static_cast<std::int64_t>(point) * task.parameters.chains + chain;
        std::vector<double> energy = measured.column("bond_sum", replica), m = measured.column("spin_sum", replica);
        for (double& e : energy) e = -e / sites;
        for (double& each : m) each /= sites;
        energy2_.push_back(transformed(energy, square));
        energy_.push_back(std::move(energy));
        abs_m_.push_back(transformed(m, [](double x) { return std::abs(x); }));
        m2_.push_back(transformed(m, square));
        m4_.push_back(transformed(m2_.back(), square));
        if (measured.has("fourier")) mode2_.push_back(squared_modes(measured, replica, 1 / (modes.scale() * sites)));
    }
}

} // namespace blockspin::sampling
