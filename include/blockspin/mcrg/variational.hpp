#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/segments.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/biased_chain.hpp>
#include <blockspin/mcrg/operator_sums.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/mcrg/variational_parameters.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>

namespace blockspin::mcrg {

struct BiasedSeries;
class Renormalized;

/// What [variational] asks for.
struct VariationalTask {
    lattice::Geometry geometry;
    std::vector<model::Point> points;
    VariationalParameters parameters;
    std::uint64_t seed = 0;
    /// Couplings of the same block spins that were found in another way; the differences are reported.
    std::vector<io::Row> others{};
};

/// InputError for a task that cannot be done: as operators() and level_geometries(), without even operators, for open
/// boundaries, for couplings of odd operators, and for too many chains.
void check(const VariationalTask& task);

/// Who works on what: "24 chains of 5700 sweeps, each a whole lattice on one thread; 8 of 32 threads have none".
std::string placement(const VariationalTask& task, int ranks, int threads);

/// Are the couplings that [block] determines those of the same block spins and operators?
bool determines_the_same(const BlockParameters& block, const VariationalTask& task);

/// Variational Monte Carlo renormalization group (a process::Process). Among the bias potentials V = Σ_a J_a S_a of
/// block spins μ, whose Hamiltonian is −H'(μ) = Σ_a K'_a S_a(μ), the one with J = K' makes them independent and as
/// often up as down. It minimises the convex functional
///
///     Ω(J) = ln Σ_μ e^{−H'(μ) − V(μ)} + ⟨V⟩_free,    ∂Ω/∂J_a = ⟨S_a⟩_free − ⟨S_a⟩_V,
///
/// ⟨ ⟩_free over independent block spins. At every point and for every number of steps, chains are sampled with the
/// weight of BiasedChain while J follows the gradient that they give, averaged over its second half; then J stands
/// still, and one step of Newton's method with the means and covariances of a long series gives K' and its error.
/// Correlators of the same series with the spins of other levels give ∂K'/∂K, since J = K' for every K.
///
/// Operators that are left out, with couplings K'_m, move J by the order of K'_m² only: independent block spins have
/// no correlation ⟨S_a S_m⟩ of different operators. Callen's equations (CouplingFlow) are averages over correlated
/// block spins and move by the order of K'_m, so that the difference of both shows what is left out.
///
/// Wu & Car, Phys. Rev. Lett. 119 (2017) 220602 (couplings, ∂K'/∂K); arXiv:1903.08231 (tangent space of the critical
/// surface: the rows of ∂K'/∂K after many steps are normal to it); Polyak & Juditsky, SIAM J. Control Optim. 30 (1992)
/// 838 (averaged iterates). Chains are shared among ranks and threads, and each has its whole lattice: a flip may turn
/// the biased block spin far above it, which the bias couples to its neighbours, so that domains could only be updated
/// where they are several of those blocks apart, and chains are independent without any of that.
class Variational {
  public:
    static constexpr std::string_view format = "variational-flow";
    static constexpr int format_version = 1;

    /// InputError as check(). Collective.
    Variational(const mpi::Communicator& comm, const VariationalTask& task, const std::filesystem::path& folder,
                process::Timers& timers);

    /// One change of the bias, or up to 64 sweeps with the final one. Collective.
    void step();
    /// Writes the sums since the last call into a segment; at the end, analyses all of them. InputError that names
    /// point and step if they do not tell the operators apart. Collective.
    void seal();
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept;
    /// Bias, spins and the words of blocks; the sums are in the segments, so call seal() first. Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// K' of every even operator, y_T and y_H of ∂K'/∂K from one step to the next, slopes of the critical surface, and
    /// from two steps in succession the nearest-neighbour coupling at which K' would not change in the relevant
    /// direction. After seal(); on the root rank, empty on
    /// the others.
    std::vector<io::Row> results() const { return rows_; }
    /// The couplings, the bias, and ∂K'/∂K. After seal(). Collective.
    void publish(io::Writer& writer) const;
    /// Removes the segments. Collective.
    void clear() { series_.clear(); }

  private:
    /// Sweeps of one step, and what is done with them.
    struct Stage {
        enum class Kind { iteration, thermalization, measurement } kind;
        std::int64_t first_sweep, sweeps;
    };
    /// The levels of the sums that are measured for a chain, with the operators' sums.
    using Measured = std::vector<std::pair<std::size_t, const OperatorSums*>>;

    Stage stage() const noexcept;
    std::size_t levels() const noexcept { return tree_.levels() - 1; } ///< with a bias
    std::size_t parts() const noexcept { return task_.points.size() * levels(); }
    std::int64_t replicas() const noexcept { return static_cast<std::int64_t>(parts()) * task_.parameters.chains; }
    std::size_t part_of(std::int64_t replica) const noexcept {
        return static_cast<std::size_t>(replica / task_.parameters.chains);
    }
    std::size_t level_of(std::int64_t replica) const noexcept { return part_of(replica) % levels() + 1; }
    std::int64_t measured_rows(std::int64_t steps) const noexcept;
    Measured measured_levels(std::int64_t replica, Stage::Kind kind) const;
    std::size_t width(Stage::Kind kind) const noexcept;
    void advance(std::size_t chain, const Stage& stage, std::span<std::int64_t> sums);
    void change_bias(const std::vector<std::int64_t>& sums);
    void append_pending();
    BiasedSeries series_of(std::size_t part, const std::vector<std::int64_t>& sums) const;
    Renormalized analysed(std::size_t part, const std::vector<std::int64_t>& sums) const;
    void keep(std::size_t part, const Renormalized& found);
    void analyse_all();
    io::Slab slab(std::size_t numbers) const;
    std::size_t words_per_chain() const noexcept;

    const mpi::Communicator& comm_;
    VariationalTask task_;
    process::Timers& timers_;
    Operators operators_;
    BlockTree tree_;
    SiteTerms terms_;                      ///< of the model's operators on the finest lattice
    std::vector<SiteTerms> block_terms_;   ///< of the bias, on each level but the finest
    std::vector<FlipProbabilities> flips_; ///< at each point
    std::vector<OperatorSums> sums_;       ///< of all operators, on each level
    std::vector<OperatorSums> gradients_;  ///< of those of the bias, on each level but the finest
    std::int64_t first_replica_;           ///< of this rank
    std::vector<BiasedChain> chains_;      ///< of this rank
    io::SegmentStore series_;
    std::int64_t steps_done_ = 0;
    std::vector<double> bias_;        ///< J [part][operator]
    std::vector<double> summed_bias_; ///< of the iterations that count for its mean
    std::vector<std::int64_t>
        pending_;                   ///< [row since the last seal, replica, lattice, operator], the same on all ranks
    std::vector<io::Row> rows_;     ///< once all is done, on the root rank
    std::vector<double> couplings_; ///< then on all ranks: K' and its error [point, step, operator, 2]
    std::vector<double> slopes_;    ///< and ∂K'/∂K [point, step, operator, operator, 2]
};

} // namespace blockspin::mcrg
