#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// One bond K s_a s_b of an Ising model.
struct Bond {
    std::int64_t a = 0;
    std::int64_t b = 0;
    double coupling = 0; ///< K
};

/// The machine whose visible units are distributed exactly as the spins of −H = Σ_bonds K s_a s_b + Σ_i field_i s_i:
/// one hidden unit per bond, tied to its two ends with W = ½ arccosh e^{2|K|}, to the second one with the sign of K.
/// Summing over it gives 2 cosh W(s_a ± s_b) = 2 e^{|K|} e^{K s_a s_b}, hence Z_RBM = Π_bonds 2 e^{|K|} · Z.
/// Bonds may repeat, and may join a site with itself. InternalError for a site beyond `fields`.
Rbm<double> ising_rbm(std::span<const double> fields, std::span<const Bond> bonds);

} // namespace blockspin::net
