#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/sampling/lane_bonds.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/task.hpp>

namespace blockspin::sampling {

/// The random bonds of this rank's domains: J to every neighbour of every site, once for each sample that the replicas
/// of its group have. No messages: a bond is a function of its address. Bonds of ±1 are held as bytes, others as 32-bit
/// multiples of model::Disorder::unit().
class RandomBonds {
  public:
    /// Of a task with disorder.
    RandomBonds(const Replicas& replicas, const Task& task);

    bool are_signs() const noexcept { return values_.empty(); }
    /// J of one unit.
    double unit() const noexcept { return unit_; }
    /// Distances in a field from a site of this kind (lattice::Geometry::sublattice) to its neighbours, in the order of
    /// lattice::Geometry::neighbour_offsets.
    std::span<const std::ptrdiff_t> distances(int sublattice) const { return distances_.at(sublattice); }
    /// Bonds from the sites of the domain that begin at `first` (local coordinates, along x) of replica `i` of the
    /// group to their neighbours number n; 0 where there is none beyond an open boundary. InternalError if they are not
    /// held so.
    const std::int8_t* signs(std::int64_t i, std::size_t neighbour, const lattice::Coordinates& first) const;
    const std::int32_t* values(std::int64_t i, std::size_t neighbour, const lattice::Coordinates& first) const;

    /// Σ J s s over the bonds that belong to the sites of a part of a domain, in units. Ghosts must be fresh.
    std::int64_t bond_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) const;

    /// Which of the samples held here a replica of the group has.
    std::size_t sample(std::int64_t i) const { return sample_.at(static_cast<std::size_t>(i)); }
    /// The same bonds for replicas held as lanes; null unless uses_lanes().
    const LaneBonds* lanes() const noexcept { return lanes_ ? &*lanes_ : nullptr; }

    /// Bytes in use.
    std::size_t memory() const noexcept {
        return signs_.size() + values_.size() * sizeof(std::int32_t) + (lanes_ ? lanes_->memory() : 0);
    }

  private:
    std::size_t position(std::int64_t i, std::size_t neighbour, const lattice::Coordinates& first) const;
    void fill(const Task& task, const lattice::Decomposition& decomposition, std::int64_t sample);

    double unit_;
    lattice::Coordinates extents_; ///< of the domain
    std::size_t sites_, neighbours_;
    std::vector<std::size_t> sample_; ///< [replica of the group]: which of those held here
    std::array<std::vector<std::ptrdiff_t>, 2> distances_;
    std::vector<std::int8_t> signs_; ///< [sample][neighbour][site of the domain]
    std::vector<std::int32_t> values_;
    std::optional<LaneBonds> lanes_;
};

/// The bonds of a task; none without disorder.
std::shared_ptr<const RandomBonds> random_bonds(const Replicas& replicas, const Task& task);

/// Series "random_bond_sum": Σ_<ij> J_ij s_i s_j, in units. Without bonds it knows its name, but cannot be made.
Measurement random_bond_sums(const std::shared_ptr<const RandomBonds>& bonds, double unit);

} // namespace blockspin::sampling
