#include <blockspin/net/update_time.hpp>

#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/net/unit_shares.hpp>
#include <blockspin/rng/fill.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace blockspin::net {

namespace {

/// Rows of random units.
Dataset random_rows(int visible, std::int64_t rows) {
    const std::size_t bytes = static_cast<std::size_t>(rows) * ((static_cast<std::size_t>(visible) + 7) / 8);
    std::vector<std::uint64_t> words((bytes + 7) / 8);
    rng::fill_words(rng::Key(1), {.purpose = rng::Purpose::test}, words);
    const auto* first = reinterpret_cast<const std::uint8_t*>(words.data());
    return {visible, std::vector<std::uint8_t>(first, first + bytes)};
}

/// How ranks share a minibatch.
struct Grid {
    Grid(const UpdateTime& time, std::int64_t batch, int ranks)
        : parts(unit_parts(ranks, batch, time.visible, time.hidden)), groups(ranks / parts),
          rows_of_group(static_cast<double>((batch + groups - 1) / groups)) {}

    int parts, groups;
    double rows_of_group;
};

/// Seconds of one update from the first `rows` of the data, the shortest of several; and what moving the parameters
/// takes of it, in the mean.
struct UpdateSeconds {
    double all, moving;
};

UpdateSeconds shortest_update(int gibbs_steps, Rbm<float>& rbm, const Dataset& data, std::int64_t rows) {
    const mpi::Communicator self = mpi::Communicator::self();
    process::Timers timers;
    ContrastiveDivergence divergence(self, rbm.visible(), rbm.hidden(), gibbs_steps, timers);
    constexpr double trial_seconds = 0.1;
    using Clock = std::chrono::steady_clock;
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(rows));
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    Rbm<float> change(rbm.visible(), rbm.hidden());
    const auto seconds_since = [](Clock::time_point start) {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto begin = Clock::now();
    double shortest = std::numeric_limits<double>::infinity();
    std::int64_t step = 0;
    for (; step < 3 || seconds_since(begin) < trial_seconds; ++step) {
        const auto start = Clock::now();
        divergence.update({.rate = 0.01, .momentum = 0.5}, data, numbers, {.key = rng::Key(1), .step = step}, nullptr,
                          change, rbm);
        shortest = std::min(shortest, seconds_since(start));
    }
    return {shortest, timers.seconds("update of parameters") / static_cast<double>(step)};
}

} // namespace

double UpdateTime::computing(std::int64_t batch, int ranks) const noexcept {
    const Grid grid(*this, batch, ranks);
    const double parts = grid.parts, sharing = parts * std::bit_floor(static_cast<unsigned>(grid.groups));
    return fixed / parts + shared / sharing + per_row * grid.rows_of_group / parts;
}

double UpdateTime::messages(std::int64_t batch, int ranks, const mpi::MessageTime& message) const noexcept {
    const Grid grid(*this, batch, ranks);
    const double weights = 4.0 * visible * hidden, parts = grid.parts, others = 1.0 - 1.0 / parts;
    const double over_groups = 2.0 * weights / parts * (1.0 - 1.0 / grid.groups);
    const double bits = grid.rows_of_group * gibbs_steps * (visible + hidden) / 8.0;
    const double between_groups = 2.0 * std::ceil(std::log2(grid.groups));
    const double in_group = grid.parts > 1 ? 2.0 * gibbs_steps + 2.0 : 0.0; // and the largest weight, rounded weights
    return (between_groups + in_group) * message.latency +
           (over_groups + others * (weights / parts + bits)) / message.bandwidth;
}

UpdateTime measure_updates(int visible, int hidden, int gibbs_steps, std::int64_t batch) {
    const Dataset data = random_rows(visible, batch);
    Rbm<float> rbm = initial_rbm(visible, hidden, 0.01, rng::Key(1), 0, 0);
    const std::int64_t few = std::max<std::int64_t>(1, batch / 8);
    const UpdateSeconds of_few = shortest_update(gibbs_steps, rbm, data, few);
    const UpdateSeconds of_all = batch > few ? shortest_update(gibbs_steps, rbm, data, batch) : of_few;
    const double per_row =
        batch > few ? std::max(0.0, (of_all.all - of_few.all) / static_cast<double>(batch - few)) : 0.0;
    const double shared = std::min(of_few.moving, of_all.moving);
    return {.visible = visible,
            .hidden = hidden,
            .gibbs_steps = gibbs_steps,
            .fixed = std::max(0.0, of_all.all - shared - per_row * static_cast<double>(batch)),
            .shared = shared,
            .per_row = per_row};
}

} // namespace blockspin::net
