#include <blockspin/sampling/random_bonds.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/sampling/lane_update.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace blockspin::sampling {

namespace {

using lattice::Coordinates;

std::ptrdiff_t distance(const Coordinates& offset, const lattice::Field<Spin>& field) {
    std::ptrdiff_t distance = 0;
    for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
    return distance;
}

Coordinates negative(const Coordinates& offset) { return {-offset[0], -offset[1], -offset[2], -offset[3]}; }

/// Position of an offset among those along which bonds leave sites of this kind; their number if it is not there.
std::size_t direction_of(const lattice::Geometry& geometry, int kind, const Coordinates& offset) {
    const auto offsets = geometry.bond_offsets(kind);
    return static_cast<std::size_t>(std::ranges::find(offsets, offset) - offsets.begin());
}

/// The number of an offset among the directions of all bonds.
int number_of(const lattice::Geometry& geometry, const Coordinates& offset) {
    return static_cast<int>(direction_of(geometry, 0, offset));
}

/// J to the neighbour at this offset of a global site; 0 if there is none. A bond belongs to one of its ends.
std::int32_t bond(const lattice::Geometry& geometry, const model::Disorder& disorder, std::int64_t sample,
                  std::int64_t site, const Coordinates& offset) {
    const auto other = geometry.neighbour(site, offset);
    if (!other) return 0;
    const int kind = geometry.sublattice(geometry.coordinates(site));
    if (direction_of(geometry, kind, offset) < geometry.bond_offsets(kind).size()) {
        return disorder.bond(sample, site, number_of(geometry, offset));
    }
    return disorder.bond(sample, *other, number_of(geometry, negative(offset)));
}

/// Σ J s s' along a stretch of a row, of every `stride`-th site.
template <class Bond>
std::int64_t row_sum(const Bond* bonds, const Spin* spins, std::ptrdiff_t distance, std::int32_t length,
                     std::int32_t first, std::int32_t stride) {
    std::int64_t sum = 0;
    for (std::int32_t x = first; x < length; x += stride) sum += bonds[x] * spins[x] * spins[x + distance];
    return sum;
}

} // namespace

RandomBonds::RandomBonds(const Replicas& replicas, const Task& task)
    : unit_(task.bonds().unit()), extents_(replicas.decomposition().box().extent),
      sites_(static_cast<std::size_t>(replicas.decomposition().local_sites())),
      neighbours_(static_cast<std::size_t>(replicas.geometry().coordination())) {
    const lattice::Field<Spin> field(lattice::layout(replicas.decomposition(), replicas.ghosts()));
    for (int kind = 0; kind < replicas.geometry().sublattices(); ++kind) {
        for (const Coordinates& offset : replicas.geometry().neighbour_offsets(kind)) {
            distances_.at(kind).push_back(distance(offset, field));
        }
    }
    std::map<std::int64_t, std::size_t> held;
    for (std::int64_t i = 0; i < replicas.count(); ++i) {
        const auto [found, is_new] = held.emplace(task.sample_of(replicas.first() + i), held.size());
        if (is_new) fill(task, replicas.decomposition(), found->first);
        sample_.push_back(found->second);
    }
    if (uses_lanes(task)) lanes_.emplace(replicas, *this);
}

void RandomBonds::fill(const Task& task, const lattice::Decomposition& decomposition, std::int64_t sample) {
    const lattice::Geometry& geometry = task.geometry;
    const model::Disorder disorder = task.bonds();
    const bool as_signs = task.disorder->is_plus_minus();
    for (std::size_t n = 0; n < neighbours_; ++n) {
        for (std::size_t local = 0; local < sites_; ++local) {
            const std::int64_t site = decomposition.to_global(static_cast<std::int64_t>(local));
            const int kind = geometry.sublattice(geometry.coordinates(site));
            const std::int32_t value = bond(geometry, disorder, sample, site, geometry.neighbour_offsets(kind)[n]);
            if (as_signs)
                signs_.push_back(static_cast<std::int8_t>(value));
            else
                values_.push_back(value);
        }
    }
}

std::size_t RandomBonds::position(std::int64_t i, std::size_t neighbour, const Coordinates& first) const {
    std::int64_t local = 0;
    for (int d = lattice::max_dimension - 1; d >= 0; --d) local = local * extents_[d] + first[d];
    return (sample_.at(static_cast<std::size_t>(i)) * neighbours_ + neighbour) * sites_ +
           static_cast<std::size_t>(local);
}

const std::int8_t* RandomBonds::signs(std::int64_t i, std::size_t neighbour, const Coordinates& first) const {
    core::ensure(are_signs(), "random bonds are signs");
    return signs_.data() + position(i, neighbour, first);
}

const std::int32_t* RandomBonds::values(std::int64_t i, std::size_t neighbour, const Coordinates& first) const {
    core::ensure(!are_signs(), "random bonds are numbers");
    return values_.data() + position(i, neighbour, first);
}

std::int64_t RandomBonds::bond_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) const {
    const lattice::Geometry& geometry = replicas.geometry();
    const Coordinates& corner = replicas.decomposition().box().offset;
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const int kinds = geometry.sublattices();
    std::int64_t sum = 0;
    lattice::for_each_row(part, [&](const Coordinates& at) {
        Coordinates global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + at[d];
        const Spin* const spins = field.values().data() + field.position(at);
        for (std::int32_t shift = 0; shift < kinds; ++shift, ++global[0]) { // sites of one kind
            const int kind = geometry.sublattice(global);
            const auto offsets = geometry.neighbour_offsets(kind);
            for (std::size_t n = 0; n < offsets.size(); ++n) {
                if (direction_of(geometry, kind, offsets[n]) == geometry.bond_offsets(kind).size()) continue;
                const std::ptrdiff_t far = distances_.at(kind)[n];
                sum += are_signs() ? row_sum(signs(i, n, at), spins, far, part.extent[0], shift, kinds)
                                   : row_sum(values(i, n, at), spins, far, part.extent[0], shift, kinds);
            }
        }
    });
    return sum;
}

std::shared_ptr<const RandomBonds> random_bonds(const Replicas& replicas, const Task& task) {
    return task.disorder ? std::make_shared<const RandomBonds>(replicas, task) : nullptr;
}

Measurement random_bond_sums(const std::shared_ptr<const RandomBonds>& bonds, double unit) {
    return {
        .quantity = {.name = "random_bond_sum",
                     .meaning = fmt::format("sum over bonds of J_ij s_i s_j, in units of {}", unit)},
        .add = [bonds](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                       std::span<std::int64_t> sums) { sums[0] += bonds->bond_sum(replicas, i, part); },
        .add_lanes =
            bonds && bonds->lanes() != nullptr
                ? [bonds](
                      const Replicas& replicas, std::size_t block,
                      std::span<std::int64_t> sums) { bonds->lanes()->add_bond_sums(replicas.lanes(), block, sums); }
                : Measurement::AddLanes{}};
}

} // namespace blockspin::sampling
