#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/net/parameters.hpp>
#include <blockspin/net/schedule.hpp>
#include <blockspin/net/trainer.hpp>
#include <blockspin/process/run.hpp>

#include <cmath>
#include <string>
#include <string_view>

using namespace blockspin;

static_assert(io::ParameterSet<net::NetworkParameters>);
static_assert(process::Process<net::Trainer> && io::Checkpointable<net::Trainer>);
static_assert(!process::Process<net::Dataset> && !io::Checkpointable<net::Rbm<float>>);

namespace {

/// The complaint about a text; empty if there is none.
std::string complaint(std::string_view text) {
    try {
        io::parse<net::NetworkParameters>(text, "study.toml");
    } catch (const core::InputError& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_section_with_all_its_tables_is_read) {
    const auto read = io::parse<net::NetworkParameters>("from.point = 1\n"
                                                        "layers = [4096, 256, 64]\n"
                                                        "weight_decay.l1 = 2e-4\n"
                                                        "fantasy.start = \"data\"\n",
                                                        "study.toml");
    BOOST_TEST(read.from.point.value() == 1);
    BOOST_TEST(read.layers.size() == 3u);
    BOOST_TEST(read.learning_rule(0, 1).l1 == 2e-4);
    BOOST_TEST(read.fantasy.start == "data");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_at_its_place) {
    BOOST_TEST(complaint("layers = [9, 4]") == "");
    BOOST_TEST(complaint("epochs = 3").find("layers") != std::string::npos);
    BOOST_TEST(complaint("layers = [9]").find("study.toml:1:") != std::string::npos);
    for (const char* line : {"gibbs_steps = 0",
                             "tempering.rungs = 4",
                             "method = \"pcd\"\ntempering.lowest = 1.0",
                             "momentum = 1.0",
                             "held_out = 1.0",
                             "learning_rate = 0.0",
                             "trainings = 0",
                             "method = \"sml\"",
                             "early_stopping = 1.0\nheld_out = 0.0",
                             "layers = [9, 0]",
                             "dropout = 1.0",
                             "sparsity.target = 0.0",
                             "average_decay = 1.0",
                             "units = \"0/1\"\ncentred = true",
                             "translation.stride = 0",
                             "hidden_units = \"rectified\"\nmethod = \"pcd\"\ntempering.rungs = 3",
                             "hidden_units = \"rectified\"\nwatch.likelihood_every = 1",
                             "hidden_units = \"rectified\"\nsparsity.cost = 1.0",
                             "weight_decay.l2 = 200.0",
                             "fantasy.sweeps = 0",
                             "schedule.final_learning_rate = 0.0",
                             "schedule = { learning_rate = \"constant\", final_learning_rate = 0.001 }"}) {
        const std::string text =
            std::string(line).starts_with("layers") ? line : std::string("layers = [9, 4]\n") + line;
        BOOST_TEST(!complaint(text).empty(), line);
    }
}

BOOST_AUTO_TEST_CASE(a_key_without_what_it_belongs_to_is_refused_and_with_it_taken) {
    using Text = std::string_view;
    for (const auto& [key, owner] : std::initializer_list<std::pair<Text, Text>>{
             {"tempering.lowest = 0.3", "method = \"pcd\"\ntempering.rungs = 2"},
             {"average_decay = 0.9", "centred = true"},
             {"average_decay = 0.9", "sparsity.cost = 0.1"},
             {"sparsity.target = 0.2", "sparsity.cost = 0.1"},
             {"momentum = 0.6", "schedule.momentum = \"step\""},
             {"schedule.final_momentum = 0.8", "schedule.momentum = \"sutskever\""},
             {"schedule.momentum_epochs = 3", "schedule.momentum = \"step\""},
             {"translation.stride = 3", "translation.kernel = 3"},
             {"translation.maps = 2", "translation.kernel = 3"},
             {"translation.size = [3, 3]", "translation.kernel = 3"},
             {"watch.chains = 8", "watch.likelihood_every = 1"},
             {"watch.temperatures = 8", "watch.likelihood_every = 1"}}) {
        const std::string alone = "layers = [9, 4]\n" + std::string(key) + "\n";
        BOOST_TEST(complaint(alone + std::string(owner)) == "", key);
        const bool is_momentum = key.starts_with("momentum");
        const std::string idle = complaint(alone + (is_momentum ? "schedule.momentum = \"sutskever\"" : ""));
        BOOST_TEST(idle.find("has no effect without") != std::string::npos, key);
        BOOST_TEST(idle.find("study.toml:2:") != std::string::npos, idle);
    }
    BOOST_TEST(complaint("layers = [9, 4]\nnesterov = true") == "");
    BOOST_TEST(complaint("layers = [9, 4]\nnesterov = true\nmomentum = 0.0").find("momentum") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(weights_are_shared_layer_by_layer_where_that_fits) {
    net::NetworkParameters p{.layers = {36, 9, 1}};
    BOOST_TEST(p.shared_weights({6, 6}).empty());
    p.translation = {.kernel = 2, .stride = 2};
    BOOST_CHECK_THROW(p.shared_weights({6, 6}), core::InputError); // 2 does not divide 3
    p.layers = {36, 9};
    BOOST_TEST(p.shared_weights({6, 6}).size() == 1u);
    BOOST_CHECK_THROW(p.shared_weights({9, 4}), core::InputError);
    BOOST_CHECK_THROW(p.shared_weights({}), core::InputError);
    p.layers = {64, 16, 4};
    const auto shared = p.shared_weights({8, 8});
    BOOST_TEST((shared.size() == 2u && shared[1].visible() == 16 && shared[1].hidden() == 4));
    p.translation.maps = 2;
    BOOST_CHECK_THROW(p.shared_weights({8, 8}), core::InputError);
    p.layers = {64, 32};
    BOOST_TEST(p.shared_weights({8, 8}).front().maps() == 2);
}

BOOST_AUTO_TEST_CASE(a_schedule_counts_updates_epochs_and_sweeps) {
    const net::Schedule schedule{.layers = 2, .epochs = 3, .batches = 4, .burn_in = 5, .sweeps = 6};
    BOOST_TEST(schedule.steps() == 2 * 3 * 4 + 5 + 6);
    BOOST_TEST((schedule.layer(11) == 0 && schedule.layer(12) == 1));
    BOOST_TEST((schedule.epoch(12) == 3 && schedule.batch(13) == 1));
    BOOST_TEST((!schedule.is_within_layer(0) && schedule.is_within_layer(1) && !schedule.is_within_layer(12) &&
                !schedule.is_within_layer(24) && !schedule.is_within_layer(25)));
    BOOST_TEST((schedule.epochs_done(13) == 3 && schedule.epochs_done(30) == 6));
    BOOST_TEST((schedule.sweeps_done(29) == 0 && schedule.sweeps_done(30) == 1 && schedule.sweeps_done(35) == 6));
}

BOOST_AUTO_TEST_CASE(learning_rates_and_momenta_follow_their_schedules) {
    net::NetworkParameters p{.epochs = 10, .learning_rate = 0.1, .momentum = 0.5, .nesterov = true, .max_norm = 3.0};
    p.schedule.final_learning_rate = 0.001;
    const auto rate = [&](const char* shape, std::int64_t update) {
        p.schedule.learning_rate = shape;
        return p.learning_rule(update, 101).rate; // 1010 updates: 0 … 1009
    };
    for (const char* shape : {"linear", "exponential", "cosine"}) {
        BOOST_TEST(std::abs(rate(shape, 0) - 0.1) < 1e-15);
        BOOST_TEST(std::abs(rate(shape, 1009) - 0.001) < 1e-15);
    }
    BOOST_TEST(std::abs(rate("linear", 504) - (0.1 - 0.099 * 504 / 1009)) < 1e-15);
    BOOST_TEST(std::abs(rate("exponential", 504) - 0.1 * std::pow(0.01, 504.0 / 1009)) < 1e-15);
    BOOST_TEST(std::abs(rate("cosine", 504) - (0.0505 + 0.0495 * std::cos(std::acos(-1.0) * 504 / 1009))) < 1e-15);
    BOOST_TEST(rate("constant", 504) == 0.1);
    p.schedule = {};
    BOOST_TEST((p.learning_rule(0, 101).rate == 0.1 && std::abs(p.learning_rule(1009, 101).rate - 0.001) < 1e-15));

    const auto momentum = [&](const char* shape, std::int64_t update) {
        p.schedule.momentum = shape;
        return p.learning_rule(update, 100).momentum;
    };
    BOOST_TEST((momentum("constant", 999) == 0.5 && momentum("step", 499) == 0.5 && momentum("step", 500) == 0.9));
    // 1 − 2^(−1 − log2(⌊t/250⌋ + 1)): 1/2, 3/4, 5/6, … until the largest.
    BOOST_TEST((momentum("sutskever", 249) == 0.5 && momentum("sutskever", 250) == 0.75));
    BOOST_TEST(std::abs(momentum("sutskever", 500) - 5.0 / 6) < 1e-15);
    BOOST_TEST(momentum("sutskever", 2000) == 0.9);
    BOOST_TEST((p.learning_rule(0, 100).nesterov && p.learning_rule(0, 100).max_norm == 3.0));
}
