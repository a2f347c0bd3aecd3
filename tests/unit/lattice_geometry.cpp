#include "support/world.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/lattice/geometry.hpp>

#include <map>
#include <utility>

#include <boost/test/unit_test.hpp>

using namespace blockspin;
using namespace blockspin::lattice;

namespace {

constexpr auto open = Boundary::open;
constexpr auto periodic = Boundary::periodic;

std::vector<Geometry> samples() {
    return {{Lattice::chain, {1}},
            {Lattice::chain, {7}},
            {Lattice::chain, {6}, {open}},
            {Lattice::square, {5, 4}},
            {Lattice::square, {2, 1}},
            {Lattice::square, {4, 3}, {open, periodic}},
            {Lattice::triangular, {6, 3}},
            {Lattice::triangular, {4, 5}, {periodic, open}},
            {Lattice::honeycomb, {4, 6}},
            {Lattice::honeycomb, {2, 2}},
            {Lattice::honeycomb, {5, 3}, {open, open}},
            {Lattice::honeycomb, {4, 3}, {periodic, open}},
            {Lattice::honeycomb, {5, 4}, {open, open}},
            {Lattice::cubic, {3, 2, 4}},
            {Lattice::cubic, {3, 1, 4}, {open, open, periodic}},
            {Lattice::hypercubic, {2, 3, 4, 2}},
            {Lattice::hypercubic, {2, 3, 1, 4}, {periodic, open, periodic, open}}};
}

bool periodic_everywhere(const Geometry& geometry) {
    for (int d = 0; d < geometry.dimension(); ++d) {
        if (!geometry.is_periodic(d)) return false;
    }
    return true;
}

auto begins_with(const std::string& text) {
    return [text](const core::Error& error) {
        BOOST_TEST_CONTEXT(error.what()) BOOST_TEST(std::string(error.what()).starts_with(text));
        return true;
    };
}

} // namespace

