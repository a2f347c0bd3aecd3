#include <blockspin/lattice/decomposition.hpp>

#include "cuts.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace blockspin::lattice {

namespace {

/// Tries all grids of a given number of ranks, direction by direction.
class Search {
  public:
    Search(const Geometry& geometry, int halo_width, const Coordinates& granularity, int contiguous)
        : geometry_(geometry), halo_width_(halo_width) {
        grid_.granularity = granularity;
        std::rotate(order_.begin(), order_.begin() + contiguous, order_.begin() + contiguous + 1);
    }

    std::optional<RankGrid> best(int ranks) {
        best_.reset();
        least_work_ = std::numeric_limits<double>::infinity();
        divide(0, ranks, 1.0);
        return best_;
    }

    /// More ranks than this have no grid.
    int upper_bound(int ranks) const {
        std::int64_t bound = 1;
        for (int d = 0; d < geometry_.dimension(); ++d) {
            const Cuts along = cuts(geometry_, grid_, d);
            const std::int64_t parts = std::min(along.granules(), along.extent / std::max(1, halo_width_));
            bound = std::min<std::int64_t>(ranks, bound * parts);
        }
        return static_cast<int>(bound);
    }

  private:
    /// `work` is the number of points, with ghosts from other ranks, of the largest domain in the directions before
    /// the n-th.
    void divide(int n, int ranks, double work) {
        if (n == geometry_.dimension()) {
            if (ranks == 1 && work < least_work_) {
                least_work_ = work;
                best_ = grid_;
            }
            return;
        }
        const int d = order_[static_cast<std::size_t>(n)];
        for (int parts = 1; parts <= ranks; ++parts) {
            if (ranks % parts != 0) continue;
            grid_.ranks[d] = parts;
            const Cuts along = cuts(geometry_, grid_, d);
            if (along.granules() < parts) break;
            if (along.smallest() < halo_width_) continue;
            const std::int64_t ghosts = sides_with_neighbours(d, parts) * halo_width_;
            divide(n + 1, ranks / parts, work * static_cast<double>(along.largest() + ghosts));
        }
        grid_.ranks[d] = 1;
    }

    /// Of a domain in the middle, on how many sides in direction d do other ranks lie?
    std::int64_t sides_with_neighbours(int d, int parts) const {
        return geometry_.is_periodic(d) && parts > 1 ? 2 : std::min(2, parts - 1);
    }

    const Geometry& geometry_;
    int halo_width_;
    std::array<int, max_dimension> order_{0, 1, 2, 3}; ///< of the directions; those that come first stay uncut
    RankGrid grid_;
    std::optional<RankGrid> best_;
    double least_work_ = 0;
};

[[noreturn]] void refuse(const Geometry& geometry, int ranks, int halo_width, const Coordinates& granularity,
                         Search& search) {
    const std::string size = to_text(geometry.extents(), geometry.dimension());
    int possible = std::min(ranks - 1, search.upper_bound(ranks));
    while (possible > 0 && !search.best(possible)) --possible;
    if (possible == 0) {
        throw core::InputError(
            fmt::format("[model] size: {} sites are too few for halos of width {}", size, halo_width));
    }
    throw core::InputError(fmt::format("[model] size: {} sites cannot be divided among {} ranks (domains of whole "
                                       "granules of {} sites, at least {} wide); "
                                       "the largest number of ranks below {} that can be used is {}",
                                       size, ranks, to_text(granularity, geometry.dimension()), std::max(1, halo_width),
                                       ranks, possible));
}

} // namespace

int size(const RankGrid& grid) noexcept {
    int product = 1;
    for (const int ranks : grid.ranks) product *= ranks;
    return product;
}

RankGrid best_grid(const Geometry& geometry, int ranks, int halo_width, const Coordinates& granularity,
                   int contiguous) {
    core::ensure(ranks >= 1 && halo_width >= 0, "best_grid: at least one rank, no negative halo");
    core::ensure(std::ranges::min(granularity) >= 1, "best_grid: granules of at least one site");
    core::ensure(contiguous >= 0 && contiguous < geometry.dimension(), "best_grid: a direction of the lattice");
    Search search(geometry, halo_width, granularity, contiguous);
    const std::optional<RankGrid> best = search.best(ranks);
    if (!best) refuse(geometry, ranks, halo_width, granularity, search);
    return *best;
}

} // namespace blockspin::lattice
