#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rule_table.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/draws.hpp>

#include <boost/math/special_functions/gamma.hpp>

#include <limits>
#include <string>

using namespace blockspin;
using boost::test_tools::tolerance;
using coarsen::Blocks;
using coarsen::Decimation;
using coarsen::KadanoffT;
using coarsen::Majority;
using coarsen::RuleTable;
using coarsen::Tie;

namespace {

struct WithoutProbability {
    int scale_factor() const { return 2; }
    std::int8_t apply_block(coarsen::Spins, const rng::Key&, const rng::Address&) const { return 1; }
};
struct WithDoubleSpins : WithoutProbability {
    double apply_block(coarsen::Spins, const rng::Key&, const rng::Address&) const { return 1; }
    double log_probability(std::int8_t, coarsen::Spins) const { return 0; }
};
static_assert(coarsen::Rule<Majority> && coarsen::Rule<Decimation> && coarsen::Rule<KadanoffT>);
static_assert(coarsen::Rule<RuleTable>);
static_assert(!coarsen::Rule<WithoutProbability> && !coarsen::Rule<WithDoubleSpins> && !coarsen::Rule<int>);

constexpr rng::Key key(1975);
constexpr double impossible = -std::numeric_limits<double>::infinity();

std::vector<std::int8_t> from_bits(std::uint64_t bits, std::size_t size) {
    std::vector<std::int8_t> spins(size);
    for (std::size_t i = 0; i < size; ++i) spins[i] = (bits >> i & 1) != 0 ? 1 : -1;
    return spins;
}

std::vector<std::int8_t> random_spins(std::size_t size) {
    std::vector<std::int8_t> spins(size);
    for (std::size_t i = 0; i < size; ++i) {
        spins[i] = (rng::bits(key, {.place = static_cast<std::int64_t>(i)})[0] & 1) != 0 ? 1 : -1;
    }
    return spins;
}

/// Calls test(rule) for every kind of rule.
template <class Test> void for_every_rule(int scale_factor, Test&& test) {
    test(Majority(scale_factor));
    test(Majority(scale_factor, Tie::first_spin));
    test(Decimation(scale_factor));
    for (const double p : {-0.3, 0.0, 0.4034361185012, 0.7659830351999, 3.0, 1e3}) test(KadanoffT(scale_factor, p));
}

} // namespace

