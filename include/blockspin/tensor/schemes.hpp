#pragma once

#include <vector>

#include <blockspin/tensor/tensor.hpp>

namespace blockspin::tensor {

/// A square lattice of classical spins as a network of tensors, one for each site: legs left, up, right, down. Spins of
/// nearest neighbours have weight e^{K s s'} (Ising, s = ±1) or e^{K δ(s, s')} (Potts).
struct Model {
    double horizontal = 0.0; ///< K of bonds along x
    double vertical = 0.0;   ///< K of bonds along y
    double field = 0.0;      ///< weight e^{h s}, or e^{h δ(s, 0)}
    int states = 0;          ///< q of Potts spins; 0: Ising
};

/// The tensor of a site; its trace over a torus of sites is Z, for couplings of any sign.
Tensor site_tensor(const Model& model);

/// How tensors are merged.
enum class Scheme {
    trg,  ///< split along the diagonals, then joined around every second square (Levin and Nave 2007)
    hotrg ///< two stacked, their pairs of bonds truncated by a higher-order SVD (Xie et al. 2012)
};

/// A tensor that stands for 2^steps sites: it is e^{ln_scale} times `tensor`, whose largest element has modulus 1.
struct Coarse {
    Tensor tensor;
    double ln_scale = 0.0;
    int steps = 0;
};

/// A site as such.
Coarse start(Tensor site);

/// One tensor for two, with bonds of at most `bond` states. TRG turns the lattice by 45° (Levin and Nave, Phys. Rev.
/// Lett. 99 (2007) 120601); HOTRG stacks along y at even steps and along x at odd ones (Xie, Chen, Qin, Zhu, Yang and
/// Xiang, Phys. Rev. B 86 (2012) 045139), so it is a square at even steps again. Threaded; the bits do not depend on
/// it.
Coarse step(const Coarse& fine, Scheme scheme, int bond);

/// ln Z per site of the torus that closes the tensor on itself.
double free_energy(const Coarse& coarse);

/// ln of the moduli of the leading eigenvalues, by falling modulus, of the transfer matrix of a tensor that is closed
/// in itself along x: −∞ where one is zero. At most `count`.
std::vector<double> ln_transfer_spectrum(const Coarse& coarse, int count);

} // namespace blockspin::tensor
