// Kernels under Google Benchmark, for work on their speed; `blockspin bench` puts the same figures beside the limits of
// the machine. Build with the benchmark preset, run build/benchmark/tests/bench/bench_kernels.
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/model/kaufman.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/heat_bath.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/swendsen_wang.hpp>

#include <benchmark/benchmark.h>

#include <memory>

using namespace blockspin;

namespace {

void random_words(benchmark::State& state) {
    std::vector<std::uint64_t> words(static_cast<std::size_t>(state.range(0)));
    std::int64_t step = 0;
    for (auto _ : state) rng::fill_words(rng::Key(1), {.step = ++step}, words);
    state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(random_words)->Arg(64)->Arg(4096);

void single_draws(benchmark::State& state) {
    std::int64_t step = 0;
    for (auto _ : state) benchmark::DoNotOptimize(rng::word64(rng::Key(1), {.step = ++step}));
}
BENCHMARK(single_draws);

void sgemm(benchmark::State& state) {
    const auto n = static_cast<int>(state.range(0));
    linalg::Matrix<float> a(n, n, 1.0F), b(n, n, 2.0F), c(n, n);
    for (auto _ : state) linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, a, b, 0.0F, c);
    state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * n * n * n, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(sgemm)->Arg(256)->Arg(1024);

template <class MakeUpdate> void sweeps(benchmark::State& state, MakeUpdate&& make_update) {
    const auto self = mpi::Communicator::self();
    const lattice::Geometry geometry(lattice::Lattice::square, {state.range(0), state.range(0)});
    const rng::Key key(1);
    sampling::Replicas replicas(self, geometry, sampling::place(geometry, 1, 1), key, sampling::Start::hot);
    auto update = make_update(replicas, key);
    process::Timers timers;
    std::int64_t step = 0;
    for (auto _ : state) update.sweep(replicas, step++, timers);
    state.SetItemsProcessed(state.iterations() * geometry.sites());
}

constexpr sampling::NearestNeighbourCouplings critical{.coupling = 0.44, .field = 0.0};

void heat_bath(benchmark::State& state) {
    sweeps(state, [](const sampling::Replicas& replicas, const rng::Key& key) {
        return sampling::HeatBath(replicas.geometry(), {critical}, key);
    });
}
BENCHMARK(heat_bath)->Arg(64)->Arg(1024);

void swendsen_wang(benchmark::State& state) {
    sweeps(state, [](const sampling::Replicas& replicas, const rng::Key& key) {
        return sampling::SwendsenWang(replicas, {critical}, key);
    });
}
BENCHMARK(swendsen_wang)->Arg(64)->Arg(1024);

void kadanoff_step(benchmark::State& state) {
    const auto d = static_cast<int>(state.range(0));
    const auto classes = std::make_shared<const flow::SpinClasses>(flow::SpinClasses::totally_symmetric(d));
    const flow::Kadanoff map(classes, 0.4);
    const std::vector<double> start = flow::one_sublattice_decimated(*classes, 0.3).couplings;
    for (auto _ : state) benchmark::DoNotOptimize(map.apply(start));
}
BENCHMARK(kadanoff_step)->DenseRange(2, 4);

void kaufman(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(model::kaufman(state.range(0), state.range(0), 0.44));
}
BENCHMARK(kaufman)->Arg(64);

} // namespace

int main(int argc, char** argv) {
    const mpi::Environment environment(argc, argv);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
