#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/tempering/exchange.hpp>

namespace blockspin::sampling {

/// Parallel tempering of the chains of a task: the points of the scan are the rungs, and each chain of each sample of
/// the disorder is a ladder of its own. Configurations stay where they are; what moves are the couplings
/// (Replicas::set_slots).
class Tempering {
  public:
    static constexpr std::string_view format = "sampling-tempering";
    static constexpr int format_version = 1;

    Tempering(const Task& task, const std::shared_ptr<const RandomBonds>& bonds);

    /// After sweep number `sweeps` (counted from 1): attempts exchanges if they are due, from the energies of all
    /// replicas, which ranks of the world `comm` add up as integers. Collective.
    void after_sweep(const mpi::Communicator& comm, std::int64_t sweeps, Replicas& replicas);

    /// The points as they are now, moved if the ladder was adapted; labelled by their couplings.
    const std::vector<model::Point>& points() const noexcept { return points_; }
    /// Moved by the last after_sweep()?
    bool has_moved() const noexcept { return has_moved_; }
    /// The replica whose couplings this one of the run has now.
    std::int64_t slot(std::int64_t replica) const;
    /// Tells the replicas whose couplings they have. Ranks do not meet.
    void assign(Replicas& replicas) const;

    /// How often neighbouring points were exchanged, round trips, and a warning where there were too few.
    void report(Analysis& analysis) const;

    /// The same on all ranks. Collective.
    void save(io::Writer& writer) const;
    /// Then assign(). Collective.
    void load(const io::Reader& reader);

  private:
    void weigh(const mpi::Communicator& comm, Replicas& replicas);
    double log_ratio(std::int64_t ladder, std::int64_t rung) const;
    void adapt();

    Task task_;
    std::vector<model::Point> points_;
    tempering::Exchange exchange_;
    std::vector<Measurement> measurements_;      ///< of what couplings multiply
    std::vector<std::vector<double>> couplings_; ///< [point][number measured], in units of it
    std::vector<std::int64_t> sums_;             ///< [measurement][replica][number], of all replicas
    bool has_moved_ = false;
};

/// Series "point": the point whose couplings a replica has.
Measurement current_points(const Task& task);

/// Series of a run with tempering, sorted by points instead of by configurations: that of a replica then belongs to its
/// chain's walkers at its point. Others as they are.
Measured by_points(const Task& task, Measured measured);

} // namespace blockspin::sampling
