#include "trained_row.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace blockspin::net {

namespace {

/// Standard deviation over trainings; none for a single one.
std::optional<double> spread(const Estimates& trainings, double mean) {
    if (trainings.size() < 2) return std::nullopt;
    double squares = 0;
    for (const stats::Estimate& e : trainings) squares += (e.mean - mean) * (e.mean - mean);
    return std::sqrt(squares / static_cast<double>(trainings.size() - 1));
}

} // namespace

io::Row trained_row(std::string quantity, std::string unit, const Estimates& trainings, bool own_samples) {
    double mean = 0, error = 0, squares = 0, tau = 0, n_eff = 0;
    for (const stats::Estimate& e : trainings) {
        mean += e.mean;
        error += e.error;
        squares += e.error * e.error;
        tau = std::max(tau, e.tau_int);
        n_eff += e.n_eff;
    }
    const auto count = static_cast<double>(trainings.size());
    mean /= count;
    io::Row row{.section = "network",
                .point = {},
                .quantity = std::move(quantity),
                .kind = io::Kind::trained,
                .unit = std::move(unit),
                .value = mean,
                .error = (own_samples ? std::sqrt(squares) : error) / count,
                .spread = spread(trainings, mean)};
    if (!own_samples) return row;
    row.tau_int = tau;
    row.n_eff = n_eff;
    const bool short_series = std::ranges::any_of(trainings, [](const stats::Estimate& e) { return e.too_short(); });
    if (short_series) row.note = "the network's chains are too short for their autocorrelation time";
    return row;
}

} // namespace blockspin::net
