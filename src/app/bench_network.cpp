#include "bench.hpp"

#include <blockspin/linalg/product.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace blockspin::app {

namespace {

struct Shape {
    int visible, hidden, batch;
};

struct Method {
    const char* name;
    int gibbs_steps;
    bool persistent;
};

constexpr Shape shapes[] = {{784, 500, 100}, {784, 500, 1024}, {1600, 400, 100}, {1600, 400, 1024}};
constexpr Method methods[] = {{"CD-1", 1, false}, {"PCD-1", 1, true}, {"PCD-10", 10, true}};

/// Rows of random units, or of random grey values, ten minibatches.
net::Dataset random_data(const Shape& shape, bool grey) {
    const auto visible = static_cast<std::size_t>(shape.visible);
    const std::size_t bytes = 10 * static_cast<std::size_t>(shape.batch) * (grey ? visible : (visible + 7) / 8);
    std::vector<std::uint64_t> words((bytes + 7) / 8);
    rng::fill_words(rng::Key(1), {.purpose = rng::Purpose::test}, words);
    const auto* first = reinterpret_cast<const std::uint8_t*>(words.data());
    std::vector<std::uint8_t> numbers(first, first + bytes);
    if (grey) return net::Dataset::means(shape.visible, std::move(numbers), {}, 0, rng::Key(1));
    return {shape.visible, std::move(numbers)};
}

/// Waits for all ranks without taking time from those that are still at work. Collective.
void wait_asleep(const mpi::Communicator& world) { mpi::everybody_is_here(world, std::chrono::hours(1)); }

/// Seconds that the single-precision matrix products of an update take by themselves, on the whole minibatch.
struct ProductSeconds {
    double up, down, gradient;

    double of_update(int gibbs_steps) const { return (gibbs_steps + 1) * up + gibbs_steps * down + 2 * gradient; }
};

ProductSeconds product_seconds(const mpi::Communicator& comm, const Shape& shape) {
    const linalg::Matrix<float> visible(shape.batch, shape.visible, 1.0F), hidden(shape.batch, shape.hidden, 1.0F);
    linalg::Matrix<float> weights(shape.visible, shape.hidden, 0.01F), up = hidden, down = visible;
    const auto seconds = [&](auto&& call) {
        comm.barrier();
        return 1.0 / best_rate(1.0, call);
    };
    using linalg::Op;
    const double of_up = seconds([&] { linalg::gemm(Op::none, Op::none, 1.0F, visible, weights, 0.0F, up); });
    const double of_down = seconds([&] { linalg::gemm(Op::none, Op::transpose, 1.0F, hidden, weights, 0.0F, down); });
    const double of_gradient =
        seconds([&] { linalg::gemm(Op::transpose, Op::none, 1.0F, visible, hidden, 0.0F, weights); });
    return {of_up, of_down, of_gradient};
}

/// Samples per second of whole updates: chains, gradient and learning rule; the least and the largest of five trials.
struct TrainingRate {
    double worst = 0, best = 0;
};

/// Collective.
TrainingRate training_rate(const mpi::Communicator& comm, const Shape& shape, const Method& method, bool grey) {
    const net::Dataset data = random_data(shape, grey);
    const rng::Key key(1);
    process::Timers timers;
    net::ContrastiveDivergence divergence(comm, shape.visible, shape.hidden, method.gibbs_steps, timers);
    net::Rbm<float> rbm = net::initial_rbm(shape.visible, shape.hidden, 0.01, key, 0, 0);
    net::Rbm<float> change(shape.visible, shape.hidden);
    net::PersistentChains chains;
    std::vector<std::int64_t> rows(static_cast<std::size_t>(shape.batch));
    std::int64_t step = 0;
    const auto update = [&] {
        std::iota(rows.begin(), rows.end(), step % 10 * shape.batch);
        divergence.update({.rate = 0.01, .momentum = 0.5}, data, rows, {.key = key, .step = step},
                          method.persistent ? &chains : nullptr, change, rbm);
        ++step;
    };
    update();
    TrainingRate rate;
    for (int trial = 0; trial < 5; ++trial) {
        comm.barrier();
        const auto start = std::chrono::steady_clock::now();
        const std::int64_t first = step;
        bool more = true;
        while (more) {
            for (int i = 0; i < 4; ++i) update();
            const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
            more = mpi::broadcast(comm, static_cast<std::int32_t>(elapsed.count() < 0.1)) != 0;
            if (more) continue;
            const double now = static_cast<double>((step - first) * shape.batch) / elapsed.count();
            rate = {trial == 0 ? now : std::min(rate.worst, now), std::max(rate.best, now)};
        }
    }
    return rate;
}

/// Chain-temperatures per second of annealed importance sampling on one thread, 784 × 500 units.
double annealing_rate(int chains) {
    const mpi::Communicator self = mpi::Communicator::self();
    const net::Rbm<float> rbm = net::initial_rbm(784, 500, 0.05, rng::Key(1), 0, 0);
    net::AnnealedChains annealed(rbm, {.bias = std::vector<float>(784)}, net::rows_of_rank(chains, self));
    const rng::Key key(1);
    annealed.start_from_base({.key = key});
    std::int64_t step = 0;
    return best_rate(chains, [&] { annealed.anneal(0.5F, 0.5001F, {.key = key, .step = ++step}); });
}

/// The same of its matrix products alone.
double annealing_product_rate(int chains) {
    const linalg::Matrix<float> weights(784, 500, 0.5F);
    linalg::Matrix<float> visible(chains, 784, 1.0F), hidden(chains, 500);
    return best_rate(chains, [&] {
        linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, visible, weights, 0.0F, hidden);
        linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F, hidden, weights, 0.0F, visible);
    });
}

