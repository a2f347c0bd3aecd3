#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/exchange.hpp>
#include <blockspin/mpi/message_time.hpp>
#include <blockspin/mpi/requests.hpp>
#include <blockspin/mpi/row_shares.hpp>
#include <blockspin/mpi/shared_memory.hpp>
#include <blockspin/mpi/tree_sum.hpp>

#include <bit>
#include <chrono>
#include <cmath>
#include <thread>
#include <type_traits>

using namespace blockspin;

static_assert(std::is_nothrow_move_constructible_v<mpi::Communicator>);
static_assert(!std::is_copy_constructible_v<mpi::Communicator> && !std::is_default_constructible_v<mpi::Communicator>);

BOOST_AUTO_TEST_CASE(split_puts_equal_colours_together_in_the_order_of_keys) {
    const auto& world = support::world();
    const mpi::Communicator part = world.split(world.rank() % 2, -world.rank());
    BOOST_TEST(part.size() == (world.size() + 1 - world.rank() % 2) / 2);
    const auto members = mpi::all_gather(part, world.rank());
    BOOST_TEST(std::ranges::is_sorted(members, std::greater{}));
}

BOOST_AUTO_TEST_CASE(a_moved_communicator_still_talks) {
    mpi::Communicator first = support::world().dup();
    mpi::Communicator second = std::move(first);
    BOOST_TEST(mpi::all_reduce(second, 1, mpi::Op::sum) == second.size());
}

BOOST_AUTO_TEST_CASE(what_ranks_of_a_node_write_to_shared_memory_is_there_for_all_once_they_have_met) {
    const auto& world = support::world();
    constexpr std::size_t of_rank = 5000;
    auto made = mpi::SharedMemory::allocate(world, of_rank * static_cast<std::size_t>(world.size()));
    BOOST_TEST_REQUIRE(made.has_value());
    const mpi::SharedMemory memory = std::move(*made);
    made.reset();
    const auto part = [&](int rank) {
        return memory.bytes().subspan(of_rank * static_cast<std::size_t>(rank), of_rank);
    };
    BOOST_TEST(std::ranges::all_of(memory.bytes(), [](std::byte b) { return b == std::byte{0}; }));
    mpi::meet(world);
    for (int round = 1; round < 100; ++round) {
        std::ranges::fill(part(world.rank()), static_cast<std::byte>(round + world.rank()));
        mpi::meet(world);
        for (int rank = 0; rank < world.size(); ++rank) {
            const auto expected = static_cast<std::byte>(round + rank);
            BOOST_TEST(std::ranges::all_of(part(rank), [&](std::byte b) { return b == expected; }));
        }
        mpi::meet(world);
    }
}

