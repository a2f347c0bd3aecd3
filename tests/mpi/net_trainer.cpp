#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/net/trainer.hpp>
#include <blockspin/rng/draws.hpp>

#include <filesystem>
#include <numeric>
#include <omp.h>
#include <string>

using namespace blockspin;

namespace {

/// Four chains of 50 rows; the second half of each row repeats the first half, with a third of the units flipped.
net::Dataset data(int units) {
    std::vector<std::uint8_t> bits;
    linalg::Matrix<float> row(1, units);
    for (std::int64_t r = 0; r < 200; ++r) {
        for (int i = 0; i < units; ++i) {
            const bool up = rng::uniform(rng::Key(8), {.place = r * units + i}) < 0.5;
            const bool flip = rng::uniform(rng::Key(8), {.place = r * units + i, .draw = 1}) < 1.0 / 3;
            row(0, i) = i < units / 2 ? (up ? 1.0F : -1.0F) : (flip ? -row(0, i - units / 2) : row(0, i - units / 2));
        }
        net::append_packed(row, bits);
    }
    return {units, bits, {50, 50, 50, 50}};
}

/// Units that are up with probabilities of all sizes; the last 40 rows are held out.
net::Dataset grey_data(int units) {
    std::vector<std::uint8_t> levels;
    for (int i = 0; i < 240 * units; ++i) levels.push_back(static_cast<std::uint8_t>(i * 37));
    return net::Dataset::grey(units, levels, {200, 40}, 40, rng::Key(12));
}

double magnetization(std::span<const std::int8_t> spins) {
    return std::abs(std::accumulate(spins.begin(), spins.end(), 0)) / static_cast<double>(spins.size());
}

net::Task task(const std::string& start = "random") {
    net::Task task{.parameters = {.layers = {12, 6, 3}, .epochs = 3, .batch = 50, .learning_rate = 0.1, .trainings = 3},
                   .seed = 12,
                   .point = "nn = 0.4",
                   .observables = {{"|m| per site", "", magnetization}}};
    task.parameters.weight_decay.l1 = 1e-4;
    task.parameters.initial_width = 2.0; // strong enough for chains to remember where they were
    task.parameters.fantasy = {.chains = 40, .start = start, .burn_in = 5, .sweeps = 20};
    if (start == "data") { // one group: at four ranks some have no chains
        task.parameters.trainings = 1;
        task.parameters.method = "pcd";
        task.parameters.tempering = {.rungs = 3, .lowest = 0.2};
        task.parameters.nesterov = true;
        task.parameters.max_norm = 4.0;
        task.parameters.schedule.momentum = "step";
        task.parameters.schedule.learning_rate = "cosine";
        task.parameters.schedule.momentum_epochs = 1;
        task.parameters.dropout = 0.25;
        task.parameters.centred = true;
        task.parameters.sparsity.cost = 0.1;
        task.parameters.average_decay = 0.8;
        task.parameters.watch = {.likelihood_every = 2, .chains = 6, .temperatures = 10};
    }
    return task;
}

void advance(net::Trainer& trainer, std::uint64_t to) {
    while (trainer.steps_done() < to) trainer.step();
}

std::string published(const mpi::Communicator& comm, const net::Trainer& trainer, const std::filesystem::path& file) {
    io::publish(comm, file, [&](io::Writer& writer) {
        io::Writer results = writer.group("results");
        trainer.publish(results);
    });
    return io::digest(file);
}

/// Results of a run that is stopped after so many steps and continued by another trainer from the file.
std::string continued(const mpi::Communicator& comm, const net::Task& what, const net::Dataset& rows,
                      std::uint64_t stop, const std::filesystem::path& file) {
    process::Timers timers;
    net::Trainer first(comm, what, rows, timers), second(comm, what, rows, timers);
    advance(first, stop);
    io::publish(comm, file, [&](io::Writer& writer) { writer.object("state", first); });
    io::open_sealed(comm, file).object("state", second);
    advance(second, second.steps_total());
    return published(comm, second, file);
}

std::string own_name(const std::string& name) { return name + std::to_string(support::world().rank()) + ".h5"; }

/// Results of an uninterrupted run of the calling rank alone.
std::string reference(const support::ScratchFolder& folder, const net::Task& what) {
    const mpi::Communicator self = mpi::Communicator::self();
    process::Timers timers;
    net::Trainer trainer(self, what, data(12), timers);
    advance(trainer, trainer.steps_total());
    return published(self, trainer, folder / own_name("alone"));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_run_gives_the_same_bits_on_any_ranks_and_threads) {
    const support::ScratchFolder folder(support::world());
    for (const std::string start : {"random", "data"}) {
        const std::string alone = reference(folder, task(start));
        for (const int threads : {1, 2}) {
            omp_set_num_threads(threads);
            process::Timers timers;
            net::Trainer trainer(support::world(), task(start), data(12), timers);
            advance(trainer, trainer.steps_total());
            BOOST_TEST(trainer.done());
            BOOST_TEST(published(support::world(), trainer, folder / "together.h5") == alone);
        }
        omp_set_num_threads(1);
    }
}

BOOST_AUTO_TEST_CASE(grey_data_are_drawn_alike_on_any_ranks_and_after_any_restart) {
    const support::ScratchFolder folder(support::world());
    const std::string alone =
        continued(mpi::Communicator::self(), task("data"), grey_data(12), 0, folder / own_name("alone"));
    for (const std::uint64_t stop : {0, 5, 12, 17, 27, 40})
        BOOST_TEST(continued(support::world(), task("data"), grey_data(12), stop, folder / "all.h5") == alone);
}

BOOST_AUTO_TEST_CASE(wide_machines_whose_units_ranks_share_go_on_from_within_an_epoch) {
    const support::ScratchFolder folder(support::world());
    constexpr int units = 260;
    std::vector<std::uint8_t> levels;
    for (int i = 0; i < 160 * units; ++i) levels.push_back(static_cast<std::uint8_t>(i * 37));
    net::Task what{.parameters = {.layers = {units, units}, .method = "pcd", .epochs = 2, .batch = 100, .trainings = 1},
                   .seed = 12,
                   .point = "",
                   .observables = {}};
    what.parameters.centred = true;
    what.parameters.units = "0/1";
    what.parameters.sparsity.cost = 0.1;
    for (const auto& rows : {data(units), net::Dataset::means(units, levels, {160}, 0, rng::Key(12))}) {
        const std::string alone = continued(mpi::Communicator::self(), what, rows, 0, folder / own_name("alone"));
        for (const std::uint64_t stop : {1, 2, 3})
            BOOST_TEST(continued(support::world(), what, rows, stop, folder / "all.h5") == alone);
    }
}

BOOST_AUTO_TEST_CASE(gaussian_and_rectified_units_learn_the_same_on_any_ranks_and_after_any_restart) {
    const support::ScratchFolder folder(support::world());
    std::vector<float> values;
    for (std::int64_t i = 0; i < 200 * 12; ++i) {
        const double normal = rng::normal(rng::Key(9), {.place = i})[0];
        values.push_back(static_cast<float>(normal + (i / 12 % 2 == 0 ? 1.0 : -1.0))); // two clusters
    }
    const net::Dataset real = net::Dataset::real(12, values, {160, 40}, 40);
    struct Kind {
        const char *hidden, *method;
    };
    for (const auto& [hidden, method] : {Kind{"binary", "cd"}, {"binary", "pcd"}, {"rectified", "pcd"}}) {
        net::Task what = task();
        what.parameters.hidden_units = hidden;
        what.parameters.method = method;
        what.parameters.batch = 130; // two batches, of three shards and of one: not all ranks have chains
        if (what.parameters.hidden_units == "binary") {
            what.parameters.watch = {.likelihood_every = 15, .chains = 40, .temperatures = 10};
        } else {
            what.parameters.max_norm = 0.4; // six such units are a distribution
        }
        what.parameters.layers = {12, 6};
        what.parameters.initial_width = 0.01;
        what.parameters.learning_rate = 0.02;
        what.parameters.epochs = 40;
        what.parameters.centred = true;
        what.parameters.trainings = 1;
        what.observables.clear(); // of ±1
        const auto trained = [&](const mpi::Communicator& comm, std::uint64_t stop, int threads,
                                 const std::string& name) {
            omp_set_num_threads(threads);
            process::Timers timers;
            net::Trainer first(comm, what, real, timers), second(comm, what, real, timers);
            advance(first, stop);
            io::publish(comm, folder / name, [&](io::Writer& writer) { writer.object("state", first); });
            io::open_sealed(comm, folder / name).object("state", second);
            advance(second, second.steps_total());
            omp_set_num_threads(1);
            BOOST_TEST((second.stacks()[0][0].visible_kind == net::UnitKind::gaussian));
            for (const io::Row& row : second.results()) { // 2 without weights: variance and distance of the clusters
                if (row.quantity == "reconstruction error, layer 1") BOOST_TEST(row.value < 1.6);
            }
            return published(comm, second, folder / name);
        };
        const std::string alone = trained(mpi::Communicator::self(), 0, 1, own_name("alone"));
        for (const int threads : {1, 2}) BOOST_TEST(trained(support::world(), 5, threads, "all.h5") == alone);
    }
}

BOOST_AUTO_TEST_CASE(a_run_continued_on_other_ranks_gives_the_same_bits) {
    const support::ScratchFolder folder(support::world());
    const std::string alone = reference(folder, task("data"));
    // Within the first layer, within an epoch of the second, between layers, before the chains, while they run.
    for (const std::uint64_t steps : {1, 8, 12, 17, 24, 27, 40}) {
        const mpi::Communicator self = mpi::Communicator::self();
        process::Timers timers;
        net::Trainer first(self, task("data"), data(12), timers);
        advance(first, steps);
        const auto file = folder / own_name("state");
        io::publish(self, file, [&](io::Writer& writer) { writer.object("state", first); });
        support::world().barrier();
        net::Trainer second(support::world(), task("data"), data(12), timers);
        advance(second, steps / 2);
        const auto of_root = folder / "state0.h5";
        io::open_sealed(support::world(), of_root).object("state", second);
        BOOST_TEST(second.steps_done() == steps);
        advance(second, second.steps_total());
        BOOST_TEST(published(support::world(), second, folder / "together.h5") == alone);
        // And back: saved by all ranks, continued by one.
        net::Trainer third(support::world(), task("data"), data(12), timers);
        advance(third, steps);
        io::publish(support::world(), folder / "shared.h5", [&](io::Writer& writer) { writer.object("state", third); });
        io::open_sealed(self, folder / "shared.h5").object("state", first);
        advance(first, first.steps_total());
        BOOST_TEST(published(self, first, folder / own_name("again")) == alone);
    }
}

BOOST_AUTO_TEST_CASE(a_layer_whose_free_energy_gap_is_above_its_limit_is_trained_no_further) {
    const support::ScratchFolder folder(support::world());
    net::Task what = task();
    what.parameters.layers = {12, 30};
    what.parameters.learning_rate = 1.0; // learns its rows by heart
    what.parameters.epochs = 20;
    what.parameters.batch = 10;
    what.parameters.early_stopping = 0.5;
    process::Timers timers;
    net::Trainer trainer(support::world(), what, data(12), timers);
    std::vector<net::Stack> stopped;
    const std::uint64_t updates = 20 * 18; // 180 of 200 rows are trained on
    advance(trainer, updates / 2);
    stopped = trainer.stacks();
    // A restart, in the middle of an epoch, knows who has stopped.
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("state", trainer); });
    net::Trainer again(support::world(), what, data(12), timers);
    io::open_sealed(support::world(), folder / "state.h5").object("state", again);
    for (net::Trainer* each : {&trainer, &again}) {
        advance(*each, updates);
        BOOST_TEST((each->stacks() == stopped));
    }
    what.parameters.early_stopping = 0.0;
    net::Trainer free(support::world(), what, data(12), timers);
    advance(free, updates);
    BOOST_TEST((free.stacks() != stopped));
}

