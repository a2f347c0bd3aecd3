#include <blockspin/flow/niemeijer_van_leeuwen.hpp>

#include <algorithm>

namespace blockspin::flow {

namespace {

const std::array<Coupling, 4> second_axes{
    {{"nn", Parity::even}, {"nnn", Parity::even}, {"3nn", Parity::even}, {"field", Parity::odd}}};
const std::array<Coupling, 2> first_axes{{{"nn", Parity::even}, {"field", Parity::odd}}};

/// A site of the triangular lattice, whose neighbours are ±(1, 0), ±(0, 1) and ±(1, 1).
struct Site {
    int x, y;
    friend Site operator+(Site a, Site b) { return {a.x + b.x, a.y + b.y}; }
    friend Site operator-(Site a, Site b) { return {a.x - b.x, a.y - b.y}; }
    bool operator==(const Site&) const = default;
};

int squared_length(Site s) { return s.x * s.x + s.y * s.y - s.x * s.y; }

/// 0, 1, 2 for the squared lengths 1, 3, 4; else −1.
int neighbour_class(int squared) { return squared == 1 ? 0 : squared == 3 ? 1 : squared == 4 ? 2 : -1; }

constexpr std::array<Site, 3> block{{{0, 0}, {1, 0}, {1, 1}}};
constexpr Site origin{0, 0};
/// One block of each class, as seen from the block at the origin.
constexpr std::array<Site, 3> representative{{{2, 1}, {3, 3}, {4, 2}}};

/// All blocks near the origin.
std::vector<Site> blocks() {
    std::vector<Site> result;
    for (int m = -4; m <= 4; ++m)
        for (int n = -4; n <= 4; ++n) result.push_back({2 * m + n, m + 2 * n});
    return result;
}

/// A bond between two blocks, by the numbers of its spins in them.
struct BlockBond {
    int first, second;
};

std::vector<BlockBond> bonds(Site first, Site second, int spins) {
    std::vector<BlockBond> result;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            if (neighbour_class(squared_length(second + block[j] - first - block[i])) == spins)
                result.push_back({i, j});
    return result;
}

detail::TriangularBlocks count_bonds() {
    detail::TriangularBlocks count;
    for (int c = 0; c < 3; ++c) {
        for (int a = 0; a < 3; ++a) count.bonds[a][c] = static_cast<int>(bonds(origin, representative[c], a).size());
        for (const Site& between : blocks()) {
            if (between == origin || between == representative[c]) continue;
            for (const BlockBond& to : bonds(origin, between, 0))
                for (const BlockBond& from : bonds(between, representative[c], 0))
                    ++(to.second == from.first ? count.same : count.different)[c];
        }
    }
    for (const BlockBond& a : bonds(origin, representative[0], 0))
        for (const BlockBond& b : bonds(origin, representative[0], 0))
            ++count.shared[static_cast<int>(a.first == b.first) + static_cast<int>(a.second == b.second)];
    return count;
}

} // namespace

const detail::TriangularBlocks& detail::triangular_blocks() {
    static const TriangularBlocks count = count_bonds();
    return count;
}

std::span<const Coupling> FirstCumulantFormula::couplings() { return first_axes; }
std::span<const Coupling> SecondCumulantFormula::couplings() { return second_axes; }

} // namespace blockspin::flow
