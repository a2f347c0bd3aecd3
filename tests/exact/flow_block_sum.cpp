// Exact renormalization of finite lattices, against sums over all configurations written out here.
#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/block_sum.hpp>
#include <blockspin/flow/critical.hpp>
#include <blockspin/flow/finite_lattice.hpp>
#include <blockspin/flow/fixed_point.hpp>
#include <blockspin/flow/spectrum.hpp>
#include <blockspin/linalg/walsh_hadamard.hpp>
#include <blockspin/model/enumeration.hpp>
#include <blockspin/model/kaufman.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/model/torus_operators.hpp>

#include "flow_support.hpp"

#include <functional>
#include <numeric>

using namespace blockspin;
using boost::test_tools::tolerance;
using flow::Slopes;
using lattice::Lattice;

namespace {

constexpr double critical = 0.44068679350977147;

std::vector<std::int8_t> from_bits(std::uint64_t bits, std::int64_t size) {
    std::vector<std::int8_t> spins;
    for (std::int64_t i = 0; i < size; ++i) spins.push_back((bits >> i & 1) != 0 ? 1 : -1);
    return spins;
}

model::Hamiltonian square(const std::map<std::string, double>& couplings) { return {Lattice::square, couplings}; }

/// Calls test(rule) with every kind of rule for blocks b × b.
void for_every_rule(int b, const std::function<void(const coarsen::RuleTable&)>& test) {
    test(coarsen::tabulated(coarsen::Majority(b), 2));
    test(coarsen::tabulated(coarsen::Majority(b, coarsen::Tie::first_spin), 2));
    test(coarsen::tabulated(coarsen::Decimation(b), 2));
    test(coarsen::tabulated(coarsen::KadanoffT(b, 0.43), 2));
    std::vector<double> up;
    for (int state = 0; state < 1 << (b * b); ++state) up.push_back(0.5 + 0.49 * std::sin(1.0 + state));
    test(coarsen::RuleTable(b, up));
}

/// Σ_σ P(μ|σ) e^{−H(σ)} as it stands.
std::vector<double> brute_force(const model::Hamiltonian& hamiltonian, const lattice::Geometry& geometry,
                                const coarsen::RuleTable& rule) {
    const coarsen::Blocks blocks(geometry.dimension(), geometry.extents(), rule.scale_factor());
    std::vector<double> weights(std::size_t{1} << blocks.count());
    for (std::uint64_t c = 0; c < std::uint64_t{1} << geometry.sites(); ++c) {
        const auto fine = from_bits(c, geometry.sites());
        const double weight = std::exp(-hamiltonian.energy(geometry, fine));
        for (std::uint64_t mu = 0; mu < weights.size(); ++mu)
            weights[mu] += weight * std::exp(log_probability(rule, blocks, from_bits(mu, blocks.count()), fine));
    }
    return weights;
}

void check_equal(const std::vector<double>& a, const std::vector<double>& b, double accuracy) {
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(std::abs(a[i] - b[i]) < accuracy);
}

const mpi::Communicator self() { return mpi::Communicator::self(); }

} // namespace