BOOST_AUTO_TEST_CASE(results_are_equal_on_any_ranks_and_complete) {
    process::Timers timers;
    const mpi::Communicator self = mpi::Communicator::self();
    net::Trainer alone(self, task(), data(12), timers), together(support::world(), task(), data(12), timers);
    advance(alone, alone.steps_total());
    advance(together, together.steps_total());
    const auto expected = alone.results(), rows = together.results();
    BOOST_TEST(rows.empty() == !support::world().is_root());
    if (support::world().is_root()) BOOST_TEST((rows == expected));
    BOOST_TEST(expected.size() == 6u);
    io::check({"study", expected});
    BOOST_TEST(expected[0].quantity == "data |m| per site");
    BOOST_TEST(expected[1].quantity == "model |m| per site");
    BOOST_TEST((expected[1].kind == io::Kind::trained && expected[1].spread && *expected[1].error > 0));
    BOOST_TEST(expected[1].point == "nn = 0.4");
}

BOOST_AUTO_TEST_CASE(exchanges_of_tempered_chains_are_watched_and_told) {
    net::Task what = task("data");
    what.parameters.initial_width = 0.01; // rungs are near each other: nearly all exchanges succeed
    what.parameters.dropout = 0;
    what.parameters.learning_rate = 1e-3;
    what.parameters.epochs = 8;
    process::Timers timers;
    net::Trainer trainer(support::world(), what, data(12), timers);
    advance(trainer, trainer.steps_total());
    std::vector<std::string> names;
    for (const io::Row& row : trainer.results()) {
        const bool trips = row.quantity.starts_with("round trips per chain");
        if (!trips && !row.quantity.starts_with("acceptance of exchanges")) continue;
        names.push_back(row.quantity);
        BOOST_TEST((row.error && std::isfinite(*row.error)));
        // 4 updates in each of 8 epochs, the pairs in turn: with certain exchanges a trip over three rungs takes 6
        // updates, and three chains are on their way.
        if (trips) BOOST_TEST((row.value > 2 && row.value <= 16));
        if (!trips) BOOST_TEST((row.value > 0.9 && row.value <= 1.0));
    }
    const std::vector<std::string> expected{"acceptance of exchanges, 1 and 0.6 of 1/T, layer 1",
                                            "acceptance of exchanges, 0.6 and 0.2 of 1/T, layer 1",
                                            "round trips per chain, layer 1",
                                            "acceptance of exchanges, 1 and 0.6 of 1/T, layer 2",
                                            "acceptance of exchanges, 0.6 and 0.2 of 1/T, layer 2",
                                            "round trips per chain, layer 2"};
    if (support::world().is_root()) BOOST_TEST((names == expected));
}

