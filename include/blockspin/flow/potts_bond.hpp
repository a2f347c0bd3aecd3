#pragma once

#include <blockspin/flow/bond.hpp>

namespace blockspin::flow {

/// The Hamiltonian of two q-state Potts spins that are alike, with one state, 0, set apart by a field, by its values.
template <class T> struct PottsBond {
    T both_zero;
    T one_zero;
    T equal;     ///< both in the same state, not 0
    T different; ///< in two states, neither 0; there are none if q = 2
    double states;

    friend PottsBond operator+(const PottsBond& a, const PottsBond& b) {
        return {a.both_zero + b.both_zero, a.one_zero + b.one_zero, a.equal + b.equal, a.different + b.different,
                a.states};
    }
    /// The value for two spins in these states, any of 1 … q−1 being alike.
    const T& between(int first, int second) const {
        if (first == second) return first == 0 ? both_zero : equal;
        return first == 0 || second == 0 ? one_zero : different;
    }
    double state_count() const noexcept { return states; }
    /// The bond, of the kind of `like`, that has the values value(first, second).
    template <class F> static PottsBond from_states(F&& value, const PottsBond& like) {
        const T zero = value(0, 0), mixed = value(0, 1), equal = value(1, 1);
        return {zero, mixed, equal, like.states == 2 ? mixed : value(1, 2), like.states};
    }
};

template <class T> PottsBond<T> in_parallel(const PottsBond<T>& bond, double count) {
    return {count * bond.both_zero, count * bond.one_zero, count * bond.equal, count * bond.different, bond.states};
}

namespace detail {

/// ln Σ w_i e^{x_i} with weights that need not be integers.
template <class T> T log_sum(std::span<const T> exponents, std::span<const double> weights) {
    using std::exp, std::log;
    T top = exponents[0];
    for (const T& x : exponents)
        if (value_of(x) > value_of(top)) top = x;
    T sum = weights[0] * exp(exponents[0] - top);
    for (std::size_t i = 1; i < exponents.size(); ++i) sum = sum + weights[i] * exp(exponents[i] - top);
    return top + log(sum);
}
template <class T, std::size_t n> T log_sum(const std::array<T, n>& exponents, const std::array<double, n>& weights) {
    return log_sum<T>(std::span<const T>(exponents), std::span<const double>(weights));
}

} // namespace detail

/// `count` bonds end to end; q may be any real number from 1 on. Below 3 some weights are negative, as polynomials in q
/// have it.
template <class T> PottsBond<T> in_series(const PottsBond<T>& bond, int count) {
    const double q = bond.states;
    PottsBond<T> chain = bond;
    for (int link = 1; link < count; ++link) {
        const PottsBond<T> c = chain;
        const auto via = [&](const T& zero, const T& first, double firsts, const T& second, double seconds,
                             const T& others, double count_of_others) {
            return detail::log_sum<T, 4>({zero, first, second, others}, {1.0, firsts, seconds, count_of_others});
        };
        chain.both_zero =
            via(c.both_zero + bond.both_zero, c.one_zero + bond.one_zero, q - 1, c.both_zero, 0.0, c.both_zero, 0.0);
        chain.one_zero = via(c.both_zero + bond.one_zero, c.one_zero + bond.equal, 1.0, c.one_zero + bond.different,
                             q - 2, c.one_zero, 0.0);
        chain.equal = via(c.one_zero + bond.one_zero, c.equal + bond.equal, 1.0, c.different + bond.different, q - 2,
                          c.equal, 0.0);
        chain.different = q == 2 ? chain.one_zero
                                 : via(c.one_zero + bond.one_zero, c.equal + bond.different, 1.0,
                                       c.different + bond.equal, 1.0, c.different + bond.different, q - 3);
    }
    return chain;
}

namespace detail {

/// The first divided difference of λ ln|λ| between two numbers; 0 in place of −∞ where both are 0.
template <class T> T slope_between(const T& a, const T& b) {
    const T mean = 0.5 * (a + b), half = 0.5 * (a - b);
    if (value_of(mean) == 0.0) return 0.0 * mean;
    const T spread = half * half / (mean * mean), rest = 1.0 - spread;
    using std::log;
    const T size = value_of(mean) < 0 ? -1.0 * mean : mean;
    if (value_of(rest) == 0.0) return log(2.0 * size);
    return log(size) + artanh_quotient(spread, rest) + 0.5 * log(value_of(rest) < 0 ? -1.0 * rest : rest);
}

} // namespace detail

/// d/db of b bonds in series at b = 1, as for Ising spins. The transfer matrix acts on the states that the permutations
/// of 1 … q−1 leave alone as a 2 × 2 matrix M, and as the number λ = e^{equal} − e^{different} on the others.
template <class T> PottsBond<T> lengthened(const PottsBond<T>& bond) {
    using std::exp, std::log;
    const double q = bond.states;
    T top = bond.both_zero;
    if (value_of(bond.equal) > value_of(top)) top = bond.equal;
    const T zero = exp(bond.both_zero - top), mixed = exp(bond.one_zero - top), equal = exp(bond.equal - top);
    if (q == 2) {
        const auto [slope, offset] = detail::x_log_x(zero, mixed, equal);
        return {top + slope + offset / zero, top + slope, top + slope + offset / equal, top + slope, q};
    }
    const T different = exp(bond.different - top);
    const T rest = equal + (q - 2) * different, other = equal - different;
    const auto [slope, offset] = detail::x_log_x(zero, std::sqrt(q - 1) * mixed, rest);
    const T mean = 0.5 * (zero + rest), half = 0.5 * (zero - rest);
    const T gap = exp(0.5 * log(half * half + (q - 1) * (mixed * mixed))); // eigenvalues of M: mean ± gap
    // The second divided difference of λ ln|λ| between these and λ; one comes close to λ, all do at strong coupling.
    const bool close = std::abs(value_of(mean) - value_of(other)) < 1e-4 * value_of(mean);
    const T curvature = close ? 0.5 / mean : (slope - detail::slope_between(mean - gap, other)) / (mean + gap - other);
    // (mean + gap − λ)(mean − gap − λ)/((q − 1) different), where rest − λ = (q − 1) different
    const T product = zero - other - exp(2.0 * bond.one_zero - bond.different - top);
    const T of_different = slope - curvature * product;
    const T magnitude = value_of(other) < 0 ? -1.0 * other : other;
    const T of_other = value_of(other) == 0.0 ? 0.0 * other : other * log(magnitude);
    return {top + slope + offset / zero, top + slope, top + (of_different * different + of_other) / equal,
            top + of_different, q};
}

/// Potts spins. Operators: δ(s, s'); the field, δ(s, 0) + δ(s', 0) less its mean, which belongs to the bond; and
/// δ(s, s') (δ(s, 0) − 1/q), which a field brings along. So permutations of all states separate the first, even, from
/// the others, odd. With q = 2 the last one is the field again; its coupling is then 0 in every image.
class PottsSpins {
  public:
    static constexpr std::size_t size = 3;

