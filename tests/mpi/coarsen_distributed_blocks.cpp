#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/distributed_blocks.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <vector>

using namespace blockspin;
using lattice::Box;
using lattice::Geometry;
using lattice::Lattice;

namespace {

constexpr rng::Key key(1966);

std::vector<std::int8_t> random_spins(std::int64_t sites) {
    std::vector<std::int8_t> spins;
    for (std::int64_t i = 0; i < sites; ++i) {
        spins.push_back((rng::bits(key, {.place = i})[0] & 1) != 0 ? 1 : -1);
    }
    return spins;
}

/// The values of a box of a whole array.
std::vector<std::int8_t> part(const std::vector<std::int8_t>& whole, const lattice::Coordinates& extents,
                              const Box& box) {
    std::vector<std::int8_t> result;
    lattice::for_each_row(box, [&](const lattice::Coordinates& at) {
        const auto first = at[0] + static_cast<std::int64_t>(extents[0]) * (at[1] + extents[1] * at[2]);
        result.insert(result.end(), whole.begin() + first, whole.begin() + first + box.extent[0]);
    });
    return result;
}

/// Domains at any cut, not only between blocks; best_grid cuts the others.
std::vector<Box> uneven(const Geometry& geometry, int ranks) {
    std::vector<Box> boxes = lattice::slabs(geometry.extents(), geometry.dimension(), ranks);
    const int across = geometry.dimension() - 1;
    for (std::size_t r = 1; r < boxes.size(); ++r) { // each cut one layer higher
        boxes[r - 1].extent[across] += 1;
        boxes[r].offset[across] += 1;
        boxes[r].extent[across] -= 1;
    }
    return boxes;
}

std::vector<Box> best(const Geometry& geometry, int ranks) {
    const lattice::RankGrid grid = lattice::best_grid(geometry, ranks, 1);
    std::vector<Box> boxes;
    for (int rank = 0; rank < ranks; ++rank) boxes.push_back(lattice::Decomposition(geometry, grid, 0).box_of(rank));
    return boxes;
}

/// Blocks until a side is no multiple of b any more, and compares every level with that of the undivided lattice.
template <coarsen::Rule R> void check(const Geometry& geometry, std::vector<Box> domains, const R& rule) {
    const auto& comm = support::world();
    const auto rank = static_cast<std::size_t>(comm.rank());
    lattice::Coordinates extents = geometry.extents();
    std::vector<std::int8_t> whole = random_spins(geometry.sites());
    const auto can_be_blocked = [&] {
        return std::all_of(extents.begin(), extents.begin() + geometry.dimension(),
                           [&](std::int32_t extent) { return extent % rule.scale_factor() == 0; });
    };
    for (std::int32_t level = 0; can_be_blocked(); ++level) {
        const rng::Address address{.chain = 2, .step = 7, .draw = level};
        const coarsen::DistributedBlocks blocks(comm, geometry.dimension(), extents, domains, rule.scale_factor());
        const auto mine = rank < domains.size() ? part(whole, extents, domains[rank]) : std::vector<std::int8_t>{};
        const auto coarse = blocks.apply(rule, mine, key, address);

        const coarsen::Blocks undivided(geometry.dimension(), extents, rule.scale_factor());
        std::vector<std::int8_t> expected(static_cast<std::size_t>(undivided.count()));
        coarsen::apply(rule, undivided, whole, expected, key, address);
        domains = blocks.coarse();
        extents = blocks.extents();
        whole = expected;
        const auto of_rank = rank < domains.size() ? part(whole, extents, domains[rank]) : std::vector<std::int8_t>{};
        BOOST_TEST((coarse == of_rank));
        std::int64_t covered = 0;
        for (const Box& box : domains) covered += lattice::sites(box);
        BOOST_TEST(covered == undivided.count());
    }
    BOOST_TEST(domains.size() == 1u); // a small lattice is one rank's
}

} // namespace

BOOST_AUTO_TEST_CASE(block_spins_of_domains_are_those_of_the_whole_lattice) {
    const int ranks = support::world().size();
    // The first block spins are held by four ranks, the next by fewer.
    for (const Geometry& geometry :
         {Geometry(Lattice::cubic, {32, 32, 128}), Geometry(Lattice::triangular, {256, 256})}) {
        check(geometry, uneven(geometry, ranks), coarsen::Majority(2));
        check(geometry, best(geometry, ranks), coarsen::KadanoffT(2, 0.43));
    }
    const Geometry thirds(Lattice::cubic, {27, 54, 54});
    check(thirds, uneven(thirds, ranks), coarsen::Majority(3));
}

BOOST_AUTO_TEST_CASE(what_blocks_cannot_tile_is_refused_on_all_ranks) {
    const Geometry geometry(Lattice::square, {10, 12});
    const auto domains = best(geometry, support::world().size());
    BOOST_CHECK_THROW(coarsen::DistributedBlocks(support::world(), 2, geometry.extents(), domains, 3),
                      core::InputError);
}
