#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/measured.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/stats/multi_histogram.hpp>

namespace blockspin::sampling {

/// Points of a scan that differ in one coupling only, in ascending order of it.
struct Family {
    std::string coupling;            ///< nn or field
    std::string others;              ///< couplings that all of them share, as text; empty if there are none to tell
    std::vector<std::size_t> points; ///< of the task
};

/// The families of a scan along the coupling that takes most values: one for each choice of the others.
std::vector<Family> families(const std::vector<model::Point>& points);

/// Averages at one coupling, as analyse() defines them.
struct Averages {
    double energy = 0;
    double specific_heat = 0;
    double abs_magnetization = 0;
    double squared_magnetization = 0;
    double susceptibility = 0;
    double binder = 0;
    double correlation_length = 0; ///< ξ/L; 0 where ξ² comes out negative, or was not measured
};

/// The members of Averages that are published as curves: name of the row, of the dataset.
struct AveragedQuantity {
    std::string_view name, key;
    double Averages::*value;
};
inline constexpr std::array<AveragedQuantity, 6> averaged_quantities{
    {{"energy per site", "energy", &Averages::energy},
     {"specific heat", "specific_heat", &Averages::specific_heat},
     {"|magnetization|", "abs_magnetization", &Averages::abs_magnetization},
     {"susceptibility", "susceptibility", &Averages::susceptibility},
     {"Binder cumulant", "binder_cumulant", &Averages::binder},
     {"correlation length / L", "correlation_length_by_size", &Averages::correlation_length}}};

/// All points of a family used together (stats::MultiHistogram): averages at any coupling in their range.
class ReweightedFamily {
  public:
    /// InputError unless the points differ in their coupling.
    ReweightedFamily(const Task& task, const Family& family, const Measured& measured);

    const stats::MultiHistogram& histogram() const noexcept { return histogram_; }
    /// Where averages may be asked for: between the points; around a single one, where the exponent of the weight
    /// changes by one standard deviation.
    double low() const noexcept { return low_; }
    double high() const noexcept { return high_; }
    bool has_correlation_length() const noexcept { return has_mode_; }
    /// The largest value of a quantity and the coupling where it is; none if that is at an end of the range.
    struct Maximum {
        stats::Estimate coupling, value;
    };
    std::optional<Maximum> maximum(double Averages::*quantity) const;
    /// Averages at a coupling, from one of the histogram's sets of measurements.
    Averages at(const stats::Reweighting& set, double coupling) const;

  private:
    bool along_nn_;
    double nn_; ///< where it does not vary
    double sites_, squared_wave_number_, length_;
    double low_, high_;
    bool has_mode_;
    stats::MultiHistogram histogram_;
};

/// Adds to an analysis, for every family of at least two points of a model with no other couplings than nn and field:
/// the overlap of neighbouring points; where it suffices, curves through their range (tables reweighted_coupling
/// [family, coupling], reweighted_QUANTITY and reweighted_QUANTITY_error), and the coupling and the value of the
/// largest specific heat and susceptibility, if they lie between the points.
void add_reweighted(const Task& task, const Measured& measured, Analysis& analysis);

} // namespace blockspin::sampling
