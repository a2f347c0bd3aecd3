#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// Sum over all states of the binary hidden units of a machine with Gaussian visible ones, whose marginal is that of
/// spins with pair couplings: integrated over v, e^{−E} is (2π)^{V/2} e^{Σ_j c_j h_j + ½ Σ_jk G_jk h_j h_k},
/// c = b + W^T a, G = W^T W. States with the same high units (all but the first eight) are a block.
class HiddenEnumeration {
  public:
    /// InputError if a parameter is not finite, or so large that the exponents are not.
    explicit HiddenEnumeration(const Rbm<double>& rbm);

    std::int64_t blocks() const noexcept { return std::int64_t{1} << (units() - low_units_); }
    /// ln of the sum of the weights of one block.
    double ln_block(std::int64_t block) const;

  private:
    int units() const noexcept { return static_cast<int>(fields_.size()); }

    int low_units_;
    double constant_ = 0;               ///< (V ln 2π + tr G) / 2
    std::vector<double> fields_;        ///< c
    linalg::Matrix<double> couplings_;  ///< G
    std::vector<double> low_exponents_; ///< Σ G_jk h_j h_k over pairs of low units, of each of their states
};

} // namespace blockspin::net
