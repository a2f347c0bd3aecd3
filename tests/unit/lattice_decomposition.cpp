#include "support/world.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/lattice/decomposition.hpp>

#include <random>

#include <boost/test/unit_test.hpp>

using namespace blockspin;
using namespace blockspin::lattice;

namespace {

constexpr std::array by_dimension{Lattice::chain, Lattice::square, Lattice::cubic, Lattice::hypercubic};

/// Every site belongs to exactly one box, the owner is the rank that says so, and indices there and back are inverse.
void check_ownership(const Geometry& geometry, const RankGrid& grid) {
    std::vector<int> holders(static_cast<std::size_t>(geometry.sites()), 0);
    for (int rank = 0; rank < size(grid); ++rank) {
        const Decomposition mine(geometry, grid, rank);
        BOOST_TEST_REQUIRE(mine.local_sites() > 0);
        for (std::int64_t local = 0; local < mine.local_sites(); ++local) {
            const std::int64_t site = mine.to_global(local);
            ++holders.at(static_cast<std::size_t>(site));
            BOOST_TEST(mine.owner(site) == rank);
            BOOST_TEST(mine.to_local(site).value() == local);
        }
    }
    BOOST_TEST(std::ranges::count(holders, 1) == geometry.sites());
}

/// Boxes begin at multiples of the granularity, and differ by at most one granule.
void check_granules(const Geometry& geometry, const RankGrid& grid) {
    const Decomposition any(geometry, grid, 0);
    for (int d = 0; d < max_dimension; ++d) {
        std::int32_t largest = 0;
        std::int32_t smallest = geometry.extents()[d];
        for (int rank = 0; rank < size(grid); ++rank) {
            const Box box = any.box_of(rank);
            BOOST_TEST(box.offset[d] % grid.granularity[d] == 0);
            largest = std::max(largest, box.extent[d]);
            smallest = std::min(smallest, box.extent[d]);
        }
        BOOST_TEST(largest - smallest <= grid.granularity[d]);
        BOOST_TEST(smallest == any.smallest_extents()[d]);
    }
}

/// Whoever I see on one side sees me on the other.
void check_neighbours(const Geometry& geometry, const RankGrid& grid) {
    for (int rank = 0; rank < size(grid); ++rank) {
        const Decomposition mine(geometry, grid, rank);
        for (std::int32_t side = 0; side < 81; ++side) {
            const Coordinates there{side % 3 - 1, side / 3 % 3 - 1, side / 9 % 3 - 1, side / 27 - 1};
            const Coordinates back{-there[0], -there[1], -there[2], -there[3]};
            const std::optional<int> other = mine.neighbour(there);
            if (!other) continue;
            BOOST_TEST(Decomposition(geometry, grid, *other).neighbour(back).value() == rank);
        }
    }
}

std::string message_of_best_grid(const Geometry& geometry, int ranks, int halo_width,
                                 const Coordinates& granularity = {1, 1, 1, 1}) {
    try {
        best_grid(geometry, ranks, halo_width, granularity);
    } catch (const core::InputError& error) {
        return error.what();
    }
    return "";
}

using Ranks = std::array<int, max_dimension>;

Ranks best_ranks(const Geometry& geometry, int ranks, int halo_width, const Coordinates& granularity = {1, 1, 1, 1}) {
    return best_grid(geometry, ranks, halo_width, granularity).ranks;
}

} // namespace

BOOST_AUTO_TEST_CASE(random_boxes_are_divided_without_gaps_or_overlaps) {
    std::mt19937 random(1975);
    const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    for (int trial = 0; trial < 150; ++trial) {
        const auto dimension = static_cast<std::size_t>(from(1, 4));
        std::vector<std::int64_t> extents;
        std::vector<Boundary> boundaries;
        RankGrid grid;
        for (std::size_t d = 0; d < dimension; ++d) {
            extents.push_back(from(1, dimension > 2 ? 6 : 20));
            boundaries.push_back(from(0, 1) == 0 ? Boundary::periodic : Boundary::open);
            grid.granularity[d] = from(1, 4);
            const auto granules = (static_cast<int>(extents[d]) + grid.granularity[d] - 1) / grid.granularity[d];
            grid.ranks[d] = from(1, std::min(3, granules));
        }
        const Geometry geometry(by_dimension[dimension - 1], extents, boundaries);
        check_ownership(geometry, grid);
        check_granules(geometry, grid);
        check_neighbours(geometry, grid);
    }
}

