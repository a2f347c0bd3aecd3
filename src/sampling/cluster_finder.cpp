#include <blockspin/sampling/cluster_finder.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <bit>
#include <numeric>

#include <omp.h>

namespace blockspin::sampling {

namespace {

/// Labels that are joined in pairs: which is the smallest of those that hang together.
class JoinedLabels {
  public:
    /// From a list of pairs, one label after the other.
    explicit JoinedLabels(std::span<const std::int64_t> pairs) : labels_(pairs.begin(), pairs.end()) {
        std::ranges::sort(labels_);
        labels_.erase(std::ranges::unique(labels_).begin(), labels_.end());
        smallest_.resize(labels_.size());
        std::iota(smallest_.begin(), smallest_.end(), std::size_t{0});
        for (std::size_t p = 0; p < pairs.size(); p += 2) {
            const std::size_t a = root(index(pairs[p])), b = root(index(pairs[p + 1]));
            smallest_[std::max(a, b)] = std::min(a, b);
        }
    }
    std::span<const std::int64_t> all() const noexcept { return labels_; }
    std::int64_t smallest(std::size_t which) { return labels_[root(which)]; }

  private:
    std::size_t index(std::int64_t label) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(labels_, label) - labels_.begin());
    }
    std::size_t root(std::size_t at) {
        while (smallest_[at] != at) at = smallest_[at] = smallest_[smallest_[at]];
        return at;
    }

    std::vector<std::int64_t> labels_;
    std::vector<std::size_t> smallest_;
};

/// Pairs (a, b) as one list, each pair once.
std::vector<std::int64_t> once(std::vector<std::pair<std::int64_t, std::int64_t>> pairs) {
    std::ranges::sort(pairs);
    pairs.erase(std::ranges::unique(pairs).begin(), pairs.end());
    std::vector<std::int64_t> list;
    for (const auto& [a, b] : pairs) list.insert(list.end(), {a, b});
    return list;
}

} // namespace

ClusterFinder::ClusterFinder(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose,
                             const rng::Key& key)
    : bonds_(replicas, laws, purpose, key), decomposition_(replicas.decomposition()) {
    for (std::int64_t row = 0; row < rows(); ++row) {
        for (const OccupiedBonds::Direction& direction : bonds_.directions()) {
            partners_.push_back(find_partner(row, direction.offset));
        }
    }
    // Replicas are worked on at a time; where they are too few for the threads, blocks of their rows too.
    const std::int64_t threads = omp_get_max_threads();
    blocks_ = static_cast<int>(std::min(rows(), (threads + replicas.count() - 1) / replicas.count()));
    for (int block = 0; block <= blocks_; ++block) first_rows_.push_back(rows() * block / blocks_);
    forests_.assign(laws.size(), ClusterForest(rows(), decomposition_.box().extent[0]));
    loose_.resize(laws.size() * static_cast<std::size_t>(blocks_));
    shared_.resize(laws.size());
    if (decomposition_.ranks() == 1) return;
    const lattice::Layout layout = lattice::layout(decomposition_, replicas.ghosts());
    labels_.assign(laws.size(), lattice::Field<std::int64_t>(layout));
    label_halo_.emplace(replicas.group(), decomposition_, layout, std::int64_t{-1}, labels_.size());
}

lattice::Coordinates ClusterFinder::point(std::int64_t row) const noexcept {
    const lattice::Coordinates& extent = decomposition_.box().extent;
    return {0, static_cast<std::int32_t>(row % extent[1]), static_cast<std::int32_t>(row / extent[1] % extent[2]),
            static_cast<std::int32_t>(row / extent[1] / extent[2])};
}

std::size_t ClusterFinder::memory() const noexcept {
    std::size_t bytes = bonds_.memory() + partners_.capacity() * sizeof partners_[0];
    for (const ClusterForest& forest : forests_) bytes += forest.memory();
    for (const auto& field : labels_) bytes += field.values().size() * sizeof(std::int64_t);
    return bytes;
}

void ClusterFinder::find(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    replicas.hold_as(Representation::bytes);
    {
        const auto timing = timers.time("halo exchange", process::Activity::communicate);
        replicas.begin_exchange();
        replicas.end_exchange();
    }
    {
        const auto timing = timers.time("cluster update");
        const std::int64_t count = replicas.count(), tasks = count * blocks_;
#pragma omp parallel for schedule(dynamic) if (tasks > 1)
        for (std::int64_t task = 0; task < tasks; ++task) {
            join_block(replicas, task / blocks_, static_cast<int>(task % blocks_), step);
        }
#pragma omp parallel for schedule(dynamic) if (count > 1)
        for (std::int64_t i = 0; i < count; ++i) join_blocks(i);
    }
    if (!label_halo_) return;
    const auto timing = timers.time("cluster labels", process::Activity::communicate);
    join_domains(replicas);
}

