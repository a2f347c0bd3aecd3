#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/net/parameters.hpp>
#include <blockspin/net/schedule.hpp>
#include <blockspin/net/trainer.hpp>
#include <blockspin/process/run.hpp>

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
    BOOST_TEST(read.learning_rule().l1 == 2e-4);
    BOOST_TEST(read.fantasy.start == "data");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_at_its_place) {
    BOOST_TEST(complaint("layers = [9, 4]") == "");
    BOOST_TEST(complaint("epochs = 3").find("layers") != std::string::npos);
    BOOST_TEST(complaint("layers = [9]").find("study.toml:1:") != std::string::npos);
    for (const char* line :
         {"gibbs_steps = 0", "momentum = 1.0", "held_out = 1.0", "learning_rate = 0.0", "trainings = 0",
          "method = \"pcd\"", "layers = [9, 0]", "weight_decay.l2 = 200.0", "fantasy.sweeps = 0"}) {
        const std::string text =
            std::string(line).starts_with("layers") ? line : std::string("layers = [9, 4]\n") + line;
        BOOST_TEST(!complaint(text).empty(), line);
    }
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