BOOST_AUTO_TEST_CASE(training_lowers_the_reconstruction_error_well_below_chance) {
    net::Task what = task();
    what.parameters.layers = {12, 12};
    what.parameters.initial_width = 0.01;
    what.parameters.epochs = 60;
    process::Timers timers;
    net::Trainer trainer(support::world(), what, data(12), timers);
    advance(trainer, trainer.steps_total());
    for (const io::Row& row : trainer.results()) {
        if (row.quantity == "reconstruction error, layer 1") BOOST_TEST(row.value < 0.15); // 0.25 without weights
    }
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_from_the_machines_it_is_given) {
    process::Timers timers;
    net::Task what = task();
    net::Trainer trainer(support::world(), what, data(12), timers);
    advance(trainer, trainer.steps_total());
    what.start = {trainer.stacks().front()};
    what.start.front().pop_back(); // the layer above starts at random
    net::Trainer next(support::world(), what, data(12), timers);
    BOOST_TEST((next.stacks().front().front() == what.start.front().front()));
    BOOST_TEST(next.stacks().front().size() == 2u);
    next.step(); // with biases as they were, but for one update
    for (std::size_t i = 0; i < 12; ++i) {
        const float before = what.start[0][0].visible_bias[i], after = next.stacks()[0][0].visible_bias[i];
        BOOST_TEST(std::abs(after - before) <= 0.2F);
    }
    for (const auto& wrong : {std::vector<net::Stack>(2, what.start.front()),
                              {{net::Rbm<float>(12, 5)}},
                              {{net::Rbm<float>(12, 6), net::Rbm<float>(6, 3), net::Rbm<float>(3, 2)}}}) {
        what.start = wrong;
        BOOST_CHECK_THROW(net::Trainer(support::world(), what, data(12), timers), core::InputError);
    }
}

