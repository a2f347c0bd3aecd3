// Tensor renormalization: site tensors by enumeration, untruncated steps, and the accuracy known at the critical point.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/model/onsager.hpp>
#include <blockspin/tensor/leading.hpp>
#include <blockspin/tensor/schemes.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace blockspin;
using tensor::Scheme;
namespace data = boost::unit_test::data;

namespace {

/// ln Z of a torus of `width` × 2 sites.
double enumerated(const tensor::Model& model, int width) {
    const int q = model.states == 0 ? 2 : model.states, sites = 2 * width;
    const auto bond = [&](int s, int t) { return s == t ? 1.0 : model.states == 0 ? -1.0 : 0.0; };
    std::vector<int> s(static_cast<std::size_t>(sites), 0);
    double sum = 0.0;
    for (int number = 0; number < std::pow(q, sites); ++number) {
        for (int i = 0, rest = number; i < sites; ++i, rest /= q) s[i] = rest % q;
        double exponent = 0.0;
        for (int y = 0; y < 2; ++y)
            for (int x = 0; x < width; ++x) {
                const int here = s[x + width * y];
                exponent += model.horizontal * bond(here, s[(x + 1) % width + width * y]) +
                            model.vertical * bond(here, s[x + width * (1 - y)]) +
                            model.field * (here == 0           ? 1.0
                                           : model.states == 0 ? -1.0
                                                               : 0.0);
            }
        sum += std::exp(exponent);
    }
    return std::log(sum);
}

tensor::Coarse steps(const tensor::Model& model, Scheme scheme, int bond, int count) {
    tensor::Coarse coarse = tensor::start(tensor::site_tensor(model));
    for (int n = 0; n < count; ++n) coarse = tensor::step(coarse, scheme, bond);
    return coarse;
}

const tensor::Model critical{.horizontal = model::square_critical_coupling,
                             .vertical = model::square_critical_coupling};

} // namespace

// HOTRG without truncation is the sum over a 2 × 2 torus; anisotropic couplings of both signs, fields, Potts spins.
BOOST_AUTO_TEST_CASE(untruncated_steps_are_the_sum_over_a_torus) {
    for (const tensor::Model& model : {tensor::Model{0.4, 0.7, 0.2, 0},
                                       {0.4, -0.3, 0.1, 0},
                                       {-0.5, -0.2, 0.0, 0},
                                       {0.8, 0.5, 0.3, 3},
                                       {0.6, -0.4, 0.2, 3}}) {
        const double exact = enumerated(model, 2) / 4;
        BOOST_TEST(tensor::free_energy(steps(model, Scheme::hotrg, 81, 2)) == exact,
                   boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(leading_vectors_of_a_large_matrix_are_those_of_its_known_eigenvalues) {
    // a = Σ_k 2^{-k} v_k v_kᵀ with cosines for v_k, orthonormal.
    constexpr int n = 300;
    linalg::Matrix<double> a(n, n);
    const auto cosine = [](int i, int k) {
        return std::sqrt(2.0 / n) * std::cos(std::numbers::pi * (i + 0.5) * k / n);
    };
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            for (int k = 1; k < 40; ++k) a(i, j) += std::ldexp(cosine(i, k) * cosine(j, k), -k);
    const tensor::Leading found = tensor::leading_vectors(a, 8);
    BOOST_TEST(found.discarded == std::ldexp(1.0, -8), boost::test_tools::tolerance(1e-9));
    for (int k = 1; k <= 8; ++k) {
        double overlap = 0.0;
        for (int i = 0; i < n; ++i) overlap += found.vectors(i, k - 1) * cosine(i, k);
        BOOST_TEST(std::abs(overlap) == 1.0, boost::test_tools::tolerance(1e-10));
    }
}

// Relative error of f at K_c after 40 steps; independently computed values of both schemes.
BOOST_AUTO_TEST_CASE(errors_at_the_critical_point_are_those_known) {
    const double f = model::onsager(model::square_critical_coupling).free_energy;
    const auto error = [&](Scheme scheme, int bond) {
        return std::abs(tensor::free_energy(steps(critical, scheme, bond, 40)) / f - 1);
    };
    const auto half_percent = boost::test_tools::tolerance(5e-3);
    BOOST_TEST(error(Scheme::trg, 2) == 3.63e-3, half_percent);
    BOOST_TEST(error(Scheme::trg, 4) == 2.89e-4, half_percent);
    BOOST_TEST(error(Scheme::trg, 8) == 6.91e-5, half_percent);
    BOOST_TEST(error(Scheme::trg, 16) == 4.63e-6, half_percent);
    BOOST_TEST(error(Scheme::hotrg, 2) == 3.04e-3, half_percent);
    BOOST_TEST(error(Scheme::hotrg, 4) == 1.73e-4, half_percent);
    BOOST_TEST(error(Scheme::hotrg, 8) == 1.36e-5, half_percent);
}

BOOST_AUTO_TEST_CASE(the_spectrum_at_the_critical_point_is_that_of_the_ising_conformal_theory) {
    const auto before = tensor::ln_transfer_spectrum(steps(critical, Scheme::trg, 16, 7), 3);
    const auto here = tensor::ln_transfer_spectrum(steps(critical, Scheme::trg, 16, 8), 3);
    const double charge = 6 * std::numbers::inv_pi * (2 * before[0] - here[0]);
    BOOST_TEST(std::abs(charge - 0.5) < 0.01);
    BOOST_TEST(std::abs(0.5 * std::numbers::inv_pi * (here[0] - here[1]) - 0.125) < 1e-3);
    BOOST_TEST(std::abs(0.5 * std::numbers::inv_pi * (here[0] - here[2]) - 1.0) < 0.03);
}
