#pragma once

#include <span>
#include <vector>

#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// Largest number of visible units whose configurations are tabulated.
inline constexpr int most_tabulated_units = 20;

// Tables list all 2^n configurations of n units; in the one with index c, unit i is +1 if bit i of c is 1, else −1.

/// ln Σ_k e^{x_k} without overflow, of at least one number.
double log_sum_exp(std::span<const double> exponents);

/// F(v) of all visible configurations. InputError for more than 20 visible units, here and below.
std::vector<double> free_energy_table(const Rbm<double>& rbm);

/// ln p(v) of all visible configurations.
std::vector<double> log_probability_table(const Rbm<double>& rbm);

/// Σ_v P(v) (ln P(v) − ln p(v)), from both logarithms. InternalError unless both tables are equally long.
double kl_divergence(std::span<const double> log_target, std::span<const double> log_model);

/// The gradient of Σ_v P(v) ln p(v), which is that of −KL(P‖p), from the table of P. InternalError unless the table has
/// 2^visible entries.
Gradient<double> log_likelihood_gradient(const Rbm<double>& rbm, std::span<const double> target);

} // namespace blockspin::net
