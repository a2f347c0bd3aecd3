#pragma once

#include <blockspin/linalg/lapack.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::linalg {

/// NumericalError for `routine` unless every number is finite: LAPACK may loop for ever on others.
inline void check_finite(const std::string& routine, std::span<const double> values) {
    if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); }))
        throw NumericalError(routine, 0, "the input holds numbers that are not finite");
}

/// Turns LAPACK's `info` into an exception; `reason` says what a positive one means.
inline void check_info(const std::string& routine, int info, const std::string& reason) {
    if (info < 0) throw core::InternalError(fmt::format("{} refused its argument {}", routine, -info));
    if (info > 0) throw NumericalError(routine, info, fmt::format("{} (info = {})", reason, info));
}

/// Leading dimension of a row-major matrix, which LAPACK wants to be positive even where there are no columns.
template <class T> int stride(const Matrix<T>& a) { return std::max(1, a.cols()); }

/// Row of the component of column k with the largest modulus, the first of equals.
template <class T> int largest_component(const Matrix<T>& a, int k) {
    int best = 0;
    for (int i = 1; i < a.rows(); ++i)
        if (std::abs(a(i, k)) > std::abs(a(best, k))) best = i;
    return best;
}

} // namespace blockspin::linalg
