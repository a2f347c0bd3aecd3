#include "support/world.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/lattice/halo.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <random>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace blockspin;
using namespace blockspin::lattice;

static_assert(std::is_nothrow_move_constructible_v<Field<double>> &&
              std::is_move_constructible_v<HaloExchange<double>>);
static_assert(!std::is_copy_constructible_v<HaloExchange<double>>);

namespace {

constexpr std::array by_dimension{Lattice::chain, Lattice::square, Lattice::cubic, Lattice::hypercubic};
constexpr std::int64_t beyond = -7;
constexpr std::int64_t untouched = -1;

Decomposition on_this_rank(const Geometry& geometry, const RankGrid& grid) {
    return {geometry, grid, support::world().rank()};
}

Decomposition best_on_this_rank(const Geometry& geometry, int width) {
    return on_this_rank(geometry, best_grid(geometry, support::world().size(), width));
}

template <class Visit> void for_each_point(const Box& box, Visit&& visit) {
    for_each_row(box, [&](Coordinates at) {
        for (std::int32_t i = 0; i < box.extent[0]; ++i, ++at[0]) visit(at);
    });
}

/// The number of the site at a local point, worked out from scratch; `beyond` across an open boundary.
std::int64_t expected_site(const Decomposition& mine, const Coordinates& local) {
    const Geometry& geometry = mine.geometry();
    std::int64_t site = 0;
    for (int d = geometry.dimension() - 1; d >= 0; --d) {
        const std::int32_t extent = geometry.extents()[d];
        std::int32_t at = mine.box().offset[d] + local[d];
        if ((at < 0 || at >= extent) && !geometry.is_periodic(d)) return beyond;
        while (at < 0) at += extent;
        while (at >= extent) at -= extent;
        site = site * extent + at;
    }
    return site;
}

/// A field whose points hold factor * (number of their site), and whose ghosts are untouched.
Field<std::int64_t> numbered(const Decomposition& mine, const Layout& layout, std::int64_t factor = 1) {
    Field<std::int64_t> field(layout);
    std::ranges::fill(field.values(), untouched);
    for_each_point(interior(layout), [&](const Coordinates& at) { field[at] = factor * expected_site(mine, at); });
    return field;
}

/// Points, ghosts included, that do not hold what they should.
std::int64_t wrong_points(const Decomposition& mine, const Field<std::int64_t>& field, std::int64_t factor = 1) {
    std::int64_t wrong = 0;
    for_each_point(with_ghosts(field.layout()), [&](const Coordinates& at) {
        const std::int64_t site = expected_site(mine, at);
        wrong += field[at] != (site == beyond ? beyond : factor * site);
    });
    return wrong;
}

void check_exchange(const Decomposition& mine, const Layout& layout) {
    for (const bool in_shared_memory : {true, false}) {
        HaloExchange<std::int64_t> exchange(support::world(), mine, layout, beyond, 1, in_shared_memory);
        Field<std::int64_t> field = numbered(mine, layout);
        exchange(field);
        BOOST_TEST(wrong_points(mine, field) == 0);
    }
}

/// The message of the InputError that best_grid or the halo throws, or "none".
template <class Action> std::string refusal(Action&& action) {
    try {
        action();
    } catch (const core::InputError& error) {
        return error.what();
    }
    return "none";
}

void check_same_everywhere(const std::string& text) {
    BOOST_TEST(mpi::is_same_on_all_ranks(support::world(), std::as_bytes(std::span(text))));
}

} // namespace

BOOST_AUTO_TEST_CASE(every_site_is_owned_exactly_once) {
    const std::vector<Geometry> geometries{{Lattice::chain, {4}},
                                           {Lattice::chain, {101}},
                                           {Lattice::square, {5, 7}},
                                           {Lattice::triangular, {1, 16}},
                                           {Lattice::honeycomb, {6, 4}},
                                           {Lattice::cubic, {3, 5, 2}},
                                           {Lattice::hypercubic, {3, 2, 5, 3}}};
    for (const Geometry& geometry : geometries) {
        const Decomposition mine = best_on_this_rank(geometry, 1);
        std::vector<std::int32_t> holders(static_cast<std::size_t>(geometry.sites()));
        for (std::int64_t local = 0; local < mine.local_sites(); ++local) {
            ++holders.at(static_cast<std::size_t>(mine.to_global(local)));
        }
        mpi::all_reduce(support::world(), std::span(holders), mpi::Op::sum);
        BOOST_TEST(std::ranges::count(holders, 1) == geometry.sites());
    }
}

