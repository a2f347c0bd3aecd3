#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator.hpp>

namespace blockspin::mcrg {

/// The products around every site that several operators multiply its spin with: model::local_field for one site at a
/// time of a configuration that changes under way. (LocalFields does whole configurations.)
///
/// Configurations hold one spin more than the lattice has sites; it is +1 and stands for spins that a term meets twice.
class SiteTerms {
  public:
    /// InputError if an operator belongs to another lattice, if a boundary is open, and on the honeycomb.
    SiteTerms(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators);

    /// Number of operators.
    std::size_t size() const noexcept { return operators_.size(); }
    /// F_a at one site: flipping the spin σ there changes S_a by −2 σ F_a.
    std::int32_t field(std::size_t a, const std::int8_t* spins, std::size_t site) const noexcept {
        const Around& around = operators_[a];
        const std::int32_t* other = around.others.data() + site * around.terms * around.width;
        if (around.width == 0) return static_cast<std::int32_t>(around.terms);
        std::int32_t sum = 0;
        if (around.width == 1) {
            for (std::size_t t = 0; t < around.terms; ++t) sum += spins[other[t]];
            return sum;
        }
        for (std::size_t t = 0; t < around.terms; ++t) {
            std::int32_t product = 1;
            for (std::size_t i = 0; i < around.width; ++i, ++other) product *= spins[*other];
            sum += product;
        }
        return sum;
    }
    /// Largest |F_a|: the number of products with one spin.
    std::int32_t most(std::size_t a) const noexcept { return static_cast<std::int32_t>(operators_[a].terms); }
    /// Mean and variance of S_a over spins that are independent and as often up as down.
    double free_mean(std::size_t a) const noexcept { return operators_[a].mean; }
    double free_variance(std::size_t a) const noexcept { return operators_[a].variance; }

  private:
    /// One operator: as many terms around every site, each of as many other spins.
    struct Around {
        std::size_t terms = 0, width = 0;
        std::vector<std::int32_t> others{}; ///< [site][term][spin]
        double mean = 0, variance = 0;
    };
    Around around(const model::Operator& op, const lattice::Geometry& geometry) const;

    std::vector<Around> operators_;
};

} // namespace blockspin::mcrg
