#pragma once

#include <blockspin/flow/dual.hpp>

namespace blockspin::flow {

/// The Hamiltonian of two spins that are alike, by its values; `mixed` holds for both (+, −) and (−, +).
/// T is double, or Dual to differentiate.
template <class T> struct Bond {
    T both_up;
    T mixed;
    T both_down;

    /// K σσ' + H (σ + σ').
    static Bond of(const T& coupling, const T& field) {
        return {coupling + 2.0 * field, -coupling, coupling - 2.0 * field};
    }
    T coupling() const { return 0.25 * (both_up + both_down - 2.0 * mixed); }
    T field() const { return 0.25 * (both_up - both_down); }
    T constant() const { return 0.25 * (both_up + both_down + 2.0 * mixed); }
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

} // namespace blockspin::flow