BOOST_AUTO_TEST_CASE(ranks_exchange_messages_round_by_round_in_shared_memory_or_not) {
    const auto& world = support::world();
    // Of every rank with every other one, of lengths that differ by round, pair and direction.
    const auto length = [](int from, int to, int round) {
        return static_cast<std::size_t>((from * 7 + to * 3 + 1) * (round % 5));
    };
    const auto value = [](int from, int to, int round, std::size_t i) {
        return round * 1000003 + from * 1009 + to * 101 + static_cast<std::int32_t>(i);
    };
    std::vector<mpi::Exchange::Peer> peers;
    const auto most = [&](int from, int to) { return length(from, to, 4) * sizeof(std::int32_t); };
    for (int rank = 0; rank < world.size(); ++rank) {
        if (rank == world.rank()) continue;
        peers.push_back({.rank = rank, .sent = most(world.rank(), rank), .received = most(rank, world.rank())});
    }
    for (const bool in_shared_memory : {true, false}) {
        mpi::Exchange exchange(world, peers, in_shared_memory);
        std::int64_t wrong = 0;
        for (int round = 0; round < 500; ++round) {
            // Some ranks are late: longer than anybody waits without letting others work.
            if (round % 50 == world.rank()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            for (std::size_t p = 0; p < peers.size(); ++p) {
                const int to = peers[p].rank;
                const auto words = exchange.outgoing<std::int32_t>(p, length(world.rank(), to, round));
                for (std::size_t i = 0; i < words.size(); ++i) words[i] = value(world.rank(), to, round, i);
                exchange.begin(p, words.size_bytes(), length(to, world.rank(), round) * sizeof(std::int32_t));
            }
            exchange.end();
            for (std::size_t p = 0; p < peers.size(); ++p) {
                const int from = peers[p].rank;
                const auto words = exchange.incoming<std::int32_t>(p, length(from, world.rank(), round));
                for (std::size_t i = 0; i < words.size(); ++i) wrong += words[i] != value(from, world.rank(), round, i);
            }
        }
        BOOST_TEST(wrong == 0);
        if (!peers.empty()) BOOST_CHECK_THROW(exchange.outgoing<std::byte>(0, peers[0].sent + 1), core::InternalError);
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_different_lengths_are_joined_in_the_order_of_ranks) {
    const auto& world = support::world();
    const std::vector<std::int64_t> mine(static_cast<std::size_t>(world.rank()), world.rank());
    const auto all = mpi::all_gather_joined<std::int64_t>(world, mine);
    BOOST_TEST(static_cast<int>(all.size()) == world.size() * (world.size() - 1) / 2);
    BOOST_TEST(std::ranges::is_sorted(all));
    BOOST_TEST(mpi::exclusive_sum(world, world.rank()) == world.rank() * (world.rank() - 1) / 2);
}

BOOST_AUTO_TEST_CASE(text_of_the_root_reaches_everybody) {
    const auto& world = support::world();
    const std::string text = mpi::broadcast(world, std::string(world.is_root() ? "Kadanoff 1975" : "?"));
    BOOST_TEST(text == "Kadanoff 1975");
}

BOOST_AUTO_TEST_CASE(a_failure_on_one_rank_is_thrown_on_all_with_its_message_and_code) {
    const auto& world = support::world();
    const int culprit = world.size() - 1;
    const auto action = [&] {
        if (world.rank() == culprit) throw core::DataError("block 7 is damaged");
        return 42;
    };
    BOOST_CHECK_EXCEPTION(mpi::collectively(world, action), core::DataError, [](const core::DataError& error) {
        return error.scope() == core::Scope::all_ranks && error.what() == std::string("block 7 is damaged");
    });
    BOOST_TEST(mpi::collectively(world, [] { return 42; }) == 42);
}

BOOST_AUTO_TEST_CASE(ranks_on_their_way_out_know_whether_all_are) {
    using namespace std::chrono_literals;
    const auto& world = support::world();
    BOOST_TEST(mpi::everybody_is_here(world.dup(), 60s));
    // Never freed: the ranks that were told "no" have left a barrier under way on it.
    static const auto* exit = new mpi::Communicator(world.dup()); // NOLINT
    if (!world.is_root()) BOOST_TEST(!mpi::everybody_is_here(*exit, 50ms));
    world.barrier();
    if (world.is_root()) BOOST_TEST(mpi::everybody_is_here(*exit, 60s)); // now the others are
    world.barrier();
}

BOOST_AUTO_TEST_CASE(a_difference_on_one_rank_is_noticed) {
    const auto& world = support::world();
    std::vector<double> numbers(100, 1.5);
    BOOST_TEST(mpi::is_same_on_all_ranks(world, std::as_bytes(std::span(numbers))));
    if (world.rank() == world.size() - 1) numbers[63] = std::nextafter(1.5, 2.0);
    BOOST_TEST(mpi::is_same_on_all_ranks(world, std::as_bytes(std::span(numbers))) == (world.size() == 1));
}

BOOST_AUTO_TEST_CASE(messages_travel_round_the_ring) {
    const auto& world = support::world();
    const int next = (world.rank() + 1) % world.size();
    const int previous = (world.rank() + world.size() - 1) % world.size();
    const std::vector<std::int32_t> sent(1000, world.rank());
    std::vector<std::int32_t> received(1000, -1);
    mpi::Requests requests;
    requests.receive<std::int32_t>(world, received, previous, 0);
    requests.send<std::int32_t>(world, sent, next, 0);
    requests.wait();
    BOOST_TEST(std::ranges::count(received, previous) == 1000);
}

namespace {

/// Terms whose sum in another order has other bits.
double term(std::int64_t i) {
    return std::sin(static_cast<double>(i)) * std::pow(10.0, static_cast<double>(i % 17 - 8));
}

double serial_tree(std::int64_t first, std::int64_t size, std::int64_t end) {
    if (size == 1) return term(first);
    const double left = serial_tree(first, size / 2, end);
    return first + size / 2 < end ? left + serial_tree(first + size / 2, size / 2, end) : left;
}

} // namespace

BOOST_AUTO_TEST_CASE(tree_sum_has_the_same_bits_wherever_the_terms_are) {
    const auto& world = support::world();
    for (const std::int64_t total : {0, 1, 2, 3, 7, 64, 100, 1023, 5000}) {
        for (const std::int64_t skew : {0, 1, 5}) {
            const auto boundary = [&](int rank) {
                return std::min(total, total * rank / world.size() + (rank > 0 ? skew : 0));
            };
            const std::int64_t first = boundary(world.rank());
            const std::int64_t end = world.rank() + 1 == world.size() ? total : boundary(world.rank() + 1);
            std::vector<double> rows;
            for (std::int64_t i = first; i < end; ++i) rows.insert(rows.end(), {term(i), -2 * term(i)});
            const auto sum = mpi::tree_sum(world, first, rows, 2);
            const double expected =
                total == 0 ? 0.0
                           : serial_tree(0, static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(total))),
                                         total);
            BOOST_TEST(sum[0] == expected);
            BOOST_TEST(sum[1] == -2 * expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(tree_sum_refuses_a_gap) {
    const std::vector<double> row{1.0};
    BOOST_CHECK_THROW(mpi::tree_sum(support::world(), 2 * support::world().rank() + 1, row), core::InternalError);
}

BOOST_AUTO_TEST_CASE(what_messages_take_is_known_on_all_ranks) {
    const auto& world = support::world();
    if (world.size() == 1) {
        BOOST_CHECK_THROW(mpi::measure_messages(world), core::InternalError);
        return;
    }
    const mpi::MessageTime time = mpi::measure_messages(world);
    BOOST_TEST((time.latency > 0.0 && time.bandwidth > 0.0));
    BOOST_TEST(mpi::is_same_on_all_ranks(world, std::as_bytes(std::span(&time, 1))));
    const mpi::MessageTime given{.latency = 2e-6, .bandwidth = 1e9};
    BOOST_TEST(given.seconds(1000.0) == 3e-6, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(rows_are_dealt_out_without_gaps_among_a_power_of_two_ranks) {
    const auto& world = support::world();
    for (const std::size_t rows : {0, 1, 3, 37, 784}) {
        const mpi::RowShares shares(world, rows);
        std::vector<int> owners(rows);
        for (int rank = 0; rank < world.size(); ++rank) {
            const mpi::Rows own = shares.of(rank, 1);
            BOOST_TEST(own.count() <= rows / static_cast<std::size_t>(shares.sharing()) + 1);
            BOOST_TEST((rank < shares.sharing() || own.count() == 0));
            for (std::size_t row = own.first; row < own.end; ++row) ++owners[row];
        }
        BOOST_TEST(std::ranges::count(owners, 1) == static_cast<std::ptrdiff_t>(rows));
        BOOST_TEST((shares.own() == shares.of(world.rank(), 1)));
        BOOST_TEST((shares.of(0, shares.sharing()) == mpi::Rows{0, rows}));
    }
}

BOOST_AUTO_TEST_CASE(sums_are_scattered_by_rows_several_at_once_and_gathered_again) {
    const auto& world = support::world();
    const auto value = [](int rank, std::size_t sum, std::size_t i) {
        return static_cast<std::int32_t>((i + 1) * (sum + 3) + static_cast<std::size_t>(rank * rank) * i);
    };
    for (const std::size_t rows : {1, 5, 64}) {
        const mpi::RowShares shares(world, rows);
        constexpr std::size_t count = 3;
        std::vector<std::vector<std::int32_t>> data(count), room(count);
        std::vector<mpi::ScatteredSum<std::int32_t>> under_way;
        for (std::size_t s = 0; s < count; ++s) {
            for (std::size_t i = 0; i < rows * (s + 1); ++i) data[s].push_back(value(world.rank(), s, i));
            room[s].resize(data[s].size());
            under_way.emplace_back(shares, data[s], s + 1, room[s], static_cast<int>(s));
            for (auto& sum : under_way) sum.advance();
        }
        for (auto& sum : under_way) sum.finish();
        for (std::size_t s = 0; s < count; ++s) {
            mpi::gather_rows(shares, std::span(data[s]), s + 1);
            for (std::size_t i = 0; i < data[s].size(); ++i) {
                std::int32_t expected = 0;
                for (int rank = 0; rank < world.size(); ++rank) expected += value(rank, s, i);
                BOOST_TEST(data[s][i] == expected);
            }
        }
    }
}
