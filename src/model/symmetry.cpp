#include "symmetry.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <tuple>

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Lattice;
using Matrix = std::array<Coordinates, lattice::max_dimension>; // columns: the images of the unit vectors

Coordinates operator*(const Matrix& matrix, const Coordinates& vector) {
    Coordinates result{};
    for (std::size_t column = 0; column < matrix.size(); ++column) {
        for (std::size_t row = 0; row < result.size(); ++row) result[row] += matrix[column][row] * vector[column];
    }
    return result;
}

Coordinates operator-(Coordinates a, const Coordinates& b) {
    std::ranges::transform(a, b, a.begin(), std::minus{});
    return a;
}

/// All permutations of `dimension` axes with all signs: 2, 8, 48, 384 of them.
std::vector<Matrix> signed_permutations(int dimension) {
    std::vector<Matrix> group;
    std::vector<std::size_t> axes(static_cast<std::size_t>(dimension));
    std::iota(axes.begin(), axes.end(), 0);
    do {
        for (unsigned signs = 0; signs < 1U << dimension; ++signs) {
            Matrix matrix{};
            for (std::size_t i = 0; i < axes.size(); ++i) matrix[i][axes[i]] = (signs >> i & 1U) != 0 ? -1 : 1;
            group.push_back(matrix);
        }
    } while (std::ranges::next_permutation(axes).found);
    return group;
}

/// The 12 symmetries of a hexagon, for basis vectors at 120 degrees.
std::vector<Matrix> hexagonal() {
    constexpr Matrix rotation{{{1, 1, 0, 0}, {-1, 0, 0, 0}, {}, {}}}; // by 60 degrees
    constexpr Matrix reflection{{{0, 1, 0, 0}, {1, 0, 0, 0}, {}, {}}};
    std::vector<Matrix> group;
    Matrix turned{{{1, 0, 0, 0}, {0, 1, 0, 0}, {}, {}}};
    for (int sixth = 0; sixth < 6; ++sixth) {
        group.push_back(turned);
        group.push_back({turned * reflection[0], turned * reflection[1], Coordinates{}, Coordinates{}});
        turned = {rotation * turned[0], rotation * turned[1], Coordinates{}, Coordinates{}};
    }
    return group;
}

std::vector<Matrix> point_group(Lattice lattice) {
    const bool is_hexagonal = lattice == Lattice::triangular || lattice == Lattice::honeycomb;
    return is_hexagonal ? hexagonal() : signed_permutations(lattice::dimension(lattice));
}

/// x + y mod 2, for negative coordinates too.
int parity(const Coordinates& at) { return (at[0] + at[1]) & 1; }

/// From an even site of the brick wall, (1, 1) is the step -e1 - 2 e2 and (2, 0) is e1 - e2; odd sites are e1 away.
Coordinates honeycomb_embedded(const Coordinates& at) {
    const std::int32_t odd = parity(at), pairs = (at[0] - odd - at[1]) / 2;
    return {-at[1] + pairs + odd, -2 * at[1] - pairs, 0, 0};
}

Coordinates honeycomb_grid(const Coordinates& at) {
    const std::int32_t odd = (at[0] + at[1]) % 3 == 0 ? 0 : 1;
    const std::int32_t y = -(at[0] + at[1] - odd) / 3;
    return {2 * (at[0] - odd + y) + y + odd, y, 0, 0};
}

/// Back to the index grid. Rotations that turn the honeycomb's bonds over end e1 away from its sites.
std::vector<Coordinates> on_grid(Lattice lattice, const Matrix& op, std::vector<Coordinates> points) {
    for (Coordinates& point : points) point = op * point;
    if (lattice != Lattice::honeycomb) return points;
    const std::int32_t shift = (op[0][0] + op[0][1] - 1) % 3 == 0 ? 0 : 1;
    for (Coordinates& point : points) point = honeycomb_grid({point[0] + shift, point[1], 0, 0});
    return points;
}

Stencil stencil(Lattice lattice, std::vector<Coordinates> sites) {
    std::ranges::sort(sites, {}, [](const Coordinates& at) { return std::tuple(at[3], at[2], at[1], at[0]); });
    const Coordinates first = sites.front();
    for (Coordinates& site : sites) site = site - first;
    return {lattice == Lattice::honeycomb ? parity(first) : 0, std::move(sites)};
}

} // namespace

Coordinates embedded(Lattice lattice, const Coordinates& at) {
    return lattice == Lattice::honeycomb ? honeycomb_embedded(at) : at;
}

std::int64_t squared_distance(Lattice lattice, const Coordinates& a, const Coordinates& b) {
    const Coordinates d = a - b;
    std::int64_t squares = 0;
    for (const std::int64_t component : d) squares += component * component;
    const bool is_hexagonal = lattice == Lattice::triangular || lattice == Lattice::honeycomb;
    return is_hexagonal ? squares - std::int64_t{d[0]} * d[1] : squares;
}

std::vector<Stencil> images_under_point_group(Lattice lattice, const std::vector<Coordinates>& sites) {
    std::vector<Coordinates> points;
    for (const Coordinates& site : sites) points.push_back(embedded(lattice, site));
    std::vector<Stencil> images;
    for (const Matrix& op : point_group(lattice)) images.push_back(stencil(lattice, on_grid(lattice, op, points)));
    std::ranges::sort(images, [](const Stencil& a, const Stencil& b) {
        return std::tie(a.sublattice, b.offsets) < std::tie(b.sublattice, a.offsets);
    });
    images.erase(std::ranges::unique(images).begin(), images.end());
    return images;
}

} // namespace blockspin::model