BOOST_AUTO_TEST_CASE(shared_weights_stay_equal_and_learn_the_same_on_any_ranks) {
    const mpi::Communicator self = mpi::Communicator::self();
    net::Task what = task();
    what.parameters.layers = {12, 6, 3};
    what.parameters.translation = {.kernel = 2, .stride = 2, .size = {12}};
    what.parameters.initial_width = 0.5;
    what.parameters.dropout = 0.2;
    process::Timers timers;
    net::Trainer alone(self, what, data(12), timers), together(support::world(), what, data(12), timers);
    advance(alone, alone.steps_total());
    advance(together, together.steps_total());
    const auto shared = what.parameters.shared_weights({});
    for (std::size_t local = 0; local < together.stacks().size(); ++local) {
        const net::Stack& stack = together.stacks()[local];
        BOOST_TEST((stack == alone.stacks()[local + static_cast<std::size_t>(together.first_training())]));
        for (std::size_t layer = 0; layer < 2; ++layer) {
            net::Rbm<float> tied = stack[layer];
            shared[layer].tie(tied);
            BOOST_TEST((tied == stack[layer]));
            BOOST_TEST(std::abs(stack[layer].weights(0, 0) - stack[layer].weights(1, 0)) > 1e-6F);
        }
    }
    what.parameters.layers = {12, 5};
    BOOST_CHECK_THROW(net::Trainer(support::world(), what, data(12), timers), core::InputError);
}

