#include <blockspin/lattice/geometry.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace blockspin::lattice {

namespace {

constexpr std::array<std::pair<std::string_view, Lattice>, 6> lattices{{{"chain", Lattice::chain},
                                                                        {"square", Lattice::square},
                                                                        {"triangular", Lattice::triangular},
                                                                        {"honeycomb", Lattice::honeycomb},
                                                                        {"cubic", Lattice::cubic},
                                                                        {"hypercubic", Lattice::hypercubic}}};

// Leaves room for ghosts in 32-bit coordinates, and for bonds in 64-bit numbers.
constexpr std::int64_t largest_extent = std::int64_t{1} << 30;
constexpr std::int64_t most_sites = std::int64_t{1} << 60;

constexpr std::array<std::pair<std::string_view, Boundary>, 2> boundaries_by_name{
    {{"periodic", Boundary::periodic}, {"open", Boundary::open}}};

template <class Table> auto from_name(const Table& table, std::string_view key, std::string_view name) {
    const auto found = std::ranges::find(table, name, [](const auto& entry) { return entry.first; });
    if (found != table.end()) return found->second;
    std::vector<std::string_view> known;
    for (const auto& entry : table) known.push_back(entry.first);
    throw core::InputError(fmt::format("[model] {}: '{}' is none of {}", key, name, fmt::join(known, ", ")));
}

template <class Table, class Value> std::string_view name_in(const Table& table, Value value) noexcept {
    return std::ranges::find(table, value, [](const auto& entry) { return entry.second; })->first;
}

/// The bonds of a site of each sublattice; none of the offsets is negative.
std::array<std::vector<Coordinates>, 2> bonds_of(Lattice lattice) {
    constexpr std::array<Coordinates, max_dimension> unit{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    if (lattice == Lattice::honeycomb) return {{{unit[0], unit[1]}, {unit[0]}}};
    std::vector<Coordinates> bonds(unit.begin(), unit.begin() + dimension(lattice));
    if (lattice == Lattice::triangular) bonds.push_back({1, 1, 0, 0});
    return {bonds, {}};
}

Coordinates negative(Coordinates offset) {
    for (std::int32_t& component : offset) component = -component;
    return offset;
}

std::int32_t checked_extent(std::int64_t extent, char direction) {
    if (extent >= 1 && extent <= largest_extent) return static_cast<std::int32_t>(extent);
    throw core::InputError(
        fmt::format("[model] size: {} sites in direction {}; must be from 1 to {}", extent, direction, largest_extent));
}

void require_number(std::string_view key, std::size_t given, Lattice lattice) {
    const int wanted = dimension(lattice);
    if (given == static_cast<std::size_t>(wanted)) return;
    throw core::InputError(fmt::format("[model] {}: the {} lattice has {} direction{}, but {} {} given", key,
                                       name(lattice), wanted, wanted == 1 ? "" : "s", given,
                                       given == 1 ? "is" : "are"));
}

} // namespace

Lattice lattice_from_name(std::string_view name) { return from_name(lattices, "lattice", name); }
Boundary boundary_from_name(std::string_view name) { return from_name(boundaries_by_name, "boundary", name); }
std::string_view name(Lattice lattice) noexcept { return name_in(lattices, lattice); }
std::string_view name(Boundary boundary) noexcept { return name_in(boundaries_by_name, boundary); }

int dimension(Lattice lattice) noexcept {
    switch (lattice) {
    case Lattice::chain:
        return 1;
    case Lattice::square:
    case Lattice::triangular:
    case Lattice::honeycomb:
        return 2;
    case Lattice::cubic:
        return 3;
    case Lattice::hypercubic:
        return 4;
    }
    return 0;
}

std::string to_text(const Coordinates& numbers, int dimension) {
    return fmt::format("{}", fmt::join(std::span(numbers).first(static_cast<std::size_t>(dimension)), " x "));
}

Geometry::Geometry(Lattice lattice, const std::vector<std::int64_t>& size, const std::vector<Boundary>& boundaries)
    : lattice_(lattice), bonds_(bonds_of(lattice)), neighbours_(bonds_) {
    require_number("size", size.size(), lattice);
    if (!boundaries.empty()) require_number("boundary", boundaries.size(), lattice);
    std::ranges::copy(boundaries, boundaries_.begin());
    for (std::size_t d = 0; d < size.size(); ++d) {
        extents_[d] = checked_extent(size[d], "xyzw"[d]);
        if (sites_ > most_sites / size[d]) {
            throw core::InputError(fmt::format("[model] size: {} sites are more than the {} that can be numbered",
                                               fmt::join(size, " x "), most_sites));
        }
        sites_ *= size[d];
    }
    if (lattice == Lattice::honeycomb && !colouring_is_consistent()) {
        throw core::InputError(fmt::format("[model] size: a periodic honeycomb needs even extents, not {}",
                                           to_text(extents_, dimension())));
    }
    for (int from = 0; from < sublattices(); ++from) {
        for (const Coordinates& bond : bonds_[from]) neighbours_[(from + 1) % sublattices()].push_back(negative(bond));
    }
}

std::int64_t Geometry::bonds() const noexcept {
    std::int64_t sum = 0;
    for (int s = 0; s < sublattices(); ++s) {
        for (const Coordinates& bond : bonds_[s]) {
            // The bonds of a kind begin in a box at the origin, of which sublattice 0 has the larger half.
            std::int64_t starts = 1;
            for (int d = 0; d < dimension(); ++d) starts *= is_periodic(d) ? extents_[d] : extents_[d] - bond[d];
            sum += sublattices() == 1 ? starts : (starts + 1 - s) / 2;
        }
    }
    return sum;
}

std::int64_t Geometry::site(const Coordinates& at) const noexcept {
    std::int64_t number = 0;
    for (int d = max_dimension - 1; d >= 0; --d) number = number * extents_[d] + at[d];
    return number;
}

Coordinates Geometry::coordinates(std::int64_t site) const noexcept {
    Coordinates at{};
    for (int d = 0; d < max_dimension; ++d) {
        at[d] = static_cast<std::int32_t>(site % extents_[d]);
        site /= extents_[d];
    }
    return at;
}

std::optional<Coordinates> Geometry::shifted(const Coordinates& at, const Coordinates& offset) const noexcept {
    Coordinates end{};
    for (int d = 0; d < max_dimension; ++d) {
        const std::int64_t extent = extents_[d];
        const std::int64_t unwrapped = std::int64_t{at[d]} + offset[d];
        const std::int64_t wrapped = (unwrapped % extent + extent) % extent;
        if (wrapped != unwrapped && boundaries_[d] == Boundary::open) return std::nullopt;
        end[d] = static_cast<std::int32_t>(wrapped);
    }
    return end;
}

std::optional<std::int64_t> Geometry::neighbour(std::int64_t site, const Coordinates& offset) const noexcept {
    const std::optional<Coordinates> end = shifted(coordinates(site), offset);
    if (!end) return std::nullopt;
    return this->site(*end);
}

int Geometry::sublattice(const Coordinates& at) const noexcept { return sublattices() == 1 ? 0 : colour(at); }

int Geometry::colour(const Coordinates& at) const noexcept {
    std::int64_t sum = 0;
    for (const std::int32_t component : at) sum += component;
    return static_cast<int>((sum % colours() + colours()) % colours());
}

bool Geometry::colouring_is_consistent() const noexcept {
    for (int d = 0; d < dimension(); ++d) {
        if (is_periodic(d) && extents_[d] % colours() != 0) return false;
    }
    return true;
}

} // namespace blockspin::lattice
