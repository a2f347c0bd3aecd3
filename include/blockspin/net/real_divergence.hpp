#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/gradient_terms.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::net {

/// Rows of one matrix product of a RealDivergence.
inline constexpr std::int64_t real_shard_rows = 64;

/// Markov chains of machines with units of any kind that go on from one update of the parameters to the next: this
/// rank's share of them.
struct RealChains {
    /// So many chains whose hidden units are all 0, shared by the ranks as rows of data are.
    void prepare(const mpi::Communicator& comm, std::int64_t chains, int hidden_units);

    std::int64_t count = 0;         ///< of all ranks; none before the first update
    RowRange range{};               ///< those of this rank
    linalg::Matrix<float> hidden{}; ///< their hidden units
};

/// Contrastive divergence, CD-k and PCD-k, of machines with units of any kind, by single-threaded matrix products: as
/// ContrastiveDivergence, but units are numbers. Rows are worked on in shards of 64, whose sums are rounded to
/// multiples of 2^-20 and added as integers: on machines with the same BLAS and processor type, the same bits on any
/// ranks and threads.
class RealDivergence {
  public:
    /// For machines of one shape. `gibbs_steps` is k, 1 … 10 000.
    RealDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps, process::Timers& timers);

    /// Ascent direction of ln p, mean over the given rows of the data; arguments as of ContrastiveDivergence. Valid,
    /// and the caller's to change, until the next call. With `chains`, the persistent estimator's: as many as rows at
    /// the first call, when they start from the data; a later call with fewer rows moves as many of the first ones.
    /// InternalError for more rows. InputError if numbers grow beyond what the sums hold. Collective.
    Gradient<float>& gradient(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows,
                              const Draws& draws, RealChains* chains = nullptr);
    /// Means of the units over the rows of the last minibatch.
    const UnitMeans& data_means() const noexcept { return data_means_; }

  private:
    void add_shard(const Rbm<float>& rbm, linalg::MatrixView<const float> data, const Draws& draws, bool from_data,
                   bool goes_on, linalg::MatrixView<float> hidden);
    void add(std::size_t first, const linalg::Matrix<float>& values);
    void finish(std::size_t rows);

    const mpi::Communicator& comm_;
    int gibbs_steps_;
    process::Timers& timers_;
    std::vector<std::int64_t> sums_; ///< of the weights, both biases, and both layers over the data
    std::int32_t overflows_ = 0;
    UnitMeans data_means_;
    Gradient<float> gradient_;
};

} // namespace blockspin::net
