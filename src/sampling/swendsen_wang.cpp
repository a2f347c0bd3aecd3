#include <blockspin/sampling/swendsen_wang.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::sampling {

namespace {

bool is_cut(const lattice::Decomposition& decomposition) { return decomposition.ranks() > 1; }

/// The domain with one layer of ghosts in the directions in which it is cut: every bond with an end here belongs to a
/// site of this box.
lattice::Box bond_owners(const lattice::Decomposition& decomposition) {
    lattice::Box box{.extent = decomposition.box().extent};
    for (int d = 0; d < lattice::max_dimension; ++d) {
        if (decomposition.grid().ranks[d] == 1) continue;
        box.offset[d] = -1;
        box.extent[d] += 2;
    }
    return box;
}

/// One word per site of a row of the lattice, from x on, for the bonds in one direction; the row may wrap round.
void bond_words(const lattice::Geometry& geometry, const rng::Key& key, rng::Address address, std::int64_t row,
                std::int64_t x, std::span<std::uint64_t> words) {
    const std::int64_t length = geometry.extents()[0];
    address.place = row * ((length + 1) / 2);
    for (; !words.empty(); x = 0) {
        const auto piece = words.first(std::min(words.size(), static_cast<std::size_t>(length - x)));
        rng::fill_words(key, address, piece, x);
        words = words.subspan(piece.size());
    }
}

std::int32_t find(std::vector<std::int32_t>& parent, std::int32_t site) {
    while (parent[static_cast<std::size_t>(site)] != site) {
        std::int32_t& above = parent[static_cast<std::size_t>(site)];
        above = parent[static_cast<std::size_t>(above)];
        site = above;
    }
    return site;
}

/// Joins two trees; the smaller root stays one.
void unite(std::vector<std::int32_t>& parent, std::int32_t a, std::int32_t b) {
    a = find(parent, a);
    b = find(parent, b);
    parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
}

} // namespace

SwendsenWang::SwendsenWang(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                           const rng::Key& key)
    : key_(key), decomposition_(replicas.decomposition()) {
    for (std::int64_t i = 0; i < replicas.count(); ++i) {
        const auto& [coupling, field] = couplings.at(static_cast<std::size_t>(replicas.first() + i));
        if (coupling < 0.0 || field != 0.0) {
            throw core::InputError(fmt::format(
                "[sample] update: swendsen-wang needs couplings.nn >= 0 and no field, not {} and {}", coupling, field));
        }
        thresholds_.push_back(probability_threshold(-std::expm1(-2.0 * coupling)));
    }
    clusters_.resize(thresholds_.size());
    if (!is_cut(decomposition_)) return;
    const lattice::Layout layout = lattice::layout(decomposition_, 1);
    labels_.assign(thresholds_.size(), lattice::Field<std::int64_t>(layout));
    label_halo_.emplace(replicas.group(), decomposition_, layout, std::int64_t{-1}, labels_.size());
}

void SwendsenWang::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    replicas.hold_as(Representation::bytes);
    {
        const auto timing = timers.time("halo exchange", process::Activity::communicate);
        replicas.begin_exchange();
        replicas.end_exchange();
    }
    const std::int64_t count = replicas.count();
    {
        const auto timing = timers.time("cluster update");
#pragma omp parallel for schedule(dynamic) if (count > 1)
        for (std::int64_t i = 0; i < count; ++i) join_bonds(replicas, i, step);
    }
    if (is_cut(decomposition_)) {
        const auto timing = timers.time("cluster labels", process::Activity::communicate);
        agree_on_labels(replicas);
    }
    const auto timing = timers.time("cluster update");
#pragma omp parallel for schedule(dynamic) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) assign_signs(replicas, i, step);
}

void SwendsenWang::join_bonds(const Replicas& replicas, std::int64_t i, std::int64_t step) {
    Clusters& clusters = clusters_[static_cast<std::size_t>(i)];
    clusters.crossings.clear();
    clusters.parent.resize(static_cast<std::size_t>(decomposition_.local_sites()));
    std::iota(clusters.parent.begin(), clusters.parent.end(), 0);
    const lattice::Geometry& geometry = decomposition_.geometry();
    const lattice::Box owners = bond_owners(decomposition_);
    std::vector<std::uint64_t> words(static_cast<std::size_t>(owners.extent[0]));
    lattice::for_each_row(owners, [&](const lattice::Coordinates& first) {
        const auto row_start = decomposition_.site_at({0, first[1], first[2], first[3]});
        if (!row_start) return; // beyond an open boundary
        lattice::Coordinates site = geometry.coordinates(*row_start);
        const std::int64_t row = *row_start / geometry.extents()[0];
        const std::int32_t x = (site[0] + first[0] + geometry.extents()[0]) % geometry.extents()[0];
        for (int kind = 0; kind < geometry.sublattices(); ++kind) {
            site[0] = x + kind;
            const auto offsets = geometry.bond_offsets(geometry.sublattice(site));
            for (std::size_t direction = 0; direction < offsets.size(); ++direction) {
                bond_words(geometry, key_,
                           {.purpose = rng::Purpose::swendsen_wang_bond,
                            .chain = static_cast<std::int32_t>(replicas.first() + i),
                            .step = step,
                            .draw = static_cast<std::int32_t>(direction)},
                           row, x, words);
                join_row(replicas, i, first, offsets[direction], kind, words);
            }
        }
    });
}

