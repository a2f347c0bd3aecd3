#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mapping/small_lattice.hpp>
#include <blockspin/process/run.hpp>

#include <omp.h>
#include <string>

using namespace blockspin;

static_assert(process::Process<mapping::SmallLattice>);
static_assert(io::ParameterSet<mapping::MapParameters>);
static_assert(!process::Process<mapping::Task>);

namespace {

mapping::Task task() {
    return {.parameters = {.hidden = {2, 3}, .updates = 30, .batch = 70, .learning_rate = 0.1, .trainings = 2},
            .seed = 9,
            .point = "couplings.nn = 0.4",
            .geometry = lattice::Geometry(lattice::Lattice::square, {4, 3}),
            .hamiltonian = {lattice::Lattice::square, {{"nn", 0.4}}}};
}

void advance(mapping::SmallLattice& machines, std::uint64_t to) {
    while (machines.steps_done() < to) machines.step();
}

std::string published(const mpi::Communicator& comm, const mapping::SmallLattice& machines,
                      const std::filesystem::path& file) {
    io::publish(comm, file, [&](io::Writer& writer) {
        io::Writer results = writer.group("results");
        machines.publish(results);
    });
    return io::digest(file);
}

std::string own_name(const std::string& name) { return name + std::to_string(support::world().rank()) + ".h5"; }

/// Results of an uninterrupted run of the calling rank alone.
std::string reference(const support::ScratchFolder& folder) {
    const mpi::Communicator self = mpi::Communicator::self();
    process::Timers timers;
    mapping::SmallLattice machines(self, task(), timers);
    advance(machines, machines.steps_total());
    return published(self, machines, folder / own_name("alone"));
}

} // namespace

BOOST_AUTO_TEST_CASE(machines_are_the_same_bits_on_any_ranks_and_threads) {
    const support::ScratchFolder folder(support::world());
    const std::string alone = reference(folder);
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        process::Timers timers;
        mapping::SmallLattice machines(support::world(), task(), timers);
        advance(machines, machines.steps_total());
        BOOST_TEST(published(support::world(), machines, folder / "together.h5") == alone);
    }
    omp_set_num_threads(1);
}

BOOST_AUTO_TEST_CASE(machines_continued_on_other_ranks_are_the_same_bits) {
    const support::ScratchFolder folder(support::world());
    const std::string alone = reference(folder);
    const mpi::Communicator self = mpi::Communicator::self();
    process::Timers timers;
    mapping::SmallLattice first(support::world(), task(), timers), second(self, task(), timers);
    advance(first, 13);
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("state", first); });
    advance(second, 20);
    io::open_sealed(self, folder / "state.h5").object("state", second);
    BOOST_TEST(second.steps_done() == 13u);
    advance(second, second.steps_total());
    BOOST_TEST(published(self, second, folder / own_name("continued")) == alone);
}

BOOST_AUTO_TEST_CASE(results_are_on_the_root_rank_and_can_be_published) {
    process::Timers timers;
    mapping::SmallLattice machines(support::world(), task(), timers);
    advance(machines, machines.steps_total());
    const auto rows = machines.results();
    BOOST_TEST(rows.size() == (support::world().is_root() ? 2u + 2 * 2 * 2 : 0u));
    io::check({"study", rows});
    for (const io::Row& row : rows) BOOST_TEST(row.point == "couplings.nn = 0.4");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_other_machines_is_refused) {
    const support::ScratchFolder folder(support::world());
    process::Timers timers;
    mapping::SmallLattice machines(support::world(), task(), timers);
    machines.step();
    io::publish(support::world(), folder / "state.h5", [&](io::Writer& writer) { writer.object("state", machines); });
    mapping::Task larger = task();
    larger.parameters.hidden = {2, 5};
    mapping::SmallLattice other(support::world(), larger, timers);
    BOOST_CHECK_THROW(io::open_sealed(support::world(), folder / "state.h5").object("state", other), core::DataError);
}
