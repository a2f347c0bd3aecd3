#pragma once

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/communicator.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>

namespace blockspin::app {

/// Waits for all ranks without taking time from those that are still at work. Collective.
inline void wait_asleep(const mpi::Communicator& world) { mpi::everybody_is_here(world, std::chrono::hours(1)); }

/// Work per second in a trial of a fortieth of a second or up to twice as long; `amount` is that of one work.update().
/// Ranks meet seldom in it, as they do at work. Collective.
template <class Work> double trial(const mpi::Communicator& comm, double amount, Work& work) {
    comm.barrier();
    const auto start = std::chrono::steady_clock::now();
    std::int64_t updates = 0;
    double seconds = 0;
    for (bool more = true; more;) {
        for (std::int64_t end = std::max<std::int64_t>(2, 2 * updates); updates < end; ++updates) work.update();
        comm.barrier();
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        more = mpi::broadcast(comm, static_cast<std::int32_t>(seconds < 0.025)) != 0;
    }
    return static_cast<double>(updates) * amount / seconds;
}

/// Work per second in some trials.
struct Rate {
    double worst = std::numeric_limits<double>::infinity(), best = 0;

    void add(double now) { worst = std::min(worst, now), best = std::max(best, now); }
};

/// The same work of the root rank alone, and of all ranks, in turn: the speed of a machine may change under way.
template <class Work> class Contestant {
  public:
    /// Work is made by make(ranks); one update of it is so much. Collective.
    template <class Make>
    Contestant(const mpi::Communicator& world, double amount, const Make& make) : amount_(amount) {
        if (world.is_root()) single_ = make(self_);
        if (world.size() > 1) all_ = make(world);
    }

    /// Collective.
    void add_trials(const mpi::Communicator& world) {
        if (world.is_root()) alone.add(trial(self_, amount_, *single_));
        wait_asleep(world);
        if (all_) together.add(trial(world, amount_, *all_));
    }

    Rate alone, together;

  private:
    mpi::Communicator self_ = mpi::Communicator::self();
    double amount_;
    std::unique_ptr<Work> single_, all_;
};

} // namespace blockspin::app
