#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mapping/parameters.hpp>

#include <string>
#include <string_view>

using namespace blockspin;

namespace {

/// The complaint about a text; empty if there is none.
std::string complaint(std::string_view text) {
    try {
        io::parse<mapping::MapParameters>(text, "study.toml");
    } catch (const core::InputError& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(an_empty_section_is_the_critical_study_of_nine_spins) {
    BOOST_TEST(complaint("") == "");
    BOOST_TEST(complaint("size = [4, 4]\ncoupling = 0.44\nhidden = [16]\nmethod = [\"cd-1\"]") == "");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_at_its_place) {
    BOOST_TEST(complaint("size = [5, 5]").find("study.toml:1:") != std::string::npos);
    for (const char* text :
         {"size = [5, 5]", "size = []", "size = [4000000000000000000, 3]", "hidden = []", "hidden = [0]", "method = []",
          "method = [\"pcd\"]", "updates = 0", "momentum = 1.0", "trainings = 0"}) {
        BOOST_TEST(!complaint(text).empty(), text);
    }
}
