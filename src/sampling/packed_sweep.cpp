#include <blockspin/sampling/packed_sweep.hpp>

#include "packed_columns.hpp"
#include "packed_kernel.hpp"

#include <blockspin/lattice/shells.hpp>
#include <blockspin/rng/fill.hpp>

#include <omp.h>

#include <algorithm>
#include <array>
#include <span>

namespace blockspin::sampling {

namespace {

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

/// What is the same in every sweep.
struct PackedSweep::Plan {
    Plan(const lattice::Decomposition& decomposition, const PackedLayout& layout, const PackedTiles& tiles)
        : columns(decomposition, layout, tiles), parts(columns.extents(), decomposition.grid()) {}

    PackedColumns columns;
    lattice::Shells parts; ///< in tiles
};

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
    if (!plan_) {
        plan_ = std::make_unique<Plan>(replicas.decomposition(), replicas.packed().front().layout(), tiles_);
    }
    const lattice::Shells& parts = plan_->parts;
    if (replicas.decomposition().ranks() == 1) {
        const auto timing = timers.time(name);
        for (const int colour : {0, 1}) {
            update(replicas, parts.inner, colour, step);
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
            update(replicas, parts.inner, colour, step);
        }
        {
            const auto timing = timers.time("halo exchange", process::Activity::communicate);
            halo.end(replicas.packed(), 1 - colour);
        }
        const auto timing = timers.time(name);
        for (const lattice::Box& box : parts.shell) update(replicas, box, colour, step);
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
                each = plan_->columns.runs(replicas.packed()[static_cast<std::size_t>(i)], colour, walk.at(),
                                           walk.height());
                walk.next();
            }
            update_packed(std::span(together).first(count), rules_[static_cast<std::size_t>(replicas.slot(i))], tiles_,
                          random(replicas.first() + i, colour, step));
            task += static_cast<std::int64_t>(count);
        }
    }
}

} // namespace blockspin::sampling
