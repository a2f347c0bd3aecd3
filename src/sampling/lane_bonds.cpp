#include <blockspin/sampling/lane_bonds.hpp>

#include "lane_kernel.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/sampling/random_bonds.hpp>

#include <algorithm>
#include <map>

namespace blockspin::sampling {

namespace {

/// The lanes of a block that have one sample of the bonds, and a replica of the group that is one of them.
struct Sharing {
    Lanes lanes;
    std::int64_t replica;
};

std::vector<Sharing> sharing(const LaneSpins& spins, std::size_t block, const RandomBonds& bonds) {
    std::map<std::size_t, Sharing> found;
    for (std::int64_t lane = spins.begin(block); lane < spins.end(block); ++lane) {
        const std::int64_t replica = lane - spins.shift(block);
        const auto [at, is_new] = found.try_emplace(bonds.sample(replica), Sharing{.lanes = {}, .replica = replica});
        at->second.lanes.set(lane);
    }
    std::vector<Sharing> all;
    for (const auto& [sample, each] : found) all.push_back(each);
    return all;
}

std::vector<Lanes> negative_bonds(const LaneSites& list, const lattice::Decomposition& decomposition,
                                  const std::vector<Sharing>& samples, const RandomBonds& bonds) {
    const auto all_offsets = decomposition.geometry().neighbour_offsets(list.kind);
    std::vector<Lanes> negative(list.offsets.size() * list.padded);
    for (std::size_t n = 0; n < list.offsets.size(); ++n) {
        const auto number =
            static_cast<std::size_t>(std::ranges::find(all_offsets, list.offsets[n]) - all_offsets.begin());
        for (std::size_t k = 0; k < list.count; ++k) {
            lattice::Coordinates at = decomposition.geometry().coordinates(list.sites[k]);
            for (int d = 0; d < lattice::max_dimension; ++d) at[d] -= decomposition.box().offset[d];
            Lanes& bits = negative[n * list.padded + k];
            for (const Sharing& each : samples) {
                if (*bonds.signs(each.replica, number, at) > 0) continue;
                for (std::size_t w = 0; w < bits.words.size(); ++w) bits.words[w] |= each.lanes.words[w];
            }
        }
    }
    return negative;
}

} // namespace

LaneBonds::LaneBonds(const Replicas& replicas, const RandomBonds& bonds)
    : order_(replicas.decomposition(), replicas.ghosts()) {
    const LaneSpins spins(lattice::Layout{}, replicas.first(), replicas.count());
    for (std::size_t block = 0; block < spins.blocks().size(); ++block) {
        const std::vector<Sharing> samples = sharing(spins, block, bonds);
        auto& of_block = negative_.emplace_back();
        for (int colour = 0; colour < order_.colours(); ++colour) {
            auto& of_colour = of_block.emplace_back();
            for (const LaneSites& list : order_.of_colour(colour)) {
                of_colour.push_back(negative_bonds(list, replicas.decomposition(), samples, bonds));
            }
        }
    }
}

const Lanes* LaneBonds::negative(std::size_t block, int colour, std::size_t list) const {
    return negative_[block][static_cast<std::size_t>(colour)][list].data();
}

void LaneBonds::add_bond_sums(const LaneSpins& spins, std::size_t block, std::span<std::int64_t> sums) const {
    const Lanes* const values = spins.blocks()[block].values().data();
    std::int64_t bonds = 0;
    std::vector<std::int64_t> broken(sums.size());
    for (int colour = 0; colour < order_.colours(); ++colour) {
        const auto lists = order_.of_colour(colour);
        for (std::size_t list = 0; list < lists.size(); ++list) {
            add_broken_bonds(lists[list], negative(block, colour, list), values, broken);
            bonds += static_cast<std::int64_t>(lists[list].own * lists[list].count);
        }
    }
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += bonds - 2 * broken[lane];
}

std::size_t LaneBonds::memory() const noexcept {
    std::size_t bytes = order_.memory();
    for (const auto& of_block : negative_) {
        for (const auto& of_colour : of_block) {
            for (const auto& list : of_colour) bytes += list.size() * sizeof(Lanes);
        }
    }
    return bytes;
}

void add_spin_sums(const LaneSpins& spins, std::size_t block, std::span<std::int64_t> sums) {
    const lattice::Field<Lanes>& field = spins.blocks()[block];
    const lattice::Box inside = interior(field.layout());
    thread_local std::vector<Lanes> all;
    all.resize(static_cast<std::size_t>(lattice::sites(inside)));
    gather(field, inside, std::span(all));
    std::vector<std::int64_t> up(sums.size());
    add_up(all, up);
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += 2 * up[lane] - std::ssize(all);
}

} // namespace blockspin::sampling