BOOST_AUTO_TEST_CASE(after_an_exchange_every_ghost_holds_the_value_of_its_site) {
    const std::vector<std::vector<std::int64_t>> sizes{{9},       {8, 8},    {11, 5},      {2, 16},       {16, 2},
                                                       {9, 4, 5}, {2, 2, 8}, {3, 4, 2, 7}, {2, 2, 2, 11}, {4, 6, 4, 4}};
    for (const auto& size : sizes) {
        for (unsigned open = 0; open < 1U << size.size(); ++open) {
            std::vector<Boundary> boundaries;
            for (std::size_t d = 0; d < size.size(); ++d) {
                boundaries.push_back((open >> d & 1U) != 0 ? Boundary::open : Boundary::periodic);
            }
            const Geometry geometry(by_dimension[size.size() - 1], size, boundaries);
            for (const std::int32_t width : {0, 1, 2}) {
                const Decomposition mine = best_on_this_rank(geometry, width);
                check_exchange(mine, layout(mine, width));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(random_boxes_grids_and_halos_are_exchanged_right) {
    std::mt19937 random(1966);
    const auto from = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    for (int trial = 0; trial < 60; ++trial) {
        const auto dimension = static_cast<std::size_t>(from(1, 4));
        RankGrid grid;
        int left = support::world().size();
        for (int factor = 2; left > 1; left % factor == 0 ? left /= factor : ++factor) {
            if (left % factor == 0)
                grid.ranks[static_cast<std::size_t>(from(0, static_cast<int>(dimension) - 1))] *= factor;
        }
        std::vector<std::int64_t> size;
        std::vector<Boundary> boundaries;
        for (std::size_t d = 0; d < dimension; ++d) {
            grid.granularity[d] = from(1, 2);
            size.push_back(grid.ranks[d] * grid.granularity[d] + from(0, 3));
            boundaries.push_back(from(0, 2) > 0 ? Boundary::periodic : Boundary::open);
        }
        const Decomposition mine = on_this_rank({by_dimension[dimension - 1], size, boundaries}, grid);
        Layout shape = layout(mine, 0);
        const Coordinates smallest = mine.smallest_extents();
        for (std::size_t d = 0; d < dimension; ++d) shape.ghosts[d] = from(0, smallest[d]);
        check_exchange(mine, shape);
    }
}

BOOST_AUTO_TEST_CASE(every_shape_of_the_grid_of_ranks_does) {
    const int ranks = support::world().size();
    for (int columns = 1; columns <= ranks; ++columns) {
        if (ranks % columns != 0) continue;
        for (const std::int32_t width : {1, 2}) {
            const RankGrid flat{.ranks = {columns, ranks / columns, 1, 1}};
            const Decomposition in_plane = on_this_rank({Lattice::square, {11, 10}}, flat);
            check_exchange(in_plane, layout(in_plane, width));
            const RankGrid upright{.ranks = {columns, 1, ranks / columns, 1}};
            const Decomposition in_space = on_this_rank({Lattice::cubic, {11, 3, 11}}, upright);
            check_exchange(in_space, layout(in_space, width));
        }
    }
}

BOOST_AUTO_TEST_CASE(one_message_goes_to_each_neighbouring_rank) {
    const int ranks = support::world().size();
    const auto partners = [](const RankGrid& grid) {
        const Decomposition mine = on_this_rank({Lattice::square, {12, 12}}, grid);
        std::vector<int> all;
        for (const HaloPlan::Message& message : halo_plan(mine, layout(mine, 1)).messages) all.push_back(message.rank);
        std::ranges::sort(all);
        BOOST_TEST((std::ranges::adjacent_find(all) == all.end()));
        BOOST_TEST(std::ranges::count(all, mine.rank()) == 0);
        return static_cast<int>(all.size());
    };
    BOOST_TEST(partners({.ranks = {1, ranks, 1, 1}}) == std::min(2, ranks - 1)); // two ranks: left is right
    if (ranks == 4) BOOST_TEST(partners({.ranks = {2, 2, 1, 1}}) == 3);
}

BOOST_AUTO_TEST_CASE(the_box_may_be_changed_while_messages_are_under_way) {
    const Decomposition mine = best_on_this_rank({Lattice::cubic, {6, 7, 8}}, 1);
    const Layout shape = layout(mine, 1);
    HaloExchange<std::int64_t> exchange(support::world(), mine, shape, beyond);
    Field<std::int64_t> field = numbered(mine, shape);
    const Field<std::int64_t> before = field;
    exchange.begin(field);
    for_each_point(interior(shape), [&](const Coordinates& at) { field[at] = untouched; });
    exchange.end(field);
    for_each_point(interior(shape), [&](const Coordinates& at) { field[at] = before[at]; });
    BOOST_TEST(wrong_points(mine, field) == 0);
}

BOOST_AUTO_TEST_CASE(an_exchange_can_be_repeated_with_new_values) {
    const Decomposition mine = best_on_this_rank({Lattice::square, {8, 9}, {Boundary::periodic, Boundary::open}}, 2);
    const Layout shape = layout(mine, 2);
    HaloExchange<std::int64_t> exchange(support::world(), mine, shape, beyond);
    for (std::int64_t factor = 1; factor <= 50; ++factor) {
        Field<std::int64_t> field = numbered(mine, shape, factor);
        exchange(field);
        BOOST_TEST(wrong_points(mine, field, factor) == 0);
    }
}

BOOST_AUTO_TEST_CASE(several_fields_travel_together) {
    const Decomposition mine = best_on_this_rank({Lattice::square, {7, 9}}, 1);
    const Layout shape = layout(mine, 1);
    HaloExchange<std::int64_t> exchange(support::world(), mine, shape, beyond, 3);
    std::vector<Field<std::int64_t>> chains;
    for (std::int64_t chain = 1; chain <= 3; ++chain) chains.push_back(numbered(mine, shape, chain));
    exchange(chains);
    for (std::int64_t chain = 1; chain <= 3; ++chain) {
        BOOST_TEST(wrong_points(mine, chains[static_cast<std::size_t>(chain - 1)], chain) == 0);
    }
}

BOOST_AUTO_TEST_CASE(two_exchanges_under_way_at_once_do_not_mix) {
    const Decomposition mine = best_on_this_rank({Lattice::square, {8, 8}}, 1);
    const Layout shape = layout(mine, 1);
    HaloExchange<std::int64_t> first(support::world(), mine, shape, beyond);
    HaloExchange<std::int64_t> second(support::world(), mine, shape, beyond);
    Field<std::int64_t> once = numbered(mine, shape, 1);
    Field<std::int64_t> twice = numbered(mine, shape, 2);
    first.begin(once);
    second.begin(twice);
    second.end(twice);
    first.end(once);
    BOOST_TEST(wrong_points(mine, once, 1) == 0);
    BOOST_TEST(wrong_points(mine, twice, 2) == 0);
}

BOOST_AUTO_TEST_CASE(values_of_any_storable_type_travel) {
    struct Pair {
        std::int8_t spin;
        float angle;
    };
    const Decomposition mine = best_on_this_rank({Lattice::chain, {10}}, 1);
    const Layout shape = layout(mine, 1);
    HaloExchange<Pair> exchange(support::world(), mine, shape);
    Field<Pair> field(shape);
    for_each_point(interior(shape), [&](const Coordinates& at) {
        field[at] = {static_cast<std::int8_t>(support::world().rank()), 0.5F + static_cast<float>(at[0])};
    });
    exchange(field);
    const int left = mine.neighbour({-1, 0, 0, 0}).value();
    const std::int32_t last = mine.box_of(left).extent[0] - 1;
    BOOST_TEST((field[{-1, 0, 0, 0}].spin) == left);
    BOOST_TEST((field[{-1, 0, 0, 0}].angle) == 0.5F + static_cast<float>(last));
}

BOOST_AUTO_TEST_CASE(too_many_ranks_are_refused_on_all_of_them_with_one_message) {
    const int ranks = support::world().size();
    // One row too few: with a halo of two, domains of 2 x 2 sites fill all but the last.
    const Geometry narrow(Lattice::square, {2, 2 * ranks - 1});
    const std::string message = refusal([&] { best_grid(narrow, ranks, 2); });
    const std::string end = ranks == 1 ? "too few for halos of width 2" : "can be used is " + std::to_string(ranks - 1);
    BOOST_TEST(message.ends_with(end), message);
    check_same_everywhere(message);
}

BOOST_AUTO_TEST_CASE(a_halo_wider_than_some_domain_is_refused_on_all_ranks) {
    const int ranks = support::world().size();
    // Only the first domain is too narrow, when there are several.
    const Geometry chain(Lattice::chain, {ranks == 1 ? 2 : 3 * ranks - 1});
    const Decomposition mine = on_this_rank(chain, {.ranks = {ranks, 1, 1, 1}});
    const std::string message = refusal([&] { HaloExchange<double>(support::world(), mine, layout(mine, 3)); });
    BOOST_TEST(message == "[model] size: " + std::to_string(chain.sites()) + " sites on " + std::to_string(ranks) +
                              " ranks leave 2 in direction x of some domain, too few for a halo of width 3");
    check_same_everywhere(message);
}

BOOST_AUTO_TEST_CASE(misuse_is_a_broken_invariant) {
    const Decomposition mine = best_on_this_rank({Lattice::chain, {12}}, 2);
    HaloExchange<int> exchange(support::world(), mine, layout(mine, 1));
    Field<int> field(layout(mine, 1));
    Field<int> wider(layout(mine, 2));
    std::vector<Field<int>> two(2, field);
    BOOST_CHECK_THROW(exchange.end(field), core::InternalError);
    BOOST_CHECK_THROW(exchange.begin(wider), core::InternalError);
    BOOST_CHECK_THROW(exchange.begin(two), core::InternalError);
    exchange.begin(field);
    BOOST_CHECK_THROW(exchange.begin(field), core::InternalError);
    exchange.end(field);
    BOOST_CHECK_THROW(halo_plan(mine, Layout{.extent = {1, 1, 1, 1}}), core::InternalError);
}
