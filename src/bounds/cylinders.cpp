#include <blockspin/bounds/cylinders.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <functional>
#include <numeric>

namespace blockspin::bounds {

namespace {

using Bonds = std::vector<std::pair<std::pair<int, int>, double>>;

int product(const std::vector<int>& extents) {
    return std::accumulate(extents.begin(), extents.end(), 1, std::multiplies<>());
}

/// Bonds of coupling K along every direction of a box whose sites are `stride` apart in x, from `first` on.
void add_box_bonds(Bonds& bonds, const std::vector<int>& extents, bool closed, int first, int stride, double K) {
    const int sites = product(extents);
    int below = 1;
    for (const int extent : extents) {
        for (int site = 0; site < sites; ++site) {
            const int at = site / below % extent;
            if (at + 1 == extent && !closed) continue;
            const int next = at + 1 == extent ? site - (extent - 1) * below : site + below;
            bonds.push_back({{first + stride * site, first + stride * next}, K});
        }
        below *= extent;
    }
}

/// t_i is coupled to s_i and s_{i+1}, on the ring of `count` spins from `first` on; uses spare 0.
void add_diagonal_hop(LayerTransfer& transfer, int first, int count, double K) {
    transfer.keep(first, 0);
    for (int i = 0; i < count; ++i) {
        const int here = first + i;
        const int next = i + 1 < count ? here + 1 : transfer.spare(0);
        transfer.replace(here, {{here, K}, {next, K}});
    }
    transfer.forget(0);
}

void require_even(int ring) { core::ensure(ring >= 2 && ring % 2 == 0, "this ring has an even number of spins"); }

} // namespace

LayerTransfer diagonal_cylinder(int diagonal, const std::vector<int>& rings, double K, double h) {
    const int stacked = product(rings);
    LayerTransfer transfer(diagonal * stacked, 1, 1);
    for (int row = 0; row < stacked; ++row) add_diagonal_hop(transfer, row * diagonal, diagonal, K);
    Bonds bonds;
    for (int i = 0; i < diagonal; ++i) add_box_bonds(bonds, rings, true, i, diagonal, K);
    transfer.weigh(bonds, std::vector<double>(static_cast<std::size_t>(transfer.sites()), h));
    return transfer;
}

LayerTransfer straight_cylinder(int ring, const SquareCouplings& couplings) {
    const bool diagonals = couplings.diagonal != 0.0;
    LayerTransfer transfer(ring, 1, diagonals ? 3 : 0);
    // With diagonals a new spin is coupled to both neighbours of the old one, of which the left one is gone already:
    // the old spin 0 stays in spare 0 to the end, the others in spares 1 and 2 by turns.
    const auto spare_of = [](int i) { return i == 0 ? 0 : 1 + i % 2; };
    if (diagonals) transfer.keep(0, 0);
    for (int i = 0; i < ring; ++i) {
        std::vector<LayerTransfer::Term> terms{{i, couplings.axis}};
        if (diagonals) {
            if (i > 0 && i + 1 < ring) transfer.keep(i, spare_of(i));
            terms.emplace_back(i == 0 ? ring - 1 : transfer.spare(spare_of(i - 1)), couplings.diagonal);
            terms.emplace_back(i + 1 < ring ? i + 1 : transfer.spare(0), couplings.diagonal);
        }
        transfer.replace(i, std::move(terms));
        if (diagonals && i > 1) transfer.forget(spare_of(i - 1));
    }
    if (diagonals) transfer.forget(0);
    Bonds bonds;
    add_box_bonds(bonds, {ring}, true, 0, 1, couplings.ring);
    transfer.weigh(bonds, std::vector<double>(static_cast<std::size_t>(ring), couplings.field));
    return transfer;
}

LayerTransfer triangular_cylinder(int ring, double K, double h) {
    require_even(ring);
    LayerTransfer transfer(ring, 1);
    for (int i = 0; i < ring; i += 2) transfer.replace(i, {{i, K}, {i + 1, K}, {(i + ring - 1) % ring, K}});
    for (int i = 1; i < ring; i += 2) transfer.replace(i, {{i, K}});
    Bonds bonds;
    add_box_bonds(bonds, {ring}, true, 0, 1, K);
    transfer.weigh(bonds, std::vector<double>(static_cast<std::size_t>(ring), h));
    return transfer;
}

LayerTransfer honeycomb_cylinder(int ring, double K, double field_even, double field_odd) {
    require_even(ring);
    LayerTransfer transfer(ring, 2);
    for (const int parity : {0, 1}) {
        for (int i = 0; i < ring; ++i) transfer.replace(i, {{i, K}});
        Bonds bonds;
        for (int i = parity; i < ring; i += 2) bonds.push_back({{i, (i + 1) % ring}, K});
        std::vector<double> fields(static_cast<std::size_t>(ring));
        for (int i = 0; i < ring; ++i)
            fields[static_cast<std::size_t>(i)] = (i + parity) % 2 == 0 ? field_even : field_odd;
        transfer.weigh(bonds, fields);
    }
    return transfer;
}

LayerTransfer slab_cylinder(int diagonal, int thickness, const SlabCouplings& couplings) {
    core::ensure(thickness >= 2, "a slab has two outer layers");
    LayerTransfer transfer(diagonal * thickness, 1, 1);
    std::vector<double> fields;
    for (int z = 0; z < thickness; ++z) {
        const bool outermost = z == 0 || z == thickness - 1;
        add_diagonal_hop(transfer, z * diagonal, diagonal, outermost ? couplings.outer : couplings.inner);
        fields.insert(fields.end(), static_cast<std::size_t>(diagonal),
                      outermost ? couplings.outer_field : couplings.inner_field);
    }
    Bonds bonds;
    for (int i = 0; i < diagonal; ++i) add_box_bonds(bonds, {thickness}, false, i, diagonal, couplings.inner);
    transfer.weigh(bonds, fields);
    return transfer;
}

LayerTransfer open_column(const std::vector<int>& extents, double K, const std::vector<double>& fields) {
    LayerTransfer transfer(product(extents), 1);
    for (int i = 0; i < transfer.sites(); ++i) transfer.replace(i, {{i, K}});
    Bonds bonds;
    add_box_bonds(bonds, extents, false, 0, 1, K);
    transfer.weigh(bonds, fields);
    return transfer;
}

} // namespace blockspin::bounds
