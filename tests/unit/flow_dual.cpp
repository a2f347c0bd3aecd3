#include <boost/test/unit_test.hpp>

#include <blockspin/flow/bond.hpp>
#include <blockspin/flow/dual.hpp>

using namespace blockspin;
using boost::test_tools::tolerance;
using flow::Dual;

namespace {

/// Uses every operation once.
template <class T> T function(const T& x, const T& y) {
    using flow::log_add_exp;
    return log_add_exp(2.0 * x - y, -x + y) + 0.5 * log_add_exp(x + x, y + 1.5);
}

} // namespace

BOOST_AUTO_TEST_CASE(slopes_agree_with_central_differences_to_1e_9) {
    const double x = 0.3, y = -1.2, h = 1e-5;
    const auto [dx, dy] = flow::variables<2>(std::array{x, y});
    const Dual<2> result = function(dx, dy);
    BOOST_TEST(result.value == function(x, y));
    BOOST_TEST(std::abs(result.slope[0] - (function(x + h, y) - function(x - h, y)) / (2 * h)) < 1e-9);
    BOOST_TEST(std::abs(result.slope[1] - (function(x, y + h) - function(x, y - h)) / (2 * h)) < 1e-9);
}

BOOST_AUTO_TEST_CASE(log_add_exp_neither_overflows_nor_loses_the_smaller_slope) {
    BOOST_TEST(flow::log_add_exp(800.0, 800.0) == 800.0 + std::log(2.0));
    BOOST_TEST(flow::log_add_exp(1e6, -1e6) == 1e6);
    const Dual<2> sum = flow::log_add_exp(Dual<2>::variable(-40.0, 0), Dual<2>::variable(0.0, 1));
    BOOST_TEST(sum.slope[0] == std::exp(-40.0), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_bond_is_taken_apart_and_put_together) {
    const auto bond = flow::IsingSpins::bond<double>({0.7, -0.2});
    BOOST_TEST(bond.both_up == 0.3, tolerance(1e-15));
    BOOST_TEST(bond.mixed == -0.7, tolerance(1e-15));
    BOOST_TEST(bond.both_down == 1.1, tolerance(1e-15));
    const auto [couplings, constant] = flow::IsingSpins::split(bond);
    BOOST_TEST(couplings[0] == 0.7, tolerance(1e-15));
    BOOST_TEST(couplings[1] == -0.2, tolerance(1e-15));
    BOOST_TEST(std::abs(constant) < 1e-15);
}

BOOST_AUTO_TEST_CASE(bonds_in_series_have_the_product_of_their_tanh) {
    const double K = 0.9;
    for (const int b : {1, 2, 3, 7}) {
        const auto chain = flow::in_series(flow::IsingSpins::bond<double>({K, 0.0}), b);
        BOOST_TEST(std::tanh(flow::IsingSpins::split(chain).couplings[0]) == std::pow(std::tanh(K), b),
                   tolerance(1e-14));
    }
}
