#include <blockspin/sampling/lane_sites.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/lattice/field.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace blockspin::sampling {

namespace {

using lattice::Coordinates;

/// Adds the sites of a domain to lists of their likes.
class Sorter {
  public:
    Sorter(const lattice::Decomposition& decomposition, std::int32_t ghosts)
        : decomposition_(decomposition), geometry_(decomposition.geometry()),
          field_(lattice::layout(decomposition, ghosts)) {}

    void add(const Coordinates& local, const Coordinates& global, std::vector<LaneSites>& lists) const {
        const std::int64_t site = geometry_.site(global);
        const int kind = geometry_.sublattice(global);
        std::vector<Coordinates> offsets;
        const auto owned = geometry_.bond_offsets(kind);
        const auto is_own = [&](const Coordinates& offset) { return std::ranges::find(owned, offset) != owned.end(); };
        for (const bool own : {true, false}) {
            for (const Coordinates& offset : geometry_.neighbour_offsets(kind)) {
                if (is_own(offset) == own && geometry_.neighbour(site, offset)) offsets.push_back(offset);
            }
        }
        const auto alike = [&](const LaneSites& list) { return list.kind == kind && list.offsets == offsets; };
        auto list = std::ranges::find_if(lists, alike);
        if (list == lists.end()) {
            const auto own = static_cast<std::size_t>(std::ranges::count_if(offsets, is_own));
            lists.push_back({.kind = kind, .offsets = std::move(offsets), .own = own});
            list = lists.end() - 1;
        }
        list->sites.push_back(site);
        list->at.push_back(position(local));
    }

    /// Fills in what follows from the sites of a list.
    void complete(LaneSites& list) const {
        list.count = list.sites.size();
        list.padded = (list.count + LaneSites::together - 1) / LaneSites::together * LaneSites::together;
        list.at.resize(list.padded, list.at.front());
        list.counters.resize(2 * list.padded);
        for (std::size_t k = 0; k < list.count; ++k) list.counters[2 * k] = static_cast<std::uint64_t>(list.sites[k]);
        const Coordinates& corner = decomposition_.box().offset;
        for (const Coordinates& offset : list.offsets) {
            for (std::size_t k = 0; k < list.count; ++k) {
                Coordinates at = geometry_.coordinates(list.sites[k]);
                for (int d = 0; d < lattice::max_dimension; ++d) at[d] += offset[d] - corner[d];
                list.near.push_back(position(at));
            }
            list.near.resize(list.near.size() + list.padded - list.count, list.at.front());
        }
    }

  private:
    /// Of a site or a neighbour of one.
    std::int32_t position(Coordinates local) const {
        for (int d = 0; d < lattice::max_dimension; ++d) {
            const std::int32_t extent = geometry_.extents()[d];
            if (decomposition_.grid().ranks[d] == 1) local[d] = (local[d] + extent) % extent;
        }
        return static_cast<std::int32_t>(field_.position(local));
    }

    const lattice::Decomposition& decomposition_;
    const lattice::Geometry& geometry_;
    lattice::Field<char> field_;
};

} // namespace

LaneOrder::LaneOrder(const lattice::Decomposition& decomposition, std::int32_t ghosts) {
    const lattice::Layout layout = lattice::layout(decomposition, ghosts);
    core::ensure(lattice::sites(with_ghosts(layout)) <= std::numeric_limits<std::int32_t>::max(),
                 "positions in a domain of lanes fit 32 bits");
    const BondColouring colouring(decomposition.geometry());
    const Sorter sorter(decomposition, ghosts);
    const Coordinates& corner = decomposition.box().offset;
    of_colour_.resize(static_cast<std::size_t>(colouring.colours()));
    for (int colour = 0; colour < colours(); ++colour) {
        std::vector<LaneSites>& lists = of_colour_[static_cast<std::size_t>(colour)];
        lattice::for_each_row(interior(layout), [&](const Coordinates& start) {
            Coordinates global{};
            for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + start[d];
            const auto [first, stride, end] = colouring.row(colour, global);
            for (std::int32_t x = first; x < end; x += stride) {
                const std::int32_t local = x - corner[0];
                if (local < 0 || local >= layout.extent[0]) continue;
                sorter.add({local, start[1], start[2], start[3]}, {x, global[1], global[2], global[3]}, lists);
            }
        });
        for (LaneSites& list : lists) sorter.complete(list);
    }
}

std::size_t LaneOrder::memory() const noexcept {
    std::size_t bytes = 0;
    for (const auto& lists : of_colour_) {
        for (const LaneSites& list : lists) {
            bytes += list.padded * (2 * sizeof(std::uint64_t) + (1 + list.offsets.size()) * sizeof(std::int32_t));
            bytes += list.count * sizeof(std::int64_t);
        }
    }
    return bytes;
}

} // namespace blockspin::sampling