BOOST_AUTO_TEST_CASE(site_numbers_and_coordinates_are_inverse_with_x_fastest) {
    for (const Geometry& geometry : samples()) {
        Coordinates expected{};
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            BOOST_TEST((geometry.coordinates(site) == expected));
            BOOST_TEST(geometry.site(expected) == site);
            for (int d = 0; d < geometry.dimension(); ++d) {
                if (++expected[d] < geometry.extents()[d]) break;
                expected[d] = 0;
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(to_be_neighbours_is_mutual_with_the_same_multiplicity) {
    for (const Geometry& geometry : samples()) {
        std::map<std::pair<std::int64_t, std::int64_t>, int> neighbours;
        std::map<std::pair<std::int64_t, std::int64_t>, int> from_bonds;
        std::int64_t bonds = 0;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const int kind = geometry.sublattice(geometry.coordinates(site));
            for (const Coordinates& offset : geometry.neighbour_offsets(kind)) {
                if (const auto other = geometry.neighbour(site, offset)) ++neighbours[{site, *other}];
            }
            for (const Coordinates& offset : geometry.bond_offsets(kind)) {
                const auto other = geometry.neighbour(site, offset);
                if (!other) continue;
                ++bonds;
                ++from_bonds[{site, *other}];
                ++from_bonds[{*other, site}];
            }
        }
        for (const auto& [pair, multiplicity] : neighbours) {
            BOOST_TEST(multiplicity == (neighbours[{pair.second, pair.first}]));
        }
        BOOST_TEST((neighbours == from_bonds));
        BOOST_TEST(bonds == geometry.bonds());
        if (periodic_everywhere(geometry)) BOOST_TEST(bonds == geometry.sites() * geometry.coordination() / 2);
    }
}

BOOST_AUTO_TEST_CASE(coordination_numbers_are_those_of_the_textbooks) {
    BOOST_TEST(Geometry(Lattice::chain, {8}).coordination() == 2);
    BOOST_TEST(Geometry(Lattice::square, {8, 8}).coordination() == 4);
    BOOST_TEST(Geometry(Lattice::triangular, {8, 8}).coordination() == 6);
    BOOST_TEST(Geometry(Lattice::honeycomb, {8, 8}).coordination() == 3);
    BOOST_TEST(Geometry(Lattice::cubic, {8, 8, 8}).coordination() == 6);
    BOOST_TEST(Geometry(Lattice::hypercubic, {8, 8, 8, 8}).coordination() == 8);
}

// Loops of n steps through the origin tell the lattices apart: the shortest ones that do not turn back have length 3
// on the triangular, 4 on the square and 6 on the honeycomb lattice.
BOOST_AUTO_TEST_CASE(the_shortest_loops_have_the_right_length_and_number) {
    const auto loops = [](const Geometry& geometry, int length) {
        std::int64_t closed = 0;
        const auto walk = [&](auto&& self, std::int64_t at, std::int64_t before, int left) -> void {
            if (left == 0) return void(closed += at == 0);
            const int kind = geometry.sublattice(geometry.coordinates(at));
            for (const Coordinates& offset : geometry.neighbour_offsets(kind)) {
                const std::int64_t next = geometry.neighbour(at, offset).value();
                if (next != before) self(self, next, at, left - 1);
            }
        };
        walk(walk, 0, -1, length);
        return closed;
    };
    BOOST_TEST(loops({Lattice::triangular, {12, 12}}, 3) == 2 * 6);
    BOOST_TEST(loops({Lattice::square, {12, 12}}, 3) == 0);
    BOOST_TEST(loops({Lattice::square, {12, 12}}, 4) == 2 * 4);
    BOOST_TEST(loops({Lattice::honeycomb, {12, 12}}, 4) == 0);
    BOOST_TEST(loops({Lattice::honeycomb, {12, 12}}, 6) == 2 * 3);
    BOOST_TEST(loops({Lattice::cubic, {12, 12, 12}}, 4) == 2 * 12);
    BOOST_TEST(loops({Lattice::hypercubic, {6, 6, 6, 6}}, 4) == 2 * 24);
}

BOOST_AUTO_TEST_CASE(sites_of_one_colour_are_neighbours_only_where_the_colouring_is_inconsistent) {
    std::vector<Geometry> geometries = samples();
    geometries.emplace_back(Lattice::triangular, std::vector<std::int64_t>{3, 6});
    geometries.emplace_back(Lattice::square, std::vector<std::int64_t>{6, 2});
    for (const Geometry& geometry : geometries) {
        bool clash = false;
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const Coordinates at = geometry.coordinates(site);
            for (const Coordinates& offset : geometry.neighbour_offsets(geometry.sublattice(at))) {
                const auto other = geometry.shifted(at, offset);
                clash = clash || (other && geometry.colour(*other) == geometry.colour(at));
            }
        }
        BOOST_TEST(clash == !geometry.colouring_is_consistent());
    }
    BOOST_TEST(Geometry(Lattice::square, {6, 4}).is_bipartite());
    BOOST_TEST(!Geometry(Lattice::square, {6, 5}).is_bipartite());
    BOOST_TEST(Geometry(Lattice::square, {6, 5}, {periodic, open}).is_bipartite());
    BOOST_TEST(!Geometry(Lattice::triangular, {6, 6}).is_bipartite());
}

BOOST_AUTO_TEST_CASE(any_offset_is_wrapped_or_ends_at_an_open_boundary) {
    const Geometry geometry(Lattice::square, {5, 3}, {periodic, open});
    BOOST_TEST((geometry.shifted({1, 2, 0, 0}, {-12, -2, 0, 0}) == Coordinates{4, 0, 0, 0}));
    BOOST_TEST((geometry.shifted({4, 0, 0, 0}, {2'000'000'001, 2, 0, 0}) == Coordinates{0, 2, 0, 0}));
    BOOST_TEST(!geometry.shifted({0, 2, 0, 0}, {0, 1, 0, 0}).has_value());
    BOOST_TEST(!geometry.neighbour(0, {0, -1, 0, 0}).has_value());
    BOOST_TEST(geometry.neighbour(0, {-1, 1, 0, 0}).value() == 9);
}

BOOST_AUTO_TEST_CASE(names_are_read_back_and_others_refused) {
    for (const Geometry& geometry : samples()) {
        BOOST_TEST((lattice_from_name(name(geometry.lattice())) == geometry.lattice()));
    }
    for (const Boundary boundary : {periodic, open}) BOOST_TEST((boundary_from_name(name(boundary)) == boundary));
    BOOST_CHECK_EXCEPTION(lattice_from_name("kagome"), core::InputError,
                          begins_with("[model] lattice: 'kagome' is none of chain, square, triangular, honeycomb"));
    BOOST_CHECK_EXCEPTION(boundary_from_name(""), core::InputError,
                          begins_with("[model] boundary: '' is none of periodic, open"));
}

BOOST_AUTO_TEST_CASE(impossible_sizes_are_refused) {
    const auto refused = [](Lattice lattice, std::vector<std::int64_t> size, const std::string& message) {
        BOOST_CHECK_EXCEPTION(Geometry(lattice, size), core::InputError, begins_with("[model] size: " + message));
    };
    constexpr std::int64_t million = 1'000'000;
    refused(Lattice::square, {8, 0}, "0 sites in direction y");
    refused(Lattice::chain, {-3}, "-3 sites in direction x");
    refused(Lattice::chain, {(std::int64_t{1} << 30) + 1}, "1073741825 sites in direction x");
    refused(Lattice::cubic, {million, million, 2 * million}, "1000000 x 1000000 x 2000000 sites are more than");
    refused(Lattice::hypercubic, {million, million, million, million}, "1000000 x 1000000 x 1000000 x 1000000 sites");
    refused(Lattice::square, {8}, "the square lattice has 2 directions, but 1 is given");
    refused(Lattice::chain, {8, 8}, "the chain lattice has 1 direction, but 2 are given");
    refused(Lattice::chain, {}, "the chain lattice has 1 direction, but 0 are given");
    refused(Lattice::honeycomb, {4, 3}, "a periodic honeycomb needs even extents, not 4 x 3");
    BOOST_CHECK_EXCEPTION(Geometry(Lattice::square, {8, 8}, {periodic}), core::InputError,
                          begins_with("[model] boundary: the square lattice has 2 directions, but 1 is given"));
    BOOST_TEST(Geometry(Lattice::square, {1 << 30, 1 << 30}).sites() == std::int64_t{1} << 60);
    BOOST_TEST(Geometry(Lattice::square, {1 << 30, 1 << 30}).bonds() == std::int64_t{1} << 61);
}
