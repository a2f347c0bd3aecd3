#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mapping/defect.hpp>
#include <blockspin/mapping/parameters.hpp>
#include <blockspin/model/hamiltonian.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::mapping {

/// What is to be learned on the small lattice.
struct Task {
    MapParameters parameters;
    std::uint64_t seed = 0;
    std::string point;              ///< label of the point of the scan whose couplings these are
    lattice::Geometry geometry;     ///< of the small lattice
    model::Hamiltonian hamiltonian; ///< on it
};

/// Machines of every method and number of hidden units, trained on the exact distribution of a small lattice, and their
/// defects by enumeration (a process::Process). A step is one update of every machine. Machines are dealt to the ranks.
class SmallLattice {
  public:
    static constexpr std::string_view format = "small-lattice-machines";
    static constexpr int format_version = 1;

    /// InputError if the lattice has more than 20 sites or the Hamiltonian couples more than two spins. Collective.
    SmallLattice(const mpi::Communicator& comm, const Task& task, process::Timers& timers);

    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept { return static_cast<std::uint64_t>(task_.parameters.updates); }
    /// Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// Defects and gauges, those of the exact machine first. On the root rank; empty on the others. Collective.
    std::vector<io::Row> results() const;
    /// Defect and gauge of every machine [method, hidden, training]. Collective.
    void publish(io::Writer& writer) const;
    /// Nothing lies outside checkpoints.
    void clear() {}

  private:
    /// One training.
    struct Machine {
        std::int64_t number = 0; ///< among all: (method × hidden + which) × trainings + training
        net::Rbm<double> rbm, change;
    };
    std::int64_t machines_total() const noexcept;
    Machine machine(std::int64_t number) const;
    net::Gradient<double> exact_gradient(const Machine& machine) const;
    net::Gradient<double> sampled_gradient(const Machine& machine) const;
    std::vector<Defect> defects() const;

    const mpi::Communicator& comm_;
    Task task_;
    rng::Key key_;
    process::Timers& timers_;
    std::vector<double> energies_, probability_, cumulative_; ///< H, P and Σ P of the configurations
    net::Dataset configurations_;                             ///< row c is configuration c
    mpi::Communicator self_;
    std::vector<Machine> machines_;
    std::int64_t steps_done_ = 0;
};

} // namespace blockspin::mapping
