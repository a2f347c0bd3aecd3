#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/rng/draws.hpp>

#include <omp.h>

#include <bit>
#include <string>
#include <vector>

using namespace blockspin;

namespace {

constexpr std::int64_t stored_rows = 200, replicas = 12; // four rows per step

mcrg::Task task(std::vector<std::int64_t> size = {36, 36}) {
    return {.geometry = {lattice::Lattice::square, size},
            .points = {{"nn = 0.4", {{"nn", 0.4}}}, {"nn = 0.41", {{"nn", 0.41}}}},
            .parameters = {.factor = 3, .steps = 2, .even = {{"nnn", "nn"}}},
            .seed = 11};
}

/// Random spins with more rows of blocks than there are numbers in a byte, so that a wrong order would show.
std::vector<std::uint8_t> random_bytes(std::int64_t first, std::int64_t rows) {
    constexpr std::int64_t bytes_per_row = replicas * 36 * 36 / 8;
    static const std::vector<std::uint8_t> all = [] {
        std::vector<std::uint8_t> bytes;
        for (std::int64_t at = 0; at < stored_rows * bytes_per_row; ++at) {
            bytes.push_back(static_cast<std::uint8_t>(rng::word64(rng::Key(12), {.place = at})));
        }
        return bytes;
    }();
    return {all.begin() + first * bytes_per_row, all.begin() + (first + rows) * bytes_per_row};
}

mcrg::Configurations configurations() { return {stored_rows, replicas, random_bytes}; }

/// What a flow found: its sums, from the published file, and its rows on the root.
struct Found {
    std::vector<std::int64_t> sums;
    std::vector<io::Row> rows;
};

Found finish(const mpi::Communicator& comm, mcrg::BlockFlow& flow, const std::filesystem::path& file) {
    while (!flow.done()) flow.step();
    flow.seal();
    io::publish(comm, file, [&](io::Writer& writer) { flow.publish(writer); });
    const io::Reader reader = io::open_sealed(comm, file);
    const std::vector<std::uint64_t> shape{stored_rows, replicas, 3, 4};
    BOOST_TEST(reader.shape("operator_sums") == shape, boost::test_tools::per_element());
    return {reader.array<std::int64_t>("operator_sums"), flow.results()};
}

/// By every rank alone, in a folder of its own.
Found alone(const support::ScratchFolder& folder) {
    const mpi::Communicator self = mpi::Communicator::self();
    const auto own = folder / std::to_string(support::world().rank());
    process::Timers timers;
    mcrg::BlockFlow flow(self, task(), configurations(), own, timers);
    return finish(self, flow, own / "alone.h5");
}

void check_same(const Found& found, const Found& reference) {
    BOOST_TEST((found.sums == reference.sums));
    BOOST_TEST(found.rows.empty() == !support::world().is_root());
    if (support::world().is_root()) BOOST_TEST((found.rows == reference.rows));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_flow_gives_the_same_bits_on_any_ranks_and_threads) {
    const support::ScratchFolder folder(support::world());
    const Found reference = alone(folder);
    BOOST_TEST(reference.rows.size() == 20u);
    for (const int threads : {1, 2, 3}) {
        omp_set_num_threads(threads);
        process::Timers timers;
        mcrg::BlockFlow flow(support::world(), task(), configurations(), folder.path(), timers);
        check_same(finish(support::world(), flow, folder / "together.h5"), reference);
    }
    omp_set_num_threads(1);
}

BOOST_AUTO_TEST_CASE(a_flow_continued_from_a_checkpoint_gives_the_same_bits) {
    const support::ScratchFolder folder(support::world());
    const Found reference = alone(folder);
    process::Timers timers;
    for (std::uint64_t steps = 0; steps <= 3; ++steps) {
        mcrg::BlockFlow first(support::world(), task(), configurations(), folder.path(), timers);
        first.clear();
        BOOST_TEST(first.steps_total() == 50u);
        while (first.steps_done() < steps) {
            first.step();
            first.seal();
        }
        io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("flow", first); });
        if (!first.done()) first.step(); // lost: after the checkpoint
        first.seal();
        mcrg::BlockFlow second(support::world(), task(), configurations(), folder.path(), timers);
        io::open_sealed(support::world(), folder / "state.h5").object("flow", second);
        BOOST_TEST(second.steps_done() == steps);
        check_same(finish(support::world(), second, folder / "together.h5"), reference);
    }
}

