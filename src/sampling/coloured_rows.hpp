#pragma once

#include <algorithm>
#include <cstdint>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/stencil_model.hpp>

namespace blockspin::sampling {

/// The sites of one colour in a row of a domain.
struct ColouredRow {
    std::int64_t slot; ///< the replica of the whole run whose couplings it has (Replicas::slot)
    Spin* updated;     ///< the first of the sites
    std::ptrdiff_t stride, count;
    int sublattice;
    rng::Address address;      ///< of the words of this colour in the row
    std::int64_t first_number; ///< of the first site among those of its colour in the whole row
};

/// Calls work(row) for the sites of one colour in every row of a box of every replica, on all threads.
template <class Work>
void for_each_coloured_row(Replicas& replicas, const StencilColouring& colouring, const lattice::Box& box, int colour,
                           std::int64_t step, rng::Purpose purpose, Work&& work) {
    if (sites(box) == 0) return;
    const lattice::Geometry& geometry = replicas.geometry();
    const std::int64_t rows = sites(box) / box.extent[0], tasks = rows * replicas.count();
#pragma omp parallel for schedule(static) if (tasks * box.extent[0] > 4096)
    for (std::int64_t task = 0; task < tasks; ++task) {
        const std::int64_t row = task % rows, i = task / rows;
        lattice::Coordinates at = box.offset;
        at[1] += static_cast<std::int32_t>(row % box.extent[1]);
        at[2] += static_cast<std::int32_t>(row / box.extent[1] % box.extent[2]);
        at[3] += static_cast<std::int32_t>(row / box.extent[1] / box.extent[2]);
        lattice::Coordinates global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = replicas.decomposition().box().offset[d] + at[d];
        const auto [first, stride, end] = colouring.row(colour, global);
        // Those of the progression that lie in the box.
        const std::int32_t skipped = std::max(0, global[0] - first + stride - 1) / stride, x = first + skipped * stride;
        const std::int32_t last = std::min(end, global[0] + box.extent[0]);
        if (x >= last) continue;
        auto& field = replicas.fields()[static_cast<std::size_t>(i)];
        const std::int32_t local = x - replicas.decomposition().box().offset[0];
        const std::int64_t places = geometry.extents()[0] / 2 + 1;
        global[0] = x;
        work(ColouredRow{.slot = replicas.slot(i),
                         .updated = &field[{local, at[1], at[2], at[3]}],
                         .stride = stride,
                         .count = (last - x + stride - 1) / stride,
                         .sublattice = geometry.sublattice(global),
                         .address = {.purpose = purpose,
                                     .chain = static_cast<std::int32_t>(replicas.first() + i),
                                     .step = step,
                                     .place = geometry.site(global) / geometry.extents()[0] * places,
                                     .draw = colour},
                         .first_number = skipped});
    }
}

/// Calls update(box, colour) so that all sites are updated colour by colour: the inner part of each domain while ghosts
/// travel, then its shell. `name` is what it is called in the timing table. Collective in the group.
template <class Update>
void sweep_colours(Replicas& replicas, const StencilColouring& colouring, process::Timers& timers, const char* name,
                   Update&& update) {
    replicas.hold_as(Representation::bytes);
    for (int colour = 0; colour < colouring.colours(); ++colour) {
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.begin_exchange();
        }
        {
            const auto timing = timers.time(name);
            update(replicas.inner(), colour);
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            replicas.end_exchange();
        }
        const auto timing = timers.time(name);
        for (const lattice::Box& box : replicas.shell()) update(box, colour);
    }
}

} // namespace blockspin::sampling