    /// InputError unless q is a real number from 1 on; q → 1 is percolation, of bonds with probability 1 − e^{−K}
    /// (C. M. Fortuin, P. W. Kasteleyn, Physica 57 (1972) 536).
    explicit PottsSpins(double states);

    static std::span<const Coupling> couplings(); ///< "nn", "field", "nn in field"
    double states() const noexcept { return states_; }

    template <class T> PottsBond<T> bond(const std::array<T, 3>& k) const {
        const double q = states_;
        const T shift = -1.0 / q * (2.0 * k[1] + k[2]);
        return {k[0] + 2.0 * k[1] + k[2] + shift, k[1] - 2.0 / q * k[1], k[0] + shift, -2.0 / q * k[1], q};
    }
    template <class T> Transformed<T, 3> split(const PottsBond<T>& bond) const {
        const double q = states_;
        if (q == 2) {
            const T field = 0.5 * (bond.both_zero - bond.equal);
            return {{0.5 * (bond.both_zero + bond.equal) - bond.one_zero, field, 0.0 * field}, bond.one_zero};
        }
        const T field = bond.one_zero - bond.different;
        const T both = bond.both_zero - bond.equal - 2.0 * field;
        return {{bond.equal - bond.different + 1.0 / q * both, field, both}, bond.different + 2.0 / q * field};
    }
    static double largest(const PottsBond<double>& bond) {
        return std::max({bond.both_zero, bond.one_zero, bond.equal, bond.different});
    }

  private:
    double states_;
};

} // namespace blockspin::flow
