#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/bound.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/decimation.hpp>
#include <blockspin/flow/exponents.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/kadanoff.hpp>
#include <blockspin/flow/migdal_kadanoff.hpp>
#include <blockspin/flow/spectrum.hpp>

using namespace blockspin;

namespace {

/// Two couplings with a linear flow that turns: complex eigenvalues 1 ± 2i.
struct Spiral {
    std::vector<flow::Coupling> axes{{"a", flow::Parity::even}, {"b", flow::Parity::even}};
    const std::vector<flow::Coupling>& couplings() const { return axes; }
    double scale_factor() const { return 2.0; }
    double spatial_dimension() const { return 2.0; }
    flow::Image apply(std::span<const double> k) const { return {{k[0] - 2 * k[1], 2 * k[0] + k[1]}, 0.0}; }
    flow::Derivative jacobian(std::span<const double>) const {
        return {linalg::Matrix<double>(2, 2, std::array{1.0, -2.0, 2.0, 1.0}), {0.0, 0.0}};
    }
};

/// K' = K + K² + 1/4: no fixed point.
struct Drift {
    std::vector<flow::Coupling> axes{{"K", flow::Parity::even}};
    const std::vector<flow::Coupling>& couplings() const { return axes; }
    double scale_factor() const { return 2.0; }
    double spatial_dimension() const { return 1.0; }
    flow::Image apply(std::span<const double> k) const { return {{k[0] + k[0] * k[0] + 0.25}, 0.0}; }
    flow::Derivative jacobian(std::span<const double> k) const {
        return {linalg::Matrix<double>(1, 1, 1 + 2 * k[0]), {0.0}};
    }
};

struct WithoutJacobian {
    std::vector<flow::Coupling> couplings() const { return {}; }
    double scale_factor() const { return 2.0; }
    double spatial_dimension() const { return 1.0; }
    flow::Image apply(std::span<const double>) const { return {}; }
};

struct WithoutConstant : Spiral {
    std::vector<double> apply(std::span<const double>) const { return {}; }
};

static_assert(flow::Map<Spiral> && flow::Map<Drift> && flow::Map<flow::Decimation>);
static_assert(!flow::Map<WithoutJacobian> && !flow::Map<WithoutConstant> && !flow::Map<int>);
static_assert(flow::UpperBoundingMap<flow::Kadanoff> && flow::UpperBoundingMap<flow::MigdalKadanoff>);
static_assert(!flow::UpperBoundingMap<flow::HierarchicalLattice> && !flow::UpperBoundingMap<flow::Decimation>);
static_assert(flow::InfiniteAtMost::side == flow::Side::high);
static_assert(!std::is_same_v<flow::InfiniteAtMost, flow::Bound<flow::Side::low, flow::InfiniteLattice>>);

} // namespace

BOOST_AUTO_TEST_CASE(a_point_of_the_wrong_size_or_not_finite_is_refused_by_name) {
    const flow::Decimation map(2);
    BOOST_CHECK_EXCEPTION(map.apply(std::vector{0.1}), core::InputError, [](const core::InputError& error) {
        return error.what() == std::string("1 couplings given where the map has 2: nn, field");
    });
    BOOST_CHECK_EXCEPTION(
        map.jacobian(std::vector{0.1, std::nan("")}), core::InputError,
        [](const core::InputError& error) { return error.what() == std::string("the coupling field is nan"); });
}

BOOST_AUTO_TEST_CASE(newton_says_when_there_is_no_fixed_point) {
    BOOST_CHECK_EXCEPTION(flow::find_fixed_point(Drift{}, std::vector{1.0}), core::InputError,
                          [](const core::InputError& error) {
                              return std::string(error.what()).starts_with("no fixed point found from this start");
                          });
}

