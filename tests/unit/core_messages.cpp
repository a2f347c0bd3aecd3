#include <boost/test/unit_test.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/core/log.hpp>
#include <blockspin/core/version.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(every_error_has_its_exit_code) {
    BOOST_TEST((core::InputError("").code() == core::ExitCode::bad_input));
    BOOST_TEST((core::DataError("").code() == core::ExitCode::bad_data));
    BOOST_TEST((core::IoError("").code() == core::ExitCode::io_failed));
    BOOST_TEST((core::InternalError("").code() == core::ExitCode::internal_error));
    BOOST_CHECK_THROW(core::throw_error(core::ExitCode::bad_data, "", core::Scope::all_ranks), core::DataError);
    BOOST_CHECK_THROW(core::throw_error(core::ExitCode::done, "", core::Scope::all_ranks), core::InternalError);
}

BOOST_AUTO_TEST_CASE(a_broken_invariant_says_where) {
    core::ensure(true, "never seen");
    BOOST_CHECK_EXCEPTION(core::ensure(false, "two is three"), core::InternalError, [](const core::Error& error) {
        const std::string text = error.what();
        return text.find("core_messages.cpp") != text.npos && text.find("two is three") != text.npos;
    });
}

BOOST_AUTO_TEST_CASE(the_log_goes_to_its_file_and_silent_ones_say_nothing) {
    const auto file = std::filesystem::temp_directory_path() / "blockspin-test-log.txt";
    std::filesystem::remove(file);
    core::Log loud(true), silent(false);
    silent.append_to(file);
    BOOST_TEST(!std::filesystem::exists(file));
    loud.append_to(file);
    loud.info("{} sweeps", 12);
    loud.warn("only {}", 3);
    silent.info("unheard");
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    BOOST_TEST((text.find(" 12 sweeps\n") != text.npos));
    BOOST_TEST((text.find(" warning: only 3\n") != text.npos));
    BOOST_TEST((text.find("unheard") == text.npos));
    BOOST_CHECK_THROW(loud.append_to(file / "below"), core::IoError);
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(the_binary_knows_what_it_was_built_from) {
    BOOST_TEST(!core::version().number.empty());
    BOOST_TEST(!core::version().revision.empty());
    BOOST_TEST(!core::version().compiler.empty());
}
