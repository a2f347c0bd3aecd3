#include "bench.hpp"
#include "bench_contest.hpp"

#include <blockspin/linalg/product.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <string>
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

/// The single-precision matrix products of an update, on the whole minibatch.
class Products {
  public:
    Products(const Shape& shape, int gibbs_steps)
        : gibbs_steps_(gibbs_steps), visible_(shape.batch, shape.visible, 1.0F),
          hidden_(shape.batch, shape.hidden, 1.0F), weights_(shape.visible, shape.hidden, 0.01F), up_(hidden_),
          down_(visible_) {}

    void update() {
        using linalg::Op;
        for (int step = 0; step <= gibbs_steps_; ++step)
            linalg::gemm(Op::none, Op::none, 1.0F, visible_, weights_, 0.0F, up_);
        for (int step = 0; step < gibbs_steps_; ++step)
            linalg::gemm(Op::none, Op::transpose, 1.0F, hidden_, weights_, 0.0F, down_);
        for (int phase = 0; phase < 2; ++phase)
            linalg::gemm(Op::transpose, Op::none, 1.0F, visible_, hidden_, 0.0F, weights_);
    }

  private:
    int gibbs_steps_;
    linalg::Matrix<float> visible_, hidden_, weights_, up_, down_;
};

/// Whole updates: chains, gradient and learning rule.
class Training {
  public:
    Training(const mpi::Communicator& comm, const Shape& shape, const Method& method, bool grey)
        : batch_(shape.batch), data_(random_data(shape, grey)),
          divergence_(comm, shape.visible, shape.hidden, method.gibbs_steps, timers_,
                      net::unit_parts(comm.size(), shape.batch, shape.visible, shape.hidden)),
          part_(divergence_.part_of(net::initial_rbm(shape.visible, shape.hidden, 0.01, key_, 0, 0))),
          change_(part_.visible(), part_.hidden()), is_persistent_(method.persistent),
          rows_(static_cast<std::size_t>(shape.batch)) {}

    void update() {
        std::iota(rows_.begin(), rows_.end(), step_ % 10 * batch_);
        divergence_.update({.rate = 0.01, .momentum = 0.5}, data_, rows_, {.key = key_, .step = step_},
                           is_persistent_ ? &chains_ : nullptr, change_, part_);
        ++step_;
    }

  private:
    rng::Key key_{1};
    std::int64_t batch_, step_ = 0;
    net::Dataset data_;
    process::Timers timers_;
    net::ContrastiveDivergence divergence_;
    net::Rbm<float> part_, change_; ///< of this rank
    net::PersistentChains chains_;
    bool is_persistent_;
    std::vector<std::int64_t> rows_;
};

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

/// A line for the root rank alone, and one for all ranks if there are more.
void print_training(const std::string& what, int ranks, const Contestant<Training>& training,
                    const Contestant<Products>& products) {
    print(what, training.alone.best * 1e-3, "ksamples/s",
          fmt::format("{:.2f} x its matrix products (worst {:.2f})", training.alone.best / products.alone.best,
                      training.alone.worst / products.alone.best));
    if (ranks == 1) return;
    print(fmt::format("  the same on {} ranks", ranks), training.together.best * 1e-3, "ksamples/s",
          fmt::format("{:.2f} x one rank; as many separate products {:.2f} x one",
                      training.together.best / training.alone.best,
                      ranks * products.together.best / products.alone.best));
}

/// Collective.
void bench_training(const mpi::Communicator& world, const Shape& shape, const Method& method) {
    constexpr int rounds = 8;
    const auto training = [&](bool of_grey) {
        return [&, of_grey](const mpi::Communicator& comm) {
            return std::make_unique<Training>(comm, shape, method, of_grey);
        };
    };
    Contestant<Products> products(world, shape.batch, [&](const mpi::Communicator&) {
        return std::make_unique<Products>(shape, method.gibbs_steps);
    });
    Contestant<Training> binary(world, shape.batch, training(false)), grey(world, shape.batch, training(true));
    for (int round = 0; round < rounds; ++round) {
        products.add_trials(world);
        binary.add_trials(world);
        grey.add_trials(world);
    }
    if (!world.is_root()) return;
    const std::string what =
        fmt::format("{} x {}, batch {}, {}", shape.visible, shape.hidden, shape.batch, method.name);
    print_training(what + ", binary", world.size(), binary, products);
    print_training(what + ", grey", world.size(), grey, products);
}

} // namespace

void bench_network(const mpi::Communicator& world) {
    if (world.is_root()) bench_annealing();
    wait_asleep(world);
    for (const Shape& shape : shapes) {
        for (const Method& method : methods) bench_training(world, shape, method);
    }
}

} // namespace blockspin::app