// Rows are joined with the one before as soon as they are begun: the fast case of ClusterForest::join_rows.
void ClusterFinder::join_block(const Replicas& replicas, std::int64_t i, int block, std::int64_t step) {
    ClusterForest& forest = forests_[static_cast<std::size_t>(i)];
    Loose& loose = loose_[static_cast<std::size_t>(i * blocks_ + block)];
    loose.crossings.clear();
    loose.seams.clear();
    const auto directions = bonds_.directions();
    OccupiedBonds::Scratch along{.random = RandomRows::in_order()}, across = along;
    ClusterForest::Pairs late;
    for (std::int64_t row = first_row(block); row < first_row(block + 1); ++row) {
        bonds_.draw(replicas, i, step, static_cast<std::size_t>(row), 0, along);
        forest.start_row(row, along.occupied);
        if (row > first_row(block) && directions.size() > 1 && partner_row(row - 1, 1) == row) {
            bonds_.draw(replicas, i, step, static_cast<std::size_t>(row - 1), 1, across);
            forest.join_rows(row - 1, row, across.occupied, true, late);
        }
        forest.join_words(row, along.occupied);
        join_along_x(forest, row, along.occupied.back(), loose);
    }
    for (std::int64_t row = first_row(block); row < first_row(block + 1); ++row) {
        for (std::size_t d = 1; d < directions.size(); ++d) {
            const std::int64_t partner = partner_row(row, d);
            if (d == 1 && partner == row + 1 && is_in(block, row + 1)) continue; // done above
            bonds_.draw(replicas, i, step, static_cast<std::size_t>(row), d, across);
            if (partner != row && is_in(block, partner) && directions[d].offset[0] == 0)
                forest.join_rows(std::min(row, partner), std::max(row, partner), across.occupied, false, late);
            else
                join_across(forest, block, row, d, across.occupied, loose);
        }
    }
}

void ClusterFinder::join_along_x(ClusterForest& forest, std::int64_t row, std::uint64_t last_bonds,
                                 Loose& loose) const {
    const std::int32_t length = decomposition_.box().extent[0];
    if ((last_bonds >> (length - 1) % 64 & 1) == 0) return;
    const Site end = forest.number(row, length - 1);
    if (decomposition_.grid().ranks[0] > 1)
        loose.crossings.push_back({end, this->row(row).start + static_cast<std::size_t>(length)});
    else
        forest.unite(end, forest.run(forest.number(row, 0)));
}

void ClusterFinder::join_across(ClusterForest& forest, int block, std::int64_t row, std::size_t direction,
                                std::span<const std::uint64_t> occupied, Loose& loose) const {
    const std::int64_t partners = partner_row(row, direction);
    const auto& [offset, distance, on_even_sites_only] = bonds_.directions()[direction];
    const bool same_block = is_in(block, partners);
    const std::int32_t length = decomposition_.box().extent[0];
    const bool wraps = decomposition_.grid().ranks[0] == 1;
    for (std::size_t w = 0; w < occupied.size(); ++w) {
        for (std::uint64_t left = occupied[w]; left != 0; left &= left - 1) {
            const std::int32_t x = static_cast<std::int32_t>(w * 64) + std::countr_zero(left);
            const Site site = forest.number(row, x);
            std::int32_t partner_x = x + offset[0];
            if (wraps && partner_x >= length) partner_x -= length;
            if (partners == elsewhere || partner_x >= length) {
                const auto outside = static_cast<std::ptrdiff_t>(this->row(row).start) + x + distance;
                loose.crossings.push_back({site, static_cast<std::size_t>(outside)});
            } else if (same_block) {
                forest.unite(forest.run(site), forest.run(forest.number(partners, partner_x)));
            } else {
                loose.seams.emplace_back(site, forest.number(partners, partner_x));
            }
        }
    }
}

std::int64_t ClusterFinder::find_partner(std::int64_t row, const lattice::Coordinates& offset) const noexcept {
    const lattice::Box& box = decomposition_.box();
    lattice::Coordinates at = point(row);
    std::int64_t partner = 0;
    for (int d = lattice::max_dimension - 1; d >= 1; --d) {
        at[d] += offset[d];
        if (decomposition_.grid().ranks[d] == 1) at[d] %= box.extent[d];
        if (at[d] >= box.extent[d]) return elsewhere;
        partner = partner * box.extent[d] + at[d];
    }
    return partner;
}

