#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <blockspin/coarsen/distributed_blocks.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mcrg/block_levels.hpp>
#include <blockspin/mcrg/matching_parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/update.hpp>
#include <blockspin/stats/estimate.hpp>
#include <blockspin/stats/jackknife.hpp>

namespace blockspin::mcrg {

/// What two lattices are matched: the larger one, where to begin, and how.
struct MatchingTask {
    lattice::Geometry geometry;
    double coupling = 0.0; ///< of nearest neighbours
    MatchingParameters parameters;
    std::uint64_t seed = 0;
};

/// InputError for a task that cannot be done: unknown or odd operators, blocks that do not tile the lattice twice or
/// more, a lattice without a cluster update.
void check(const MatchingTask& task);

/// Chains of one lattice that are blocked as they go.
class BlockedChains {
  public:
    /// Blocked down to the smallest common lattice; operators are summed after `first_level` steps and more.
    /// Collective.
    BlockedChains(const mpi::Communicator& comm, const MatchingTask& task, const lattice::Geometry& geometry,
                  std::int64_t first_level, std::int64_t steps, std::uint64_t seed);

    /// Samples at this coupling from now on.
    void set_coupling(double coupling);
    /// One sweep of all chains. Collective.
    void sweep(std::int64_t step, process::Timers& timers);
    /// For every chain Σ σσ over nearest neighbours, then S_a [level][operator], on all ranks. Collective.
    std::vector<std::int64_t> measure(std::int64_t step);
    /// Numbers of one chain in measure().
    std::size_t width() const noexcept { return 1 + sums_.size() * sums_.front().size(); }
    void save(io::Writer& writer) const { replicas_.save(writer); }
    void load(const io::Reader& reader) { replicas_.load(reader); }

  private:
    const mpi::Communicator& comm_;
    sampling::Task task_;
    rng::Key key_;
    Rule rule_;
    sampling::Replicas replicas_;
    std::vector<sampling::Update> updates_;
    std::size_t first_level_;
    std::vector<coarsen::DistributedBlocks> blocks_; ///< of each step, in the group of ranks that shares a lattice
    std::vector<OperatorSums> sums_;                 ///< of each common lattice
};

/// Wilson's two-lattice matching (a process::Process): a lattice of L^d sites blocked n + 1 times and one of (L/b)^d
/// blocked n times, at the same coupling K, have the same means on their common lattice at the fixed point alone. From
/// both means and their slopes, which are correlators with the energy, every operator a gives
///
///     K_c = K − [⟨S_a⟩_L − ⟨S_a⟩_{L/b}] / [∂⟨S_a⟩_L/∂K − ∂⟨S_a⟩_{L/b}/∂K].
///
/// That is Newton's step for the difference of the means, whose slope is (b^y_T − 1) times that of the smaller lattice
/// near K_c but vanishes and turns round where the larger one has left the critical region. Rounds that search divide
/// by the larger of both slopes, which is Newton's step or, for y_T < 1 or far away, a shorter one, and stay between
/// couplings that were found to be too high or too low.
///
/// Wilson, unpublished; Swendsen, in Real-Space Renormalization (1982); Pawley, Swendsen, Wallace, Wilson, Phys. Rev. B
/// 29 (1984) 4030.
class Matching {
  public:
    static constexpr std::string_view format = "two-lattice-matching";
    static constexpr int format_version = 2;

    /// InputError as check(). Collective.
    Matching(const mpi::Communicator& comm, const MatchingTask& task, process::Timers& timers);

    /// One sweep of both lattices. InputError where the means do not depend on the coupling. Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept {
        return static_cast<std::uint64_t>(round_begins(task_.parameters.rounds));
    }
    /// Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// K_c from every operator on every common lattice of at least two sites a side, by the last round. On all ranks.
    std::vector<io::Row> results() const;
    /// The couplings of the rounds. Collective.
    void publish(io::Writer& writer) const;
    void clear() {}

  private:
    /// S_a, E and S_a E of the large lattice, then of the small one, E and in the products S_a less their means.
    struct Sampled {
        std::vector<std::vector<double>> observables;
        double mean_of_large, mean_of_small; ///< of S_a
        stats::Estimate derived(std::int64_t chains, const stats::Function& function) const;
        double deviation(std::span<const double> m) const noexcept { return m[0] - m[3]; }
        double large_slope(std::span<const double> m) const noexcept { return m[2] - (m[0] - mean_of_large) * m[1]; }
        double small_slope(std::span<const double> m) const noexcept { return m[5] - (m[3] - mean_of_small) * m[4]; }
    };

    /// Steps before a round.
    std::int64_t round_begins(std::int64_t round) const noexcept;
    Sampled sampled(std::size_t level, std::size_t a) const;
    double next_coupling();
    std::vector<double> column(std::size_t lattice, std::size_t number) const;
    io::Row row(std::size_t level, std::size_t a) const;
    stats::Estimate estimate(std::size_t level, std::size_t a) const;

    MatchingTask task_;
    process::Timers& timers_;
    std::vector<model::Operator> operators_;
    std::vector<lattice::Geometry> common_; ///< lattices, the largest first
    BlockedChains large_, small_;
    std::int64_t steps_done_ = 0;
    std::vector<double> couplings_;    ///< of the rounds so far
    std::vector<double> bracket_;      ///< couplings found to be too low and too high
    std::vector<std::int64_t> series_; ///< of this round [sweep, lattice, chain, number], on all ranks
};

} // namespace blockspin::mcrg
