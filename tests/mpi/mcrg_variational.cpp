#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mcrg/site_terms.hpp>
#include <blockspin/mcrg/variational.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/draws.hpp>

#include <omp.h>

#include <cmath>
#include <string>
#include <vector>

using namespace blockspin;
using lattice::Lattice;

static_assert(process::Process<mcrg::Variational> && io::ParameterSet<mcrg::VariationalParameters>);
static_assert(!process::Process<mcrg::BiasedChain>);

namespace {

mcrg::VariationalTask task(std::vector<std::int64_t> size = {16, 8}) {
    return {.geometry = {Lattice::square, size},
            .points = {{"nn = 0.4", {{"nn", 0.4}}}, {"nn = 0.44", {{"nn", 0.44}}}},
            .parameters = {.rule = "kadanoff",
                           .p = {0.6},
                           .steps = 2,
                           .chains = 2,
                           .iterations = 6,
                           .sweeps_per_iteration = 3,
                           .thermalization = 70,
                           .sweeps = 150},
            .seed = 2017};
}

/// What a flow finds: its rows, known on the root, and all that it publishes of numbers.
struct Found {
    std::vector<io::Row> rows;
    std::vector<double> couplings, bias, slopes;
    std::vector<std::int64_t> sums;
    bool operator==(const Found&) const = default;
};

Found finish(const mpi::Communicator& comm, mcrg::Variational& flow, const std::filesystem::path& file) {
    while (!flow.done()) flow.step();
    flow.seal();
    io::publish(comm, file, [&](io::Writer& writer) { flow.publish(writer); });
    const io::Reader reader = io::open_sealed(comm, file);
    return {flow.results(), reader.array<double>("couplings"), reader.array<double>("bias"),
            reader.array<double>("slopes"), reader.array<std::int64_t>("operator_sums")};
}

void check_same(Found found, Found reference) {
    BOOST_TEST(found.rows.empty() == !support::world().is_root());
    if (!support::world().is_root()) reference.rows.clear();
    BOOST_TEST((found == reference));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_variational_flow_gives_the_same_bits_on_any_ranks_and_threads_and_after_a_restart) {
    const support::ScratchFolder folder(support::world());
    const mpi::Communicator self = mpi::Communicator::self();
    const auto own = folder / std::to_string(support::world().rank());
    process::Timers timers;
    mcrg::Variational alone(self, task(), own, timers);
    BOOST_TEST(alone.steps_total() == 11u);
    const Found reference = finish(self, alone, own / "alone.h5");
    // Two points: at each of two steps 3 couplings, 3 y_T, 2 y_H and 2 slopes of the critical surface, and K_c.
    BOOST_TEST(reference.rows.size() >= 40u);
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        mcrg::Variational together(support::world(), task(), folder.path(), timers);
        together.clear();
        check_same(finish(support::world(), together, folder / "together.h5"), reference);
    }
    omp_set_num_threads(1);
    for (const std::uint64_t steps : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{7}, std::uint64_t{10}}) {
        mcrg::Variational first(support::world(), task(), folder.path(), timers);
        first.clear();
        while (first.steps_done() < steps) first.step();
        first.seal();
        io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("flow", first); });
        first.step(); // lost: after the checkpoint
        first.seal();
        mcrg::Variational second(support::world(), task(), folder.path(), timers);
        io::open_sealed(support::world(), folder / "state.h5").object("flow", second);
        BOOST_TEST(second.steps_done() == steps);
        check_same(finish(support::world(), second, folder / "together.h5"), reference);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_renormalized_is_refused) {
    BOOST_CHECK_NO_THROW(mcrg::check(task()));
    BOOST_CHECK_THROW(mcrg::check(task({16, 6})), core::InputError);
    auto in_a_field = task();
    in_a_field.points.back().couplings.set("field", 0.1);
    BOOST_CHECK_THROW(mcrg::check(in_a_field), core::InputError);
    auto without_operators = task();
    without_operators.parameters.even.emplace();
    BOOST_CHECK_THROW(mcrg::check(without_operators), core::InputError);
    auto too_many = task();
    too_many.parameters.chains = 1 << 19;
    BOOST_CHECK_THROW(mcrg::check(too_many), core::InputError);
    auto open = task();
    open.geometry = {Lattice::square, {16, 16}, {lattice::Boundary::open, lattice::Boundary::periodic}};
    BOOST_CHECK_THROW(mcrg::check(open), core::InputError);
    // On 2 x 2 block spins next-nearest neighbours in both diagonals, and those at distance 2, are all the same.
    auto alike = task({4, 4});
    alike.parameters.steps = 1;
    alike.parameters.even = {"nn", "nnn", "3nn"};
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mcrg::Variational flow(support::world(), alike, folder.path(), timers);
    while (!flow.done()) flow.step();
    BOOST_CHECK_THROW(flow.seal(), core::InputError);
}

