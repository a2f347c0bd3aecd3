// Transfer matrices of cylinders against their definition, and the certified roots against the prototype's figures.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/bounds/cylinders.hpp>
#include <blockspin/bounds/open_bounds.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/model/onsager.hpp>

#include <cstdlib>
#include <functional>

using namespace blockspin;
using bounds::LayerTransfer;
namespace data = boost::unit_test::data;

namespace {

double spin(unsigned state, int i) { return (state >> i & 1u) != 0 ? 1.0 : -1.0; }

/// exp of `exponent`(new layer, old layer), and the largest modulus of its eigenvalues.
double root_of(int sites, const std::function<double(unsigned, unsigned)>& exponent) {
    linalg::Matrix<double> v(1 << sites, 1 << sites);
    for (int t = 0; t < v.rows(); ++t)
        for (int s = 0; s < v.cols(); ++s)
            v(t, s) = std::exp(exponent(static_cast<unsigned>(t), static_cast<unsigned>(s)));
    return std::log(std::abs(linalg::eigen_general(v).values[0]));
}

void check_root(const LayerTransfer& transfer, double exact) {
    const bounds::PerronRoot root = bounds::perron_root(transfer);
    BOOST_TEST(root.low <= exact + 1e-12);
    BOOST_TEST(root.high >= exact - 1e-12);
    BOOST_TEST(root.high - root.low < 1e-10);
}

} // namespace

BOOST_DATA_TEST_CASE(squares_follow_their_definition, data::make({0.3, -0.6}) * data::make({0.0, 0.2}), K, h) {
    for (const int L : {2, 3, 5}) {
        check_root(bounds::diagonal_cylinder(L, {}, K, h), root_of(L, [&](unsigned t, unsigned s) {
                       double sum = 0.0;
                       for (int i = 0; i < L; ++i)
                           sum += K * spin(t, i) * (spin(s, i) + spin(s, (i + 1) % L)) + h * spin(t, i);
                       return sum;
                   }));
        const bounds::SquareCouplings couplings{.ring = K, .axis = 0.8 * K, .diagonal = -0.3 * K, .field = h};
        check_root(bounds::straight_cylinder(L, couplings), root_of(L, [&](unsigned t, unsigned s) {
                       double sum = 0.0;
                       for (int i = 0; i < L; ++i) {
                           const int right = (i + 1) % L, left = (i + L - 1) % L;
                           sum += spin(t, i) * (0.8 * K * spin(s, i) - 0.3 * K * (spin(s, left) + spin(s, right)) +
                                                K * spin(t, right) + h);
                       }
                       return sum;
                   }));
    }
}

BOOST_DATA_TEST_CASE(triangles_follow_their_definition, data::make({0.25, -0.4}) * data::make({0.0, 0.1}), K, h) {
    for (const int L : {2, 4, 6})
        check_root(bounds::triangular_cylinder(L, K, h), root_of(L, [&](unsigned t, unsigned s) {
                       double sum = 0.0;
                       for (int i = 0; i < L; ++i) {
                           const int right = (i + 1) % L, left = (i + L - 1) % L;
                           sum += spin(t, i) * (K * spin(t, right) + K * spin(s, i) + h);
                           if (i % 2 == 0) sum += K * spin(t, i) * (spin(s, left) + spin(s, right));
                       }
                       return sum;
                   }));
}

BOOST_AUTO_TEST_CASE(a_cubic_ring_is_stacked_diagonal_rings) {
    const double K = 0.2;
    const int L = 2, z = 3;
    check_root(bounds::diagonal_cylinder(L, {z}, K, 0.1), root_of(L * z, [&](unsigned t, unsigned s) {
                   double sum = 0.0;
                   for (int i = 0; i < L; ++i)
                       for (int k = 0; k < z; ++k) {
                           const int here = i + L * k;
                           sum += spin(t, here) *
                                  (K * (spin(s, here) + spin(s, (i + 1) % L + L * k) + spin(t, i + L * ((k + 1) % z))) +
                                   0.1);
                       }
                   return sum;
               }));
}

