// Sampling and training as `blockspin run` does them, for tools/simulate: prints one JSON line on rank 0. On a
// simulated cluster the time that computing takes is given, and the time of messages is the simulator's.
//   sampling LX LY SWEEPS [SECONDS_PER_SPIN]
//   training VISIBLE HIDDEN ROWS UPDATES RANKS_THAT_SHARE_UNITS [SECONDS_PER_UPDATE]
//   messages
#include "compute.hpp"

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/message_time.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/sampling/measurements.hpp>
#include <blockspin/sampling/metropolis.hpp>
#include <blockspin/sampling/placement.hpp>

#ifdef BLOCKSPIN_SIMULATED
#include "folded_memory.hpp"
#endif

#include <fmt/format.h>

#include <cstdlib>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace blockspin::smpi {

namespace {

/// What stands behind the name of the work.
class Arguments {
  public:
    Arguments(int argc, char** argv) : words_(argv + 2, argv + argc) {}
    std::int64_t whole(std::size_t i) const { return std::atoll(words_.at(i)); }
    double seconds(std::size_t i) const { return i < words_.size() ? std::atof(words_[i]) : 0.0; }

  private:
    std::vector<const char*> words_;
};

/// Seconds from one barrier to the next, the longest over ranks.
template <class Work> double timed(const mpi::Communicator& world, const Work& work) {
    world.barrier();
    const double start = MPI_Wtime();
    work();
    return mpi::all_reduce(world, MPI_Wtime() - start, mpi::Op::max);
}

/// Metropolis sweeps of one lattice that is cut into domains.
void sampling(const mpi::Communicator& world, const Arguments& given) {
    namespace sampling = blockspin::sampling;
    const lattice::Geometry geometry(lattice::Lattice::square, {given.whole(0), given.whole(1)});
    const std::int64_t sweeps = given.whole(2);
    set_time_per_spin(given.seconds(3));
    const rng::Key key(1);
    const auto placement = sampling::place(geometry, 1, world.size(), {}, sampling::checkerboard_domains(geometry));
    sampling::Replicas replicas(world, geometry, placement, key, sampling::Start::hot);
    sampling::Metropolis update(geometry, {{.coupling = 0.44, .field = 0.0}}, key);
    process::Timers timers;
    update.sweep(replicas, 0, timers); // makes the halo
    const double seconds = timed(world, [&] {
        for (std::int64_t sweep = 1; sweep <= sweeps; ++sweep) update.sweep(replicas, sweep, timers);
    });
    const std::vector measurements{sampling::bond_sums(), sampling::spin_sums()};
    std::vector<std::int64_t> sums(2);
    sampling::prepare(replicas, measurements);
    sampling::measure(replicas, measurements, sums);
    mpi::all_reduce(world, std::span(sums), mpi::Op::sum);
    if (!world.is_root()) return;
    fmt::print("{{\"domains\": [{}, {}], \"seconds\": {:.9g}, \"bond_sum\": {}, \"spin_sum\": {}}}\n",
               placement.grid.ranks[0], placement.grid.ranks[1], seconds / static_cast<double>(sweeps), sums[0],
               sums[1]);
}

/// Updates by contrastive divergence, CD-1, the rows of each minibatch shared by groups of ranks that share the units.
/// On a simulated cluster there may be fewer rows than the time is given for.
void training(const mpi::Communicator& world, const Arguments& given) {
#ifdef BLOCKSPIN_SIMULATED
    fold_memory();
#endif
    const auto visible = static_cast<int>(given.whole(0)), hidden = static_cast<int>(given.whole(1));
    const std::int64_t batch = given.whole(2), updates = given.whole(3);
    const net::Dataset data(visible,
                            std::vector<std::uint8_t>(static_cast<std::size_t>(batch * ((visible + 7) / 8)), 0x35));
    const rng::Key key(1);
    process::Timers timers;
    net::ContrastiveDivergence divergence(world, visible, hidden, 1, timers, static_cast<int>(given.whole(4)));
    net::Rbm<float> part = divergence.part_of(net::initial_rbm(visible, hidden, 0.01, key, 0, 0));
    net::Rbm<float> change(part.visible(), part.hidden());
    std::vector<std::int64_t> rows(static_cast<std::size_t>(batch));
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    const auto update = [&](std::int64_t step) {
        compute(given.seconds(5));
        divergence.update({.rate = 0.01, .momentum = 0.5}, data, rows, {.key = key, .step = step}, nullptr, change,
                          part);
    };
    update(0);
    const double seconds = timed(world, [&] {
        for (std::int64_t step = 1; step <= updates; ++step) update(step);
    });
    const double moving = timers.seconds("update of parameters") / static_cast<double>(updates + 1);
    if (world.is_root())
        fmt::print("{{\"seconds\": {:.9g}, \"moving\": {:.9g}}}\n", seconds / static_cast<double>(updates), moving);
}

void messages(const mpi::Communicator& world) {
    const mpi::MessageTime time = mpi::measure_messages(world);
    if (world.is_root()) fmt::print("{{\"latency\": {:.9g}, \"bandwidth\": {:.9g}}}\n", time.latency, time.bandwidth);
}

} // namespace

} // namespace blockspin::smpi

extern "C" __attribute__((visibility("default"))) int main(int argc, char** argv) {
    using namespace blockspin;
    const std::string_view work = argc > 1 ? argv[1] : "";
    const bool fits = work == "messages" || (work == "sampling" && argc >= 5) || (work == "training" && argc >= 7);
    if (!fits) return 64;
    const mpi::Environment environment(argc, argv);
    const mpi::Communicator world = mpi::Communicator::world(environment);
    const smpi::Arguments given(argc, argv);
    if (work == "sampling") smpi::sampling(world, given);
    if (work == "training") smpi::training(world, given);
    if (work == "messages") smpi::messages(world);
    return 0;
}
