#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/net/unit_shares.hpp>
#include <blockspin/net/update.hpp>
#include <blockspin/net/update_time.hpp>
#include <blockspin/rng/draws.hpp>

#include <cmath>
#include <numeric>
#include <omp.h>
#include <vector>

using namespace blockspin;

namespace {

constexpr int visible = 101, hidden = 21;

net::Dataset data(std::int64_t rows) {
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(rows) * ((visible + 7) / 8));
    for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] = static_cast<std::uint8_t>(rng::word64(rng::Key(3), {.place = static_cast<std::int64_t>(i)}));
    }
    return {visible, bits};
}

/// The same bits as levels, or levels of all sizes, kept as means.
net::Dataset means(std::int64_t rows, bool grey) {
    const net::Dataset binary = data(rows);
    std::vector<std::uint8_t> levels;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (const std::int8_t spin : binary.spins(row)) {
            const auto random =
                static_cast<std::uint8_t>(rng::word64(rng::Key(4), {.place = std::int64_t(levels.size())}));
            levels.push_back(grey ? random : spin > 0 ? std::uint8_t{255} : std::uint8_t{0});
        }
    }
    return net::Dataset::means(visible, levels, {}, 0, rng::Key(4));
}

/// Whole gradients that are followed, or rows that are moved by their ranks.
enum class By { gradients, rows };

struct Way {
    By by = By::rows;
    int units = hidden, unit_parts = 1;
    bool persistent = false;
    bool changed = false; ///< in all ways that a gradient can be changed
};

/// A machine after ten updates with minibatches of the given size.
net::Rbm<float> trained(const mpi::Communicator& comm, int batch, int threads, const net::Dataset& rows_of_data,
                        const Way& way = {}) {
    omp_set_num_threads(threads);
    process::Timers timers;
    net::ContrastiveDivergence divergence(comm, visible, way.units, 2, timers, way.unit_parts);
    net::Rbm<float> rbm(visible, way.units), change(visible, way.units);
    net::PersistentChains chains, *persistent = way.persistent ? &chains : nullptr;
    net::UnitMeans average;
    const rng::Key key(5);
    for (std::int64_t i = 0; float& weight : rbm.weights.values()) {
        weight = static_cast<float>(rng::normal(key, {.place = i++})[0]);
    }
    net::Rbm<float> part = divergence.part_of(rbm), change_of_part = divergence.part_of(change);
    std::vector<std::int64_t> rows(static_cast<std::size_t>(batch));
    for (int step = 0; step < 10; ++step) {
        std::iota(rows.begin(), rows.end(), std::int64_t{step} * batch);
        const net::LearningRule rule{.rate = 0.5, .momentum = 0.5, .l1 = 1e-3, .l2 = 1e-3};
        const net::Draws draws{.key = key, .training = 4, .step = step};
        net::GradientChange terms;
        if (way.changed) terms = {true, true, 0.1, 0.2, 0.9, &average};
        if (way.by == By::rows) {
            divergence.update(rule, rows_of_data, rows, draws, persistent, change_of_part, part, terms);
        } else {
            net::update(rule, divergence.gradient(rbm, rows_of_data, rows, draws, persistent, terms), change, rbm);
        }
    }
    if (way.by == By::rows) {
        divergence.gather(change_of_part, change);
        divergence.gather(part, rbm);
    }
    for (const auto values : change.parts()) {
        BOOST_TEST(mpi::is_same_on_all_ranks(comm, std::as_bytes(std::span(values))));
    }
    omp_set_num_threads(1);
    return rbm;
}

} // namespace