BOOST_AUTO_TEST_CASE(placement_counts_chains_and_threads_without_one) {
    BOOST_TEST(mcrg::placement(task(), 1, 8) == "8 chains of 238 sweeps, each a whole lattice on one thread");
    BOOST_TEST(mcrg::placement(task(), 3, 4) ==
               "8 chains of 238 sweeps, each a whole lattice on one thread; 4 of 12 threads have none");
}

BOOST_AUTO_TEST_CASE(determines_the_same_asks_for_one_rule_and_one_set_of_operators) {
    const auto what = task();
    mcrg::BlockParameters block = what.parameters.blocking();
    block.couplings = {"plaquette", "nn", "nnn"};
    BOOST_TEST(mcrg::determines_the_same(block, what));
    block.p = {0.61};
    BOOST_TEST(!mcrg::determines_the_same(block, what));
    block.p = {0.6};
    block.couplings = {"nn", "nnn"};
    BOOST_TEST(!mcrg::determines_the_same(block, what));
}

BOOST_AUTO_TEST_CASE(fields_and_free_moments_are_those_of_the_operators) {
    for (const std::vector<std::int64_t>& size : {std::vector<std::int64_t>{4, 6}, {2, 4}, {2, 2}}) {
        const lattice::Geometry geometry(Lattice::square, size);
        const auto basis = model::OperatorBasis::generate(Lattice::square, {.spins = 4, .squared_range = 4});
        const std::vector<model::Operator> operators(basis.begin(), basis.end());
        const mcrg::SiteTerms terms(geometry, operators);
        const auto sites = static_cast<std::size_t>(geometry.sites());
        std::vector<std::int8_t> spins(sites + 1, 1);
        for (std::size_t site = 0; site < sites; ++site) {
            spins[site] = rng::word64(rng::Key(5), {.place = static_cast<std::int64_t>(site)}) % 2 == 0 ? -1 : 1;
        }
        for (std::size_t a = 0; a < operators.size(); ++a) {
            for (std::size_t site = 0; site < sites; ++site) {
                const auto expected = model::local_field(operators[a], geometry, std::span(spins).first(sites),
                                                         static_cast<std::int64_t>(site));
                BOOST_TEST(terms.field(a, spins.data(), site) == expected);
                BOOST_TEST(std::abs(expected) <= terms.most(a));
            }
            if (sites > 8) continue;
            double first = 0, second = 0; // over all configurations
            for (std::uint32_t number = 0; number < 1U << sites; ++number) {
                for (std::size_t site = 0; site < sites; ++site) spins[site] = (number >> site & 1U) != 0 ? 1 : -1;
                const auto sum = static_cast<double>(model::sum(operators[a], geometry, std::span(spins).first(sites)));
                first += sum / static_cast<double>(1U << sites);
                second += sum * sum / static_cast<double>(1U << sites);
            }
            BOOST_TEST(std::abs(terms.free_mean(a) - first) < 1e-9);
            BOOST_TEST(std::abs(terms.free_variance(a) - (second - first * first)) < 1e-9);
        }
    }
}
