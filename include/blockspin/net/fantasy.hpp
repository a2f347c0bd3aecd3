#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/net/stack.hpp>

namespace blockspin::net {

/// Something measured on one configuration of ±1 units, of the data and of the samples of a network alike.
struct Observable {
    std::string quantity; ///< "energy per site"
    std::string unit;
    std::function<double(std::span<const std::int8_t>)> of; ///< called by several threads at once
};

/// Parallel Gibbs chains of one trained stack, shared by the ranks of a group. Between the layers of its top machine
/// they are Markov chains; the units below are drawn from there.
class FantasyChains {
  public:
    /// Chains of `units` visible units of the top machine, all −1. InternalError for less than one of either.
    FantasyChains(const mpi::Communicator& group, std::int64_t chains, int units);

    /// Every unit +1 or −1 with probability 1/2.
    void start_random(const Draws& draws);
    /// Chain c starts from the first row of the c-th of equal parts of the given rows; they repeat where there are
    /// fewer.
    void start_from(const Dataset& data, std::span<const std::int64_t> rows);
    /// One sweep: hidden units of the top machine, then its visible ones. Half-steps 0 and 1 of `draws`.
    void sweep(const Rbm<float>& top, const Draws& draws);
    /// Every observable of every chain of this rank, [chain][observable]; half-steps from 2 on.
    std::vector<double> measure(const Stack& stack, std::span<const Observable> observables, const Draws& draws) const;

    /// This rank's chains.
    const RowRange& range() const noexcept { return range_; }
    /// Visible units of the top machine, a row for each of this rank's chains.
    const linalg::Matrix<float>& units() const noexcept { return units_; }
    linalg::Matrix<float>& units() noexcept { return units_; }

  private:
    std::int64_t chains_;
    RowRange range_;
    linalg::Matrix<float> units_;
};

} // namespace blockspin::net
