#include "bench.hpp"
#include "bench_contest.hpp"
#include "commands.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/blas_info.hpp>
#include <blockspin/linalg/matrix.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/checkerboard.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/metropolis.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>
#include <blockspin/sampling/update.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

namespace blockspin::app {

void print(const std::string& name, double rate, const std::string& unit, const std::string& share) {
    fmt::print("{:<44} {:>9.3g} {:<14} {}\n", name, rate, unit, share);
}

namespace {

/// a = b + s c over arrays of n numbers: 24 bytes per element, as STREAM counts.
double triad_bandwidth(std::size_t n) {
    std::vector<double> a(n), b(n, 1.0), c(n, 2.0);
    return best_rate(24.0 * static_cast<double>(n), [&] {
        for (std::size_t i = 0; i < n; ++i) a[i] = b[i] + 3.0 * c[i];
    });
}

double random_bytes() {
    std::vector<std::uint64_t> words(4096);
    std::int64_t step = 0;
    return best_rate(8.0 * static_cast<double>(words.size()),
                     [&] { rng::fill_words(rng::Key(1), {.purpose = rng::Purpose::test, .step = ++step}, words); });
}

template <class Real> double gemm_rate() {
    constexpr int n = 1024;
    linalg::Matrix<Real> a(n, n, Real(1)), b(n, n, Real(2)), c(n, n);
    return best_rate(2.0 * n * n * n,
                     [&] { linalg::gemm(linalg::Op::none, linalg::Op::none, Real(1), a, b, Real(0), c); });
}

/// Updates per second of one chain.
template <class Update> double update_rate(lattice::Lattice lattice, std::int64_t side, double coupling) {
    const mpi::Communicator self = mpi::Communicator::self();
    const lattice::Geometry geometry(
        lattice, std::vector<std::int64_t>(static_cast<std::size_t>(lattice::dimension(lattice)), side));
    const sampling::Placement placement = sampling::place(geometry, 1, 1);
    const rng::Key key(1);
    sampling::Replicas replicas(self, geometry, placement, key, sampling::Start::hot);
    Update update(geometry, {{.coupling = coupling, .field = 0.0}}, key);
    process::Timers timers;
    std::int64_t step = 0;
    for (; step < 20; ++step) update.sweep(replicas, step, timers); // out of the hot start
    return best_rate(static_cast<double>(geometry.sites()), [&] { update.sweep(replicas, step++, timers); });
}

/// In bytes per second.
struct Limits {
    double random; ///< of rng::fill_words, five rounds of AES for 16 bytes
    double cache;  ///< triad in the second-level cache
};

Limits measured_limits() {
    constexpr std::size_t in_cache = std::size_t{1} << 14; // three arrays of 128 KiB
    return {.random = random_bytes(), .cache = triad_bandwidth(in_cache)};
}

/// One line per lattice: the rate beside what the machine allows it. A packed update is limited by the rounds of AES
/// that its random words take, and reads its own and the other spins and writes its own, 24 bytes per 64 spins; a
/// byte-wise one takes a random word per spin.
template <class Update>
void print_update(const char* name, lattice::Lattice lattice, std::int64_t side, double coupling,
                  const Limits& limits) {
    const double rate = update_rate<Update>(lattice, side, coupling);
    const lattice::Geometry geometry(
        lattice, std::vector<std::int64_t>(static_cast<std::size_t>(lattice::dimension(lattice)), side));
    const bool packs = sampling::checkerboard_representation(geometry) == sampling::Representation::bits;
    const sampling::PackedTiles tiles = sampling::packed_tiles(geometry);
    const double words = packs ? tiles.random_words() / 64 : 1.0, of_random = limits.random / 8 / words;
    std::string share = fmt::format("{:.0f} % of the rate of its {:.3g} random words per 64 spins",
                                    100.0 * rate / of_random, 64 * words);
    if (packs) {
        // The kernel does the first round once for all draws of a word.
        const double rounds = 4 * tiles.random_words() + 1;
        const double of_aes = limits.random / 8 * 5 / (rounds / 64), of_cache = limits.cache / 24 * 64;
        share += fmt::format("; {:.0f} % of the {:.3g} that their AES allows, {:.0f} % of the {:.3g} of L2",
                             100.0 * rate / of_aes, of_aes * 1e-9, 100.0 * rate / of_cache, of_cache * 1e-9);
    }
    print(fmt::format("{}, {} L = {}, K = {:.3g}", name, lattice::name(lattice), side, coupling), rate * 1e-9,
          "updates/ns", share);
}

/// Spins per second of one Swendsen–Wang chain at the critical point.
double swendsen_wang_rate(const lattice::Geometry& geometry, double coupling) {
    const mpi::Communicator self = mpi::Communicator::self();
    const rng::Key key(1);
    sampling::Replicas replicas(self, geometry, sampling::place(geometry, 1, 1), key, sampling::Start::hot);
    sampling::SwendsenWang update(replicas, {{.coupling = coupling, .field = 0.0}}, key);
    process::Timers timers;
    std::int64_t step = 0;
    while (step < 30) update.sweep(replicas, step++, timers); // until clusters are as large as they get
    return best_rate(static_cast<double>(geometry.sites()), [&] { update.sweep(replicas, step++, timers); });
}

/// One chain on a lattice of equal sides, by the engine that a study takes.
sampling::Task task(const char* update, lattice::Lattice lattice, std::int64_t side,
                    const std::map<std::string, double>& couplings) {
    const std::vector<std::int64_t> size(static_cast<std::size_t>(lattice::dimension(lattice)), side);
    model::Point point;
    for (const auto& [name, value] : couplings) point.couplings.set(name, value);
    sampling::SampleParameters parameters;
    parameters.update = {update};
    parameters.chains = 1;
    return {.geometry = lattice::Geometry(lattice, size), .points = {point}, .parameters = parameters, .seed = 1};
}

/// Updates per second of all chains of a task.
double task_rate(const sampling::Task& task) {
    const mpi::Communicator self = mpi::Communicator::self();
    sampling::Replicas replicas(self, task.geometry, sampling::place(task, 1), rng::Key(1), sampling::Start::hot);
    auto updates = sampling::updates(task, replicas);
    process::Timers timers;
    std::int64_t step = 0;
    return best_rate(static_cast<double>(task.replicas()) * static_cast<double>(task.geometry.sites()),
                     [&] { sampling::sweep(updates, replicas, step++, timers); });
}

/// Updates per second of 128 heat-bath chains in the bonds ±1 of one sample, on a cubic lattice.
double spin_glass_rate(std::int64_t side) {
    sampling::Task glass = task("heat-bath", lattice::Lattice::cubic, side, {{"nn", 0.9}});
    glass.parameters.chains = 128;
    glass.disorder.emplace().samples = 1;
    return task_rate(glass);
}

void bench_memory() { print("memory, triad", triad_bandwidth(std::size_t{1} << 23) * 1e-9, "GB/s"); }

void bench_gemm() {
    print(fmt::format("sgemm 1024 ({})", linalg::blas_info().core_name), gemm_rate<float>() * 1e-9, "GFLOP/s");
    print("dgemm 1024", gemm_rate<double>() * 1e-9, "GFLOP/s");
}

void bench_random() {
    print(fmt::format("ARS-5 random words ({})", rng::simd_target()), random_bytes() * 1e-9, "GB/s");
}

/// Sweeps of one lattice, cut into domains for the ranks.
class Sweeps {
  public:
    Sweeps(const mpi::Communicator& comm, const sampling::Task& task)
        : replicas_(comm, task.geometry, sampling::place(task, comm.size()), rng::Key(1), sampling::Start::hot),
          updates_(sampling::updates(task, replicas_)) {
        for (int sweep = 0; sweep < 20; ++sweep) update(); // out of the hot start, in every rank's memory
    }

