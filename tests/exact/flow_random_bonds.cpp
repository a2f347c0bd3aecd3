// Bounds on ln Z of single samples with random bonds: gradients against finite differences, and no violation of any
// inequality in 600 random small systems, which are enumerated.
#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/flow/kadanoff_optimum.hpp>
#include <blockspin/flow/kadanoff_start.hpp>
#include <blockspin/flow/random_bonds.hpp>
#include <blockspin/rng/draws.hpp>

#include "flow_support.hpp"

#include <algorithm>
#include <limits>
#include <memory>

using namespace blockspin;
using flow::RandomBonds;

namespace {

/// Numbers for one system, uniform in [−1, 1) or signs.
class Draws {
  public:
    explicit Draws(int system) : system_(system) {}
    double uniform() { return 2 * rng::uniform(key_, {rng::Purpose::test, 0, system_, next_++, 0}) - 1; }
    double sign() { return uniform() < 0 ? -1.0 : 1.0; }

  private:
    rng::Key key_{1975};
    int system_;
    std::int64_t next_ = 0;
};

enum class Kind { ferromagnet, noise, glass };

RandomBonds random_bonds(int width, int height, Kind kind, bool with_field, Draws& draws) {
    RandomBonds bonds{width, height, {}, {}, {}};
    const double scale = 0.5 + 0.5 * draws.uniform();
    const auto coupling = [&] {
        if (kind == Kind::ferromagnet) return scale * (1 + draws.uniform()) / 2;
        return kind == Kind::noise ? scale * draws.uniform() : scale * draws.sign();
    };
    for (int i = 0; i < bonds.sites(); ++i) {
        bonds.right.push_back(coupling());
        bonds.up.push_back(coupling());
        if (with_field) bonds.field.push_back(0.3 * draws.uniform());
    }
    return bonds;
}

/// ln Z by enumeration.
double exact(const RandomBonds& bonds) {
    double sum = 0.0;
    std::vector<double> s(static_cast<std::size_t>(bonds.sites()));
    for (int number = 0; number < 1 << bonds.sites(); ++number) {
        for (int i = 0; i < bonds.sites(); ++i) s[i] = (number >> i & 1) != 0 ? -1.0 : 1.0;
        double exponent = 0.0;
        for (int y = 0; y < bonds.height; ++y)
            for (int x = 0; x < bonds.width; ++x) {
                const int i = y * bonds.width + x;
                exponent += bonds.right[i] * s[i] * s[y * bonds.width + (x + 1) % bonds.width];
                exponent += bonds.up[i] * s[i] * s[(y + 1) % bonds.height * bonds.width + x];
                if (!bonds.field.empty()) exponent += bonds.field[i] * s[i];
            }
        sum += std::exp(exponent);
    }
    return std::log(sum);
}

/// Signed, and different for every spin of every block.
std::vector<double> any_rule(std::size_t count, double size, Draws& draws) {
    std::vector<double> rule;
    for (std::size_t i = 0; i < count; ++i) rule.push_back(size * draws.uniform());
    return rule;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_bound_is_violated_in_600_random_systems) {
    constexpr int systems = 600;
    int violations = 0, compared = 0;
    double closest = std::numeric_limits<double>::infinity();
    const std::vector<std::pair<int, int>> sizes{{2, 2}, {4, 2}, {3, 3}, {2, 4}, {3, 4}, {4, 3}};
    for (int system = 0; system < systems; ++system) {
        Draws draws(system);
        const bool large = system % 10 == 0; // two levels before a single spin is left
        const auto [width, height] = large ? std::pair(4, 4) : sizes[system % sizes.size()];
        const RandomBonds bonds = random_bonds(width, height, static_cast<Kind>(system % 3), system % 4 == 1, draws);
        const double log_z = exact(bonds);
        const auto above = [&](double bound) {
            ++compared;
            closest = std::min(closest, bound - log_z);
            if (bound < log_z - 1e-12 * std::abs(log_z)) ++violations;
        };
        for (const int steps : {0, 1, 3}) {
            const flow::RandomBondBound bound(bonds, steps);
            above(bound(std::vector<double>(bound.parameters(), 0.0), {}));
            above(bound(std::vector<double>(bound.parameters(), 0.6), {}));
            above(bound(any_rule(bound.parameters(), 1.5, draws), {}));
        }
        if (system % 12 == 0) {
            above(best_random_bond_bound(bonds, flow::RuleSharing::level, 3).log_z);
            above(best_random_bond_bound(bonds, flow::RuleSharing::spin, 3).log_z);
        }
        if (height >= 4) above(flow::row_hoelder_bound(bonds));
        for (const double below : {flow::spanning_tree_bound(bonds), flow::mean_field_bound(bonds, 0.0),
                                   flow::mean_field_bound(bonds, 0.9)}) {
            ++compared;
            closest = std::min(closest, log_z - below);
            if (below > log_z + 1e-12 * std::abs(log_z)) ++violations;
        }
    }
    BOOST_TEST_MESSAGE(compared << " comparisons, " << violations << " violations, closest " << closest);
    BOOST_TEST(violations == 0);
    BOOST_TEST(compared > 10 * systems);
}

BOOST_AUTO_TEST_CASE(gradients_by_all_parameters_agree_with_central_differences_to_1e_8) {
    Draws draws(1000);
    for (const auto& [width, height] : {std::pair(4, 4), std::pair(6, 4)}) {
        const RandomBonds bonds = random_bonds(width, height, Kind::noise, true, draws);
        const flow::RandomBondBound bound(bonds, 3);
        std::vector<double> rule = any_rule(bound.parameters(), 0.8, draws), gradient(rule.size(), 0.0);
        bound(rule, gradient);
        for (std::size_t i = 0; i < rule.size(); ++i) {
            const double here = rule[i];
            const auto at = [&](double x) {
                rule[i] = x;
                return bound(rule, {});
            };
            BOOST_TEST(std::abs(gradient[i] - support::central_difference(at, here)) < 1e-8);
            rule[i] = here;
        }
    }
}

BOOST_AUTO_TEST_CASE(of_equal_bonds_it_is_the_bound_of_the_infinite_lattice_until_the_torus_ends) {
    const double K = 0.4;
    RandomBonds bonds{16, 16, std::vector<double>(256, K), std::vector<double>(256, K), {}};
    const auto classes = std::make_shared<flow::SpinClasses>(flow::SpinClasses::hypercubic(2));
    const flow::Start start = flow::bonds_shared(*classes, K);
    const flow::RandomBondBound bound(bonds, 2);
    std::vector<double> rule(bound.parameters());
    std::fill_n(rule.begin(), rule.size() / 2, 0.5);
    std::fill_n(rule.begin() + static_cast<std::ptrdiff_t>(rule.size() / 2), rule.size() / 2, 0.3);
    const double infinite = flow::bound_of_sequence(classes, start, std::vector{0.5, 0.3}, {});
    BOOST_TEST(std::abs(bound(rule, {}) / 256 - infinite) < 1e-13);
}

BOOST_AUTO_TEST_CASE(more_freedom_tightens_and_signed_parameters_help_a_glass) {
    Draws draws(2000);
    double level = 0.0, spin = 0.0;
    for (int sample = 0; sample < 5; ++sample) {
        RandomBonds bonds = random_bonds(4, 4, Kind::glass, false, draws);
        const double log_z = exact(bonds);
        const double shared = best_random_bond_bound(bonds, flow::RuleSharing::level, 2).log_z;
        const double each = best_random_bond_bound(bonds, flow::RuleSharing::spin, 2).log_z;
        BOOST_TEST(each <= shared + 1e-12);
        level += shared - log_z;
        spin += each - log_z;
    }
    BOOST_TEST_MESSAGE("gap per site with a p for each level " << level / 80 << ", for each spin " << spin / 80);
    BOOST_TEST(spin < 0.98 * level);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
    RandomBonds bonds{4, 4, std::vector<double>(16, 0.1), std::vector<double>(15, 0.1), {}};
    BOOST_CHECK_THROW(flow::RandomBondBound(bonds, 1), core::InputError);
    bonds.up.push_back(std::nan(""));
    BOOST_CHECK_THROW(flow::RandomBondBound(bonds, 1), core::InputError);
    bonds.up.back() = 0.1;
    BOOST_CHECK_THROW(flow::RandomBondBound(bonds, 1)(std::vector{0.1}, {}), core::InputError);
    BOOST_CHECK_THROW(flow::row_hoelder_bound({16, 4, {}, {}, {}}), core::InputError);
}
