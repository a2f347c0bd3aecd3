#pragma once

#include <span>
#include <string>
#include <vector>

namespace blockspin::flow {

/// The graph that takes the place of every bond when a hierarchical lattice grows by one generation: equal bonds
/// between vertices, two of which, the terminals, are the ends of the bond replaced (A. N. Berker, S. Ostlund, J. Phys.
/// C 12 (1979) 4961; R. B. Griffiths, M. Kaufman, Phys. Rev. B 26 (1982) 5022).
class HierarchicalCell {
  public:
    /// So many chains of so many bonds, side by side between two vertices; their number may be real.
    struct Link {
        int from;
        int to;
        int length;
        double chains;

        bool operator==(const Link&) const = default;
    };

    /// From its bonds, each as the names of its two ends, "a-1": the terminals are a and b, all others may be called as
    /// one likes. A bond given several times is there several times. InputError unless the graph is connected, without
    /// loops, with the terminals at least two bonds apart and at most 8 other vertices that are more than links of
    /// chains of equal bonds.
    explicit HierarchicalCell(std::span<const std::string> bonds);
    /// b^{d−1} chains of b bonds, d a real number: the diamond for b = d = 2. InputError unless b ≥ 2 and d ≥ 1.
    static HierarchicalCell diamond(int b, double d);

    /// What is left of the graph when equal bonds one after another and side by side have been joined.
    std::span<const Link> links() const noexcept { return links_; }
    /// Number of vertices that links have: 0 and 1 are the terminals.
    int vertices() const noexcept { return vertices_; }
    /// b: number of bonds of the shortest path between the terminals.
    int length() const noexcept { return length_; }
    /// d = ln(number of bonds)/ln b: N = b^d bonds take the place of one.
    double dimension() const noexcept { return dimension_; }
    /// Number of sites for each bond of the lattice in its limit.
    double sites_per_bond() const noexcept { return sites_per_bond_; }
    /// Least number of bonds that must be cut to part the terminals. With one there is no transition, with more there
    /// is.
    double smallest_cut() const;
    /// Does it look the same from both terminals?
    bool is_reversible() const noexcept { return is_reversible_; }

  private:
    HierarchicalCell() = default;
    void reduce();

    std::vector<Link> links_;
    int vertices_ = 2;
    int length_ = 0;
    double dimension_ = 0;
    double sites_per_bond_ = 0;
    bool is_reversible_ = true;
};

} // namespace blockspin::flow
