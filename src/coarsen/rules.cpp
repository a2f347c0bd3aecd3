#include <blockspin/coarsen/rules.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

namespace blockspin::coarsen {

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

int checked(int scale_factor) {
    if (scale_factor > 1) return scale_factor;
    throw core::InputError(fmt::format("a block must be at least 2 sites wide, not {}", scale_factor));
}

int sum_of(Spins sigma) { return std::accumulate(sigma.begin(), sigma.end(), 0); }

std::int8_t sign(bool up) { return up ? 1 : -1; }

/// ln 1 / (1 + e^{-x}).
double log_logistic(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

} // namespace

Majority::Majority(int scale_factor, Tie tie) : scale_factor_(checked(scale_factor)), tie_(tie) {}

std::int8_t Majority::apply_block(Spins sigma, const rng::Key& key, rng::Address address) const {
    const int sum = sum_of(sigma);
    if (sum != 0) return sign(sum > 0);
    if (tie_ == Tie::first_spin) return sigma.front();
    address.purpose = rng::Purpose::block_tie;
    return sign((rng::bits(key, address)[0] & 1U) != 0);
}

double Majority::log_probability(std::int8_t mu, Spins sigma) const {
    const int sum = sum_of(sigma);
    if (sum != 0) return mu * sum > 0 ? 0 : impossible;
    if (tie_ == Tie::first_spin) return mu == sigma.front() ? 0 : impossible;
    return -std::numbers::ln2;
}

Decimation::Decimation(int scale_factor) : scale_factor_(checked(scale_factor)) {}

std::int8_t Decimation::apply_block(Spins sigma, const rng::Key& /*key*/, const rng::Address& /*address*/) const {
    return sigma.front();
}

double Decimation::log_probability(std::int8_t mu, Spins sigma) const { return mu == sigma.front() ? 0 : impossible; }

KadanoffT::KadanoffT(int scale_factor, double p) : scale_factor_(checked(scale_factor)), p_(p) {
    if (!std::isfinite(p)) throw core::InputError("the parameter p of Kadanoff's rule must be a finite number");
}

std::int8_t KadanoffT::apply_block(Spins sigma, const rng::Key& key, rng::Address address) const {
    address.purpose = rng::Purpose::block_draw;
    return sign(rng::uniform(key, address) < std::exp(log_probability(1, sigma)));
}

double KadanoffT::log_probability(std::int8_t mu, Spins sigma) const {
    return log_logistic(2 * p_ * mu * sum_of(sigma));
}

} // namespace blockspin::coarsen
