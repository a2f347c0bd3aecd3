#include <blockspin/model/operator.hpp>

#include "names.hpp"
#include "symmetry.hpp"

#include <blockspin/core/error.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Lattice;

constexpr std::size_t most_spins = 32;
constexpr std::int32_t farthest = 1 << 12; // keeps squared distances and their sums far from overflow

void require_valid(Lattice lattice, std::vector<Coordinates> sites) {
    if (sites.empty() || sites.size() > most_spins) {
        throw core::InputError(
            fmt::format("an operator multiplies from 1 to {} spins, not {}", most_spins, sites.size()));
    }
    for (const Coordinates& site : sites) {
        const bool inside = std::ranges::all_of(site, [](std::int32_t c) { return -farthest < c && c < farthest; });
        const bool flat =
            std::all_of(site.begin() + lattice::dimension(lattice), site.end(), [](std::int32_t c) { return c == 0; });
        if (!inside || !flat) throw core::InputError("a site of an operator lies outside of the lattice");
    }
    std::ranges::sort(sites);
    if (std::ranges::adjacent_find(sites) != sites.end()) {
        throw core::InputError("an operator multiplies distinct spins: the square of one is 1");
    }
}

} // namespace

Operator::Operator(Lattice lattice, std::vector<Coordinates> sites) : lattice_(lattice) {
    require_valid(lattice, sites);
    images_ = images_under_point_group(lattice, sites);
    for (Coordinates& site : sites) site = embedded(lattice, site);
    for (std::size_t i = 0; i < sites.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const std::int64_t distance = squared_distance(lattice, sites[i], sites[j]);
            squared_range_ = std::max(squared_range_, distance);
            squared_distances_ += distance;
        }
    }
}

Operator Operator::from_name(Lattice lattice, std::string_view name) {
    if (const auto sites = sites_of_name(lattice, name)) return Operator(lattice, *sites);
    if (const auto sites = sites_from_text(lattice, name)) return Operator(lattice, *sites);
    throw core::InputError(fmt::format("'{}' is no operator of the {} lattice: neither a name such as h, nn, nnn, 3nn, "
                                       "plaquette nor a list of sites such as {}",
                                       name, lattice::name(lattice), to_text(lattice, {{0, 0, 0, 0}, {1, 0, 0, 0}})));
}

std::string Operator::name() const { return name_of(*this); }

std::vector<Coordinates> Operator::sites() const {
    std::vector<Coordinates> sites = images_.front().offsets;
    for (Coordinates& site : sites) site[0] += images_.front().sublattice;
    return sites;
}

std::strong_ordering Operator::operator<=>(const Operator& other) const {
    if (const auto order = lattice_ <=> other.lattice_; order != 0) return order;
    if (const auto order = spins() <=> other.spins(); order != 0) return order;
    if (const auto order = squared_range_ <=> other.squared_range_; order != 0) return order;
    if (const auto order = squared_distances_ <=> other.squared_distances_; order != 0) return order;
    return images_.front() <=> other.images_.front();
}

bool Operator::operator==(const Operator& other) const { return (*this <=> other) == 0; }

} // namespace blockspin::model
