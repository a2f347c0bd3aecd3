#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <blockspin/io/results.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::process {

inline constexpr std::string_view short_series = "the series is too short for its autocorrelation time";

/// An estimate from samples as a row of the summary, of the point with this label. A series that is too short for its
/// error to be trusted says so, unless there is another remark.
inline io::Row estimate_row(std::string section, std::string point, std::string quantity,
                            const stats::Estimate& estimate, std::string note = "", std::string unit = "") {
    if (note.empty() && estimate.too_short()) note = short_series;
    return {.section = std::move(section),
            .point = std::move(point),
            .quantity = std::move(quantity),
            .kind = io::Kind::sampled,
            .unit = std::move(unit),
            .value = estimate.mean,
            .error = estimate.error,
            .tau_int = estimate.tau_int,
            .n_eff = estimate.n_eff,
            .note = std::move(note)};
}

} // namespace blockspin::process
