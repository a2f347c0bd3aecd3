#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/gradient_terms.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::net {

/// Contrastive divergence CD-k of machines with units of any kind, by single-threaded matrix products: as
/// ContrastiveDivergence, but units are numbers. Rows are worked on in shards of 64, whose sums are rounded to
/// multiples of 2^-20 and added as integers: on machines with the same BLAS and processor type, the same bits on any
/// ranks and threads.
class RealDivergence {
  public:
    /// For machines of one shape. `gibbs_steps` is k, 1 … 10 000.
    RealDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps, process::Timers& timers);

    /// Ascent direction of ln p, mean over the given rows of the data; arguments as of ContrastiveDivergence. Valid,
    /// and the caller's to change, until the next call. InputError if numbers grow beyond what the sums hold.
    /// Collective.
    Gradient<float>& gradient(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows,
                              const Draws& draws);
    /// Means of the units over the rows of the last minibatch.
    const UnitMeans& data_means() const noexcept { return data_means_; }

  private:
    void add_shard(const Rbm<float>& rbm, linalg::MatrixView<const float> data, const Draws& draws);
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
