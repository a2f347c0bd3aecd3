#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/update.hpp>
#include <blockspin/rng/draws.hpp>

#include <numeric>
#include <omp.h>
#include <vector>

using namespace blockspin;

namespace {

constexpr int visible = 37, hidden = 21;

net::Dataset data(std::int64_t rows) {
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows) * 5);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] = static_cast<std::uint8_t>(rng::word64(rng::Key(3), {.place = static_cast<std::int64_t>(i)}));
    }
    return {visible, bits};
}

/// A machine after ten updates with minibatches of the given size.
net::Rbm<float> trained(const mpi::Communicator& comm, int batch, int threads) {
    omp_set_num_threads(threads);
    const net::Dataset rows_of_data = data(10 * batch);
    process::Timers timers;
    net::ContrastiveDivergence divergence(comm, visible, hidden, 2, timers);
    net::Rbm<float> rbm(visible, hidden), change(visible, hidden);
    const rng::Key key(5);
    for (std::int64_t i = 0; float& weight : rbm.weights.values()) {
        weight = static_cast<float>(rng::normal(key, {.place = i++})[0]);
    }
    std::vector<std::int64_t> rows(static_cast<std::size_t>(batch));
    for (int step = 0; step < 10; ++step) {
        std::iota(rows.begin(), rows.end(), std::int64_t{step} * batch);
        const auto& gradient = divergence.gradient(rbm, rows_of_data, rows, {.key = key, .training = 4, .step = step});
        net::update(net::LearningRule{.rate = 0.5, .momentum = 0.5, .l1 = 1e-3, .l2 = 1e-3}, gradient, change, rbm);
    }
    omp_set_num_threads(1);
    return rbm;
}

} // namespace

BOOST_AUTO_TEST_CASE(training_gives_the_same_bits_on_any_ranks_and_threads) {
    for (const int batch : {1, 33, 100, 300}) {
        const net::Rbm<float> alone = trained(mpi::Communicator::self(), batch, 1);
        BOOST_TEST(alone.hidden_bias[0] != 0.0F);
        for (const int threads : {1, 2, 3}) {
            BOOST_TEST((trained(support::world(), batch, threads) == alone));
        }
        for (const auto part : alone.parts()) {
            BOOST_TEST(mpi::is_same_on_all_ranks(support::world(), std::as_bytes(part)));
        }
    }
}

BOOST_AUTO_TEST_CASE(shards_of_all_ranks_are_all_rows_once) {
    for (const std::int64_t rows : {1, 31, 32, 33, 64, 100, 1000}) {
        const net::RowRange range = net::rows_of_rank(rows, support::world());
        BOOST_TEST((range.first % net::shard_rows == 0 || range.count() == 0));
        const auto ends = mpi::all_gather(support::world(), range.end);
        BOOST_TEST(range.first ==
                   (support::world().is_root() ? 0 : ends[static_cast<std::size_t>(support::world().rank() - 1)]));
        BOOST_TEST(ends.back() == rows);
    }
}
