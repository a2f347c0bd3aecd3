#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/net/rbm.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

// What an update may do to the gradient of the log-likelihood, or its estimate, before it follows it.

/// A mean of each unit.
struct UnitMeans {
    std::vector<float> visible, hidden;
};

/// average ← decay · average + (1 − decay) · now; an average of nothing becomes `now`.
void follow(const UnitMeans& now, double decay, UnitMeans& average);

/// The gradient by the parameters of E = −(v − μ)·W (h − λ) − a'·(v − μ) − b'·(h − λ), with μ and λ held fixed, as a
/// change of W, a and b: ∇W ← ∇W − ∇a λ^T − μ ∇b^T, then ∇a ← ∇a − ∇W λ, ∇b ← ∇b − ∇W^T μ (Melchior, Fischer, Wiskott,
/// JMLR 17 (2016) 99; Montavon and Müller 2012). It ascends as the plain one does, but does not depend on
/// which state of a unit is called +1. InternalError if shapes do not match.
void centre(const UnitMeans& offsets, Gradient<float>& gradient);

/// Less cost · the derivative of −t ln q_j − (1 − t) ln (1 − q_j), q_j the average probability that hidden unit j is
/// on, by the field on the unit, taken to be 2 (q_j − t): by the biases, and times the mean of the visible unit by the
/// weights (Hinton 2010, section 11). `average` gives q, `now` the means of the visible units. InternalError as above.
void add_sparsity(double cost, double target, const UnitMeans& average, const UnitMeans& now,
                  Gradient<float>& gradient);

/// The change that the gradient by the parameters of the same machine in units 0 and 1 makes to those in units −1 and
/// +1: with E = −s·W' t − a'·s − b'·t, s = (1 + v)/2 and t = (1 + h)/2, W = W'/4, a = a'/2 + Σ_j W'_ij/4, b = b'/2 +
/// Σ_i W'_ij/4. Plain ascent depends on the units (Melchior, Fischer, Wiskott, JMLR 17 (2016) 99).
void in_units_0_and_1(Gradient<float>& gradient);

/// Which hidden units take part in an update, each with probability 1 − dropout; addressed by training, step and unit
/// (rng::Purpose::dropout).
std::vector<std::uint8_t> kept_units(const rng::Key& key, std::int32_t training, std::int64_t step, int hidden,
                                     double dropout);

/// Takes the other hidden units out, of a machine or of a gradient: their weights and biases become 0 (Srivastava et
/// al., JMLR 15 (2014) 1929, section 8). InternalError unless there is one flag per hidden unit.
void keep_only(std::span<const std::uint8_t> kept, Rbm<float>& rbm);

} // namespace blockspin::net