BOOST_AUTO_TEST_CASE(visible_biases_start_with_the_means_of_the_data) {
    process::Timers timers;
    net::Task what = task();
    what.parameters.learning_rate = 1e-9;
    net::Trainer trainer(support::world(), what, grey_data(12), timers);
    trainer.step();
    const auto expected = net::base_biases(grey_data(12), trainer.rows().training);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST(std::abs(trainer.stacks()[0][0].visible_bias[i] - expected[i]) < 1e-6);
        BOOST_TEST(std::abs(expected[i]) > 1e-3);
    }
}

BOOST_AUTO_TEST_CASE(data_that_do_not_fit_the_first_layer_are_refused) {
    process::Timers timers;
    BOOST_CHECK_THROW(net::Trainer(support::world(), task(), data(14), timers), core::InputError);
}

BOOST_AUTO_TEST_CASE(a_training_that_diverges_is_an_error_on_all_ranks) {
    net::Task what = task();
    what.parameters.learning_rate = 1e38;
    what.parameters.momentum = 0.9;
    process::Timers timers;
    net::Trainer trainer(support::world(), what, data(12), timers);
    BOOST_CHECK_THROW(advance(trainer, trainer.steps_total()), core::InputError);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_other_data_is_refused) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    net::Trainer trainer(support::world(), task(), data(12), timers);
    trainer.step();
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("state", trainer); });
    std::vector<std::uint8_t> fewer(2 * 100, 7);
    net::Trainer other(support::world(), task(), net::Dataset(12, fewer), timers);
    BOOST_CHECK_THROW(io::open_sealed(support::world(), folder / "state.h5").object("state", other), core::DataError);
}