void ClusterFinder::join_blocks(std::int64_t i) {
    ClusterForest& forest = forests_[static_cast<std::size_t>(i)];
    for (int block = 0; block < blocks_; ++block) {
        for (const auto& [a, b] : loose_[static_cast<std::size_t>(i * blocks_ + block)].seams) {
            forest.unite(forest.run(a), forest.run(b));
        }
    }
}

void ClusterFinder::join_domains(const Replicas& replicas) {
    const std::int64_t count = replicas.count(), sites = decomposition_.geometry().sites();
    for (std::int64_t i = 0; i < count; ++i) show_labels(i);
    (*label_halo_)(labels_);
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (std::int64_t i = 0; i < count; ++i) {
        const ClusterForest& forest = forests_[static_cast<std::size_t>(i)];
        const auto labels = labels_[static_cast<std::size_t>(i)].values();
        for (int block = 0; block < blocks_; ++block) {
            for (const auto& [site, outside] : loose_[static_cast<std::size_t>(i * blocks_ + block)].crossings) {
                const std::int64_t here = first_site(forest, forest.root(forest.run(site)));
                pairs.emplace_back(i * sites + here, i * sites + labels[outside]);
            }
        }
    }
    const std::vector<std::int64_t> mine = once(std::move(pairs));
    JoinedLabels joined(mpi::all_gather_joined(replicas.group(), std::span<const std::int64_t>(mine)));
    for (auto& shared : shared_) shared.clear();
    for (std::size_t which = 0; which < joined.all().size(); ++which) {
        const std::int64_t i = joined.all()[which] / sites;
        const auto root = run_at(forest(i), joined.all()[which] % sites);
        if (root) shared_[static_cast<std::size_t>(i)].push_back({*root, joined.smallest(which) % sites});
    }
}

/// Bonds leave their sites towards larger coordinates, so partners in other domains lie on the lower faces of these.
void ClusterFinder::show_labels(std::int64_t i) {
    const ClusterForest& forest = forests_[static_cast<std::size_t>(i)];
    auto& labels = labels_[static_cast<std::size_t>(i)];
    const lattice::Coordinates& extent = decomposition_.box().extent;
    for (std::int64_t row = 0; row < rows(); ++row) {
        const lattice::Coordinates at = point(row);
        bool on_face = false;
        for (int d = 1; d < lattice::max_dimension; ++d) {
            on_face = on_face || (at[d] == 0 && decomposition_.grid().ranks[d] > 1);
        }
        const std::int32_t shown = on_face ? extent[0] : decomposition_.grid().ranks[0] > 1 ? 1 : 0;
        for (std::int32_t x = 0; x < shown; ++x) {
            labels.row(at[1], at[2], at[3])[static_cast<std::size_t>(x)] =
                first_site(forest, forest.root(forest.run(forest.number(row, x))));
        }
    }
}

std::int64_t ClusterFinder::first_site(const ClusterForest& forest, Site run) const {
    const Site site = forest.first_site(run);
    return decomposition_.to_global(forest.row(site) * decomposition_.box().extent[0] + forest.x(site));
}

std::optional<ClusterForest::Site> ClusterFinder::run_at(const ClusterForest& forest, std::int64_t site) const {
    const auto local = decomposition_.to_local(site);
    if (!local) return std::nullopt;
    const std::int64_t length = decomposition_.box().extent[0];
    return forest.run(forest.number(*local / length, static_cast<std::int32_t>(*local % length)));
}

std::optional<std::int64_t> ClusterFinder::label(std::int64_t i, std::int64_t site) const {
    const auto run = run_at(forest(i), site);
    if (!run) return std::nullopt;
    const Site root = forest(i).root(*run);
    const auto shared = std::ranges::find(this->shared(i), root, &Shared::root);
    return shared == this->shared(i).end() ? first_site(forest(i), root) : shared->label;
}

std::vector<ClusterForest::Site> ClusterFinder::roots(std::int64_t i, std::int64_t label) const {
    std::vector<Site> roots;
    for (const auto& [root, of_cluster] : shared(i)) {
        if (of_cluster == label) roots.push_back(root);
    }
    if (!roots.empty()) return roots;
    // The first site of a cluster that stays in its domain lies in its root.
    if (const auto run = run_at(forest(i), label)) roots.push_back(*run);
    return roots;
}

} // namespace blockspin::sampling