void bench_annealing() {
    for (const int chains : {100, 1000}) {
        const double rate = annealing_rate(chains), products = annealing_product_rate(chains);
        print(fmt::format("784 x 500, annealing {} chains", chains), 1e6 / rate, "us/temperature",
              fmt::format("{:.2f} x its matrix products", rate / products));
    }
}

/// Samples per second that matrix products alone would allow: of the root rank while the others sleep, and of all ranks
/// at once, each with products of its own: what so many processes can get out of this machine.
struct ProductRates {
    double alone = 0, together = 0;
};

/// One line for this rank alone, and one for all together if there are more. Collective.
void bench_training(const mpi::Communicator& world, const Shape& shape, const Method& method, bool grey,
                    const ProductRates& products) {
    const auto alone = world.is_root() ? training_rate(mpi::Communicator::self(), shape, method, grey) : TrainingRate{};
    wait_asleep(world);
    const auto together = world.size() > 1 ? training_rate(world, shape, method, grey) : TrainingRate{};
    if (!world.is_root()) return;
    print(fmt::format("{} x {}, batch {}, {}, {}", shape.visible, shape.hidden, shape.batch, method.name,
                      grey ? "grey" : "binary"),
          alone.best * 1e-3, "ksamples/s",
          fmt::format("{:.2f} x its matrix products (worst {:.2f})", alone.best / products.alone,
                      alone.worst / products.alone));
    if (world.size() == 1) return;
    print(fmt::format("  the same on {} ranks", world.size()), together.best * 1e-3, "ksamples/s",
          fmt::format("{:.2f} x one rank; separate products {:.2f} x one", together.best / alone.best,
                      products.together / products.alone));
}

} // namespace

void bench_network(const mpi::Communicator& world) {
    const mpi::Communicator self = mpi::Communicator::self();
    if (world.is_root()) bench_annealing();
    wait_asleep(world);
    for (const Shape& shape : shapes) {
        const ProductSeconds alone = world.is_root() ? product_seconds(self, shape) : ProductSeconds{};
        wait_asleep(world);
        const ProductSeconds together = world.size() > 1 ? product_seconds(world, shape) : alone;
        for (const Method& method : methods) {
            const double rate = shape.batch / together.of_update(method.gibbs_steps);
            const ProductRates products{.alone = shape.batch / alone.of_update(method.gibbs_steps),
                                        .together = mpi::all_reduce(world, rate, mpi::Op::sum)};
            for (const bool grey : {false, true}) bench_training(world, shape, method, grey, products);
        }
    }
}

} // namespace blockspin::app
