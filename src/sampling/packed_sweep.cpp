#include <blockspin/sampling/packed_sweep.hpp>

#include "packed_kernel.hpp"

#include <blockspin/lattice/shells.hpp>
#include <blockspin/rng/fill.hpp>

#include <omp.h>

#include <algorithm>
#include <array>
#include <span>

namespace blockspin::sampling {

namespace {

/// A domain in units of what is updated together: columns along x, tiles along y, planes along z and w.
lattice::Coordinates tile_extents(const PackedLayout& layout, const PackedTiles& tiles) {
    lattice::Coordinates extents = layout.extents();
    extents[1] = (layout.words() + tiles.words_together() - 1) / tiles.words_together();
    return extents;
}

/// A domain in boxes of tiles: what is updated while ghosts travel, and then the rest.
struct Turns {
    lattice::Box first;
    std::vector<lattice::Box> rest;
};

/// A column that is cut along y would be updated in three pieces, of which short ones take longer a spin. So only a
/// quarter of the columns are, which keep a rank busy until the ghosts of the others have come.
Turns turns(const lattice::Coordinates& extents, lattice::RankGrid grid) {
    const bool is_cut_along_y = grid.ranks[1] > 1;
    grid.ranks[1] = 1;
    lattice::Shells shells(extents, grid);
    Turns turns{.first = shells.inner, .rest = std::move(shells.shell)};
    if (!is_cut_along_y || sites(turns.first) == 0) return turns;
    lattice::Box later = turns.first;
    std::size_t d = 0; // along which there are most columns
    for (const std::size_t other : {2, 3}) {
        if (later.extent[other] > later.extent[d]) d = other;
    }
    turns.first.extent[d] = (later.extent[d] + 3) / 4;
    later.offset[d] += turns.first.extent[d];
    later.extent[d] -= turns.first.extent[d];
    for (const std::int32_t end : {0, extents[1] - 1}) {
        turns.rest.push_back(turns.first);
        turns.rest.back().offset[1] = end;
        turns.rest.back().extent[1] = 1;
        if (extents[1] == 1) break;
    }
    turns.rest.push_back(later);
    turns.first.offset[1] = 1;
    turns.first.extent[1] = std::max(0, extents[1] - 2);
    return turns;
}

/// What is updated at once: a piece of a column of a plane, `at` counting tiles.
class Runs {
  public:
    Runs(const lattice::Decomposition& decomposition, const PackedTiles& tiles, int colour)
        : decomposition_(decomposition), tiles_(tiles), colour_(colour) {}

    PackedRuns operator()(PackedSpins& spins, const lattice::Coordinates& at, std::int32_t height) const {
        return {.rows = {rows(spins, at, 0), rows(spins, at, 1)},
                .valid = ~Word{0} >> (64 - spins.layout().bits(at[0])),
                .words = spins.layout().words(),
                .first = at[1] * tiles_.words_together(),
                .last = std::min((at[1] + height) * tiles_.words_together(), spins.layout().words())};
    }

  private:
    PackedRuns::Rows rows(PackedSpins& spins, const lattice::Coordinates& at, int parity) const {
        const Word* const other = spins.words(1 - colour_);
        return {.spins = spins.words(colour_) + spins.layout().run(at, parity),
                .near = packed_neighbours(decomposition_.geometry(), spins.layout(), other, at, parity, colour_),
                .place = place(at, parity)};
    }

    /// Of the first word of a run; every run has its own range.
    std::uint64_t place(const lattice::Coordinates& at, int parity) const {
        const lattice::Coordinates& extents = decomposition_.geometry().extents();
        const lattice::Coordinates& corner = decomposition_.box().offset;
        const std::int64_t columns = (extents[0] + PackedLayout::sites_per_word - 1) / PackedLayout::sites_per_word;
        const std::int64_t blocks = (extents[1] + 3) / 4; // of 128 bits in a run
        const std::int64_t plane = corner[2] + at[2] + std::int64_t{extents[2]} * (corner[3] + at[3]);
        const std::int64_t column = corner[0] / PackedLayout::sites_per_word + at[0];
        return static_cast<std::uint64_t>(((plane * columns + column) * 2 + parity) * blocks + corner[1] / 4);
    }

    const lattice::Decomposition& decomposition_;
    const PackedTiles& tiles_;
    int colour_;
};

/// The pieces of the columns of a box of tiles one after the other: those of a column first.
class PieceWalk {
  public:
    PieceWalk(const lattice::Box& box, std::int32_t pieces, std::int64_t number)
        : box_(box), pieces_(pieces), at_(box.offset), piece_(static_cast<std::int32_t>(number % pieces)) {
        number /= pieces;
        for (const int d : {0, 2, 3}) {
            at_[d] += static_cast<std::int32_t>(number % box.extent[d]);
            number /= box.extent[d];
        }
    }
    lattice::Coordinates at() const { return {at_[0], box_.offset[1] + begin(piece_), at_[2], at_[3]}; }
    std::int32_t height() const { return begin(piece_ + 1) - begin(piece_); }
    void next() {
        if (++piece_ < pieces_) return;
        piece_ = 0;
        for (const int d : {0, 2, 3}) {
            if (++at_[d] < box_.offset[d] + box_.extent[d]) return;
            at_[d] = box_.offset[d];
        }
    }

