#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::flow {

/// Configurations of the m = 2^{d−1} spins on one face of a hypercube, as masks (see SpinClasses), sorted into rows by
/// the symmetries of the face and reversal of all spins: 2, 4, 14 and 222 rows for d = 2 … 5.
class FaceRows {
  public:
    /// InputError unless 2 ≤ d ≤ 5.
    explicit FaceRows(int d);

    int dimension() const noexcept { return dimension_; }
    int spins() const noexcept { return 1 << (dimension_ - 1); }
    int count() const noexcept { return static_cast<int>(representatives_.size()); }
    std::size_t configurations() const noexcept { return std::size_t{1} << spins(); }
    std::uint32_t representative(int row) const { return representatives_[static_cast<std::size_t>(row)]; }
    /// Number of configurations in a row.
    double size(int row) const { return sizes_[static_cast<std::size_t>(row)]; }
    int of(std::uint32_t face) const { return places_[face].row; }
    /// What becomes of `other`, on the opposite face, under the symmetry that takes `face` to its representative.
    std::uint32_t moved(std::uint32_t face, std::uint32_t other) const {
        const Place& place = places_[face];
        const Move& move = moves_[place.move];
        const std::uint32_t turned = (other ^ place.reversal) & (static_cast<std::uint32_t>(configurations()) - 1u);
        return move.low[turned & 0xffu] | move.high[turned >> 8];
    }

  private:
    /// A permutation of the vertices of a face, as what it makes of the lower and the upper eight bits of a mask.
    struct Move {
        std::vector<std::uint32_t> low, high;
    };
    struct Place {
        std::uint16_t row = 0, move = 0;
        std::uint32_t reversal = 0; ///< all bits set if spins are reversed first
    };
    void add_moves();

    int dimension_;
    std::vector<Move> moves_;
    std::vector<std::size_t> inverses_; ///< which move undoes each
    std::vector<std::uint32_t> representatives_;
    std::vector<double> sizes_;
    std::vector<Place> places_; ///< of every configuration
};

/// Kadanoff's transformation (see Kadanoff) of Ising spins without a field in the full space of functions that the
/// group of the hypercube leaves as they are. In five dimensions it has 1,228,158 classes of configurations, too many
/// for a matrix between them. A function is kept as u(a, b), a being one of the rows of one face and b any
/// configuration of the opposite one, 222 × 65,536 numbers. The weights of μσ are a product over spins, so the sum over
/// the spins of either face is one of products of 2 × 2 matrices: first over b for every row, then over a for every row
/// of b, and what comes out is a function of the same kind. Ranks share the rows, and each holds all of them: half a GB
/// in five dimensions.
class FaceFlow {
  public:
    using Values = linalg::Matrix<double>;

    /// InputError unless 2 ≤ d ≤ 5 and p is finite and not negative.
    FaceFlow(const mpi::Communicator& comm, int d, double p);

    const FaceRows& rows() const noexcept { return rows_; }
    int spins() const noexcept { return 2 * rows_.spins(); }
    /// u(a, b), which must be even and symmetric.
    Values values(const std::function<double(std::uint32_t, std::uint32_t)>& u) const;
    /// Each nearest-neighbour bond shared by its hypercubes.
    Values bonds_shared(double K) const;
    /// u → u', without u' where all spins are up, which is returned. The symmetries are restored. Collective.
    double apply(Values& u) const;

    /// By number of spins down: mean, and the largest difference between two values.
    struct Shells {
        std::vector<double> means;
        double spread = 0.0; ///< how far u is from depending on that number alone
    };
    Shells shells(const Values& u) const;

  private:
    Values summed(const Values& weights) const;
    void symmetrise(Values& u) const;
    double at(const Values& u, std::uint32_t face, std::uint32_t other) const {
        return u(rows_.of(face), static_cast<int>(rows_.moved(face, other)));
    }
    template <class Function> Values on_rows(Function&& fill) const;

    const mpi::Communicator& comm_;
    FaceRows rows_;
    double p_;
};

/// Where bonds that are shared by their hypercubes become critical in the full space, at a given p.
struct FullTransition {
    double K = 0.0;
    double width = 0.0;      ///< of the last bracket
    double y_T = 0.0;        ///< from how two flows on either side part where they are slowest
    double y_T_change = 0.0; ///< of y_T in the step before
    double asymmetry = 0.0;  ///< there: the spread of u at one number of spins down
    int steps = 0;           ///< taken in all
};

/// By bisection between `low` and `high` down to `width`. A flow is over when it is nearer than 0.3 of the way to one
/// of the sinks, the strengths of whose order, u where all spins are up minus its mean where half of them are, are
/// given beside that of the critical point. InputError if both ends flow to the same one. Collective.
struct OrderStrengths {
    double low = 0.0, critical = 0.0, high = 0.0;
};
FullTransition full_transition(const FaceFlow& flow, const OrderStrengths& strengths, double low, double high,
                               double width);

/// The largest exponent of perturbations, even in all spins, that belong to the representation [n − 2, 2] of the
/// permutations of the n = 2^d spins, at a fixed point which all of them leave as it is. These are the first that the
/// group of the hypercube allows and all permutations do not: from a flow of `values` of u by number of spins down,
/// Kadanoff's at that p. The Jacobian commutes with all permutations there, so by Schur's lemma each representation has
/// a small matrix of its own.
double exponent_of_broken_permutations(std::span<const double> values, double p);

} // namespace blockspin::flow
