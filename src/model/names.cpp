#include "names.hpp"

#include "symmetry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Lattice;
using Sites = std::vector<Coordinates>;

constexpr std::int64_t farthest_named_pair = 25; // squared distance

struct Shape {
    std::string_view name;
    Lattice lattice;
    Sites sites;
};

/// Names for shapes; those of the square and the cubic lattice hold in higher dimensions too.
std::vector<Shape> shapes() {
    const Sites square{{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}};
    Sites cube = square;
    for (Coordinates corner : square) {
        corner[2] = 1;
        cube.push_back(corner);
    }
    const Sites corner{{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}};
    const Sites diamond{{1, 0, 0, 0}, {-1, 0, 0, 0}, {0, 1, 0, 0}, {0, -1, 0, 0}};
    const Sites tee{{0, 0, 0, 0}, {1, 0, 0, 0}, {-1, 0, 0, 0}, {0, 1, 0, 0}};
    std::vector<Shape> shapes{{"triangle", Lattice::triangular, {{0, 0, 0, 0}, {1, 0, 0, 0}, {1, 1, 0, 0}}}};
    for (const Lattice lattice : {Lattice::square, Lattice::cubic, Lattice::hypercubic}) {
        shapes.insert(shapes.end(), {{"plaquette", lattice, square},
                                     {"corner", lattice, corner},
                                     {"diamond", lattice, diamond},
                                     {"T", lattice, tee}});
    }
    for (const Lattice lattice : {Lattice::cubic, Lattice::hypercubic}) {
        shapes.insert(shapes.end(), {{"tetrahedron", lattice, {cube[0], cube[3], cube[5], cube[6]}},
                                     {"rectangle", lattice, {cube[0], cube[1], cube[6], cube[7]}},
                                     {"star", lattice, {cube[0], cube[1], cube[2], cube[4]}},
                                     {"twisted", lattice, {cube[0], cube[1], cube[3], cube[7]}},
                                     {"cube", lattice, cube}});
    }
    return shapes;
}

/// All sites within range of the origin but itself, in index-grid coordinates.
Sites neighbourhood(Lattice lattice, std::int64_t squared_range) {
    std::int32_t reach = 0; // rows of the hexagonal lattices are sqrt(3/4) apart, or more
    while (3 * std::int64_t{reach} * reach < 4 * squared_range) ++reach;
    std::array<std::int32_t, lattice::max_dimension> limit{};
    std::fill_n(limit.begin(), lattice::dimension(lattice), reach);
    Sites sites;
    for (std::int32_t w = -limit[3]; w <= limit[3]; ++w)
        for (std::int32_t z = -limit[2]; z <= limit[2]; ++z)
            for (std::int32_t y = -limit[1]; y <= limit[1]; ++y)
                for (std::int32_t x = -limit[0]; x <= limit[0]; ++x) sites.push_back({x, y, z, w});
    const Coordinates origin{};
    std::erase_if(sites, [&](const Coordinates& at) {
        const std::int64_t distance = squared_distance(lattice, embedded(lattice, at), embedded(lattice, origin));
        return distance == 0 || distance > squared_range;
    });
    return sites;
}

std::string pair_name(std::size_t rank) {
    constexpr std::array<std::string_view, 2> nearest{"nn", "nnn"};
    return rank < nearest.size() ? std::string(nearest[rank]) : fmt::format("{}nn", rank + 1);
}

/// "nn" is 0, "nnn" is 1, "3nn" is 2, …
std::optional<std::size_t> pair_rank(std::string_view name) {
    if (name == "nn") return 0;
    if (name == "nnn") return 1;
    std::size_t rank = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), rank);
    const bool is_rank = error == std::errc{} && std::string_view(end, name.data() + name.size()) == "nn";
    return is_rank && rank >= 3 && name[0] != '0' ? std::optional(rank - 1) : std::nullopt;
}

std::optional<Sites> sites_of_pair(Lattice lattice, std::size_t rank) {
    for (std::int64_t range = 1; range <= farthest_named_pair; ++range) {
        const std::vector<Operator> pairs = pairs_within(lattice, range);
        if (rank < pairs.size()) return pairs[rank].sites();
    }
    return std::nullopt;
}

/// Reads "(1,-2)" off the front of `text`.
std::optional<Coordinates> take_site(Lattice lattice, std::string_view& text) {
    Coordinates site{};
    for (int i = 0; i < lattice::dimension(lattice); ++i) {
        if (!text.starts_with(i == 0 ? '(' : ',')) return std::nullopt;
        const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), site[i]);
        if (error != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    if (!text.starts_with(')')) return std::nullopt;
    text.remove_prefix(1);
    return site;
}

} // namespace

std::vector<Operator> pairs_within(Lattice lattice, std::int64_t squared_range) {
    std::set<Operator> pairs;
    std::set<Coordinates> known;
    for (const Coordinates& at : neighbourhood(lattice, squared_range)) {
        if (known.contains(at)) continue;
        const Operator pair(lattice, {{0, 0, 0, 0}, at});
        for (const Stencil& image : pair.images()) known.insert(image.offsets[1]);
        pairs.insert(pair);
    }
    return {pairs.begin(), pairs.end()};
}

std::optional<Sites> sites_of_name(Lattice lattice, std::string_view name) {
    if (name == "h" || name == "field") return Sites{Coordinates{}};
    if (const auto rank = pair_rank(name)) return sites_of_pair(lattice, *rank);
    for (const Shape& shape : shapes()) {
        if (shape.lattice == lattice && shape.name == name) return shape.sites;
    }
    return std::nullopt;
}

std::string name_of(const Operator& op) {
    if (op.spins() == 1) return "h";
    if (op.spins() == 2 && op.squared_range() <= farthest_named_pair) {
        const std::vector<Operator> pairs = pairs_within(op.lattice(), op.squared_range());
        return pair_name(static_cast<std::size_t>(std::ranges::find(pairs, op) - pairs.begin()));
    }
    for (const Shape& shape : shapes()) {
        if (shape.lattice == op.lattice() && Operator(shape.lattice, shape.sites) == op) return std::string(shape.name);
    }
    return to_text(op.lattice(), op.sites());
}

std::string to_text(Lattice lattice, const Sites& sites) {
    std::string text;
    for (const Coordinates& site : sites) {
        for (int i = 0; i < lattice::dimension(lattice); ++i) text += fmt::format("{}{}", i == 0 ? '(' : ',', site[i]);
        text += ')';
    }
    return text;
}

std::optional<Sites> sites_from_text(Lattice lattice, std::string_view text) {
    Sites sites;
    while (!text.empty()) {
        const auto site = take_site(lattice, text);
        if (!site) return std::nullopt;
        sites.push_back(*site);
    }
    return sites.empty() ? std::nullopt : std::optional(sites);
}

} // namespace blockspin::model
