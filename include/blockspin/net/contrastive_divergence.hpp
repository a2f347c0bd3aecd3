#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/mpi/row_shares.hpp>
#include <blockspin/net/bit_rows.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/gradient_terms.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/net/unit_shares.hpp>
#include <blockspin/net/update.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::net {

class GreyRows;

/// What became of the exchanges of tempered chains since it was last emptied.
struct ExchangeRecord {
    /// [update][pair]: the probability of an exchange between neighbouring inverse temperatures, in the mean over the
    /// chains of all ranks; -1 where none was attempted.
    std::vector<double> acceptance{};
    std::int64_t round_trips = 0; ///< from inverse temperature 1 to the lowest and back, of this rank's chains
};

/// Markov chains that go on from one update of the parameters to the next: the share of a group of ranks of them, which
/// all its ranks hold.
struct PersistentChains {
    RowRange range{}; ///< those of the group
    BitRows hidden{}; ///< their hidden units; no rows before the first update
    bool started = false;
    /// Below 1, falling: those of further chains that exchange places with these, tempered[k] at the k-th. The caller's
    /// to say before the first update.
    std::vector<float> inverse_temperatures{};
    std::vector<BitRows> tempered{};
    /// [row of this rank][rung]: the end of the ladder where what stands there has been last, see tempered_chains.cpp.
    std::vector<std::uint8_t> ends{};
    ExchangeRecord exchanges{};

    /// Room for the chains of these rows, of all temperatures.
    void prepare(const RowRange& rows, int hidden_units);
};

