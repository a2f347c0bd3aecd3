#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/mcrg/site_terms.hpp>
#include <blockspin/stats/estimate.hpp>
#include <blockspin/stats/jackknife.hpp>

namespace blockspin::mcrg {

/// Lattices whose sums are measured in a chain with a bias: the finest, that before the last step, and the biased one.
enum BiasedLattice : std::size_t { finest, previous, biased, biased_lattices };

/// What the chains of one point and number of steps have measured.
struct BiasedSeries {
    std::size_t chains = 1;
    std::vector<std::vector<std::vector<double>>> sums; ///< S_a [lattice][operator][measurement], chain after chain
    std::vector<double> bias;                           ///< J of the even operators
};

/// What follows from it: K'_a of the even operators, then ∂K'_a/∂K_b [a][b] of the even ones, then of the odd ones, K
/// the couplings of the finest lattice; and at last the relevant direction φ, the left eigenvector of the largest
/// eigenvalue of ∂K'/∂K from the step before, of norm 1.
class Renormalized {
  public:
    Renormalized(std::size_t even, std::size_t odd, stats::Derived derived, Exponents exponents,
                 std::vector<double> shifts)
        : even_(even), odd_(odd), derived_(std::move(derived)), exponents_(std::move(exponents)),
          shifts_(std::move(shifts)) {}

    const stats::Estimate& coupling(std::size_t a) const { return derived_.estimates.at(a); }
    /// Between operators of one parity, in the numbering of all.
    const stats::Estimate& slope(std::size_t a, std::size_t b) const { return derived_.estimates.at(slope_at(a, b)); }
    double relevant(std::size_t a) const { return derived_.estimates.at(relevant_at(a)).mean; }
    /// Standard deviation of a function of all these numbers: gradient [number], by the numbers below.
    double deviation(std::span<const double> gradient) const;
    std::size_t numbers() const noexcept { return derived_.estimates.size(); }
    std::size_t slope_at(std::size_t a, std::size_t b) const noexcept {
        return a < even_ ? even_ + a * even_ + b : even_ + even_ * even_ + (a - even_) * odd_ + (b - even_);
    }
    std::size_t relevant_at(std::size_t a) const noexcept { return numbers() - even_ + a; }
    /// Of ∂K'/∂K from the step before.
    const Exponents& exponents() const noexcept { return exponents_; }
    /// How far the bias was from K'.
    double shift(std::size_t a) const { return shifts_.at(a); }

  private:
    std::size_t even_, odd_;
    stats::Derived derived_;
    Exponents exponents_;
    std::vector<double> shifts_;
};

/// One step of Newton's method from the bias, with jackknife errors. linalg::NumericalError if the block spins do not
/// tell the operators apart.
Renormalized renormalized(const BiasedSeries& series, const Operators& operators, const SiteTerms& block_terms,
                          int scale_factor);

/// The rows of one point, from its analyses step by step. `coupling`: K of nearest neighbours.
std::vector<io::Row> rows(const std::string& point, double coupling, const Operators& operators,
                          std::span<const Renormalized> steps);

/// K' found in two independent ways: the differences of those rows that both have.
std::vector<io::Row> differences(std::span<const io::Row> rows, std::span<const io::Row> others);

} // namespace blockspin::mcrg
