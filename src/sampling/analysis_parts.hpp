// What the analyses of pure and of disordered models share.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/point_series.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::sampling {

/// A sampled quantity as a row, noted where its series is too short.
io::Row row(const std::string& point, std::string quantity, std::string unit, const stats::Estimate& estimate);

/// Tells in the note how far a sampled row is from its exact value.
void add_deviation(io::Row& sampled, double exact);

/// The square root of an estimate, to first order in its error; none of a negative one.
std::optional<stats::Estimate> root(stats::Estimate estimate);

/// What a point must be warned of, if anything; `slowest` is the longest τ_int of its estimates, in measurements.
std::vector<std::string> doubts(const Task& task, const PointSeries& series, const stats::Estimate& slowest);

std::string joined(const std::vector<std::string>& texts);

/// Adds the averages over samples of the disorder, and what every sample gives as tables (see analyse()).
void analyse_disorder(const Task& task, const Measured& measured, Analysis& analysis);

/// A function of averages over samples of the disorder.
using AveragedFunction = std::function<double(std::span<const double> means)>;

/// Its value, with the jackknife over samples, two or more; `samples` [sample][number].
stats::Estimate of_averages(const std::vector<std::vector<double>>& samples, const AveragedFunction& function);

/// Adds what overlaps give (see Overlaps): [⟨|q|⟩], N [⟨q²⟩], (3 − [⟨q⁴⟩]/[⟨q²⟩]²)/2, the link overlap per bond, ξ/L of
/// the overlaps as of spins, and their distribution as tables.
void add_overlaps(const Task& task, const Measured& measured, Analysis& analysis);

} // namespace blockspin::sampling
