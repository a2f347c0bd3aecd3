#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace blockspin::bounds {

/// The positive operator that adds layers of spins to a lattice with a finite cross-section, put together from moves of
/// single spins. A state has one number for each configuration of the `sites()` spins of a layer, bit i of its index
/// set for spin i up; while a layer is added, a few old spins are kept beside it in spare bits.
class LayerTransfer {
  public:
    /// A coupling of the new spin to a spin that is there: a site, or a spare.
    using Term = std::pair<int, double>;

    /// `layers` is how many layers one application adds, `spares` how many old spins are ever kept at a time (at most
    /// 3). InputError for more than 26 bits in all.
    LayerTransfer(int sites, int layers, int spares = 0);

    /// Weight exp(Σ K s_i s_j + Σ h_i s_i) of the layer as it stands; one field for every site.
    void weigh(const std::vector<std::pair<std::pair<int, int>, double>>& bonds, const std::vector<double>& fields);
    /// Keeps the present spin of a site in a spare.
    void keep(int site, int spare);
    /// Sums over the spin in a spare.
    void forget(int spare);
    /// A new spin t takes the place of spin s of a site, which is summed over: weight exp(t Σ K_j s_j), where the terms
    /// may name the site itself and at most two others, sites as they stand or spares.
    void replace(int site, std::vector<Term> terms);
    /// Number of the spare, as a bit that terms can name.
    int spare(int number) const noexcept { return sites_ + number; }

    int sites() const noexcept { return sites_; }
    int layers() const noexcept { return layers_; }
    std::size_t size() const noexcept { return std::size_t{1} << sites_; }
    /// Numbers that one application reads and writes, a measure of its time.
    double operations() const noexcept { return operations_; }
    /// Bound on the relative error that rounding makes in any component of an image: all terms are positive.
    double rounding() const noexcept;

    /// out = V in. Threaded; the bits do not depend on the number of threads. InternalError unless both have size().
    void apply(std::span<const double> in, std::span<double> out) const;

  private:
    struct Weigh {
        std::vector<double> weights;
    };
    struct Keep {
        int site, spare;
    };
    struct Forget {
        int spare;
    };
    struct Replace {
        int site;
        std::vector<int> others;     ///< bits that select the block of four weights
        std::vector<double> weights; ///< (values of the others, new spin, old spin)
    };
    using Move = std::variant<Weigh, Keep, Forget, Replace>;

    void move(const Weigh& move, std::vector<double>& state) const;
    void move(const Keep& move, std::vector<double>& state) const;
    void move(const Forget& move, std::vector<double>& state) const;
    void move(const Replace& move, std::vector<double>& state) const;

    int sites_, layers_, spares_;
    std::vector<Move> moves_;
    double operations_ = 0.0;
};

/// ln of the largest eigenvalue of a positive operator lies between `low` and `high`, certified by
/// min (Vx)_i/x_i ≤ λ ≤ max (Vx)_i/x_i for any positive x (Collatz 1942, Wielandt 1950), widened by what rounding can
/// do.
struct PerronRoot {
    double low = 0.0;
    double high = 0.0;
    double operations = 0.0; ///< spent on it
};

/// By restarted Arnoldi iteration, then plain iteration until high − low is below `tolerance` or stops to shrink; what
/// is returned holds whether or not that converged.
PerronRoot perron_root(const LayerTransfer& transfer, double tolerance = 1e-11);

} // namespace blockspin::bounds