BOOST_AUTO_TEST_CASE(probabilities_sum_to_one_for_every_block) {
    for (const std::size_t volume : {2, 4, 8, 9}) {
        for (std::uint64_t bits = 0; bits < 1U << volume; ++bits) {
            const auto block = from_bits(bits, volume);
            for_every_rule(2, [&](const auto& rule) {
                const double sum = std::exp(rule.log_probability(1, block)) + std::exp(rule.log_probability(-1, block));
                BOOST_TEST(std::abs(sum - 1) < 1e-14);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(flipping_all_spins_flips_the_block_spin) {
    for (std::uint64_t bits = 0; bits < 1U << 9; ++bits) {
        const auto block = from_bits(bits, 9), opposite = from_bits(~bits, 9);
        for_every_rule(3, [&](const auto& rule) {
            BOOST_TEST(rule.log_probability(1, block) == rule.log_probability(-1, opposite));
        });
    }
}

BOOST_AUTO_TEST_CASE(kadanoffs_rule_is_its_formula) {
    const double p = 0.7659830351999;
    for (std::uint64_t bits = 0; bits < 16; ++bits) {
        const auto block = from_bits(bits, 4);
        const int sum = std::accumulate(block.begin(), block.end(), 0);
        for (const std::int8_t mu : {std::int8_t{-1}, std::int8_t{1}}) {
            const double expected = std::exp(p * mu * sum) / (2 * std::cosh(p * sum));
            BOOST_TEST(std::exp(KadanoffT(2, p).log_probability(mu, block)) == expected, tolerance(1e-14));
        }
    }
    BOOST_TEST(KadanoffT(2, 1e3).log_probability(-1, from_bits(15, 4)) == -8e3, tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(the_majority_decides_and_a_coin_where_there_is_none) {
    BOOST_TEST(Majority(2).log_probability(1, from_bits(7, 4)) == 0.0);
    BOOST_TEST(Majority(2).log_probability(-1, from_bits(7, 4)) == impossible);
    BOOST_TEST(std::exp(Majority(2).log_probability(-1, from_bits(6, 4))) == 0.5, tolerance(1e-15));
    BOOST_TEST(Majority(2, Tie::first_spin).log_probability(-1, from_bits(6, 4)) == 0.0);
    BOOST_TEST(Majority(2, Tie::first_spin).apply_block(from_bits(6, 4), key, {}) == -1);
    BOOST_TEST(Decimation(2).apply_block(from_bits(14, 4), key, {}) == -1);
}

BOOST_AUTO_TEST_CASE(a_table_is_the_rule_that_it_was_made_of) {
    for (const auto& [b, d] : {std::pair(2, 1), std::pair(2, 2), std::pair(3, 2), std::pair(2, 3), std::pair(4, 2)}) {
        for_every_rule(b, [&, b = b, d = d](const auto& rule) {
            const RuleTable table = coarsen::tabulated(rule, d);
            BOOST_TEST(table.dimension() == d);
            BOOST_TEST(table.volume() == static_cast<int>(std::pow(b, d)));
            for (std::uint64_t bits = 0; bits < table.probability_up().size(); bits += 1 + bits / 64) {
                const auto block = from_bits(bits, static_cast<std::size_t>(table.volume()));
                for (const std::int8_t mu : {std::int8_t{-1}, std::int8_t{1}}) {
                    const double difference =
                        std::exp(table.log_probability(mu, block)) - std::exp(rule.log_probability(mu, block));
                    BOOST_TEST(std::abs(difference) < 1e-15);
                }
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(a_table_of_one_kind_of_blocks_is_refused_for_others) {
    const RuleTable table(2, std::vector<double>(16, 0.25));
    BOOST_TEST(table.log_probability(1, from_bits(5, 4)) == std::log(0.25));
    BOOST_CHECK_THROW(table.log_probability(1, from_bits(5, 2)), core::InternalError);
    BOOST_CHECK_THROW(RuleTable(1, std::vector<double>(2, 0.5)), core::InputError);
    BOOST_CHECK_THROW(RuleTable(2, std::vector<double>(15, 0.5)), core::InputError);
    BOOST_CHECK_THROW(RuleTable(2, {}), core::InputError);
    BOOST_CHECK_THROW(RuleTable(3, std::vector<double>(16, 0.5)), core::InputError);
    BOOST_CHECK_THROW(RuleTable(2, {0.0, 0.5, 1.0, 1.0 + 1e-12}), core::InputError);
    BOOST_CHECK_THROW(RuleTable(2, {0.0, 0.5, std::nan(""), 1.0}), core::InputError);
    BOOST_CHECK_THROW(coarsen::tabulated(Majority(5), 2), core::InputError);
    BOOST_CHECK_THROW(coarsen::tabulated(Majority(2), 5), core::InputError);
}

BOOST_AUTO_TEST_CASE(block_spins_are_drawn_from_their_probability) {
    constexpr std::int64_t draws = 20000;
    double chi_squared = 0, degrees = 0;
    std::int32_t chain = 0;
    const auto count = [&](const auto& rule) {
        for (const std::uint64_t bits : {0U, 1U, 6U, 9U, 11U, 15U}) {
            const auto block = from_bits(bits, 4);
            std::int64_t ups = 0;
            for (std::int64_t step = 0; step < draws; ++step) {
                ups += rule.apply_block(block, key, {.chain = chain, .step = step}) == 1;
            }
            ++chain;
            const double up = std::exp(rule.log_probability(1, block)), variance = draws * up * (1 - up);
            if (variance < 5) {
                BOOST_TEST(std::abs(static_cast<double>(ups) - draws * up) < 20);
                continue;
            }
            chi_squared += std::pow(static_cast<double>(ups) - draws * up, 2) / variance;
            ++degrees;
        }
    };
    for_every_rule(2, count);
    count(RuleTable(2, {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 1}));
    BOOST_TEST(degrees > 20);
    BOOST_TEST(boost::math::gamma_q(degrees / 2, chi_squared / 2) > 1e-3);
    BOOST_TEST(boost::math::gamma_p(degrees / 2, chi_squared / 2) > 1e-3); // nor is it too good
}

BOOST_AUTO_TEST_CASE(ties_at_different_addresses_are_independent_and_at_the_same_one_equal) {
    const auto tied = from_bits(6, 4);
    const Majority rule(2);
    const rng::Address here{.chain = 3, .step = 14, .place = 15, .draw = 1};
    int differing = 0;
    for (std::int64_t place = 0; place < 1000; ++place) {
        rng::Address a = here, b = here;
        a.place = b.place = place;
        b.draw = 2;
        BOOST_TEST(rule.apply_block(tied, key, a) == rule.apply_block(tied, key, a));
        differing += rule.apply_block(tied, key, a) != rule.apply_block(tied, key, b);
    }
    BOOST_TEST(std::abs(differing - 500) < 64); // 4 standard deviations
}

BOOST_AUTO_TEST_CASE(blocks_tile_the_lattice_in_every_dimension) {
    struct Case {
        int dimension;
        lattice::Coordinates extents;
        int scale_factor;
    };
    for (const auto& [dimension, extents, b] : {Case{1, {12, 1, 1, 1}, 3},
                                                {2, {6, 4, 1, 1}, 2},
                                                {2, {9, 6, 1, 1}, 3},
                                                {3, {4, 2, 6, 1}, 2},
                                                {4, {2, 4, 2, 4}, 2}}) {
        const Blocks blocks(dimension, extents, b);
        BOOST_TEST(blocks.volume() == static_cast<std::size_t>(std::pow(b, dimension)));
        BOOST_TEST(blocks.count() * static_cast<std::int64_t>(blocks.volume()) == blocks.sites());
        // Mark one site, find it in the block of its coarse coordinates and nowhere else.
        const auto sites = static_cast<std::size_t>(blocks.sites());
        for (std::size_t site = 0; site < sites; ++site) {
            std::vector<std::int8_t> fine(sites, -1), block(blocks.volume());
            fine[site] = 1;
            std::int64_t rest = static_cast<std::int64_t>(site), expected = 0, inside = 0, stride = 1, inner_stride = 1;
            for (int i = 0; i < 4; ++i) {
                const std::int64_t x = rest % extents[i], width = i < dimension ? b : 1;
                rest /= extents[i];
                expected += stride * (x / width);
                inside += inner_stride * (x % width);
                stride *= extents[i] / width;
                inner_stride *= width;
            }
            for (std::int64_t number = 0; number < blocks.count(); ++number) {
                blocks.gather(fine, number, block);
                const auto found = std::ranges::find(block, std::int8_t{1}) - block.begin();
                BOOST_TEST((found == (number == expected ? inside : static_cast<std::int64_t>(block.size()))));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(block_spins_do_not_depend_on_how_the_lattice_is_cut) {
    const lattice::Coordinates extents{12, 8, 1, 1};
    const auto fine = random_spins(96);
    const Blocks whole(2, extents, 2);
    for_every_rule(2, [&](const auto& rule) {
        std::vector<std::int8_t> together(24);
        coarsen::apply(rule, whole, fine, together, key, {.chain = 1, .step = 2});
        for (const lattice::Box& box :
             {lattice::Box{{0, 0, 0, 0}, {4, 8, 1, 1}}, {{4, 0, 0, 0}, {8, 6, 1, 1}}, {{4, 6, 0, 0}, {8, 2, 1, 1}}}) {
            const Blocks blocks(2, extents, box, 2);
            std::vector<std::int8_t> part, coarse(static_cast<std::size_t>(blocks.count()));
            for (std::int32_t y = 0; y < box.extent[1]; ++y) {
                const auto row = fine.begin() + box.offset[0] + 12 * (box.offset[1] + y);
                part.insert(part.end(), row, row + box.extent[0]);
            }
            coarsen::apply(rule, blocks, part, coarse, key, {.chain = 1, .step = 2});
            for (std::int64_t i = 0; i < blocks.count(); ++i) {
                const auto global = static_cast<std::size_t>(blocks.global_number(i));
                BOOST_TEST(coarse[static_cast<std::size_t>(i)] == together[global]);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(what_blocks_cannot_tile_is_refused) {
    BOOST_CHECK_THROW(Blocks(2, {8, 6, 1, 1}, 4), core::InputError);
    BOOST_CHECK_THROW(Blocks(2, {8, 8, 1, 1}, {{1, 0, 0, 0}, {4, 8, 1, 1}}, 2), core::InputError);
    BOOST_CHECK_THROW(Blocks(2, {8, 8, 1, 1}, 1), core::InputError);
    BOOST_CHECK_THROW(Blocks(2, {8, 8, 1, 1}, 0), core::InputError);
    BOOST_CHECK_THROW(Majority(1), core::InputError);
    BOOST_CHECK_THROW(Decimation(0), core::InputError);
    BOOST_CHECK_THROW(KadanoffT(2, std::nan("")), core::InputError);
    std::vector<std::int8_t> fine(16, 1), coarse(5);
    BOOST_CHECK_THROW(coarsen::apply(Majority(2), Blocks(2, {4, 4, 1, 1}, 2), fine, coarse, key, {}),
                      core::InternalError);
    coarse.resize(4);
    fine.pop_back();
    BOOST_CHECK_THROW(coarsen::apply(Majority(2), Blocks(2, {4, 4, 1, 1}, 2), fine, coarse, key, {}),
                      core::InternalError);
}
