#pragma once

#include <cstddef>
#include <span>

namespace blockspin::net {

/// Sums and products are made of so many partial ones, each over every 16th unit.
inline constexpr std::size_t lanes = 16;

/// Σ_j ln [cosh(to f_j) / cosh(from f_j)] with f_j = fields[j] + bias[j] and inverse temperatures from 0 to 1, to 3e-7
/// of each term; the fields become to f_j. The same bits on every instruction set.
double ln_cosh_ratio(std::span<const float> bias, float from, float to, std::span<float> fields);

/// Σ_i a_i b_i, to 1e-6 of Σ_i |a_i b_i|. The same bits on every instruction set.
double dot(std::span<const float> a, std::span<const float> b);

} // namespace blockspin::net
