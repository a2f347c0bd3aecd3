#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <variant>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/io/segments.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/parameters.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>

namespace blockspin::sampling {

/// What is to be sampled: a lattice, the points of a scan, the chains at each. Replica r is chain r % chains of point
/// r / chains.
struct Task {
    lattice::Geometry geometry;
    std::vector<model::Point> points;
    SampleParameters parameters;
    std::uint64_t seed = 0;

    std::int64_t replicas() const noexcept { return static_cast<std::int64_t>(points.size()) * parameters.chains; }
    std::int64_t measurements() const noexcept { return parameters.sweeps / parameters.measure_every; }
};

/// The couplings of every replica. InputError if the task names an operator that [sample] does not know, or no nn.
std::vector<NearestNeighbourCouplings> couplings(const Task& task);

/// One kind of update; each has sweep(Replicas&, step, Timers&).
using Update = std::variant<HeatBath, SwendsenWang>;

/// The updates that make up one sweep of the task. InputError for one that does not fit its lattice or couplings.
std::vector<Update> updates(const Task& task, const Replicas& replicas);

/// One sweep over all replicas, whatever updates it is made of; `step` numbers it. Collective in the group.
void sweep(std::vector<Update>& updates, Replicas& replicas, std::int64_t step, process::Timers& timers);

/// All Markov chains of a study, advanced together sweep by sweep (a process::Process). Their series, Σ_<ij> s_i s_j
/// and Σ s_i per measurement and replica, go into the segments FOLDER/sample-series-000001.h5 …
class Chains {
  public:
    static constexpr std::string_view format = "ising-chains";
    static constexpr int format_version = 1;

    /// InputError if the task names a coupling that is not sampled, or does not fit the ranks. Collective.
    Chains(const mpi::Communicator& comm, const Task& task, const Placement& placement,
           const std::filesystem::path& folder, process::Timers& timers);

    /// One sweep of all replicas, and a measurement if one is due. Collective.
    void step();
    /// Writes the measurements since the last call into a segment. Collective.
    void seal();
    bool done() const noexcept { return steps_done_ == steps_total(); }
    std::uint64_t steps_done() const noexcept { return steps_done_; }
    std::uint64_t steps_total() const noexcept;
    /// Spins and steps; the series are in the segments, so call seal() first. Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// Estimates at every point beside the exact values where they are known. On the root rank; empty on the others.
    /// Collective.
    std::vector<io::Row> results() const;
    /// The series of the whole run as [measurement, replica], with the point and the chain of each replica.
    /// Collective.
    void publish(io::Writer& writer) const;
    /// Number of single-spin updates per sweep, all replicas together.
    double updates_per_sweep() const noexcept;
    /// Removes the segments. Collective.
    void clear() { series_.clear(); }

  private:
    void measure();

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    Replicas replicas_;
    std::vector<Update> updates_; ///< of one sweep, in this order
    io::SegmentStore series_;
    std::uint64_t steps_done_ = 0;
    /// [measurement since the last seal][quantity][replica of this group]: sums over this rank's domain.
    std::vector<std::int64_t> pending_;
};

} // namespace blockspin::sampling
