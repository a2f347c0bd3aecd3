#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/parameters.hpp>

#include <limits>

using namespace blockspin;

namespace {

struct From {
    int point = 0;
    void fields(auto& visit) { visit("point", point, {.meaning = "Which point of the scan.", .minimum = 0}); }
    bool operator==(const From&) const = default;
};

struct Sample {
    std::vector<std::string> update{"metropolis"};
    int sweeps = 1000;
    std::int64_t thermalization = 100;
    double temperature = 2.5;
    std::optional<double> field;
    std::uint64_t seed = 1975;
    bool verbose = false;
    double bound = 1.0;
    double checkpoint_every = 60;
    void fields(auto& visit) {
        visit("update", update, {.meaning = "Composes one sweep.", .choices = {"metropolis", "wolff"}});
        visit("sweeps", sweeps, {.meaning = "Number of sweeps.", .minimum = 1});
        visit("thermalization", thermalization, {.minimum = 0});
        visit("temperature", temperature, {.unit = "J", .above = 0, .source = "10.1103/PhysRev.65.117"});
        visit("field", field);
        visit("seed", seed);
        visit("verbose", verbose);
        visit("bound", bound, {.may_be_infinite = true});
        visit("checkpoint_every", checkpoint_every, {.unit = "s", .above = 0, .may_change_on_restart = true});
    }
    void check(io::Problems& problems) const {
        if (thermalization >= sweeps) problems.add("thermalization", "leaves no sweep to measure");
    }
    bool operator==(const Sample&) const = default;
};

struct Flow {
    std::string method = "kadanoff";
    int dimension = 2;
    From from;
    void fields(auto& visit) {
        visit("method", method, {.required = true});
        visit("dimension", dimension, {.minimum = 1, .maximum = 4});
        visit("from", from);
    }
    bool operator==(const Flow&) const = default;
};

struct Model {
    std::vector<int> size{16, 16};
    io::KeyedValues<double> couplings;
    void fields(auto& visit) {
        visit("size", size, {.minimum = 1});
        visit("couplings", couplings, {.maximum = 10});
    }
    bool operator==(const Model&) const = default;
};

struct Study {
    std::string name;
    Model model;
    io::KeyedValues<std::vector<double>> scan;
    std::optional<Sample> sample;
    std::vector<Flow> flow;
    void fields(auto& visit) {
        visit("name", name, {.meaning = "Name of the run folder."});
        visit("model", model);
        visit("scan", scan, {.meaning = "Several keys make a product."});
        visit("sample", sample, {.meaning = "Monte Carlo."});
        visit("flow", flow);
    }
    bool operator==(const Study&) const = default;
};

struct NotDescribed {
    int sweeps = 1;
};
static_assert(io::ParameterSet<Study> && io::ParameterSet<Flow>);
static_assert(!io::ParameterSet<NotDescribed> && !io::ParameterSet<int>);

std::string errors_of(std::string_view text, const std::vector<io::Override>& overrides = {}) {
    try {
        io::parse<Study>(text, "study.toml", overrides);
    } catch (const core::InputError& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_study_is_read_and_the_rest_keeps_its_defaults) {
    const auto study = io::parse<Study>(R"(
name = "test"
[model]
size = [64, 32]
couplings.nn = 1
couplings."n.n" = 0.25
couplings.a.b = -0.5
[scan]
z.nn = [0.1, 1]
a = []
[sample]
sweeps = 200
field = 3
[[flow]]
method = "cumulant"
from.point = 3
[[flow]]
method = "decimation"
)",
                                        "study.toml");
    BOOST_TEST(study.name == "test");
    BOOST_TEST((study.model.size == std::vector<int>{64, 32}));
    const io::KeyedValues<double> couplings{{"nn", 1.0}, {"\"n.n\"", 0.25}, {"a.b", -0.5}};
    BOOST_TEST((study.model.couplings == couplings));
    BOOST_TEST(study.scan.begin()->first == "z.nn"); // the order of the file
    BOOST_TEST((*study.scan.find("z.nn") == std::vector<double>{0.1, 1.0}));
    BOOST_TEST(study.sample->sweeps == 200);
    BOOST_TEST(study.sample->field.value() == 3.0);
    BOOST_TEST(study.sample->temperature == 2.5);
    BOOST_TEST(study.flow.size() == 2U);
    BOOST_TEST(study.flow[0].from.point == 3);
    BOOST_TEST(study.flow[1].method == "decimation");
    BOOST_TEST(!io::parse<Study>("", "study.toml").sample.has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_answered_with_a_suggestion) {
    BOOST_TEST(errors_of("[sample]\n  swepes = 1") ==
               "study.toml:2:3: unknown key 'swepes' in [sample]; did you mean 'sweeps'?");
    BOOST_TEST(errors_of("[sample]\nmethod = 1") ==
               "study.toml:2:1: unknown key 'method' in [sample]; it belongs in [[flow]]");
    BOOST_TEST(errors_of("[sample]\nmetod = 1") ==
               "study.toml:2:1: unknown key 'metod' in [sample]; did you mean 'method' in [[flow]]?");
    BOOST_TEST(errors_of("[sampel]\nsweeps = 1") == "study.toml:1:2: unknown section [sampel]; did you mean [sample]?");
    BOOST_TEST(errors_of("sweeps = 1") ==
               "study.toml:1:1: unknown key 'sweeps' at the top level; it belongs in [sample]");
    BOOST_TEST(errors_of("[[flow]]\nmethod = 'x'\nfrom.pint = 1") ==
               "study.toml:3:6: unknown key 'pint' in [flow.from]; did you mean 'point'?");
    BOOST_TEST(errors_of("xyzzyx = 1") == "study.toml:1:1: unknown key 'xyzzyx' at the top level");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_line_and_column) {
    BOOST_TEST(errors_of("[sample]\nsweeps = \"many\"") == "study.toml:2:10: expected integer, got string");
    BOOST_TEST(errors_of("[sample]\nsweeps = 1.0") == "study.toml:2:10: expected integer, got float");
    BOOST_TEST(errors_of("[sample]\nverbose = 1") == "study.toml:2:11: expected boolean, got integer");
    BOOST_TEST(errors_of("[sample]\ntemperature = true") == "study.toml:2:15: expected float, got boolean");
    BOOST_TEST(errors_of("[sample]\nupdate = \"wolff\"") == "study.toml:2:10: expected list of strings, got string");
    BOOST_TEST(errors_of("[model]\nsize = [1,\n 'x']") == "study.toml:3:2: expected integer, got string");
    BOOST_TEST(errors_of("[model]\ncouplings = 3") == "study.toml:2:13: expected table of floats, got integer");
    BOOST_TEST(errors_of("name = 1979-05-27") == "study.toml:1:8: expected string, got date or time");
    BOOST_TEST(errors_of("sample = 3") == "study.toml:1:10: expected [sample], got integer");
    BOOST_TEST(errors_of("[[sample]]") == "study.toml:1:1: expected [sample], got [[sample]]");
    BOOST_TEST(errors_of("[flow]\nmethod = 'x'") == "study.toml:1:1: expected [[flow]], got [flow]");
}

BOOST_AUTO_TEST_CASE(a_value_out_of_range_is_named_with_range_and_unit) {
    BOOST_TEST(errors_of("[sample]\nsweeps = 0\nthermalization = 0") ==
               "study.toml:2:10: 'sweeps' must be >= 1, got 0");
    BOOST_TEST(errors_of("[sample]\ntemperature = 0") == "study.toml:2:15: 'temperature' must be > 0 (J), got 0.0");
    BOOST_TEST(errors_of("[sample]\ntemperature = nan") ==
               "study.toml:2:15: 'temperature' must be finite (J), got nan");
    BOOST_TEST(errors_of("[sample]\ntemperature = inf") ==
               "study.toml:2:15: 'temperature' must be finite (J), got inf");
    BOOST_TEST(errors_of("[sample]\nbound = inf") == "no error");
    BOOST_TEST(errors_of("[sample]\nsweeps = 3000000000") ==
               "study.toml:2:10: 'sweeps' must be a number of 32 bits, got 3000000000");
    BOOST_TEST(errors_of("[sample]\nseed = -1") == "study.toml:2:8: 'seed' must be >= 0, got -1");
    BOOST_TEST(errors_of("[model]\nsize = [8, -8]") == "study.toml:2:12: 'size' must be >= 1, got -8");
    BOOST_TEST(errors_of("[model]\ncouplings.nn = 11") == "study.toml:2:16: 'couplings' must be <= 10, got 11.0");
    BOOST_TEST(errors_of("[[flow]]\nmethod='x'\ndimension = 5") ==
               "study.toml:3:13: 'dimension' must be in [1, 4], got 5");
    BOOST_TEST(errors_of("[sample]\nupdate = ['wolf']") ==
               "study.toml:2:11: 'update' must be one of 'metropolis', 'wolff', got \"wolf\"; did you mean 'wolff'?");
}

BOOST_AUTO_TEST_CASE(syntax_errors_and_duplicates_have_a_place) {
    BOOST_TEST(errors_of("name = \n").starts_with("study.toml:1:8: "));
    BOOST_TEST(errors_of("name = 'a'\n[sample\n").starts_with("study.toml:2:8: "));
    BOOST_TEST(errors_of("[sample]\nsweeps = 1\nsweeps = 2").starts_with("study.toml:3:"));
    BOOST_TEST(errors_of("[sample]\nsweeps = 1\nsweeps = 2").find("sweeps") != std::string::npos);
    BOOST_TEST(errors_of("[model]\n[model]").starts_with("study.toml:2:"));
}

BOOST_AUTO_TEST_CASE(missing_keys_and_rules_between_keys_have_a_place) {
    BOOST_TEST(errors_of("\n[[flow]]\ndimension = 2") == "study.toml:2:1: key 'method' is missing in [[flow]]");
    BOOST_TEST(errors_of("[[flow]]\nmethod = 3") == "study.toml:2:10: expected string, got integer");
    BOOST_TEST(errors_of("[sample]\nsweeps = 10\nthermalization = 10") ==
               "study.toml:3:18: leaves no sweep to measure");
    BOOST_TEST(errors_of("[sample]\nsweeps = 10") == "study.toml:1:1: leaves no sweep to measure");
}

BOOST_AUTO_TEST_CASE(all_errors_are_reported_at_once_in_the_order_of_the_file) {
    const std::string errors = errors_of("nmae = 1\n[sample]\nsweeps = 0\nseed = 'x'\n[[flow]]\n[model]\nsize = 3",
                                         {{"sample.update", "[\"x\"]"}});
    BOOST_TEST(errors == "study.toml:1:1: unknown key 'nmae' at the top level; did you mean 'name'?\n"
                         "study.toml:3:10: 'sweeps' must be >= 1, got 0\n"
                         "study.toml:4:8: expected integer, got string\n"
                         "study.toml:5:1: key 'method' is missing in [[flow]]\n"
                         "study.toml:7:8: expected list of integers, got integer\n"
                         "--set sample.update: 'update' must be one of 'metropolis', 'wolff', got \"x\"");
}

BOOST_AUTO_TEST_CASE(overrides_replace_and_add_and_are_checked_alike) {
    const auto study = io::parse<Study>("[[flow]]\nmethod = 'x'\n[scan]\nb = [1]", "study.toml",
                                        {{"name", "word"},
                                         {"sample.sweeps", "300"},
                                         {"flow.0.dimension", "3"},
                                         {"scan.a.c", "[0.5, 1]"},
                                         {"scan.b", "[2]"},
                                         {"sample.sweeps", "400"}});
    BOOST_TEST(study.name == "word");
    BOOST_TEST(study.sample->sweeps == 400);
    BOOST_TEST(study.flow[0].dimension == 3);
    BOOST_TEST((*study.scan.find("a.c") == std::vector<double>{0.5, 1}));
    BOOST_TEST((*study.scan.find("b") == std::vector<double>{2}));
    BOOST_TEST(errors_of("", {{"sample.swepes", "3"}}) ==
               "--set sample.swepes: unknown key 'swepes' in [sample]; did you mean 'sweeps'?");
    BOOST_TEST(errors_of("", {{"sample.sweeps", "x"}}) == "--set sample.sweeps: expected integer, got string");
    BOOST_TEST(errors_of("", {{"sample.sweeps", "[1"}}) == "--set sample.sweeps: '[1' is not a TOML value");
    BOOST_TEST(errors_of("", {{"sample..sweeps", "1"}}) == "--set sample..sweeps: is not a path such as sample.sweeps");
    BOOST_TEST(errors_of("[[flow]]\nmethod='x'", {{"flow.1.dimension", "1"}}) ==
               "--set flow.1.dimension: there is no element '1', only 0 to 0");
    BOOST_TEST(errors_of("name='x'", {{"name.x", "1"}}) == "--set name.x: there is no section that could hold 'x'");
    BOOST_CHECK_THROW(io::parse_override("sample.sweeps"), core::InputError);
    BOOST_TEST(io::parse_override("a.b=c=d").value == "c=d");
}

BOOST_AUTO_TEST_CASE(the_effective_input_reads_back_to_the_same_values) {
    Study study;
    study.name = "quote \" backslash \\ newline \n umlaut \xC3\xA4 bell \x07";
    study.model.couplings = {{"nn", 0.1 + 0.2}, {"a.b", std::numeric_limits<double>::denorm_min()}, {"\"x.y\"", -1e22}};
    study.scan = {{"z", {0.44068679350977147, 1, -0.0}}, {"a", {}}};
    study.sample.emplace();
    study.sample->field = 1e-300;
    study.sample->bound = std::numeric_limits<double>::infinity();
    study.sample->seed = std::numeric_limits<std::int64_t>::max();
    study.flow.resize(2);
    study.flow[1].from.point = 7;
    const std::string text = io::to_toml(study);
    BOOST_TEST((io::parse<Study>(text, "effective.toml") == study), text);
    BOOST_TEST(io::to_toml(io::parse<Study>(text, "effective.toml")) == text);
    BOOST_TEST((io::parse<Study>(io::to_toml(Study{}), "effective.toml") == Study{}));
}

BOOST_AUTO_TEST_CASE(the_identity_leaves_out_what_may_change_on_a_restart) {
    Study study;
    study.sample.emplace();
    const std::string before = io::to_identity(study);
    study.sample->checkpoint_every = 5;
    BOOST_TEST(io::to_identity(study) == before);
    BOOST_TEST(io::to_toml(study).find("checkpoint_every = 5.0") != std::string::npos);
    study.sample->sweeps = 5;
    BOOST_TEST(io::to_identity(study) != before);
}

BOOST_AUTO_TEST_CASE(the_schema_shows_every_key_with_all_that_is_known) {
    const std::string text = io::schema<Study>();
    for (const char* part : {"[sample]  (optional)\n  Monte Carlo.", "[[flow]]  (may be repeated)", "[flow.from]",
                             "  temperature: float, default 2.5, > 0, in J\n      Source: 10.1103/PhysRev.65.117",
                             "  update: list of strings, default [\"metropolis\"], one of 'metropolis', 'wolff'",
                             "  method: string, required", "  scan.*: table of lists of floats",
                             "  checkpoint_every: float, default 60.0, > 0, in s, may change on a restart"})
        BOOST_TEST(text.find(part) != std::string::npos, part << " is missing in\n" << text);
    const std::string json = io::json_schema<Study>();
    for (const char* part :
         {"\"$schema\"", "\"additionalProperties\": false", "\"exclusiveMinimum\": 0.0", "\"default\": 1000",
          "\"required\": [", "\"enum\": [", "\"x-unit\": \"J\"", "\"x-may-change-on-restart\": true"})
        BOOST_TEST(json.find(part) != std::string::npos, part << " is missing in\n" << json);
}