  private:
    std::int32_t begin(std::int32_t piece) const {
        return static_cast<std::int32_t>(std::int64_t{box_.extent[1]} * piece / pieces_);
    }

    const lattice::Box& box_;
    std::int32_t pieces_;
    lattice::Coordinates at_;
    std::int32_t piece_;
};

} // namespace

PackedSweep::PackedSweep(const std::vector<SpinRule>& rules, const PackedTiles& tiles, rng::Purpose purpose,
                         const rng::Key& key)
    : key_(key), purpose_(purpose), tiles_(tiles) {
    for (const SpinRule& rule : rules) rules_.emplace_back(rule);
}
PackedSweep::PackedSweep(PackedSweep&&) noexcept = default;
PackedSweep::~PackedSweep() = default;

void PackedSweep::operator()(Replicas& replicas, std::int64_t step, process::Timers& timers, const char* name) {
    if (replicas.representation() != Representation::bits) {
        const auto timing = timers.time("packing");
        replicas.hold_as(Representation::bits);
    }
    if (replicas.packed().empty()) return;
    const Turns parts =
        turns(tile_extents(replicas.packed().front().layout(), tiles_), replicas.decomposition().grid());
    if (replicas.decomposition().ranks() == 1) {
        const auto timing = timers.time(name);
        for (const int colour : {0, 1}) {
            update(replicas, parts.first, colour, step);
            for (PackedSpins& spins : replicas.packed()) spins.wrap(colour);
        }
        return;
    }
    PackedHalo& halo = replicas.packed_halo();
    for (const int colour : {0, 1}) {
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            halo.begin(replicas.packed(), 1 - colour);
        }
        {
            const auto timing = timers.time(name);
            update(replicas, parts.first, colour, step);
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            halo.end(replicas.packed(), 1 - colour);
        }
        const auto timing = timers.time(name);
        for (const lattice::Box& box : parts.rest) update(replicas, box, colour, step);
        for (PackedSpins& spins : replicas.packed()) spins.wrap(colour);
    }
}

PackedRandom PackedSweep::random(std::int64_t replica, int colour, std::int64_t step) const {
    const rng::Block counter = rng::pack({.purpose = purpose_,
                                          .chain = static_cast<std::int32_t>(replica),
                                          .step = step,
                                          .draw = colour * packed_draws::per_colour});
    return {.key = key_.ars(),
            .low = counter[0] | std::uint64_t{counter[1]} << 32,
            .high = counter[2] | std::uint64_t{counter[3]} << 32,
            .wide_aes = rng::has_wide_aes()};
}

void PackedSweep::update(Replicas& replicas, const lattice::Box& box, int colour, std::int64_t step) const {
    if (sites(box) == 0) return;
    const Runs runs(replicas.decomposition(), tiles_, colour);
    // Whole columns, unless there are too few of them for the threads.
    const std::int64_t columns = sites(box) / box.extent[1];
    const std::int64_t wanted = 4 * omp_get_max_threads() / (columns * replicas.count()) + 1;
    const std::int32_t pieces = static_cast<std::int32_t>(std::min<std::int64_t>(wanted, box.extent[1]));
    const std::int64_t tasks = columns * pieces, all = tasks * replicas.count();
    const std::int64_t spins = all * box.extent[1] / pieces * tiles_.words_together() * 128;
#pragma omp parallel if (spins > 1 << 18)
    {
        // Several runs a call: the kernel prepares random numbers for all of one colour of a replica.
        std::array<PackedRuns, 16> together;
        const std::int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
        const std::int64_t end = all * (thread + 1) / threads;
        for (std::int64_t task = all * thread / threads; task < end;) {
            const std::int64_t i = task / tasks;
            const auto count = static_cast<std::size_t>(
                std::min({end - task, (i + 1) * tasks - task, static_cast<std::int64_t>(together.size())}));
            PieceWalk walk(box, pieces, task % tasks);
            for (PackedRuns& each : std::span(together).first(count)) {
                each = runs(replicas.packed()[static_cast<std::size_t>(i)], walk.at(), walk.height());
                walk.next();
            }
            update_packed(std::span(together).first(count), rules_[static_cast<std::size_t>(replicas.slot(i))], tiles_,
                          random(replicas.first() + i, colour, step));
            task += static_cast<std::int64_t>(count);
        }
    }
}

} // namespace blockspin::sampling
