#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blockspin::io {

/// How a number came about: solved exactly, a rigorous bound, estimated from samples, learned, or computed to numerical
/// accuracy.
enum class Kind { exact, bound, sampled, trained, numerical };

std::string_view name_of(Kind kind);

/// One number of the summary.
struct Row {
    std::string section{};       ///< of the study: "sample", "flow", …
    std::string point{};         ///< of the scan; empty if there is none
    std::string quantity{};      ///< what it is: "energy per site", …
    Kind kind = Kind::numerical; ///< how it came about
    std::string unit{};          ///< empty: dimensionless
    double value = 0;
    std::optional<double> error{};   ///< one standard error (sampled, trained)
    std::optional<double> spread{};  ///< standard deviation over independent trainings
    std::optional<double> tau_int{}; ///< integrated autocorrelation time, in measurements
    std::optional<double> n_eff{};   ///< effective number of independent measurements
    std::string note{};              ///< reference or remark

    bool operator==(const Row&) const = default;
};

/// The error of a number of this size that is exact, or rigorous, but for the rounding of some hundreds of operations.
constexpr double rounding_error(double size) {
    return 512 * std::numeric_limits<double>::epsilon() * (size < 0 ? -size : size);
}

/// All numbers of a study.
struct Results {
    std::string study;
    std::vector<Row> rows;

    bool operator==(const Results&) const = default;
};

/// InternalError unless every value is finite and every sampled or trained one has a finite, non-negative error.
void check(const Results& results);

/// {"schema": "blockspin-results-1", "study": …, "rows": […]}; doubles round-trip. InternalError as check().
std::string to_json(const Results& results);
/// Reads to_json() back; DataError that names `file` if the text is damaged.
Results results_from_json(std::string_view text, std::string_view file);

/// The rows as an aligned table for a terminal. InternalError as check().
std::string to_table(const Results& results);

/// 0.7071(12): the value with the error in its last two digits; exact zero errors print the value alone.
std::string with_error(double value, double error);

} // namespace blockspin::io
