#include <blockspin/sampling/cluster_sums.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace blockspin::sampling {

namespace {

__extension__ using Wide = unsigned __int128;

Wide square(std::int64_t x) {
    const auto size = static_cast<Wide>(x < 0 ? -x : x);
    return size * size;
}

/// x 2^shift, rounded.
std::int64_t scaled(Wide x, int shift) {
    if (shift >= 0) return static_cast<std::int64_t>(x << shift);
    return static_cast<std::int64_t>((x + (Wide{1} << (-shift - 1))) >> -shift);
}

/// Sums over the first sites of a row.
std::vector<std::int64_t> prefix_sums(std::span<const std::int64_t> values) {
    std::vector<std::int64_t> sums{0};
    for (const std::int64_t value : values) sums.push_back(sums.back() + value);
    return sums;
}

} // namespace

ClusterSums::ClusterSums(const lattice::Geometry& geometry)
    : modes_(geometry),
      shift_(std::min(30, 62 - 2 * static_cast<int>(std::bit_width(static_cast<std::uint64_t>(geometry.sites()))))) {}

double ClusterSums::scale() const noexcept { return std::ldexp(1.0, shift_); }

Quantity ClusterSums::quantity() const {
    return {.name = "cluster",
            .meaning = fmt::format("sum over clusters of their squared sizes, and of their squared Fourier amplitudes "
                                   "at the smallest wave vectors, in units of 2^{}",
                                   -shift_),
            .width = 2};
}

void ClusterSums::add_squares(std::span<const std::int64_t> cluster, std::span<std::int64_t> sums) const {
    sums[0] += scaled(square(cluster[0]), shift_);
    Wide modes = 0;
    for (const std::int64_t amplitude : cluster.subspan(1)) modes += square(amplitude);
    if (cluster.size() > 1) modes /= cluster.size() / 2;
    sums[1] += scaled(modes, shift_ - 2 * modes_.shift());
}

ClusterSums::Clusters ClusterSums::clusters(const ClusterFinder& finder, const Replicas& replicas,
                                            std::int64_t i) const {
    const ClusterForest& forest = finder.forest(i);
    const auto words = static_cast<std::size_t>(forest.words_per_row());
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const std::span<const int> directions = modes_.directions();
    const bool along_x = !directions.empty() && directions.front() == 0;
    const auto cosines = prefix_sums(modes_.cosines()), sines = prefix_sums(modes_.sines());
    Clusters all{.number = std::vector<std::int32_t>(static_cast<std::size_t>(finder.rows()) * words * 64), .sums = {}};
    for (std::int64_t row = 0; row < finder.rows(); ++row) {
        const lattice::Coordinates at = finder.point(row);
        for (std::size_t word = static_cast<std::size_t>(row) * words; word < static_cast<std::size_t>(row + 1) * words;
             ++word) {
            for (std::uint64_t left = forest.ends(word); left != 0; left &= left - 1) {
                const auto run = static_cast<ClusterForest::Site>(word * 64) + std::countr_zero(left);
                const ClusterForest::Site root = forest.root(run);
                std::int32_t& number = all.number[static_cast<std::size_t>(root)];
                if (root == run) { // no run of the cluster comes before
                    number = static_cast<std::int32_t>(all.sums.size() / width());
                    all.sums.resize(all.sums.size() + width());
                }
                std::int64_t* sums = &all.sums[static_cast<std::size_t>(number) * width()];
                const auto first = static_cast<std::size_t>(corner[0] + forest.x(forest.first_site(run)));
                const auto end = static_cast<std::size_t>(corner[0] + forest.x(run) + 1);
                *sums++ += static_cast<std::int64_t>(end - first);
                if (along_x) {
                    *sums++ += cosines[end] - cosines[first];
                    *sums++ += sines[end] - sines[first];
                }
                for (const int d : directions.subspan(along_x ? 1 : 0)) {
                    const auto x = static_cast<std::size_t>(corner[d] + at[d]);
                    *sums++ += modes_.cosines()[x] * static_cast<std::int64_t>(end - first);
                    *sums++ += modes_.sines()[x] * static_cast<std::int64_t>(end - first);
                }
            }
        }
    }
    return all;
}

void ClusterSums::measure(const ClusterFinder& finder, const Replicas& replicas, std::span<std::int64_t> sums) const {
    const std::int64_t count = replicas.count();
    std::vector<std::vector<std::int64_t>> parts(static_cast<std::size_t>(count)); ///< [replica][(label, sums)]
#pragma omp parallel for schedule(dynamic) if (count > 1)
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        Clusters all = clusters(finder, replicas, i);
        for (const auto& [root, label] : finder.shared(i)) {
            const auto first =
                all.sums.begin() + all.number[static_cast<std::size_t>(root)] * static_cast<std::ptrdiff_t>(width());
            parts[at].push_back(i * replicas.geometry().sites() + label);
            parts[at].insert(parts[at].end(), first, first + static_cast<std::ptrdiff_t>(width()));
            std::fill_n(first, width(), 0);
        }
        for (std::span<const std::int64_t> rest = all.sums; !rest.empty(); rest = rest.subspan(width())) {
            add_squares(rest.first(width()), sums.subspan(2 * at, 2));
        }
    }
    if (replicas.group().size() == 1) return;
    std::vector<std::int64_t> mine;
    for (const auto& part : parts) mine.insert(mine.end(), part.begin(), part.end());
    const auto everybodys = mpi::all_gather_joined(replicas.group(), std::span<const std::int64_t>(mine));
    if (!replicas.group().is_root()) return;
    std::map<std::int64_t, std::vector<std::int64_t>> whole;
    for (std::size_t at = 0; at < everybodys.size(); at += 1 + width()) {
        auto& cluster = whole[everybodys[at]];
        cluster.resize(width());
        for (std::size_t n = 0; n < width(); ++n) cluster[n] += everybodys[at + 1 + n];
    }
    for (const auto& [label, cluster] : whole) {
        add_squares(cluster, sums.subspan(2 * static_cast<std::size_t>(label / replicas.geometry().sites()), 2));
    }
}

} // namespace blockspin::sampling
