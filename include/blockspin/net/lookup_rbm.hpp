#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/exchange.hpp>
#include <blockspin/net/bit_rows.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/unit_shares.hpp>

namespace blockspin::net {

struct Activation;
struct LevelPairs;

/// Means of units as integers: multiples of 2^-bits, bits ≤ 21.
struct RoundedMeans {
    linalg::Matrix<std::int32_t> values; ///< rows × units, columns filled up with anything to a multiple of 32
    int bits = 21;
};

/// A machine of binary units with its weights in fixed point, for block Gibbs sampling by table lookup (method of four
/// Russians): about twice as fast as matrix products, and exact. The fields, integer sums, do not depend on which rows
/// are worked on together, nor in which order; so everything here has the same bits on any ranks, threads and
/// instruction sets. Weights are rounded to multiples of 2^-p, the finest that sums of them fit 32 bits with; 784
/// weights below 1 to 2^-20.
///
/// It may be the share of a rank that works for some units only (UnitShares): what is said of units given the others is
/// for its own ones then, whose inputs are still all units of the other layer. The bits of other units are left as they
/// are, and means have columns for its own hidden units only. Each rank rounds the weights of its own hidden units, and
/// the others get from it those that their visible units need.
///
/// Threads share the work of each call.
class LookupRbm {
  public:
    /// Units of a machine without weights.
    LookupRbm(int visible, int hidden);
    /// The share of a rank. Collective over the group.
    explicit LookupRbm(const UnitShares& shares);
    /// Takes over the parameters of a machine of this shape; grey rows may follow only if so told. InternalError for
    /// another shape. For the share of a rank, the part of the machine with its own hidden units; Collective then, as
    /// take_others().
    void assign(const Rbm<float>& rbm, bool for_grey = false);
    /// Waits for the weights of the others' hidden units, without which no visible ones can be drawn; none but those of
    /// a rank of a group need it.
    void take_others();

    int visible() const noexcept { return up_.inputs; }
    int hidden() const noexcept { return down_.inputs; }

    /// The hidden units drawn given the visible ones, and the visible ones given the hidden, row by row, addressed as
    /// draw_units() does.
    void draw_hidden(const BitRows& visible, const Draws& draws, BitRows& hidden) const;
    void draw_visible(const BitRows& hidden, const Draws& draws, BitRows& visible) const;
    /// tanh of the fields on the hidden units, written from row `first` of the means on; and, unless nullptr, the units
    /// drawn from the same fields.
    void hidden_means(const BitRows& visible, const Draws& draws, RoundedMeans& means, int first,
                      BitRows* hidden = nullptr) const;
    /// The same for grey visible units, which enter with their means: fields of 21 bits, as sums of such integers.
    void hidden_means(const LevelPairs& visible, const Draws& draws, RoundedMeans& means, int first,
                      BitRows* hidden) const;
    /// The hidden units drawn at inverse temperature `to` of the energy between the layers and of the hidden biases
    /// (draws for rng::Purpose::annealing), and Σ_j ln [cosh(to x_j) / cosh(from x_j)] of the fields x, to 3e-7 of each
    /// term, one number per row.
    void anneal_hidden(const BitRows& visible, float from, float to, const Draws& draws, BitRows& hidden,
                       std::span<double> ln_cosh_ratios) const;
    /// The visible units drawn there, with other biases, which `to` does not scale.
    void anneal_visible(const BitRows& hidden, float to, std::span<const float> bias, const Draws& draws,
                        BitRows& visible) const;
    /// v W without bias, for each row v.
    void hidden_fields(const BitRows& visible, linalg::MatrixView<float> fields) const;

  private:
    /// One direction.
    struct Side {
        int inputs, outputs;                 ///< units of both layers
        UnitRange own;                       ///< of the outputs
        int tiles;                           ///< of its own ones
        linalg::Matrix<std::int32_t> values; ///< [tile of 32 outputs and input][output], filled up by zeros
        linalg::Matrix<std::uint8_t> bytes;  ///< or those of a tile in each row, where that pays
        std::vector<std::int32_t> offset;    ///< sum over inputs
        std::vector<float> bias;

        Side(int inputs, int outputs, const UnitRange& own);
        void add_up();
        void prepare(bool fits_bytes, bool needs_values);
        /// Of its own outputs, those in a tile.
        int columns(int tile) const noexcept;
        bool has_values() const noexcept { return values.rows() > 0; }
        bool has_bytes() const noexcept { return bytes.rows() > 0; }
        /// The values of a tile's outputs, input after input.
        std::int32_t* of_tile(int tile) { return &values(tile * inputs, 0); }
        const std::int32_t* of_tile(int tile) const { return &values(tile * inputs, 0); }
    };
    /// The visible units of a tile of some rank.
    struct Block {
        UnitRange units;
        std::size_t rank;
        int tile;
    };
    LookupRbm(const std::vector<UnitRange>& visible, const std::vector<UnitRange>& hidden, std::size_t rank);
    std::size_t values_between(std::size_t from, std::size_t to) const;
    void assign_rows(const Rbm<float>& rbm, float scale, const Block& block, linalg::Matrix<std::int32_t>& values,
                     linalg::Matrix<std::int32_t>& transposed);
    void take_tile(int tile, const UnitRange& inputs, const std::int32_t* values);
    enum class Columns { own, all }; ///< of the last tile
    template <class Use>
    void for_each_tile(const Side& side, const BitRows& inputs, Columns columns, const Use& use) const;
    void evaluate(const Side& side, const BitRows& inputs, rng::Purpose purpose, const Draws& draws,
                  RoundedMeans* means, int first, BitRows* drawn) const;

    Activation activation(const Side& side, int tile) const;

    std::vector<UnitRange> visible_, hidden_; ///< of the ranks of the group
    std::size_t rank_;
    Side up_, down_;
    std::vector<Block> blocks_; ///< all visible units
    float unit_ = 1.0F;         ///< 2^-p
    const UnitShares* shares_ = nullptr;
    std::optional<mpi::Exchange> weights_; ///< rounded, those of a tile after the other
};

} // namespace blockspin::net
