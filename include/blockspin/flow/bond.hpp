#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <blockspin/flow/dual.hpp>
#include <blockspin/flow/formula.hpp>

namespace blockspin::flow {

/// The Hamiltonian of two Ising spins that are alike, by its values; `mixed` holds for both (+, −) and (−, +).
/// T is double, or Dual to differentiate.
template <class T> struct Bond {
    T both_up;
    T mixed;
    T both_down;

    friend Bond operator+(const Bond& a, const Bond& b) {
        return {a.both_up + b.both_up, a.mixed + b.mixed, a.both_down + b.both_down};
    }
    /// The value for two spins, 0 up and 1 down.
    const T& between(int first, int second) const {
        if (first != second) return mixed;
        return first == 0 ? both_up : both_down;
    }
    static double state_count() noexcept { return 2; }
    /// The bond, of the kind of `like`, that has the values value(first, second).
    template <class F> static Bond from_states(F&& value, const Bond& /*like*/) {
        return {value(0, 0), value(0, 1), value(1, 1)};
    }
};

/// `count` bonds (a real number, too) between the same two spins.
template <class T> Bond<T> in_parallel(const Bond<T>& bond, double count) {
    return {count * bond.both_up, count * bond.mixed, count * bond.both_down};
}

/// `count` bonds end to end, the spins between them summed over.
template <class T> Bond<T> in_series(const Bond<T>& bond, int count) {
    Bond<T> chain = bond;
    for (int link = 1; link < count; ++link)
        chain = {log_add_exp(chain.both_up + bond.both_up, chain.mixed + bond.mixed),
                 log_add_exp(chain.both_up + bond.mixed, chain.mixed + bond.both_down),
                 log_add_exp(chain.mixed + bond.mixed, chain.both_down + bond.both_down)};
    return chain;
}

namespace detail {

/// artanh(x)/x from x² ≠ 1 and 1 − x², continued beyond 1 by the real part.
template <class T> T artanh_quotient(const T& x_squared, const T& rest) {
    if (value_of(x_squared) < 1e-5) return 1.0 + x_squared * (1.0 / 3 + x_squared * (0.2 + x_squared * (1.0 / 7)));
    using std::exp, std::log;
    const T x = exp(0.5 * log(x_squared));
    return (log(1.0 + x) - 0.5 * log(value_of(rest) < 0 ? -1.0 * rest : rest)) / x;
}

/// f(M) = slope M + offset for a symmetric 2 × 2 matrix M with positive diagonal, f(λ) = λ ln|λ|.
template <class T> struct XLogX {
    T slope;
    T offset;
};

/// From the elements of M, so written that nothing cancels where its eigenvalues come close to each other.
template <class T> XLogX<T> x_log_x(const T& first, const T& mixed, const T& second) {
    using std::log;
    const T mean = 0.5 * (first + second), half = 0.5 * (first - second);
    const T spread = (half * half + mixed * mixed) / (mean * mean); // ((λ₊ − λ₋)/(λ₊ + λ₋))²
    const T rest = 1.0 - spread;                                    // λ₊ λ₋ / mean²
    if (value_of(rest) == 0.0) return {log(2.0 * mean), 0.0 * mean};
    const T quotient = artanh_quotient(spread, rest);
    return {log(mean) + quotient + 0.5 * log(value_of(rest) < 0 ? -1.0 * rest : rest), -1.0 * (mean * rest * quotient)};
}

} // namespace detail

/// d/db of b bonds in series at b = 1, where the b-th power of the transfer matrix T stands for them: (T ln T)/T
/// element by element. Where an eigenvalue is negative (antiferromagnetic bonds) by the real part of its logarithm.
template <class T> Bond<T> lengthened(const Bond<T>& bond) {
    using std::exp;
    const T top = value_of(bond.both_up) > value_of(bond.both_down) ? bond.both_up : bond.both_down;
    const T first = exp(bond.both_up - top), mixed = exp(bond.mixed - top), second = exp(bond.both_down - top);
    const auto [slope, offset] = detail::x_log_x(first, mixed, second);
    return {top + slope + offset / first, top + slope, top + slope + offset / second};
}

/// Ising spins with a coupling K and a field H that belongs to the bond: K σσ' + H (σ + σ').
struct IsingSpins {
    static constexpr std::size_t size = 2;

    static std::span<const Coupling> couplings(); ///< "nn", "field"
    static double states() noexcept { return 2; }

    template <class T> static Bond<T> bond(const std::array<T, 2>& k) {
        return {k[0] + 2.0 * k[1], -1.0 * k[0], k[0] - 2.0 * k[1]};
    }
    /// The couplings of a bond, and its constant.
    template <class T> static Transformed<T, 2> split(const Bond<T>& bond) {
        return {{0.25 * (bond.both_up + bond.both_down - 2.0 * bond.mixed), 0.25 * (bond.both_up - bond.both_down)},
                0.25 * (bond.both_up + bond.both_down + 2.0 * bond.mixed)};
    }
    static double largest(const Bond<double>& bond) { return std::max({bond.both_up, bond.mixed, bond.both_down}); }
};

} // namespace blockspin::flow
