#include <blockspin/sampling/swendsen_wang.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <cmath>

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

/// One word per site of a row that starts at global coordinates `first`, for the bonds in one direction.
void bond_words(const lattice::Geometry& geometry, const rng::Key& key, rng::Address address,
                const lattice::Coordinates& first, std::span<std::uint64_t> words) {
    const std::int64_t length = geometry.extents()[0];
    address.place = geometry.site(first) / length * ((length + 1) / 2);
    for (std::int64_t x = first[0]; !words.empty(); x = 0) { // a row with ghosts may wrap round
        const auto piece = words.first(std::min(words.size(), static_cast<std::size_t>(length - x)));
        rng::fill_words(key, address, piece, x);
        words = words.subspan(piece.size());
    }
}

} // namespace

SwendsenWang::SwendsenWang(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                           const rng::Key& key)
    : key_(key), decomposition_(replicas.decomposition()) {
    for (std::int64_t i = 0; i < replicas.count(); ++i) {
        const auto& [coupling, field] = couplings.at(static_cast<std::size_t>(replicas.first() + i));
        if (coupling < 0.0 || field != 0.0) {
            throw core::InputError(fmt::format("[sample] update: swendsen-wang needs couplings.nn >= 0 and no field, not {} and {}",
                                               coupling, field));
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

std::int32_t SwendsenWang::find(Clusters& clusters, std::int32_t site) const {
    auto& parent = clusters.parent;
    while (parent[static_cast<std::size_t>(site)] != site) {
        auto& above = parent[static_cast<std::size_t>(site)];
        above = parent[static_cast<std::size_t>(above)];
        site = above;
    }
    return site;
}

void SwendsenWang::join_bonds(const Replicas& replicas, std::int64_t i, std::int64_t step) {
    Clusters& clusters = clusters_[static_cast<std::size_t>(i)];
    clusters.crossings.clear();
    clusters.parent.resize(static_cast<std::size_t>(decomposition_.local_sites()));
    for (std::size_t site = 0; site < clusters.parent.size(); ++site) clusters.parent[site] = static_cast<std::int32_t>(site);
    lattice::for_each_row(bond_owners(decomposition_),
                          [&](const lattice::Coordinates& first) { join_row(replicas, i, step, first); });
}

void SwendsenWang::join_row(const Replicas& replicas, std::int64_t i, std::int64_t step, const lattice::Coordinates& first) {
    const lattice::Geometry& geometry = decomposition_.geometry();
    const auto site = decomposition_.site_at(first);
    if (!site) return; // beyond an open boundary
    const lattice::Coordinates start = geometry.coordinates(*site);
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const auto length = static_cast<std::size_t>(bond_owners(decomposition_).extent[0]);
    const Spin* spins = &field[first];
    std::vector<std::uint64_t> words(length);
    const auto kinds = static_cast<std::size_t>(geometry.sublattices());
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        lattice::Coordinates owner = start;
        owner[0] += static_cast<std::int32_t>(kind);
        const auto offsets = geometry.bond_offsets(geometry.sublattice(owner));
        for (std::size_t direction = 0; direction < offsets.size(); ++direction) {
            bond_words(geometry, key_,
                       {.purpose = rng::Purpose::swendsen_wang_bond,
                        .chain = static_cast<std::int32_t>(replicas.first() + i),
                        .step = step,
                        .draw = static_cast<std::int32_t>(direction)},
                       start, words);
            for (std::size_t x = kind; x < length; x += kinds) {
                if (words[x] >= thresholds_[static_cast<std::size_t>(i)]) continue;
                lattice::Coordinates at = first;
                at[0] += static_cast<std::int32_t>(x);
                join(clusters_[static_cast<std::size_t>(i)], field, at, offsets[direction]);
            }
        }
    }
    static_cast<void>(spins);
}

} // namespace blockspin::sampling
