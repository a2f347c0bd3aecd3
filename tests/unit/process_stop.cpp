#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/process/stop.hpp>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

using namespace blockspin;
using process::Seconds;

BOOST_AUTO_TEST_CASE(times_are_read_as_slurm_writes_them) {
    BOOST_TEST(process::parse_duration("3:55:00").count() == 14100.0);
    BOOST_TEST(process::parse_duration("90:05").count() == 5405.0);
    BOOST_TEST(process::parse_duration("1-12:00:00").count() == 129600.0);
    BOOST_TEST(process::parse_duration("0").count() == 0.0);
    BOOST_TEST(process::parse_duration("2.5").count() == 2.5);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const char* text : {"", "soon", "-5", "1:2:3:4", "1:60", "1:00:61", "12:", ":30", "3:55:00x", "1-", "-1:00",
                             "nan", "1e400", "99999999999:00", "1:-5"}) {
        BOOST_TEST_CONTEXT(text) { BOOST_CHECK_THROW(process::parse_duration(text), core::InputError); }
    }
}

BOOST_AUTO_TEST_CASE(times_are_shown_for_people) {
    BOOST_TEST(process::format_duration(Seconds(12.34)) == "12.3 s");
    BOOST_TEST(process::format_duration(Seconds(3725)) == "1:02:05");
    BOOST_TEST(process::format_duration(Seconds(2 * 86400 + 61)) == "2 d 0:01:01");
}

BOOST_AUTO_TEST_CASE(the_first_signal_is_remembered_and_a_new_catcher_begins_anew) {
    {
        const process::SignalCatcher signals;
        BOOST_TEST(signals.caught() == 0);
        std::raise(SIGUSR2);
        std::raise(SIGTERM);
        BOOST_TEST(signals.caught() == SIGUSR2);
        BOOST_CHECK_THROW(process::SignalCatcher(), core::InternalError);
    }
    BOOST_TEST(process::SignalCatcher().caught() == 0);
}

BOOST_AUTO_TEST_CASE(the_nearer_of_two_limits_counts) {
    const process::SignalCatcher signals;
    const process::StopConditions none(signals, ".", {}, {});
    BOOST_TEST(!none.time_left().has_value());
    BOOST_TEST(!none.out_of_time(Seconds(1e9)));
    const process::StopConditions both(signals, ".", Seconds(1000), Seconds(500));
    BOOST_TEST(both.time_left()->count() <= 500.0);
    BOOST_TEST(both.time_left()->count() > 400.0);
    BOOST_TEST(both.out_of_time(Seconds(600)));
    BOOST_TEST(!both.out_of_time(Seconds(300)));
}

BOOST_AUTO_TEST_CASE(a_stop_file_is_seen_and_taken_away) {
    const auto folder = std::filesystem::temp_directory_path() / "blockspin-test-stop-file";
    std::filesystem::create_directories(folder);
    const process::SignalCatcher signals;
    std::ofstream(folder / "stop").put('\n');
    process::StopConditions stop(signals, folder, {}, {});
    BOOST_TEST(stop.stop_file_exists());
    stop.remove_stop_file();
    BOOST_TEST(!std::filesystem::exists(folder / "stop"));
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_slurm_allocation_is_read_from_the_environment) {
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_JOB_END_TIME");
    BOOST_TEST(!process::slurm_time_left().has_value());
    setenv("SLURM_JOB_END_TIME", std::to_string(std::time(nullptr) + 100).c_str(), 1);
    BOOST_TEST(process::slurm_time_left().value().count() > 90.0);
    BOOST_TEST(process::slurm_time_left().value().count() <= 100.0);
    unsetenv("SLURM_JOB_END_TIME");
}