BOOST_AUTO_TEST_CASE(a_bracket_without_a_fixed_point_is_refused) {
    BOOST_CHECK_THROW(flow::bracket_fixed_point(Drift{}, 0, -1.0, 1.0), core::InputError);
    BOOST_CHECK_THROW(flow::bracket_fixed_point(Spiral{}, 0, -1.0, 2.0), core::InputError);
    BOOST_CHECK_THROW(flow::bracket_fixed_point(Drift{}, 1, -1.0, 1.0), core::InputError);
    BOOST_CHECK_THROW(flow::bracket_fixed_point(Drift{}, -1, -1.0, 1.0), core::InputError);
}

BOOST_AUTO_TEST_CASE(complex_eigenvalues_come_in_pairs_with_biorthonormal_vectors) {
    const flow::Spectrum spectrum = flow::spectrum(Spiral{}, std::vector{0.0, 0.0});
    BOOST_REQUIRE(spectrum.modes.size() == 2u);
    BOOST_TEST(std::abs(spectrum.modes[0].eigenvalue - std::conj(spectrum.modes[1].eigenvalue)) < 1e-14);
    BOOST_TEST(spectrum.modes[0].exponent == 0.5 * std::log2(5.0), boost::test_tools::tolerance(1e-14));
    for (std::size_t i : {0u, 1u})
        for (std::size_t j : {0u, 1u}) {
            const auto product = spectrum.modes[i].left[0] * spectrum.modes[j].right[0] +
                                 spectrum.modes[i].left[1] * spectrum.modes[j].right[1];
            BOOST_TEST(std::abs(product - (i == j ? 1.0 : 0.0)) < 1e-14);
        }
    BOOST_TEST(spectrum.relevant(flow::Parity::even) == 2);
    BOOST_CHECK_THROW(spectrum.leading(flow::Parity::odd), core::InputError);
}

BOOST_AUTO_TEST_CASE(sectors_are_told_apart_and_mixing_is_admitted) {
    const std::vector<flow::Coupling> axes{{"t", flow::Parity::even}, {"h", flow::Parity::odd}};
    const linalg::Matrix<double> separate(2, 2, std::array{2.0, 0.0, 0.0, 3.0});
    const flow::Spectrum apart = flow::diagonalise(separate, axes, 2.0, 2.0);
    BOOST_TEST(apart.leading(flow::Parity::even).exponent == 1.0, boost::test_tools::tolerance(1e-15));
    BOOST_TEST(flow::exponents(apart).y_H == std::log2(3.0), boost::test_tools::tolerance(1e-15));
    const linalg::Matrix<double> mixing(2, 2, std::array{2.0, 0.5, 0.0, 1.0});
    const flow::Spectrum mixed = flow::diagonalise(mixing, axes, 2.0, 2.0);
    BOOST_TEST(!mixed.modes[0].sector.has_value());
    BOOST_TEST((mixed.modes[1].relevance() == flow::Relevance::marginal));
    BOOST_CHECK_THROW(flow::exponents(mixed), core::InputError);
}

BOOST_AUTO_TEST_CASE(scaling_relations_give_the_exponents_of_onsager) {
    const flow::Exponents exact{1.0, 15.0 / 8, 2.0};
    BOOST_TEST(exact.nu() == 1.0);
    BOOST_TEST(exact.alpha() == 0.0);
    BOOST_TEST(exact.beta() == 1.0 / 8);
    BOOST_TEST(exact.gamma() == 7.0 / 4);
    BOOST_TEST(exact.delta() == 15.0);
    BOOST_TEST(exact.eta() == 1.0 / 4);
}

BOOST_AUTO_TEST_CASE(a_family_without_a_transition_is_refused) {
    const auto family = [](double K) { return std::vector{K, 0.0}; };
    BOOST_CHECK_THROW(flow::critical_point(flow::Decimation(2), family, 0.1, 2.0), core::InputError);
    BOOST_CHECK_THROW(flow::critical_point(flow::MigdalKadanoff(2, 2.0), family, 0.5, 0.4), core::InputError);
}
