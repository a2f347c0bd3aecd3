#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::net {

/// Contrastive divergence: the log-likelihood gradient with the model's averages replaced by those after k steps of
/// block Gibbs sampling from the data, CD-k (Hinton, Neural Comput. 14 (2002) 1771). Visible units and the hidden units
/// that drive them are drawn; for the averages the hidden units enter with their means (Hinton, A practical guide to
/// training restricted Boltzmann machines, 2010, section 3).
///
/// The averages are sums over the minibatch of ±1 times means that are rounded to multiples of 2^-16, in which single
/// precision, and then integers, are exact: neither ranks, nor threads, nor the order of rows change a bit of them.
class ContrastiveDivergence {
  public:
    /// For machines of one shape. `gibbs_steps` is k, 1 … 10 000.
    ContrastiveDivergence(const mpi::Communicator& comm, int visible, int hidden, int gibbs_steps,
                          process::Timers& timers);

    /// Ascent direction of ln p, mean over the given rows of the data. Row r of the minibatch and the half-steps
    /// 0 … 2k of `draws` address the random numbers; the same arguments on all ranks. Valid until the next call.
    /// Collective.
    const Gradient<float>& gradient(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows,
                                    const Draws& draws);

  private:
    /// Visible units and hidden means of this rank's rows.
    struct Phase {
        linalg::Matrix<float> visible, hidden;
    };
    void run_chains(const Rbm<float>& rbm, const Dataset& data, std::span<const std::int64_t> rows, const Draws& draws,
                    const RowRange& range);
    void add_statistics(const RowRange& range);
    void add_statistics(int first, int count, std::span<std::int64_t> sums) const;

    const mpi::Communicator& comm_;
    int gibbs_steps_;
    process::Timers& timers_;
    Phase data_, model_;
    std::vector<std::int64_t> sums_; ///< of W, a, b, in units of 2^-16
    Gradient<float> gradient_;
};

} // namespace blockspin::net