BOOST_AUTO_TEST_CASE(training_gives_the_same_bits_on_any_ranks_and_threads) {
    for (const int batch : {1, 33, 100, 300}) {
        for (const auto& rows : {data(10 * batch), means(10 * batch, true)}) {
            const net::Rbm<float> alone = trained(mpi::Communicator::self(), batch, 1, rows);
            BOOST_TEST(alone.hidden_bias[0] != 0.0F);
            for (const int threads : {1, 2, 3}) {
                BOOST_TEST((trained(support::world(), batch, threads, rows) == alone));
            }
            BOOST_TEST((trained(support::world(), batch, 1, rows, {.by = By::gradients}) == alone));
            for (const auto part : alone.parts()) {
                BOOST_TEST(mpi::is_same_on_all_ranks(support::world(), std::as_bytes(part)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sums_that_travel_in_parts_give_the_same_bits) {
    constexpr int batch = 40, units = 600;
    for (const auto& rows : {data(10 * batch), means(10 * batch, true)}) {
        const net::Rbm<float> alone =
            trained(mpi::Communicator::self(), batch, 1, rows, {.by = By::gradients, .units = units});
        for (const int threads : {1, 2}) {
            BOOST_TEST((trained(support::world(), batch, threads, rows, {.units = units}) == alone));
        }
    }
}

BOOST_AUTO_TEST_CASE(ranks_that_share_units_of_the_same_rows_give_the_same_bits) {
    constexpr int batch = 70, units = 150; // shards of grey rows and tiles of units do not come out even
    for (const auto& rows : {data(10 * batch), means(10 * batch, true)}) {
        for (const bool persistent : {false, true}) {
            const Way way{.units = units, .persistent = persistent, .changed = persistent};
            const net::Rbm<float> alone = trained(mpi::Communicator::self(), batch, 1, rows, way);
            BOOST_TEST((trained(support::world(), batch, 1, rows, way) == alone));
            for (const int parts : {2, 4}) {
                if (support::world().size() % parts != 0) continue;
                for (const By by : {By::rows, By::gradients}) {
                    BOOST_TEST((trained(support::world(), batch, parts == 2 ? 1 : 2, rows,
                                        {by, units, parts, persistent, persistent}) == alone));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(ranks_hand_over_what_they_have_in_shared_memory_or_in_messages) {
    const auto& world = support::world();
    constexpr int of_hidden = 170;
    for (const bool in_shared_memory : {true, false}) {
        const net::UnitShares shares(world, 300, of_hidden, world.size(), in_shared_memory);
        for (const int rows : {1, 3, 70, 20}) { // room grows, and is used again
            net::BitRows bits(rows, of_hidden), all(rows, of_hidden);
            linalg::Matrix<float> columns(rows, of_hidden);
            const auto value = [&](int i, int j) { return static_cast<float>(rows * 1000000 + i * 1000 + j); };
            for (int j = 0; j < of_hidden; ++j) {
                const bool is_own = j >= shares.hidden().first && j < shares.hidden().end;
                for (int r = 0; r < rows; ++r) {
                    if (is_own) columns(r, j) = value(r, j);
                    const std::uint64_t bit = static_cast<std::uint64_t>((r * 7 + j * j) % 3 == 0) << (j % 64);
                    all.row(r)[j / 64] |= bit;
                    if (is_own) bits.row(r)[j / 64] |= bit;
                }
            }
            shares.complete_hidden(bits);
            shares.complete_columns(columns);
            BOOST_TEST((bits == all));
            BOOST_TEST(shares.largest(static_cast<float>(world.rank())) == static_cast<float>(world.size() - 1));
            bool has_all = true;
            for (int j = 0; j < of_hidden; ++j) {
                for (int r = 0; r < rows; ++r) has_all = has_all && columns(r, j) == value(r, j);
            }
            BOOST_TEST(has_all);
        }
    }
}

namespace {

/// With all ranks in one group, on any of which the same machine is drawn from several times.
void check_shares(int of_visible, int of_hidden, bool in_shared_memory) {
    const auto& world = support::world();
    constexpr int rows = 40;
    const net::Rbm<float> rbm = net::initial_rbm(of_visible, of_hidden, 1.0, rng::Key(5), 0, 0);
    process::Timers timers;
    const net::ContrastiveDivergence divergence(world, of_visible, of_hidden, 1, timers, world.size());
    const net::Draws draws{.key = rng::Key(6)};
    net::LookupRbm whole(of_visible, of_hidden);
    whole.assign(rbm);
    net::BitRows hidden_units(rows, of_hidden), visible_units(rows, of_visible);
    whole.draw_visible(hidden_units, draws, visible_units);
    whole.draw_hidden(visible_units, draws, hidden_units);
    whole.draw_visible(hidden_units, draws, visible_units);
    const net::UnitShares shares(world, of_visible, of_hidden, world.size(), in_shared_memory);
    net::LookupRbm share(shares);
    for (int again = 0; again < 3; ++again) {
        share.assign(divergence.part_of(rbm));
        share.take_others();
        net::BitRows drawn(rows, of_visible);
        share.draw_visible(hidden_units, draws, drawn);
        shares.complete_visible(drawn);
        BOOST_TEST((drawn == visible_units));
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(shares_of_a_machine_draw_the_units_of_the_whole_one) {
    for (const bool in_shared_memory : {true, false}) {
        check_shares(300, 170, in_shared_memory);
        // So few hidden units are never worked on as bytes, whatever the processor.
        if (support::world().size() <= 4) check_shares(100, 60, in_shared_memory);
    }
}

BOOST_AUTO_TEST_CASE(a_changed_gradient_is_the_plain_one_changed_as_a_whole_to_1e_6) {
    constexpr int batch = 60;
    std::vector<std::int64_t> rows(batch);
    std::iota(rows.begin(), rows.end(), 0);
    const net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 1.0, rng::Key(5), 0, 0);
    process::Timers timers;
    net::ContrastiveDivergence divergence(support::world(), visible, hidden, 1, timers);
    const net::Draws draws{.key = rng::Key(5), .training = 4};
    for (const bool in_units_0_and_1 : {false, true}) {
        for (const bool centred : {false, true}) {
            net::Gradient<float> whole = divergence.gradient(rbm, data(batch), rows, draws);
            net::UnitMeans average, again;
            const net::UnitMeans now = divergence.data_means();
            net::change_gradient({in_units_0_and_1, centred, 0.1, 0.2, 0.9, &average}, now, whole);
            const net::Gradient<float>& changed = divergence.gradient(
                rbm, data(batch), rows, draws, nullptr, {in_units_0_and_1, centred, 0.1, 0.2, 0.9, &again});
            BOOST_TEST((again.hidden == average.hidden));
            for (std::size_t part = 0; part < 3; ++part) {
                for (std::size_t i = 0; i < whole.parts()[part].size(); ++i)
                    BOOST_TEST(std::abs(changed.parts()[part][i] - whole.parts()[part][i]) < 1e-6 * hidden);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(units_are_shared_where_ranks_have_few_rows_of_their_own) {
    BOOST_TEST(net::unit_parts(1, 100, 784, 500) == 1);
    BOOST_TEST(net::unit_parts(2, 1024, 784, 500) == 2);
    BOOST_TEST(net::unit_parts(2, 2048, 784, 500) == 1);
    BOOST_TEST(net::unit_parts(3, 100, 784, 500) == 1);
    BOOST_TEST(net::unit_parts(64, 100, 784, 500) == 4); // four tiles of hidden units to each
    BOOST_TEST(net::unit_parts(6, 100, 784, 500) == 2);
    BOOST_TEST(net::unit_parts(8, 100, 36, 500) == 1);
    BOOST_CHECK_THROW(net::UnitShares(mpi::Communicator::self(), 64, 64, 2), core::InternalError);
    BOOST_CHECK_THROW(net::UnitShares(mpi::Communicator::self(), 64, 64, 0), core::InternalError);
}

BOOST_AUTO_TEST_CASE(
    grey_data_have_the_gradient_of_binary_ones_where_they_are_black_or_white_and_of_their_means_to_1e_5) {
    constexpr int batch = 150;
    const rng::Key key(5);
    const net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 1.0, key, 0, 0);
    std::vector<std::int64_t> rows(batch);
    std::iota(rows.begin(), rows.end(), 0);
    process::Timers timers;
    const auto gradient = [&](const net::Dataset& of, net::PersistentChains* chains = nullptr) {
        net::ContrastiveDivergence divergence(support::world(), visible, hidden, 1, timers);
        return net::Gradient<float>(divergence.gradient(rbm, of, rows, {.key = key, .training = 4}, chains));
    };
    const auto binary = gradient(data(batch)), same = gradient(means(batch, false));
    for (std::size_t part = 0; part < 3; ++part) {
        for (std::size_t i = 0; i < binary.parts()[part].size(); ++i) {
            // A unit drawn otherwise, as fields are rounded otherwise, would be seen at 1/batch.
            BOOST_TEST(std::abs(binary.parts()[part][i] - same.parts()[part][i]) < 1e-5);
        }
    }
    // From the same chains, grey and binary data differ by their averages over the data.
    net::PersistentChains first, second;
    gradient(data(batch), &first);
    second = first;
    const net::Dataset grey = means(batch, true);
    const auto of_binary = gradient(data(batch), &first), of_grey = gradient(grey, &second);
    linalg::Matrix<float> v(batch, visible), v_binary(batch, visible);
    grey.unpack(rows, v);
    data(batch).unpack(rows, v_binary);
    const auto m = net::hidden_means<float>(rbm, v), m_binary = net::hidden_means<float>(rbm, v_binary);
    for (int i = 0; i < visible; ++i) {
        for (int j = 0; j < hidden; ++j) {
            double difference = 0;
            for (int r = 0; r < batch; ++r) difference += v(r, i) * m(r, j) - v_binary(r, i) * m_binary(r, j);
            const double measured = of_grey.weights(i, j) - of_binary.weights(i, j);
            BOOST_TEST(std::abs(measured - difference / batch) < 1e-5);
        }
        double difference = 0;
        for (int r = 0; r < batch; ++r) difference += v(r, i) - v_binary(r, i);
        const auto at = static_cast<std::size_t>(i);
        BOOST_TEST(std::abs(of_grey.visible_bias[at] - of_binary.visible_bias[at] - difference / batch) < 1e-5);
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

BOOST_AUTO_TEST_CASE(the_time_of_an_update_counts_rows_and_what_is_reduced) {
    const net::UpdateTime time{.visible = 500, .hidden = 500, .fixed = 1e-3, .shared = 4e-3, .per_row = 1e-5};
    const mpi::MessageTime message{.latency = 1e-6, .bandwidth = 1e9};
    const auto tolerance = boost::test_tools::tolerance(1e-12);
    BOOST_TEST(time.computing(1000, 1) == 1.5e-2, tolerance);
    BOOST_TEST(time.computing(1000, 17) == 1e-3 + 4e-3 / 16 + 59e-5, tolerance);
    BOOST_TEST(time.computing(1000, 4) == 0.25e-3 + 1e-3 + 1000e-5 / 4, tolerance); // one group
    BOOST_TEST(time.computing(8192, 4) == 1e-3 + 1e-3 + 2048e-5, tolerance);        // four
    BOOST_TEST(time.messages(1000, 1, message) == 0.0);
    BOOST_TEST(time.messages(1000, 4, message) == 4e-6 + 0.75 * (1e6 / 4 + 1000 * 125) / 1e9, tolerance);
    BOOST_TEST(time.messages(8192, 4, message) == 4e-6 + 1.5e-3, tolerance);
    const net::UpdateTime measured = net::measure_updates(visible, hidden, 1, 64);
    BOOST_TEST((measured.fixed >= 0.0 && measured.per_row >= 0.0 && measured.computing(64, 1) > 0.0));
}
