#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/sampling/analysis.hpp>
#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/overlaps.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/recorders.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/tempering.hpp>
#include <blockspin/sampling/update.hpp>

namespace blockspin::sampling {

/// All Markov chains of a study, advanced together sweep by sweep (a process::Process).
class Chains {
  public:
    static constexpr std::string_view format = "spin-chains";
    static constexpr int format_version = 1;

    /// InputError if the task names a coupling or an update that cannot be sampled. Collective.
    Chains(const mpi::Communicator& comm, const Task& task, const Placement& placement,
           const std::filesystem::path& folder, process::Timers& timers);

    /// One sweep of all replicas, and a measurement if one is due. Collective.
    void step();
    /// Writes what was measured since the last call into segments; at the end of the run, analyses all of it.
    /// Collective.
    void seal();
    bool done() const noexcept { return steps_done_ == steps_total(); }
    std::uint64_t steps_done() const noexcept { return steps_done_; }
    std::uint64_t steps_total() const noexcept { return static_cast<std::uint64_t>(task_.sweeps()); }
    /// Spins and steps; what was measured is in the segments, so call seal() first. Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// Estimates at every point beside the exact values where they are known. After seal(); on the root rank, empty on
    /// the others.
    std::vector<io::Row> results() const { return analysis_.rows; }
    /// Where the run was too short to be trusted. After seal().
    const std::vector<std::string>& warnings() const noexcept { return analysis_.warnings; }
    /// The series and configurations of the whole run, with the point and the chain of each replica, and the tables of
    /// the analysis. After seal(). Collective.
    void publish(io::Writer& writer) const;
    /// Removes the segments. Collective.
    void clear();
    /// Number of single-spin updates in one step, all replicas and updates together.
    double updates_per_step() const noexcept;

  private:
    Analysis analyse_all() const;
    void follow_points();
    void measure_overlaps();
    Measured measured_overlaps() const;

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    Replicas replicas_;
    std::shared_ptr<const RandomBonds> bonds_; ///< none without disorder
    std::vector<Update> updates_;              ///< of one sweep, in this order
    std::vector<Measurement> measurements_;
    std::optional<Tempering> tempering_;
    std::optional<Overlaps> overlaps_;        ///< where task.measures_overlaps()
    std::optional<ClusterSums> cluster_sums_; ///< if they are measured
    SeriesRecorder series_;
    ConfigurationRecorder configurations_;
    std::uint64_t steps_done_ = 0;
    Analysis analysis_; ///< once the run is done
};

} // namespace blockspin::sampling