BOOST_AUTO_TEST_CASE(the_two_lattices_of_the_star_triangle_relation_agree) {
    // Houtappel 1950: one sublattice of the honeycomb summed over, e^{4K'} = 2 cosh 2K − 1.
    for (const double K : {0.3, 0.6584789484624084, 0.9}) {
        const double on_triangles = 0.25 * std::log(2 * std::cosh(2 * K) - 1);
        const double constant = std::log(2 * std::cosh(3 * K)) - 3 * on_triangles;
        const bounds::PerronRoot honey = bounds::perron_root(bounds::honeycomb_cylinder(12, K, 0.0, 0.0));
        const bounds::PerronRoot less = bounds::perron_root(bounds::honeycomb_cylinder(10, K, 0.0, 0.0));
        const bounds::PerronRoot triangles = bounds::perron_root(bounds::triangular_cylinder(12, on_triangles, 0.0));
        const bounds::PerronRoot fewer = bounds::perron_root(bounds::triangular_cylinder(10, on_triangles, 0.0));
        const double high = 0.5 * (constant + triangles.high / 12),
                     low = 0.5 * (constant + 0.5 * (triangles.low - fewer.high));
        BOOST_TEST(honey.high / 24 >= low);
        BOOST_TEST(0.25 * (honey.low - less.high) <= high);
        BOOST_TEST(high - low < 4e-3);
    }
}

BOOST_AUTO_TEST_CASE(certified_roots_at_the_critical_point) {
    const double K = model::square_critical_coupling, f = model::onsager(K).free_energy;
    const double straight = bounds::perron_root(bounds::straight_cylinder(16, {.ring = K, .axis = K})).high / 16;
    const double diagonal = bounds::perron_root(bounds::diagonal_cylinder(16, {}, K, 0.0)).high / 16;
    BOOST_TEST(straight / f - 1 == 1.10e-3, boost::test_tools::tolerance(5e-3)); // πc/6L² and half of it
    BOOST_TEST(diagonal / f - 1 == 5.5e-4, boost::test_tools::tolerance(5e-3));
}

BOOST_AUTO_TEST_CASE(three_dimensions_at_the_critical_point) {
    const double K = 0.221654626; // Ferrenberg, Xu, Landau 2018
    const bool heavy = std::getenv("BLOCKSPIN_LONG") != nullptr;
    const int diagonal = heavy ? 4 : 3;
    const double high = bounds::perron_root(bounds::diagonal_cylinder(diagonal, {6}, K, 0.0)).high / (6 * diagonal);
    const double low = bounds::stack_bound(5, heavy ? 16 : 8, K, 0.0).value;
    BOOST_TEST(low < high);
    BOOST_TEST(high - low < (heavy ? 2.7e-3 : 4.2e-3) * low);
    BOOST_TEST(low == (heavy ? 0.777592 : 0.777572), boost::test_tools::tolerance(3e-6));
    BOOST_TEST(bounds::column_bound({2, 2}, K, 0.0).value < low);
    BOOST_TEST(bounds::slab_bound(3, 4, K, 0.0).value < low);
    if (heavy) BOOST_TEST(high == 0.779626, boost::test_tools::tolerance(1e-6));
}

// Both ways to bound ⟨v|T^{n−1}|v⟩; its row state is closer and its rings are not beyond what is exact.
BOOST_DATA_TEST_CASE(stacks_and_rings_stay_below_cylinders, data::make({0.05, 0.15, 0.3}) * data::make({0.0, 0.1}), K,
                     h) {
    const double high = bounds::perron_root(bounds::diagonal_cylinder(3, {4}, K, h)).high / 12;
    double before = -1.0;
    for (const int layers : {2, 3, 4}) {
        const double low = bounds::stack_bound(layers, 8, K, h).value;
        BOOST_TEST(low <= high);
        BOOST_TEST(low >= before - 1e-8); // v is as good as the search for it
        before = low;
    }
    BOOST_TEST(high - before < 5e-3);
    BOOST_TEST(bounds::slab_bound(2, 4, K, h).value <= high);
    BOOST_CHECK_THROW(bounds::stack_bound(2, 8, -K, h), core::InputError);
}
