#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/net/likelihood.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/rng/draws.hpp>

#include <filesystem>
#include <omp.h>
#include <string>

using namespace blockspin;

namespace {

/// Normal parameters of the given width.
net::Rbm<float> machine(int visible, int hidden, std::int64_t number, double width = 0.3) {
    return net::initial_rbm(visible, hidden, width, rng::Key(5), 0, number);
}

net::Dataset data() {
    linalg::Matrix<float> rows(120, 12);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows.values()[i] = rng::uniform(rng::Key(8), {.place = static_cast<std::int64_t>(i)}) < 0.3 ? 1.0F : -1.0F;
    }
    std::vector<std::uint8_t> bits;
    net::append_packed(rows, bits);
    return {12, bits};
}

net::Dataset real_data() {
    std::vector<float> values;
    for (std::int64_t i = 0; i < 120 * 12; ++i) {
        values.push_back(static_cast<float>(rng::normal(rng::Key(9), {.place = i})[0] * (i % 12 == 0 ? 2 : 1)));
    }
    return net::Dataset::real(12, values, {}, 0);
}

net::LikelihoodTask task(const std::string& method, std::size_t layers) {
    net::LikelihoodTask task{.parameters = {.method = method, .chains = 70, .temperatures = 40, .samples = 3},
                             .seed = 12,
                             .point = {},
                             .stacks = {}};
    if (layers == 1) task.parameters.reverse = {.rows = 9, .chains = 5};
    for (std::int64_t training = 0; training < 3; ++training) {
        net::Stack& stack = task.stacks.emplace_back();
        stack.push_back(machine(12, 7, training));
        if (layers == 2) stack.push_back(machine(7, 5, training + 3));
    }
    return task;
}

void advance(net::Likelihood& likelihood, std::uint64_t to) {
    while (likelihood.steps_done() < to) likelihood.step();
}

std::string published(const mpi::Communicator& comm, const net::Likelihood& likelihood,
                      const std::filesystem::path& file) {
    io::publish(comm, file, [&](io::Writer& writer) {
        io::Writer results = writer.group("results");
        likelihood.publish(results);
        results.text("rows", io::to_json({"test", likelihood.results()}));
    });
    return io::digest(file);
}

std::string own_name(const std::string& name) { return name + std::to_string(support::world().rank()) + ".h5"; }

struct Case {
    const char* method;
    std::size_t layers;
    bool real = false; ///< Gaussian visible units
};

net::LikelihoodTask task(const Case& which) {
    net::LikelihoodTask result = task(which.method, which.layers);
    for (net::Stack& stack : result.stacks) {
        if (which.real) stack.front().visible_kind = net::UnitKind::gaussian;
    }
    return result;
}

net::Likelihood likelihood(const mpi::Communicator& comm, const Case& which, process::Timers& timers) {
    const net::Dataset rows = which.real ? real_data() : data();
    return {comm, task(which), rows, net::split(rows, 0.25), timers};
}

/// Results of an uninterrupted run of the calling rank alone.
std::string reference(const support::ScratchFolder& folder, const Case& which) {
    const mpi::Communicator self = mpi::Communicator::self();
    process::Timers timers;
    net::Likelihood alone = likelihood(self, which, timers);
    advance(alone, alone.steps_total());
    return published(self, alone, folder / own_name("alone"));
}

constexpr Case cases[] = {{"annealing", 1}, {"annealing", 2}, {"enumeration", 2}, {"annealing", 1, true}};

} // namespace

BOOST_AUTO_TEST_CASE(ln_z_by_enumeration_has_the_same_bits_on_any_ranks_and_threads) {
    auto rbm = net::to_double(machine(15, 21, 9));
    for (const net::UnitKind kind : {net::UnitKind::binary, net::UnitKind::gaussian}) {
        rbm.visible_kind = kind;
        const double alone = net::ln_partition_function(rbm);
        for (const int threads : {1, 3}) {
            omp_set_num_threads(threads);
            BOOST_TEST(net::ln_partition_function(support::world(), rbm) == alone);
        }
        omp_set_num_threads(1);
    }
}

BOOST_AUTO_TEST_CASE(log_probabilities_have_the_same_bits_on_any_ranks_and_threads) {
    const support::ScratchFolder folder(support::world());
    for (const Case& which : cases) {
        const std::string expected = reference(folder, which);
        for (const int threads : {1, 2}) {
            omp_set_num_threads(threads);
            process::Timers timers;
            net::Likelihood together = likelihood(support::world(), which, timers);
            advance(together, together.steps_total());
            BOOST_TEST(published(support::world(), together, folder / "together.h5") == expected);
        }
        omp_set_num_threads(1);
    }
}

BOOST_AUTO_TEST_CASE(a_run_continued_on_other_ranks_gives_the_same_bits) {
    const support::ScratchFolder folder(support::world());
    const mpi::Communicator self = mpi::Communicator::self();
    for (const Case& which : cases) {
        const std::string expected = reference(folder, which);
        process::Timers timers;
        const std::uint64_t total = likelihood(self, which, timers).steps_total();
        for (std::uint64_t steps = 0; steps <= total; steps += 1 + total / 5) {
            net::Likelihood first = likelihood(self, which, timers);
            advance(first, steps);
            io::publish(self, folder / own_name("state"), [&](io::Writer& writer) { writer.object("state", first); });
            support::world().barrier();
            net::Likelihood second = likelihood(support::world(), which, timers);
            advance(second, steps / 2);
            io::open_sealed(support::world(), folder / "state0.h5").object("state", second);
            BOOST_TEST(second.steps_done() == steps);
            advance(second, second.steps_total());
            BOOST_TEST(published(support::world(), second, folder / "together.h5") == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(tasks_that_cannot_be_done_are_refused_on_all_ranks) {
    process::Timers timers;
    const auto refused = [&](net::LikelihoodTask what, double held_out = 0.25) {
        BOOST_CHECK_THROW(
            net::Likelihood(support::world(), std::move(what), data(), net::split(data(), held_out), timers),
            core::InputError);
    };
    auto wrong = task("annealing", 1);
    wrong.stacks.assign(1, {machine(11, 7, 0)});
    refused(wrong);
    wrong = task("annealing", 2);
    wrong.parameters.reverse.rows = 2;
    refused(wrong);
    refused(task("annealing", 1), 0.0);
    const net::Dataset means = net::Dataset::means(12, std::vector<std::uint8_t>(12 * 120, 9), {}, 0, rng::Key(1));
    BOOST_CHECK_THROW(net::Likelihood(support::world(), task("annealing", 1), means, net::split(means, 0.25), timers),
                      core::InputError);
    wrong = task("annealing", 1);
    for (net::Stack& stack : wrong.stacks) stack.front().hidden_kind = net::UnitKind::rectified;
    refused(wrong);
    refused(task({"annealing", 1, true})); // rows that are not real
    wrong = task("enumeration", 1);
    wrong.stacks.assign(1, {machine(12, 40, 0), machine(40, 31, 0)});
    refused(wrong);
}