BOOST_AUTO_TEST_CASE(every_number_of_ranks_up_to_the_number_of_sites_of_a_chain_has_a_grid) {
    const Geometry chain(Lattice::chain, {13});
    for (int ranks = 1; ranks <= 13; ++ranks) check_ownership(chain, best_grid(chain, ranks, 1));
    BOOST_TEST(
        message_of_best_grid(chain, 14, 1) ==
        "[model] size: 13 sites cannot be divided among 14 ranks (domains of whole granules of 1 sites, at least "
        "1 wide); the largest number of ranks below 14 that can be used is 13");
}

BOOST_AUTO_TEST_CASE(the_grid_with_the_smallest_halo_is_chosen) {
    const Geometry square(Lattice::square, {64, 64});
    BOOST_TEST((best_ranks(square, 2, 1) == Ranks{1, 2, 1, 1})); // rows stay whole
    BOOST_TEST((best_ranks(square, 4, 1) == Ranks{1, 4, 1, 1})); // 128 ghosts; 2 x 2 has the corners too: 132
    BOOST_TEST((best_ranks(square, 8, 1) == Ranks{2, 4, 1, 1}));
    BOOST_TEST((best_ranks(square, 16, 1) == Ranks{4, 4, 1, 1}));
    BOOST_TEST((best_ranks({Lattice::square, {1024, 16}}, 4, 1) == Ranks{4, 1, 1, 1}));
    BOOST_TEST((best_ranks({Lattice::cubic, {32, 32, 32}}, 2, 1) == Ranks{1, 1, 2, 1}));
    BOOST_TEST((best_grid(square, 2, 1, {1, 1, 1, 1}, 1).ranks == Ranks{2, 1, 1, 1})); // columns stay whole
    BOOST_TEST((best_grid({Lattice::cubic, {32, 32, 32}}, 2, 1, {1, 1, 1, 1}, 1).ranks == Ranks{1, 1, 2, 1}));
    BOOST_TEST((best_ranks({Lattice::cubic, {32, 32, 32}}, 64, 1) == Ranks{4, 4, 4, 1}));
    BOOST_TEST((best_ranks({Lattice::hypercubic, {32, 32, 32, 32}}, 256, 1) == Ranks{4, 4, 4, 4}));
    // Across an open boundary nothing is received, so two halves have one side each.
    const Geometry open(Lattice::square, {64, 64}, {Boundary::open, Boundary::open});
    BOOST_TEST((best_ranks(open, 4, 1) == Ranks{2, 2, 1, 1}));
    const Geometry half_open(Lattice::square, {64, 64}, {Boundary::open, Boundary::periodic});
    BOOST_TEST((best_ranks(half_open, 2, 1) == Ranks{2, 1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(a_balanced_grid_is_preferred_to_a_small_halo) {
    // Three granules along x on two ranks would leave one of them twice the work of the other.
    BOOST_TEST((best_ranks({Lattice::square, {1536, 1536}}, 2, 1, {512, 1, 1, 1}) == Ranks{1, 2, 1, 1}));
    // But 4 x 4 domains of at most 25 x 24 beat 16 exactly equal ones of 97 x 6.
    BOOST_TEST((best_ranks({Lattice::square, {97, 96}}, 16, 1) == Ranks{4, 4, 1, 1}));
}

BOOST_AUTO_TEST_CASE(domains_are_never_narrower_than_the_halo) {
    const Geometry square(Lattice::square, {7, 5});
    for (int width = 0; width <= 5; ++width) {
        for (int ranks = 1; ranks <= 35; ++ranks) {
            if (!message_of_best_grid(square, ranks, width).empty()) continue;
            const auto smallest = Decomposition(square, best_grid(square, ranks, width), 0).smallest_extents();
            BOOST_TEST(std::min(smallest[0], smallest[1]) >= std::max(1, width));
        }
    }
}

BOOST_AUTO_TEST_CASE(too_many_ranks_are_refused_with_the_largest_possible_number) {
    const auto largest = [](const std::string& message) { return message.substr(message.rfind(' ') + 1); };
    const Geometry square(Lattice::square, {4, 6});
    BOOST_TEST(largest(message_of_best_grid(square, 100, 1)) == "24");
    BOOST_TEST(largest(message_of_best_grid(square, 23, 1)) == "20"); // 21 = 3 x 7 and 22 = 2 x 11 do not fit 4 x 6
    BOOST_TEST(largest(message_of_best_grid(square, 100, 2)) == "6");
    BOOST_TEST(largest(message_of_best_grid(square, 100, 0, {4, 4, 1, 1})) == "2");
    BOOST_TEST(largest(message_of_best_grid({Lattice::square, {1000, 1000}}, 1'000'003, 2)) == "250000");
    BOOST_TEST(message_of_best_grid(square, 1, 5) == "[model] size: 4 x 6 sites are too few for halos of width 5");
    BOOST_TEST(message_of_best_grid(square, 8, 5) == "[model] size: 4 x 6 sites are too few for halos of width 5");
}

BOOST_AUTO_TEST_CASE(a_grid_that_does_not_fit_is_a_broken_invariant) {
    const Geometry chain(Lattice::chain, {4});
    BOOST_CHECK_THROW(Decomposition(chain, {.ranks = {5, 1, 1, 1}}, 0), core::InternalError);
    BOOST_CHECK_THROW(Decomposition(chain, {.ranks = {1, 2, 1, 1}}, 0), core::InternalError);
    BOOST_CHECK_THROW(Decomposition(chain, {.ranks = {2, 1, 1, 1}}, 2), core::InternalError);
    BOOST_CHECK_THROW(best_grid(chain, 0, 1), core::InternalError);
}

BOOST_AUTO_TEST_CASE(a_rank_that_spans_a_periodic_direction_is_its_own_neighbour) {
    const Geometry square(Lattice::square, {6, 6}, {Boundary::periodic, Boundary::open});
    const Decomposition lower(square, {.ranks = {1, 2, 1, 1}}, 0);
    BOOST_TEST(lower.neighbour({1, 0, 0, 0}).value() == 0);
    BOOST_TEST(lower.neighbour({-1, 1, 0, 0}).value() == 1);
    BOOST_TEST(!lower.neighbour({1, -1, 0, 0}).has_value());
}

BOOST_AUTO_TEST_CASE(a_local_box_is_listed_slowest_direction_first) {
    const Decomposition last({Lattice::cubic, {10, 6, 4}}, {.ranks = {3, 2, 1, 1}}, 5);
    const Hyperslab slab = last.local_box();
    BOOST_TEST(slab.shape == (std::vector<std::uint64_t>{4, 6, 10}), boost::test_tools::per_element());
    BOOST_TEST(slab.offset == (std::vector<std::uint64_t>{0, 3, 6}), boost::test_tools::per_element());
    BOOST_TEST(slab.count == (std::vector<std::uint64_t>{4, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(points_in_ghosts_know_their_site) {
    const Geometry square(Lattice::square, {6, 4}, {Boundary::periodic, Boundary::open});
    const Decomposition right(square, {.ranks = {2, 1, 1, 1}}, 1);
    BOOST_TEST(right.site_at({0, 0, 0, 0}).value() == 3);
    BOOST_TEST(right.site_at({3, 1, 0, 0}).value() == 6);
    BOOST_TEST(right.site_at({-1, 3, 0, 0}).value() == 20);
    BOOST_TEST(!right.site_at({-1, 4, 0, 0}).has_value());
}
