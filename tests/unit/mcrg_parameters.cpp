#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/process/run.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace blockspin;

static_assert(io::ParameterSet<mcrg::BlockParameters>);
static_assert(process::Process<mcrg::BlockFlow> && io::Checkpointable<mcrg::BlockFlow>);
static_assert(!process::Process<mcrg::BlockLevels> && !io::Checkpointable<mcrg::Task>);

namespace {

/// The complaint about a text; empty if there is none.
std::string complaint(std::string_view text) {
    try {
        io::parse<mcrg::BlockParameters>(text, "study.toml");
    } catch (const core::InputError& error) {
        return error.what();
    }
    return {};
}

/// The complaint about lists of operators on the square lattice.
std::string complaint(const std::vector<std::string>& even, const std::vector<std::string>& odd) {
    try {
        mcrg::operators({.even = even, .odd = odd}, lattice::Lattice::square);
    } catch (const core::InputError& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(an_empty_section_has_the_usual_choices) {
    const auto read = io::parse<mcrg::BlockParameters>("", "study.toml");
    BOOST_TEST(!read.from.point.has_value());
    BOOST_TEST((read.rule == "majority" && read.ties == "random" && read.factor == 2 && read.steps == 2));
    const auto operators = mcrg::operators(read, lattice::Lattice::square);
    BOOST_TEST(operators.even == 3u);
    const std::vector<std::string> names{"nn", "nnn", "plaquette", "h", operators.all.back().name()};
    BOOST_TEST(operators.names() == names, boost::test_tools::per_element());
    BOOST_TEST(operators.all.back().spins() == 3);
}

BOOST_AUTO_TEST_CASE(a_section_is_read_in_full) {
    const auto read = io::parse<mcrg::BlockParameters>("from.point = 2\n"
                                                       "rule = \"kadanoff\"\n"
                                                       "p = [0.43, 0.55]\n"
                                                       "factor = 3\n"
                                                       "steps = 4\n"
                                                       "even = [\"nnn\", \"nn\"]\n"
                                                       "odd = []\n",
                                                       "study.toml");
    BOOST_TEST((read.from.point == 2 && read.p.size() == 2 && read.factor == 3 && read.steps == 4));
    const std::vector<std::string> in_the_order_of_the_study{"nnn", "nn"};
    BOOST_TEST(mcrg::operators(read, lattice::Lattice::cubic).names() == in_the_order_of_the_study,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_at_its_place) {
    BOOST_TEST(complaint("steps = 3") == "");
    for (const char* line : {"rule = \"average\"", "rule = \"kadanoff\"", "p = [0.5]", "rule = \"kadanoff\"\np = [0.0]",
                             "rule = \"kadanoff\"\np = [inf]", "rule = \"kadanoff\"\np = []", "generate.spins = 0",
                             "ties = \"up\"", "factor = 1", "factor = 4", "steps = 0", "steps = 31",
                             "even = []\nodd = []", "from.point = -1", "levels = 2"}) {
        BOOST_TEST(complaint(line).find("study.toml:") != std::string::npos, line);
    }
}

BOOST_AUTO_TEST_CASE(operators_that_are_unknown_doubled_or_of_the_wrong_parity_are_refused) {
    BOOST_TEST(complaint({"nn"}, {"h"}) == "");
    BOOST_TEST(complaint({"nm"}, {}).find("[block] even: 'nm'") != std::string::npos);
    BOOST_TEST(complaint({"nn"}, {"(0,0)(0,0,1)"}).find("[block] odd:") != std::string::npos);
    BOOST_TEST(complaint({"nn", "(0,0)(0,1)"}, {}).find("twice") != std::string::npos);
    BOOST_TEST(complaint({"nn"}, {"h", "field"}).find("twice") != std::string::npos);
    BOOST_TEST(complaint({"nn", "field"}, {}).find("product of 1 spin") != std::string::npos);
    BOOST_TEST(complaint({}, {"nn"}).find("product of 2 spins") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_usual_operators_of_every_lattice_are_distinct) {
    for (const auto lattice : {lattice::Lattice::chain, lattice::Lattice::square, lattice::Lattice::triangular,
                               lattice::Lattice::cubic, lattice::Lattice::hypercubic}) {
        const auto operators = mcrg::operators({}, lattice);
        BOOST_TEST(operators.even >= 2u);
        BOOST_TEST(operators.all.size() >= operators.even + 2);
    }
    // In the order of Baillie, Gupta, Hawick and Pawley 1992.
    const std::vector<std::string> cubic{"nn",   "nnn",     "3nn", "plaquette", "tetrahedron", "rectangle",
                                         "star", "twisted", "4nn", "5nn",       "6nn",         "diamond",
                                         "7nn",  "T",       "h",   "corner"};
    const auto names = mcrg::operators({}, lattice::Lattice::cubic).names();
    BOOST_TEST(std::vector(names.begin(), names.begin() + 16) == cubic, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(generated_operators_follow_those_that_are_named) {
    const mcrg::BlockParameters parameters{
        .even = {{"plaquette"}}, .odd = {{}}, .generate = {{.spins = 4, .squared_range = 3}}};
    const auto operators = mcrg::operators(parameters, lattice::Lattice::cubic);
    BOOST_TEST(operators.names().front() == "plaquette");
    // Subsets of a unit cube, and sites in a line of two: 3 pairs, 6 sets of four, 1 site, 3 sets of three.
    BOOST_TEST(operators.even == 9u);
    BOOST_TEST(operators.all.size() == 13u);
    for (std::size_t a = 0; a < operators.all.size(); ++a) {
        BOOST_TEST(operators.all[a].is_even() == (a < operators.even));
        BOOST_TEST(operators.all[a].squared_range() <= 3);
    }
    const auto many = mcrg::operators({.generate = {{.spins = 4, .squared_range = 5}}}, lattice::Lattice::cubic);
    BOOST_TEST(many.even >= 20u);
    BOOST_TEST(many.all.size() - many.even >= 10u);
}
