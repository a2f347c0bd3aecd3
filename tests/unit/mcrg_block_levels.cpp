#include "support/scratch_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mcrg/block_levels.hpp>
#include <blockspin/mcrg/learned_rule.hpp>
#include <blockspin/mcrg/operators.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/rng/draws.hpp>

#include <filesystem>
#include <vector>

using namespace blockspin;
using lattice::Lattice;

namespace {

std::vector<std::int8_t> random_spins(std::int64_t sites, std::int32_t number) {
    std::vector<std::int8_t> spins;
    for (std::int64_t site = 0; site < sites; ++site) {
        spins.push_back((rng::word64(rng::Key(8), {.chain = number, .place = site}) & 1) != 0 ? 1 : -1);
    }
    return spins;
}

/// What measure() must give, by the general functions of the modules below.
template <coarsen::Rule R>
std::vector<std::int64_t> expected(const R& rule, const mcrg::BlockLevels& levels, const mcrg::Operators& operators,
                                   std::vector<std::int8_t> spins, const rng::Key& key, rng::Address address) {
    std::vector<std::int64_t> sums;
    for (std::size_t level = 0; level < levels.size(); ++level) {
        const lattice::Geometry& geometry = levels.geometry(level);
        for (const model::Operator& op : operators.all) sums.push_back(model::sum(op, geometry, spins));
        if (level + 1 == levels.size()) break;
        const coarsen::Blocks blocks(geometry.dimension(), geometry.extents(), rule.scale_factor());
        std::vector<std::int8_t> coarse(static_cast<std::size_t>(blocks.count()));
        address.draw = static_cast<std::int32_t>(level);
        coarsen::apply(rule, blocks, spins, coarse, key, address);
        spins = coarse;
    }
    return sums;
}

/// Sums of three configurations measured together; of the last of several rules.
template <coarsen::Rule R> void check(const mcrg::BlockParameters& parameters, const R& rule) {
    const lattice::Geometry geometry(Lattice::square, {36, 18}, {lattice::Boundary::periodic, lattice::Boundary::open});
    const auto operators = mcrg::operators(parameters, geometry.lattice());
    const rng::Key key(9);
    const mcrg::BlockLevels levels(geometry, parameters, operators.all, key);
    const std::vector<mcrg::Origin> origins{{3, 1000}, {4, 1000}, {3, 1001}};
    const std::size_t width = mcrg::bytes_for(geometry.sites()), ops = operators.all.size();
    std::vector<std::uint8_t> bytes(3 * width);
    for (std::size_t i = 0; i < 3; ++i) {
        mcrg::pack(random_spins(geometry.sites(), static_cast<std::int32_t>(i)),
                   std::span(bytes).subspan(i * width, width));
    }
    std::vector<std::int64_t> sums(3 * levels.lattices() * ops);
    levels.measure(bytes, origins, sums);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto wanted =
            expected(rule, levels, operators, random_spins(geometry.sites(), static_cast<std::int32_t>(i)), key,
                     {.chain = static_cast<std::int32_t>(origins[i].replica), .step = origins[i].row});
        for (std::size_t level = 0; level < levels.size(); ++level) {
            const std::size_t lattice = levels.lattice_of(levels.rules() - 1, level);
            for (std::size_t a = 0; a < ops; ++a) {
                BOOST_TEST(sums[(i * levels.lattices() + lattice) * ops + a] == wanted[level * ops + a]);
            }
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(sums_at_every_level_are_those_of_the_blocked_configuration) {
    check({.factor = 3, .steps = 2}, coarsen::Majority(3));
    check({.factor = 2, .steps = 1}, coarsen::Majority(2));
    check({.ties = "fixed", .factor = 2, .steps = 1}, coarsen::Majority(2, coarsen::Tie::first_spin));
    check({.rule = "decimation", .factor = 3, .steps = 2}, coarsen::Decimation(3));
    check({.rule = "kadanoff", .p = {0.9, 0.4}, .factor = 3, .steps = 2}, coarsen::KadanoffT(3, 0.4));
}

namespace {

/// A model file of one training: weights of a machine on a lattice of 6 x 3 sites with blocks of 3 x 3.
void write_machine(const std::filesystem::path& file, const net::Rbm<float>& rbm) {
    io::publish(mpi::Communicator::self(), file, [&](io::Writer& writer) {
        writer.array<float>("weights_1", {18, 2}, rbm.weights.values());
        writer.array("visible_bias_1", rbm.visible_bias);
        writer.array("hidden_bias_1", rbm.hidden_bias);
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(a_trained_machine_with_the_same_weights_in_every_block_is_a_rule) {
    const mpi::Communicator self = mpi::Communicator::self();
    const support::ScratchFolder folder(self);
    const net::SharedWeights sharing({6, 3}, 3, 3, 1);
    net::SharedParameters<double> shared{linalg::Matrix<double>(9, 1), 0.25, {0.125}};
    for (int k = 0; k < 9; ++k) shared.weights(k, 0) = 0.0625 * (k + 1);
    net::Rbm<float> rbm = net::to_float(sharing.dense(shared));
    write_machine(folder / "machine.h5", rbm);
    mcrg::BlockParameters parameters{.rule = "learned", .factor = 3, .steps = 2};
    parameters.learned = {.model = folder / "machine.h5", .training = 0, .size = {6, 3}};
    check(parameters, net::HiddenUnitRule(2, 3, shared));
    // The same machine with its hidden units turned over.
    for (float& w : rbm.weights.values()) w = -w;
    for (float& b : rbm.hidden_bias) b = -b;
    write_machine(folder / "machine.h5", rbm);
    check(parameters, net::HiddenUnitRule(2, 3, shared));

    const auto refused = [&](const mcrg::BlockParameters& wrong) {
        BOOST_CHECK_THROW(mcrg::learned_rule(wrong, lattice::Geometry(Lattice::square, {36, 18})), core::InputError);
    };
    mcrg::BlockParameters wrong = parameters;
    wrong.learned->training = 1;
    refused(wrong);
    wrong = parameters;
    wrong.learned->size = {};
    refused(wrong); // 36 x 18
    wrong.learned->size = {18};
    refused(wrong);
    wrong = parameters;
    wrong.factor = 2;
    refused(wrong);
    rbm.weights(0, 0) += 0.5F; // of one block only
    write_machine(folder / "machine.h5", rbm);
    refused(parameters);
    wrong.learned->model = "none.h5";
    BOOST_CHECK_THROW(mcrg::learned_rule(wrong, lattice::Geometry(Lattice::square, {36, 18})), core::Error);
}

BOOST_AUTO_TEST_CASE(lattices_that_cannot_be_blocked_so_often_are_refused) {
    const auto levels = [](const lattice::Geometry& geometry, std::int64_t factor, std::int64_t steps) {
        const mcrg::BlockParameters parameters{.factor = factor, .steps = steps, .even = {{"nn"}}, .odd = {{"field"}}};
        const auto operators = mcrg::operators(parameters, geometry.lattice());
        return mcrg::BlockLevels(geometry, parameters, operators.all, rng::Key(1)).size();
    };
    BOOST_TEST(levels({Lattice::square, {16, 8}}, 2, 2) == 3u);
    BOOST_TEST(levels({Lattice::cubic, {18, 18, 18}}, 3, 2) == 3u);
    BOOST_CHECK_THROW(levels({Lattice::square, {16, 8}}, 2, 3), core::InputError);  // 2 x 1
    BOOST_CHECK_THROW(levels({Lattice::square, {16, 12}}, 2, 3), core::InputError); // 4 x 3
    BOOST_CHECK_THROW(levels({Lattice::square, {16, 16}}, 3, 1), core::InputError);
    BOOST_CHECK_THROW(levels({Lattice::honeycomb, {16, 16}}, 2, 1), core::InputError);
}
