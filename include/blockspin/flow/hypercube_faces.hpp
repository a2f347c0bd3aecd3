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
        return moved(moves_[place.move], other ^ place.reversal);
    }
    /// What becomes of `other` under every symmetry that leaves the representative of a row as it is.
    std::vector<std::uint32_t> moved_within(int row, std::uint32_t other) const;

  private:
    /// A permutation of the vertices of a face, as what it makes of the lower and the upper eight bits of a mask.
    struct Move {
        std::vector<std::uint32_t> low, high;
    };
    struct Place {
        std::uint16_t row = 0, move = 0;
        std::uint32_t reversal = 0; ///< all bits set if spins are reversed first
    };
    /// A move and the reversal that may come before it.
    using Symmetry = std::pair<std::uint16_t, std::uint32_t>;
    void add_moves();
    std::uint32_t moved(const Move& move, std::uint32_t face) const {
        return move.low[face & 0xffu] | move.high[face >> 8 & 0xffu];
    }

    int dimension_;
    std::vector<Move> moves_;
    std::vector<std::vector<Symmetry>> stabilizers_; ///< of the representative of each row, without the identity
    std::vector<std::size_t> inverses_;              ///< which move undoes each
    std::vector<std::uint32_t> representatives_;
    std::vector<double> sizes_;
    std::vector<Place> places_; ///< of every configuration
};

/// Classes of the configurations of the 2^d spins of a hypercube under its symmetries and reversal of all spins, as
/// pairs of a row of one face and a configuration of the opposite one: 4, 14, 222 and 616,126 classes for d = 2 … 5.
class FaceClasses {
  public:
    explicit FaceClasses(int d);

    const FaceRows& rows() const noexcept { return rows_; }
    int count() const noexcept { return static_cast<int>(representatives_.size()); }
    int of(std::uint32_t face, std::uint32_t opposite) const {
        return in_row(rows_.of(face), rows_.moved(face, opposite));
    }
    /// The class of the representative of a row with a configuration of the opposite face.
    int in_row(int row, std::uint32_t opposite) const { return labels_[index(row, opposite)]; }
    /// The first member of a class in the order of rows, so that classes are numbered in the order of these.
    struct Member {
        std::uint16_t row = 0, opposite = 0;
    };
    Member representative(int c) const { return representatives_[static_cast<std::size_t>(c)]; }
    /// Number of configurations in a class.
    double size(int c) const { return sizes_[static_cast<std::size_t>(c)]; }
    /// Number of spins down of its representative.
    int down(int c) const;

  private:
    std::size_t index(int row, std::uint32_t opposite) const {
        return static_cast<std::size_t>(row) * rows_.configurations() + opposite;
    }
    void add_class(Member first, std::vector<Member>& pending);
    template <class Visit> void for_neighbours(Member member, Visit&& visit) const;

    FaceRows rows_;
    std::vector<std::uint32_t> lower_; ///< vertices of a face on one side along each of its axes
    std::vector<std::int32_t> labels_;
    std::vector<Member> representatives_;
    std::vector<double> sizes_;
};

/// Kadanoff's transformation (see Kadanoff) of Ising spins without a field in the full space of functions that the
/// group of the hypercube leaves as they are: u by class. In five dimensions these are too many for a matrix between
/// them. The weights of μσ are a product over spins, so the sum over the spins of either face is one of products of
/// 2 × 2 matrices: first over b for every row, then over a for every row of b, with 222 × 65,536 numbers in between.
/// Only the value at the representative of a class is taken from what comes out, so that no symmetry is lost by
/// rounding. Ranks share the rows, and each holds all of them.
class FaceFlow {
  public:
    using Values = std::vector<double>;

    /// InputError unless 2 ≤ d ≤ 5 and p is finite and not negative.
    FaceFlow(const mpi::Communicator& comm, int d, double p);

    const FaceClasses& classes() const noexcept { return classes_; }
    int spins() const noexcept { return 2 * classes_.rows().spins(); }
    /// u(a, b), which must be even and symmetric.
    Values values(const std::function<double(std::uint32_t, std::uint32_t)>& u) const;
    /// Each nearest-neighbour bond shared by its hypercubes.
    Values bonds_shared(double K) const;
    /// u → u', without u' where all spins are up, which is returned. Collective.
    double apply(Values& u);

    /// By number of spins down: mean, and the largest difference between two values.
    struct Shells {
        std::vector<double> means;
        double spread = 0.0; ///< how far u is from depending on that number alone
    };
    Shells shells(const Values& u) const;

  private:
    void sum_over_one_face(const Values& weights);
    Values summed_over_both() const;

    const mpi::Communicator& comm_;
    FaceClasses classes_;
    std::vector<int> first_class_; ///< that has its representative in each row or after it
    double p_;
    linalg::Matrix<double> half_; ///< Σ over the spins of the opposite face, for the representatives of all rows
};

/// Where bonds that are shared by their hypercubes become critical in the full space, at a given p.
struct FullTransition {
    double K = 0.0;
    double width = 0.0;      ///< of the last bracket, whose middle K is
    double y_T = 0.0;        ///< from how two flows on either side part, as late as they are near each other
    double y_T_change = 0.0; ///< of y_T in the step before
    double asymmetry = 0.0;  ///< there: the spread of u at one number of spins down
    int steps = 0;           ///< taken in all
};

/// Brackets it between `low` and `high` down to `width`, each time by two flows on either side of where the present
/// ones put it. A flow is over when it is nearer than 0.3 of the way to one of the sinks, the strengths of whose order,
/// u where all spins are up minus its mean where half of them are, are given beside that of the critical point.
/// InputError if both ends flow to the same one. Collective.
struct OrderStrengths {
    double low = 0.0, critical = 0.0, high = 0.0;
};
FullTransition full_transition(FaceFlow flow, const OrderStrengths& strengths, double low, double high, double width);

/// The largest exponent of perturbations, even in all spins, that belong to the representation [n − 2, 2] of the
/// permutations of the n = 2^d spins, at a fixed point which all of them leave as it is. These are the first that the
/// group of the hypercube allows and all permutations do not: from a flow of `values` of u by number of spins down,
/// Kadanoff's at that p. The Jacobian commutes with all permutations there, so by Schur's lemma each representation has
/// a small matrix of its own.
double exponent_of_broken_permutations(std::span<const double> values, double p);

} // namespace blockspin::flow