BOOST_AUTO_TEST_CASE(weights_are_the_sum_over_all_configurations_for_every_rule_to_1e_12) {
    const auto hamiltonian = square({{"nn", 0.4}, {"nnn", -0.1}, {"plaquette", 0.05}, {"field", 0.1}});
    for (const auto& [size, b] :
         {std::pair(std::vector<std::int64_t>{4, 2}, 2), {{2, 4}, 2}, {{2, 2}, 2}, {{3, 3}, 3}}) {
        const lattice::Geometry geometry(Lattice::square, size);
        for_every_rule(b, [&, size = size](const coarsen::RuleTable& rule) {
            const std::vector<double> expected = brute_force(hamiltonian, geometry, rule);
            const auto enumerated = flow::block_sum_by_enumeration(hamiltonian, geometry, rule, Slopes::none);
            const auto by_rows = flow::block_sum_by_rows(self(), hamiltonian, geometry, rule, Slopes::none);
            for (std::size_t mu = 0; mu < expected.size(); ++mu) {
                BOOST_TEST(std::abs(enumerated.log_weights[mu] - std::log(expected[mu])) < 1e-12);
                BOOST_TEST(std::abs(by_rows.log_weights[mu] - std::log(expected[mu])) < 1e-12);
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(rows_and_enumeration_agree_to_1e_12_and_their_slopes_too) {
    const std::vector<model::Hamiltonian> models{
        square({{"nn", 0.4}, {"nnn", -0.1}, {"plaquette", 0.05}, {"field", 0.1}, {"(0,0)(1,0)(0,1)", 0.03}}),
        square({{"nn", critical}}),
        {Lattice::triangular, {{"nn", 0.3}, {"triangle", 0.1}}}};
    for (const auto& [size, b] :
         {std::pair(std::vector<std::int64_t>{4, 4}, 2), {{6, 2}, 2}, {{2, 6}, 2}, {{6, 3}, 3}, {{3, 6}, 3}})
        for (const model::Hamiltonian& hamiltonian : models) {
            if (b == 3 && hamiltonian.basis().size() == 1) continue;
            const lattice::Geometry geometry(hamiltonian.basis().lattice(), size);
            for_every_rule(b, [&, size = size](const coarsen::RuleTable& rule) {
                const auto one = flow::block_sum_by_enumeration(hamiltonian, geometry, rule, Slopes::all);
                const auto other = flow::block_sum_by_rows(self(), hamiltonian, geometry, rule, Slopes::all);
                check_equal(one.log_weights, other.log_weights, 1e-12);
                BOOST_TEST(std::abs(one.ln_z - other.ln_z) < 1e-12);
                BOOST_REQUIRE(one.slopes.size() == hamiltonian.basis().size());
                for (std::size_t a = 0; a < one.slopes.size(); ++a) check_equal(one.slopes[a], other.slopes[a], 1e-11);
            });
        }
}

BOOST_AUTO_TEST_CASE(the_weights_of_six_and_eight_rows_sum_to_kaufmans_partition_function_to_1e_12) {
    for (const auto& [size, b, k] :
         {std::tuple(6, 2, critical), {6, 2, -0.3}, {6, 3, 0.8}, {6, 3, critical}, {8, 2, critical}}) {
        const lattice::Geometry geometry(Lattice::square, {size, size});
        const auto rule = coarsen::tabulated(coarsen::Majority(b), 2);
        const auto sum = flow::block_sum(self(), square({{"nn", k}}), geometry, rule);
        const double exact = size * size * model::kaufman(size, size, k).free_energy;
        BOOST_TEST(std::abs(sum.ln_z - exact) < 1e-12 * exact);
    }
}

BOOST_AUTO_TEST_CASE(a_walsh_hadamard_transform_and_back_is_exact_for_integers) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < 1 << 10; ++i) values.push_back(i * i * 7919 % 100'003 - 50'000);
    std::vector<std::int64_t> there_and_back = values;
    linalg::walsh_hadamard(std::span(there_and_back));
    BOOST_TEST(there_and_back[0] == std::accumulate(values.begin(), values.end(), std::int64_t{0}));
    linalg::walsh_hadamard(std::span(there_and_back));
    for (std::size_t i = 0; i < values.size(); ++i) BOOST_TEST(there_and_back[i] == 1024 * values[i]);
    std::vector<int> three(3);
    BOOST_CHECK_THROW(linalg::walsh_hadamard(std::span(three)), core::InternalError);
}

BOOST_AUTO_TEST_CASE(two_by_two_block_spins_have_five_couplings_with_known_multiplicities) {
    const model::TorusOperators classes(lattice::Geometry(Lattice::square, {2, 2}));
    const std::vector<std::tuple<std::string, std::size_t, int>> known{
        {"h", 4, 1}, {"nn", 4, 2}, {"nnn", 2, 4}, {"(0,0)(1,0)(0,1)", 4, 4}, {"plaquette", 1, 4}};
    BOOST_REQUIRE(classes.size() == known.size());
    for (const auto& [name, subsets, multiplicity] : known) {
        const auto place = classes.find(model::Operator::from_name(Lattice::square, name));
        BOOST_REQUIRE(place.has_value());
        BOOST_TEST(classes[*place].subsets.size() == subsets);
        BOOST_TEST(classes[*place].multiplicity == multiplicity);
    }
    BOOST_TEST(!classes.find(model::Operator::from_name(Lattice::square, "3nn")).has_value());
}

BOOST_AUTO_TEST_CASE(every_subset_of_a_torus_is_in_one_class_and_a_hamiltonian_expands_into_its_couplings) {
    for (const lattice::Geometry& geometry :
         {lattice::Geometry(Lattice::square, {3, 3}), lattice::Geometry(Lattice::square, {4, 4}),
          lattice::Geometry(Lattice::triangular, {3, 3}), lattice::Geometry(Lattice::chain, {7}),
          lattice::Geometry(Lattice::cubic, {2, 2, 2})}) {
        const model::TorusOperators classes(geometry);
        std::size_t subsets = 0;
        for (const auto& members : classes) subsets += members.subsets.size();
        BOOST_TEST(subsets + 1 == std::size_t{1} << geometry.sites());
        std::vector<double> function(subsets + 1, 2.5), couplings(classes.size(), 0.0);
        for (std::size_t a = 0; a < classes.size(); a += 1 + classes.size() / 8) {
            couplings[a] = 0.1 + 0.01 * static_cast<double>(a);
            const auto masks = model::term_masks(classes[a].op, geometry);
            for (std::uint32_t c = 0; c < function.size(); ++c)
                function[c] += couplings[a] * static_cast<double>(model::sum_of_masks(masks, c));
        }
        const model::Expansion expansion = classes.expand(function);
        BOOST_TEST(std::abs(expansion.constant - 2.5) < 1e-11);
        BOOST_TEST(expansion.asymmetry < 1e-11);
        check_equal(expansion.couplings, couplings, 1e-11);
    }
}

BOOST_AUTO_TEST_CASE(a_decimated_ring_has_the_couplings_of_the_chain) {
    // exp 4K' = cosh(2K + h) cosh(2K - h) / cosh^2 h at K = 0.7, h = 0.3 (Nelson and Fisher 1975)
    const model::Hamiltonian chain(Lattice::chain, {{"nn", 0.7}, {"field", 0.3}});
    const lattice::Geometry ring(Lattice::chain, {10});
    const auto sum = flow::block_sum(self(), chain, ring, coarsen::tabulated(coarsen::Decimation(2), 1));
    const model::TorusOperators classes(sum.lattice);
    const auto couplings = classes.expand(sum.log_weights).couplings;
    for (std::size_t a = 0; a < classes.size(); ++a) {
        const std::string name = classes[a].op.name();
        const double expected = name == "nn" ? 0.365733972305 : name == "h" ? 0.563872575328 : 0.0;
        BOOST_TEST(std::abs(couplings[a] - expected) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(blocking_twice_keeps_z_and_decimating_twice_is_decimating_by_four) {
    const auto hamiltonian = square({{"nn", 0.4}, {"nnn", 0.1}, {"field", 0.05}});
    const lattice::Geometry geometry(Lattice::square, {4, 4});
    for_every_rule(2, [&](const coarsen::RuleTable& rule) {
        const auto once = flow::block_sum(self(), hamiltonian, geometry, rule);
        BOOST_TEST(std::abs(flow::block_sum(once, rule).ln_z - once.ln_z) < 1e-12);
    });
    const auto decimation = coarsen::tabulated(coarsen::Decimation(2), 2);
    const auto twice = flow::block_sum(flow::block_sum(self(), hamiltonian, geometry, decimation), decimation);
    const auto by_four = flow::block_sum(self(), hamiltonian, geometry, coarsen::tabulated(coarsen::Decimation(4), 2));
    check_equal(twice.log_weights, by_four.log_weights, 1e-12);
}

BOOST_AUTO_TEST_CASE(four_by_four_spins_in_four_blocks_have_a_known_fixed_point) {
    // Computed independently, with NumPy from the 65536 configurations; Nauenberg and Nienhuis 1974.
    const std::vector<std::string> names{"h", "nn", "nnn", "(0,0)(1,0)(0,1)", "plaquette"};
    const flow::FiniteLattice map(lattice::Geometry(Lattice::square, {4, 4}),
                                  coarsen::tabulated(coarsen::Majority(2), 2),
                                  model::OperatorBasis::from_names(Lattice::square, names));
    BOOST_TEST(map.is_complete());
    const auto family = [](double K) { return std::vector{0.0, K, 0.0, 0.0, 0.0}; };
    const flow::FixedPoint fixed = flow::critical_fixed_point(map, family, 0.3, 0.6);
    check_equal(fixed.couplings, {0.0, 0.2997612, 0.08709433, 0.0, -0.00125863}, 1e-8);
    const flow::Spectrum spectrum = flow::spectrum(map, fixed.couplings);
    BOOST_TEST(std::abs(spectrum.leading(flow::Parity::even).eigenvalue.real() - 1.90422724) < 1e-8);
    BOOST_TEST(std::abs(spectrum.leading(flow::Parity::odd).eigenvalue.real() - 3.53538939) < 1e-8);
    BOOST_TEST(std::abs(flow::critical_point(map, family, 0.3, 0.6).value - 0.418197047162) < 1e-11);
}

BOOST_AUTO_TEST_CASE(all_couplings_that_are_kept_keep_the_free_energy_of_a_small_torus) {
    const std::vector<std::string> names{"h", "nn", "nnn", "(0,0)(1,0)(0,1)", "plaquette"};
    const auto basis = model::OperatorBasis::from_names(Lattice::square, names);
    const std::vector<double> point{0.05, 0.3, 0.1, 0.02, -0.04};
    for (const int size : {4, 6}) {
        const int b = size / 2;
        const lattice::Geometry geometry(Lattice::square, {size, size});
        const flow::FiniteLattice map(geometry, coarsen::tabulated(coarsen::KadanoffT(b, 0.5), 2), basis);
        const flow::Image image = map.apply(point);
        const auto before =
            flow::block_sum(self(), {basis, point}, geometry, coarsen::tabulated(coarsen::Decimation(b), 2));
        const auto after =
            model::averages(model::enumerate(basis, lattice::Geometry(Lattice::square, {2, 2})), image.couplings);
        BOOST_TEST(std::abs(4 * image.constant + after.ln_z - before.ln_z) < 1e-12 * before.ln_z);
    }
}

BOOST_AUTO_TEST_CASE(jacobians_of_finite_lattices_agree_with_central_differences_to_1e_7) {
    const std::vector<std::string> names{"h", "nn", "nnn", "(0,0)(1,0)(0,1)", "plaquette"};
    const auto basis = model::OperatorBasis::from_names(Lattice::square, names);
    for (const auto& [size, b] : {std::pair(4, 2), std::pair(6, 2), std::pair(6, 3)}) {
        const flow::FiniteLattice map(lattice::Geometry(Lattice::square, {size, size}),
                                      coarsen::tabulated(coarsen::Majority(b), 2), basis);
        support::check_jacobian(map, {0.0, critical, 0.0, 0.0, 0.0}, 1e-7);
        support::check_jacobian(map, {0.1, 0.3, 0.05, -0.02, 0.03}, 1e-7);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_summed_exactly_is_refused) {
    const auto majority = coarsen::tabulated(coarsen::Majority(2), 2);
    const auto nn = square({{"nn", 0.4}});
    const auto torus = [](std::vector<std::int64_t> size) { return lattice::Geometry(Lattice::square, size); };
    const auto refused = [&](const model::Hamiltonian& h, const lattice::Geometry& g, const coarsen::RuleTable& rule) {
        BOOST_CHECK_THROW(flow::block_sum(self(), h, g, rule), core::InputError);
    };
    refused(nn, torus({5, 5}), majority);
    refused(nn, torus({10, 10}), majority);                                          // 25 blocks
    refused(nn, torus({8, 8}), coarsen::tabulated(coarsen::Majority(4), 2));         // 32 spins in a row of blocks
    refused(square({{"3nn", 0.1}}), torus({6, 6}), majority);                        // reaches two rows
    refused(nn, torus({4, 4}), coarsen::tabulated(coarsen::Majority(2), 1));         // blocks of a chain
    refused(nn, torus({4, 4}), coarsen::RuleTable(2, std::vector<double>(16, 1.0))); // μ = −1 has no weight
    refused(nn, lattice::Geometry(Lattice::square, {4, 4}, {lattice::Boundary::open, lattice::Boundary::open}),
            majority);
    BOOST_CHECK_THROW(model::TorusOperators(torus({4, 2})), core::InputError);
    BOOST_CHECK_THROW(model::TorusOperators(torus({5, 5})), core::InputError);
    const auto map = [&](std::vector<std::string> names, coarsen::RuleTable rule) {
        return flow::FiniteLattice(torus({4, 4}), std::move(rule),
                                   model::OperatorBasis::from_names(Lattice::square, names));
    };
    BOOST_CHECK_THROW(map({"nn", "3nn"}, majority), core::InputError); // 3nn is a constant on 2 × 2
    BOOST_CHECK_THROW(map({"nn"}, coarsen::RuleTable(2, std::vector<double>(16, 0.6))), core::InputError);
}
