#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/results.hpp>

#include <limits>

using namespace blockspin;

namespace {

io::Results example() {
    return {.study = "quickstart",
            .rows = {{.section = "model",
                      .quantity = "free energy per site",
                      .kind = io::Kind::exact,
                      .value = 0.1 + 0.2,
                      .note = "Onsager 1944"},
                     {.section = "sample",
                      .point = "K=0.44",
                      .quantity = "|m|",
                      .kind = io::Kind::sampled,
                      .value = 0.70712,
                      .error = 0.0012,
                      .tau_int = 12.5,
                      .n_eff = 1600},
                     {.section = "network",
                      .point = "K=0.44",
                      .quantity = "D(p||q) \xC2\xB5",
                      .kind = io::Kind::trained,
                      .unit = "nat",
                      .value = 1.5,
                      .error = 0.25,
                      .spread = 0.125}}};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_value_shows_its_error_in_its_last_two_digits) {
    BOOST_TEST(io::with_error(0.70712, 0.0012) == "0.7071(12)");
    BOOST_TEST(io::with_error(-1.41421356, 0.000034) == "-1.414214(34)");
    BOOST_TEST(io::with_error(2.0, 0.0996) == "2.00(10)");
    BOOST_TEST(io::with_error(2.0, 0.0994) == "2.000(99)");
    BOOST_TEST(io::with_error(12.3, 4.56) == "12.3(4.6)");
    BOOST_TEST(io::with_error(1234.2, 67.0) == "1234(67)");
    BOOST_TEST(io::with_error(123456, 7800) == "123500(7800)");
    BOOST_TEST(io::with_error(0.0, 0.0012) == "0.0000(12)");
    BOOST_TEST(io::with_error(1.234e-7, 1.2e-9) == "1.234(12)e-07");
    BOOST_TEST(io::with_error(1.234e9, 1.2e7) == "1.234(12)e+09");
    BOOST_TEST(io::with_error(0.25, 0.0) == "0.25");
}

BOOST_AUTO_TEST_CASE(json_reads_back_to_the_same_bits) {
    const io::Results results = example();
    BOOST_TEST((io::results_from_json(io::to_json(results), "results.json") == results));
}

BOOST_AUTO_TEST_CASE(damaged_json_is_a_data_error_that_names_the_file) {
    const std::string json = io::to_json(example());
    const auto names_the_file = [](const core::DataError& error) {
        return std::string(error.what()).starts_with("results.json: ");
    };
    BOOST_CHECK_EXCEPTION(io::results_from_json(json.substr(0, json.size() / 2), "results.json"), core::DataError,
                          names_the_file);
    BOOST_CHECK_EXCEPTION(io::results_from_json("{}", "results.json"), core::DataError, names_the_file);
    BOOST_CHECK_EXCEPTION(io::results_from_json("[1]", "results.json"), core::DataError, names_the_file);
    std::string other = json;
    other.replace(other.find("sampled"), 7, "guessed");
    BOOST_CHECK_EXCEPTION(io::results_from_json(other, "results.json"), core::DataError, names_the_file);
}

BOOST_AUTO_TEST_CASE(the_table_is_aligned_and_shows_only_columns_that_are_used) {
    BOOST_TEST(
        io::to_table(example()) ==
        "section  point   quantity              kind          value  unit  spread  tau_int  n_eff\n"
        "model            free energy per site  exact           0.3                                Onsager 1944\n"
        "sample   K=0.44  |m|                   sampled  0.7071(12)                   12.5   1600\n"
        "network  K=0.44  D(p||q) \xC2\xB5             trained    1.50(25)  nat    0.125\n");
}

BOOST_AUTO_TEST_CASE(a_sampled_number_without_a_finite_error_is_a_bug) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    io::Results results = example();
    results.rows[1].error.reset();
    BOOST_CHECK_THROW(io::to_table(results), core::InternalError);
    results.rows[1].error = nan;
    BOOST_CHECK_THROW(io::to_json(results), core::InternalError);
    results.rows[1].error = -1;
    BOOST_CHECK_THROW(io::to_json(results), core::InternalError);
    results = example();
    results.rows[0].value = nan;
    BOOST_CHECK_THROW(io::to_json(results), core::InternalError);
    BOOST_CHECK_THROW(io::to_table(results), core::InternalError);
    results = example();
    results.rows[1].tau_int = nan;
    BOOST_CHECK_THROW(io::to_table(results), core::InternalError);
}