    void update() { sampling::sweep(updates_, replicas_, step_++, timers_); }

  private:
    std::int64_t step_ = 0;
    process::Timers timers_;
    sampling::Replicas replicas_;
    std::vector<sampling::Update> updates_;
};

/// One lattice on one rank and on all of them. Collective.
void bench_domains(const mpi::Communicator& world) {
    using enum lattice::Lattice;
    const sampling::Task tasks[] = {task("metropolis", square, 4096, {{"nn", 0.4406868}}),
                                    task("metropolis", square, 16384, {{"nn", 0.4406868}}),
                                    task("metropolis", cubic, 256, {{"nn", 0.2216546}}),
                                    task("heat-bath", square, 4096, {{"nn", 0.3}, {"nnn", 0.05}, {"plaquette", 0.02}}),
                                    task("swendsen-wang", square, 4096, {{"nn", 0.4406868}})};
    constexpr int rounds = 16;
    for (const sampling::Task& each : tasks) {
        const lattice::Geometry& geometry = each.geometry;
        Contestant<Sweeps> sweeps(world, static_cast<double>(geometry.sites()),
                                  [&](const mpi::Communicator& comm) { return std::make_unique<Sweeps>(comm, each); });
        for (int round = 0; round < rounds; ++round) sweeps.add_trials(world);
        if (!world.is_root()) continue;
        print(fmt::format("{}, {} L = {}, {} ranks", each.parameters.update.front(), name(geometry.lattice()),
                          geometry.extents()[0], world.size()),
              sweeps.together.best * 1e-9, "updates/ns",
              fmt::format("{:.2f} x one rank (worst {:.2f})", sweeps.together.best / sweeps.alone.best,
                          sweeps.together.worst / sweeps.alone.best));
    }
}

void bench_single_rank_sampling() {
    using enum lattice::Lattice;
    bench_random();
    bench_memory();
    const Limits limits = measured_limits();
    print("L2 cache, triad", limits.cache * 1e-9, "GB/s");
    for (const std::int64_t side : {1024, 4096, 16384}) {
        print_update<sampling::Metropolis>("Metropolis", square, side, 0.4406868, limits);
    }
    for (const double coupling : {0.3, 0.5, -0.44}) {
        print_update<sampling::Metropolis>("Metropolis", square, 1024, coupling, limits);
    }
    for (const std::int64_t side : {128, 256}) {
        print_update<sampling::Metropolis>("Metropolis", cubic, side, 0.2216546, limits);
    }
    print_update<sampling::HeatBath>("heat bath", square, 4096, 0.4406868, limits);
    print_update<sampling::HeatBath>("heat bath", cubic, 128, 0.2216546, limits);
    for (const std::int64_t side : {8, 32}) {
        const double rate = spin_glass_rate(side); // at least 8 random bits for each spin
        print(fmt::format("heat bath, cubic L = {}, bonds +-1, 128 chains", side), rate * 1e-9, "updates/ns",
              fmt::format("{:.0f} % of the rate of 8 random words per 64 spins", 100.0 * rate / limits.random));
    }
}

/// Collective.
void bench_sampling(const mpi::Communicator& world) {
    if (world.is_root()) bench_single_rank_sampling();
    wait_asleep(world);
    if (world.size() > 1) bench_domains(world);
}

void bench_clusters() {
    using lattice::Geometry;
    for (const std::int64_t side : {64, 1024, 4096}) {
        const Geometry geometry(lattice::Lattice::square, {side, side});
        print(fmt::format("Swendsen-Wang, square L = {}, critical", side),
              1e9 / swendsen_wang_rate(geometry, 0.44068679350977147), "ns/spin");
    }
    for (const std::int64_t side : {32, 128}) {
        const Geometry geometry(lattice::Lattice::cubic, {side, side, side});
        print(fmt::format("Swendsen-Wang, cubic L = {}, critical", side),
              1e9 / swendsen_wang_rate(geometry, 0.221654626), "ns/spin");
    }
}

void bench_stencils() {
    using enum lattice::Lattice;
    const auto print_rate = [](lattice::Lattice lattice, std::int64_t side,
                               const std::map<std::string, double>& couplings) {
        std::vector<std::string> names;
        for (const auto& [name, value] : couplings) names.push_back(name);
        print(fmt::format("heat bath, {}, {} L = {}", fmt::join(names, " + "), name(lattice), side),
              task_rate(task("heat-bath", lattice, side, couplings)) * 1e-9, "updates/ns");
    };
    for (const std::int64_t side : {1024, 4096}) {
        print_rate(square, side, {{"nn", 0.3}, {"nnn", 0.05}, {"plaquette", 0.02}});
        print_rate(square, side, {{"nn", 0.3}, {"nnn", 0.05}, {"3nn", 0.01}});
    }
    for (const std::int64_t side : {1023, 1024}) print_rate(triangular, side, {{"nn", 0.2746531}});
    print_rate(honeycomb, 1024, {{"nn", 0.4}, {"nnn", 0.05}, {"h", 0.01}});
    print_rate(cubic, 64, {{"nn", 0.15}, {"nnn", 0.02}});
    print_rate(square, 1000, {{"nn", 0.3}, {"4nn", 0.01}, {"(0,0)(1,0)(0,1)", 0.01}, {"h", 0.01}});
}

struct Benchmark {
    const char* name;
    void (*on_one_rank)();
    void (*on_all_ranks)(const mpi::Communicator& world) = nullptr;
};

constexpr Benchmark benchmarks[] = {{"memory", bench_memory},
                                    {"gemm", bench_gemm},
                                    {"random", bench_random},
                                    {"sampling", nullptr, bench_sampling},
                                    {"clusters", bench_clusters},
                                    {"stencils", bench_stencils},
                                    {"network", nullptr, bench_network},
                                    {"checkpoint", nullptr, bench_checkpoint}};

core::ExitCode bench(const std::vector<std::string>& chosen) {
    int argc = 0;
    char** argv = nullptr;
    const mpi::Environment environment(argc, argv);
    const mpi::Communicator world = mpi::Communicator::world(environment);
    linalg::require_openmp_openblas(linalg::blas_info());
    if (world.is_root()) fmt::print("one thread of one rank unless said otherwise; best of five trials\n");
    for (const Benchmark& benchmark : benchmarks) {
        if (!chosen.empty() && std::ranges::find(chosen, benchmark.name) == chosen.end()) continue;
        if (benchmark.on_all_ranks != nullptr) {
            benchmark.on_all_ranks(world);
        } else if (world.is_root()) {
            benchmark.on_one_rank();
        }
    }
    return core::ExitCode::done;
}

} // namespace

void add_bench(CLI::App& line, Command& command) {
    auto chosen = std::make_shared<std::vector<std::string>>();
    std::vector<std::string> names;
    for (const Benchmark& benchmark : benchmarks) names.emplace_back(benchmark.name);
    CLI::App* sub = line.add_subcommand("bench", "Speed of the kernels beside this machine's own limits");
    sub->add_option("what", *chosen, "Which; all if left out")->check(CLI::IsMember(names));
    sub->callback([chosen, &command] { command = [chosen] { return bench(*chosen); }; });
}

} // namespace blockspin::app