void SwendsenWang::join_row(const Replicas& replicas, std::int64_t i, const lattice::Coordinates& first,
                            const lattice::Coordinates& offset, int kind, std::span<const std::uint64_t> words) {
    const auto owner_row = local_row(first);
    const auto target_row = local_row({first[0], first[1] + offset[1], first[2] + offset[2], first[3] + offset[3]});
    if (!owner_row && !target_row) return;
    Clusters& clusters = clusters_[static_cast<std::size_t>(i)];
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const auto spins = field.values();
    std::ptrdiff_t distance = 0;
    for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
    const std::size_t start = field.position(first);
    const std::uint64_t threshold = thresholds_[static_cast<std::size_t>(i)];
    const std::int32_t extent = decomposition_.box().extent[0];
    const bool wraps = decomposition_.grid().ranks[0] == 1;
    const int step = decomposition_.geometry().sublattices();
    for (auto k = static_cast<std::size_t>(kind); k < words.size(); k += static_cast<std::size_t>(step)) {
        if (words[k] >= threshold) continue;
        const std::int32_t x = first[0] + static_cast<std::int32_t>(k);
        const std::int32_t target_x = wraps ? (x + offset[0] + extent) % extent : x + offset[0];
        const bool owner_here = owner_row && x >= 0 && x < extent;
        const bool target_here = target_row && target_x >= 0 && target_x < extent;
        if (!owner_here && !target_here) continue;
        const std::size_t owner = start + k, target = owner + static_cast<std::size_t>(distance);
        if (spins[owner] != spins[target]) continue;
        if (owner_here && target_here)
            unite(clusters.parent, *owner_row + x, *target_row + target_x);
        else if (owner_here)
            clusters.crossings.push_back({*owner_row + x, target});
        else
            clusters.crossings.push_back({*target_row + target_x, owner});
    }
}

std::optional<std::int32_t> SwendsenWang::local_row(lattice::Coordinates at) const {
    const lattice::Box& box = decomposition_.box();
    std::int32_t index = 0;
    for (int d = lattice::max_dimension - 1; d >= 1; --d) {
        if (decomposition_.grid().ranks[d] == 1) at[d] = (at[d] + box.extent[d]) % box.extent[d];
        if (at[d] < 0 || at[d] >= box.extent[d]) return std::nullopt;
        index = (index + at[d]) * box.extent[d - 1];
    }
    return index;
}

void SwendsenWang::agree_on_labels(const Replicas& replicas) {
    for (Clusters& clusters : clusters_) {
        clusters.label.resize(clusters.parent.size());
        for (std::size_t site = 0; site < clusters.label.size(); ++site) {
            clusters.label[site] = decomposition_.to_global(static_cast<std::int64_t>(site));
        }
    }
    std::int32_t changed = 1;
    while (mpi::all_reduce(replicas.group(), changed, mpi::Op::max) == 1) {
        for (std::size_t i = 0; i < clusters_.size(); ++i) show_labels(clusters_[i], labels_[i]);
        (*label_halo_)(labels_);
        changed = 0;
        for (std::size_t i = 0; i < clusters_.size(); ++i) {
            if (lower_labels(clusters_[i], labels_[i])) changed = 1;
        }
    }
}

void SwendsenWang::show_labels(Clusters& clusters, lattice::Field<std::int64_t>& labels) {
    std::int32_t site = 0;
    lattice::for_each_row(interior(labels.layout()), [&](const lattice::Coordinates& at) {
        for (std::int64_t& label : labels.row(at[1], at[2], at[3])) {
            label = clusters.label[static_cast<std::size_t>(find(clusters.parent, site++))];
        }
    });
}

bool SwendsenWang::lower_labels(Clusters& clusters, const lattice::Field<std::int64_t>& labels) {
    bool changed = false;
    for (const Crossing& crossing : clusters.crossings) {
        std::int64_t& label = clusters.label[static_cast<std::size_t>(find(clusters.parent, crossing.site))];
        const std::int64_t outside = labels.values()[crossing.outside];
        if (outside >= label) continue;
        label = outside;
        changed = true;
    }
    return changed;
}

void SwendsenWang::assign_signs(Replicas& replicas, std::int64_t i, std::int64_t step) {
    Clusters& clusters = clusters_[static_cast<std::size_t>(i)];
    auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    clusters.sign.resize(clusters.parent.size());
    std::int32_t site = 0;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        for (Spin& spin : field.row(at[1], at[2], at[3])) {
            const std::int32_t root = find(clusters.parent, site);
            Spin& sign = clusters.sign[static_cast<std::size_t>(root)];
            if (root == site++) { // the first site of its cluster in this domain
                const rng::Address address{.purpose = rng::Purpose::swendsen_wang_coin,
                                           .chain = static_cast<std::int32_t>(replicas.first() + i),
                                           .step = step,
                                           .place = is_cut(decomposition_)
                                                        ? clusters.label[static_cast<std::size_t>(root)]
                                                        : decomposition_.to_global(root)};
                sign = (rng::bits(key_, address)[0] & 1) != 0 ? Spin{1} : Spin{-1};
            }
            spin = sign;
        }
    });
}

} // namespace blockspin::sampling
