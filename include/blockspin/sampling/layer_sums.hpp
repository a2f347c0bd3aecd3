#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/sampling/measurements.hpp>

namespace blockspin::sampling {

/// Sums of the spins in every layer of a lattice: m_d(x), over all sites whose coordinate along direction d is x.
class LayerSums {
  public:
    /// Along directions that are all as long as `length`, in ascending order.
    LayerSums(std::vector<int> directions, std::int32_t length);

    const std::vector<int>& directions() const noexcept { return directions_; }
    std::int32_t length() const noexcept { return length_; }
    /// Adds what belongs to a part of a domain, from whichever representation: `sums` [direction][x].
    void add(const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) const;
    /// Series "layer".
    Measurement measurement() const;

  private:
    void add_bytes(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                   std::span<std::int64_t> sums) const;
    void add_bits(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                  std::span<std::int64_t> sums) const;
    bool along_x() const noexcept { return !directions_.empty() && directions_.front() == 0; }

    std::vector<int> directions_;
    std::int32_t length_;
};

} // namespace blockspin::sampling
