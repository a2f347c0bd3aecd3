#pragma once

#include <cstdint>
#include <span>

#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

// Sums over spins held as strips by the fastest instructions of this processor, the same by any. A part of a domain is
// some words of all its runs: their numbers are the coordinates along the last direction.

/// The whole of a domain as such a part: columns, and words along the last direction.
lattice::Box whole_part(const StripLayout& layout);

/// Do the ghosts of strips hold the spins at this offset from any site?
bool reaches(const StripPlan& plan, const lattice::Coordinates& offset) noexcept;

/// Calls visit(position of word 0 of the run, colour, column) for all runs of a domain.
template <class Visit> void for_each_run(const StripLayout& layout, Visit&& visit) {
    const StripPlan& plan = layout.plan();
    for (int colour = 0; colour < plan.colours(); ++colour) {
        const lattice::Coordinates residues = plan.residues(colour);
        for_each_column(plan, layout.columns(), residues, [&](const lattice::Coordinates& column) {
            visit(layout.run(column, residues[plan.along]), colour, column);
        });
    }
}

/// Σ s_i over a part.
std::int64_t spin_sum(const StripSpins& spins, const lattice::Box& part);

/// The sum of the products of the spins at `offsets` from every site of a part that is of one kind
/// (Geometry::sublattice). Ghosts are fresh, and all offsets in their reach.
std::int64_t product_sum(const lattice::Geometry& geometry, const StripSpins& spins, const lattice::Box& part, int kind,
                         std::span<const lattice::Coordinates> offsets);

/// Σ s_i s_j over the bonds that belong to the sites of a part.
std::int64_t bond_sum(const lattice::Geometry& geometry, const StripSpins& spins, const lattice::Box& part);

/// sums[x] += the sum of the spins of a part whose coordinate along `direction` is x.
void add_layers(const StripSpins& spins, const lattice::Box& part, int direction, std::span<std::int64_t> sums);

} // namespace blockspin::sampling