BOOST_AUTO_TEST_CASE(sums_are_written_in_the_order_of_rows_and_replicas) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::BlockFlow flow(support::world(), task(), configurations(), folder.path(), timers);
    const Found found = finish(support::world(), flow, folder / "together.h5");
    constexpr std::size_t of_field = 2; // after the two even operators
    for (std::size_t i = 0; i < static_cast<std::size_t>(stored_rows * replicas); ++i) {
        const auto row = static_cast<std::int64_t>(i) / replicas;
        const auto bytes = random_bytes(row, 1);
        std::int64_t up = 0;
        for (std::size_t byte = i % replicas * 162; byte < (i % replicas + 1) * 162; ++byte) {
            up += std::popcount(bytes[byte]);
        }
        BOOST_TEST(found.sums[i * 12 + of_field] == 2 * up - 36 * 36);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_blocked_is_refused_on_all_ranks) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    const auto make = [&](const mcrg::Task& what, mcrg::Configurations from) {
        mcrg::BlockFlow(support::world(), what, std::move(from), folder.path(), timers);
    };
    mcrg::Task in_a_field = task();
    in_a_field.points.back().couplings.set("field", 0.1);
    BOOST_CHECK_THROW(make(in_a_field, configurations()), core::InputError);
    BOOST_CHECK_THROW(make(task({36, 35}), configurations()), core::InputError);
    BOOST_CHECK_THROW(make(task(), {0, replicas, random_bytes}), core::InputError);
    BOOST_CHECK_THROW(make(task(), {1, (1 << 20) + 1, random_bytes}), core::InputError);
}

BOOST_AUTO_TEST_CASE(configurations_that_only_one_rank_cannot_read_are_an_error_on_all) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    const auto unreadable = [](std::int64_t first, std::int64_t rows) {
        if (first + rows == 4) throw core::DataError("a damaged segment");
        return random_bytes(first, rows);
    };
    const auto too_short = [](std::int64_t first, std::int64_t rows) {
        auto bytes = random_bytes(first, rows);
        if (first == 0 && !bytes.empty()) bytes.pop_back();
        return bytes;
    };
    mcrg::BlockFlow one(support::world(), task(), {stored_rows, replicas, unreadable}, folder.path(), timers);
    BOOST_CHECK_THROW(one.step(), core::DataError);
    mcrg::BlockFlow other(support::world(), task(), {stored_rows, replicas, too_short}, folder.path(), timers);
    BOOST_CHECK_THROW(other.step(), core::DataError);
}

BOOST_AUTO_TEST_CASE(configurations_without_fluctuations_are_an_error_on_all_ranks) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    const auto all_up = [](std::int64_t, std::int64_t rows) {
        return std::vector<std::uint8_t>(static_cast<std::size_t>(rows * replicas) * 162, 255);
    };
    mcrg::BlockFlow flow(support::world(), task(), {stored_rows, replicas, all_up}, folder.path(), timers);
    while (!flow.done()) flow.step();
    BOOST_CHECK_THROW(flow.seal(), core::InputError);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_more_configurations_is_refused) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::BlockFlow flow(support::world(), task(), configurations(), folder.path(), timers);
    while (!flow.done()) flow.step();
    flow.seal();
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("flow", flow); });
    for (const std::int64_t rows : {100, 199}) {
        mcrg::BlockFlow shorter(support::world(), task(), {rows, replicas, random_bytes}, folder.path(), timers);
        BOOST_CHECK_THROW(io::open_sealed(support::world(), folder / "state.h5").object("flow", shorter),
                          core::DataError);
    }
}

BOOST_AUTO_TEST_CASE(couplings_are_the_same_on_any_ranks_and_after_a_restart) {
    const support::ScratchFolder folder(support::world());
    mcrg::Task what = task();
    what.parameters.couplings = {"nn", "nnn"};
    process::Timers timers;
    const auto finish = [](mcrg::CouplingFlow& flow) {
        while (!flow.done()) flow.step();
        return flow.results();
    };
    const mpi::Communicator self = mpi::Communicator::self();
    mcrg::CouplingFlow alone(self, what, configurations(), timers);
    const std::vector<io::Row> reference = finish(alone);
    BOOST_TEST(reference.size() == 8u); // of two operators after two steps at two points
    mcrg::CouplingFlow together(support::world(), what, configurations(), timers);
    for (int i = 0; i < 11; ++i) together.step();
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("flow", together); });
    BOOST_TEST((finish(together) == reference));
    mcrg::CouplingFlow restarted(support::world(), what, configurations(), timers);
    io::open_sealed(support::world(), folder / "state.h5").object("flow", restarted);
    BOOST_TEST(restarted.steps_done() == 11u);
    BOOST_TEST((finish(restarted) == reference));
}