/// The log-likelihood gradient with the model's averages replaced by those after k steps of block Gibbs sampling:
///  - from the data, contrastive divergence CD-k (Hinton, Neural Comput. 14 (2002) 1771);
///  - from where the chains were after the last update, persistent contrastive divergence PCD-k, or stochastic maximum
///    likelihood (Younes, Stochastics 65 (1999) 177; Tieleman, ICML 2008).
/// Visible units and the hidden units that drive them are drawn; for the averages the hidden units enter with their
/// means (Hinton, A practical guide to training restricted Boltzmann machines, 2010, section 3).
///
/// The averages are integer sums over the minibatch, of units times means that are rounded to multiples of 2^-p, with
/// p = 29 − ⌈log2 rows⌉, at most 21; the fields are integer sums too (LookupRbm). So neither ranks, nor threads, nor
/// instruction sets change a bit of them. Ranks share the work in two ways at once (UnitShares):
///  - groups share the rows of each minibatch. They exchange the sums of some columns while they work on the next; each
///    is left with the sums of the weights of some visible units (mpi::RowShares), and with those it finishes the
///    gradient or, better, moves the parameters, before all meet for the whole;
///  - the ranks of a group share the units of these rows: each draws its own, and has the sums of the weights of
///    its own hidden ones alone. With few rows per rank that is less to send, and each weight is rounded by one rank
///    alone.
///
/// Grey data (Dataset::are_means) enter the averages over the data as they are, by products of integers, whose sums
/// over 64 rows each are rounded to such multiples before they are added.
class ContrastiveDivergence {
  public:
    /// For machines of one shape. `gibbs_steps` is k, 1 … 10 000; `unit_parts` the ranks of a group (net::unit_parts()
    /// has good ones), by which no bit changes. Collective.
    ContrastiveDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps,
                          process::Timers& timers, int unit_parts = 1);
    ~ContrastiveDivergence();

    /// Ascent direction of ln p, mean over the given rows of the data, changed as told. Row r of the minibatch and the
    /// half-steps 0 … 2k of `draws` address the random numbers; the same arguments on all ranks. Valid, and the
    /// caller's to change, until the next call.
    ///
    /// With `chains`, those of the persistent estimator, tempered ones among them (Desjardins, Courville, Bengio,
    /// Vincent, Delalleau, AISTATS 2010): as many as rows at the first call, when they start from the
    /// data; a later call with fewer rows moves as many of the first ones. Tempered ones are for groups of one rank.
    /// InternalError for more rows. Collective.
    Gradient<float>& gradient(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows,
                              const Draws& draws, PersistentChains* chains = nullptr,
                              const GradientChange& change_of_gradient = {});

    /// Of a machine, or of the changes of its parameters, what this rank moves: all visible units, and its own hidden
    /// ones.
    Rbm<float> part_of(const Rbm<float>& whole) const;
    /// The whole again, once its parts have been moved. Collective.
    void gather(const Rbm<float>& part, Rbm<float>& whole) const;

    /// The same, followed at once: as net::update() with this gradient, bit by bit, but each rank moves its own part of
    /// the machine, with its part of the last change. Where several ranks have the same part, each knows the changes
    /// of some rows only. Rules without max_norm only. Collective.
    void update(const LearningRule& rule, const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws,
                PersistentChains* chains, Rbm<float>& change, Rbm<float>& part,
                const GradientChange& change_of_gradient = {});

    /// The persistent chains of this rank's group, of as many as there are rows in a minibatch of this kind of data.
    RowRange chains_of_group(const Dataset& data, std::int64_t rows) const noexcept;
    /// Of the ranks that hold the same chains, does this one write them?
    bool writes_chains() const noexcept { return units_.group().is_root(); }

    /// Of the derivatives by the weights in the last gradient. Collective.
    double root_mean_square() const;

    /// Means of the units over the rows of the last minibatch: ⟨v_i⟩ and ⟨h_j⟩ of the data. Of others' hidden units
    /// only after gradient().
    const UnitMeans& data_means() const noexcept { return data_means_; }

  private:
    /// Sums of the weights for some of the own columns: those of all rows at first, of this rank's rows at the end.
    struct Part {
        int first_column;
        linalg::Matrix<std::int32_t> sums, arriving;
    };

    void make_parts();
    int data_rows() const noexcept;
    void start_from_data(const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws, BitRows* hidden);
    void run_chains(const Rbm<float>& part, const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws,
                    PersistentChains* chains);
    void add_biases();
    void add_weights(Part& part);
    void add_statistics();
    void finish_biases(bool of_all);
    std::vector<WeightedSums> sums_of_derivatives(std::span<const UnitWeights> weights) const;
    void add_derivatives(const UnitWeights& weights, int bits, std::span<std::int64_t> sums) const;
    void take_derivatives(int unit, std::span<float> derivatives) const;
    std::span<float> own_columns(std::span<float> of_hidden) const;
    void estimate(const Rbm<float>& part, const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws,
                  PersistentChains* chains, const GradientChange& change_of_gradient, bool whole);
    void gather_rows(linalg::Matrix<float>& weights) const;
    void join_columns(const linalg::Matrix<float>& own, linalg::Matrix<float>& all) const;

    int gibbs_steps_;
    process::Timers& timers_;
    UnitShares units_;
    mpi::RowShares shares_; ///< of the visible units, among the ranks that have the same hidden ones
    LookupRbm machine_;
    BitRows data_, model_, hidden_;  ///< visible units of both phases, hidden units that drive the chains
    std::unique_ptr<GreyRows> grey_; ///< visible units of the data where they are means
    BitRows by_unit_;                ///< visible × rows of both phases; of the model alone for grey data
    RoundedMeans means_;             ///< of its own hidden units in both phases, those of the second negative
    std::vector<Part> parts_;
    std::vector<std::int32_t> bias_sums_; ///< visible, own hidden, these and visible of the data (levels, if grey)
    float rows_ = 0, unit_ = 0;       ///< of the last minibatch: its rows, what 1 in a sum of means is in a gradient
    linalg::Matrix<float> of_hidden_; ///< derivatives by hidden biases, means of hidden units over the data
    UnitMeans data_means_;
    Gradient<float> gradient_; ///< by the weights only after gradient()
    GradientTerms terms_;
};

} // namespace blockspin::net
