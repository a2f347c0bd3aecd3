#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpoint.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <fstream>

using namespace blockspin;

namespace {

const mpi::Communicator& world() { return support::world(); }

/// A distributed state of 1000 numbers that follow from one.
struct State {
    static constexpr std::string_view format = "test-state";
    static constexpr int format_version = 2;
    std::int64_t origin = 0;
    std::vector<std::int64_t> piece;

    explicit State(std::int64_t first = 0) : origin(first) {
        for (std::uint64_t i = 0; i < slab().count[0]; ++i)
            piece.push_back(first + static_cast<std::int64_t>(slab().offset[0] + i));
    }
    static io::Slab slab() {
        const auto cut = [](int rank) {
            return 1000 * static_cast<std::uint64_t>(rank) / static_cast<std::uint64_t>(world().size());
        };
        return io::Slab::of_rows({1000}, cut(world().rank()), cut(world().rank() + 1) - cut(world().rank()));
    }
    void save(io::Writer& writer) const {
        writer.value("origin", origin);
        writer.array<std::int64_t>("numbers", slab(), piece);
    }
    void load(const io::Reader& reader) {
        origin = reader.value<std::int64_t>("origin");
        reader.array<std::int64_t>("numbers", slab(), piece);
    }
    bool operator==(const State&) const = default;
};

struct Renamed : State {
    static constexpr std::string_view format = "other-state";
};
struct Failing : State {
    void load(const io::Reader& reader) {
        if (world().rank() == world().size() - 1) throw core::DataError("not on this rank");
        State::load(reader);
    }
};
struct Unsaved {
    static constexpr std::string_view format = "unsaved";
    static constexpr int format_version = 1;
    void load(const io::Reader&) {}
};
struct Unnamed {
    static constexpr int format_version = 1;
    void save(io::Writer&) const {}
    void load(const io::Reader&) {}
};
static_assert(io::Checkpointable<State>);
static_assert(!io::Checkpointable<Unsaved> && !io::Checkpointable<Unnamed> && !io::Checkpointable<int>);

const std::string identity = "[model]\nsize = [8, 8]\n\n[sample]\nsweeps = 100\n";

io::CheckpointStore store_in(const support::ScratchFolder& folder, const std::string& study = identity,
                             const io::Provenance& provenance = {}) {
    return {world(), folder.path(), "sample", study, provenance};
}

/// Changes one bit in the middle of a file, or cuts the file there.
void damage(const std::filesystem::path& file, bool cut = false) {
    world().barrier();
    if (world().is_root()) {
        const auto middle = std::filesystem::file_size(file) / 2;
        if (cut) {
            std::filesystem::resize_file(file, middle);
        } else {
            std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
            stream.seekg(static_cast<std::streamoff>(middle));
            const auto byte = static_cast<char>(stream.get() ^ 1);
            stream.seekp(static_cast<std::streamoff>(middle));
            stream.put(byte);
        }
    }
    world().barrier();
}

bool is_there(const std::filesystem::path& file) {
    world().barrier();
    return std::filesystem::exists(file);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_newest_checkpoint_comes_back_and_two_are_kept) {
    const support::ScratchFolder folder(world());
    io::CheckpointStore store = store_in(folder);
    State loaded;
    BOOST_TEST(!store.load(loaded).has_value());
    for (int i = 1; i <= 4; ++i) store.save(State(i), static_cast<std::uint64_t>(10 * i));
    BOOST_TEST(store.files().size() == 2U);
    const auto restored = store.load(loaded);
    BOOST_TEST(restored->steps == 40U);
    BOOST_TEST(restored->file == folder / "checkpoint-sample-000003.h5");
    BOOST_TEST(restored->warnings.empty());
    BOOST_TEST((loaded == State(4)));
    store.clear();
    BOOST_TEST(store.files().empty());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_names_the_one_that_it_continues) {
    const support::ScratchFolder folder(world());
    State loaded;
    store_in(folder).save(State(1), 10);
    io::CheckpointStore store = store_in(folder);
    const auto restored = store.load(loaded);
    store.save(State(2), 20);
    const io::Provenance first = io::load_provenance(io::Reader::open(store.files()[0]).group("provenance"));
    const io::Provenance second = io::load_provenance(io::Reader::open(store.files()[1]).group("provenance"));
    BOOST_TEST(first.count("parent_checkpoint") == 0U);
    BOOST_TEST(second.at("parent_checkpoint") == restored->parent);
    const std::string seal = fmt::format("{:016x}", io::read_seal(store.files()[0]));
    BOOST_TEST(restored->parent == "checkpoint-sample-000000.h5, 10 steps, seal " + seal);
}

BOOST_AUTO_TEST_CASE(a_damaged_checkpoint_is_passed_over_with_a_warning_and_removed) {
    for (const bool cut : {false, true}) {
        const support::ScratchFolder folder(world());
        io::CheckpointStore store = store_in(folder);
        store.save(State(1), 10);
        store.save(State(2), 20);
        damage(folder / "checkpoint-sample-000001.h5", cut);
        State loaded;
        const auto restored = store.load(loaded);
        BOOST_TEST(restored->steps == 10U);
        BOOST_TEST((loaded == State(1)));
        BOOST_TEST(restored->warnings.size() == 1U);
        BOOST_TEST(restored->warnings.at(0).find("checkpoint-sample-000001.h5 is damaged") != std::string::npos);
        BOOST_TEST(!is_there(folder / "checkpoint-sample-000001.h5"));
        BOOST_TEST(is_there(folder / "checkpoint-sample-000000.h5"));
    }
}

BOOST_AUTO_TEST_CASE(two_damaged_checkpoints_are_a_data_error_and_nothing_is_removed) {
    const support::ScratchFolder folder(world());
    io::CheckpointStore store = store_in(folder);
    store.save(State(1), 10);
    store.save(State(2), 20);
    for (const auto& file : store.files()) damage(file);
    State loaded;
    BOOST_CHECK_THROW(store.load(loaded), core::DataError);
    BOOST_TEST(store.files().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_another_study_is_refused_with_the_first_difference) {
    const support::ScratchFolder folder(world());
    store_in(folder).save(State(1), 10);
    io::CheckpointStore other = store_in(folder, "[model]\nsize = [8, 8]\n\n[sample]\nsweeps = 200\n");
    State loaded;
    BOOST_CHECK_EXCEPTION(other.load(loaded), core::DataError, [](const core::DataError& error) {
        return std::string(error.what())
                   .find("in [sample] the checkpoint has 'sweeps = 100', the study has "
                         "'sweeps = 200'") != std::string::npos;
    });
    BOOST_TEST(other.files().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_state_of_another_format_is_refused) {
    const support::ScratchFolder folder(world());
    io::CheckpointStore store = store_in(folder);
    store.save(Renamed(), 10);
    State loaded;
    BOOST_CHECK_EXCEPTION(store.load(loaded), core::DataError, [](const core::DataError& error) {
        return std::string(error.what()).find("has format 'other-state', expected 'test-state'") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(another_instruction_set_is_a_warning_and_another_date_is_none) {
    const support::ScratchFolder folder(world());
    store_in(folder, identity, {{"simd_target", "AVX2"}, {"date", "then"}}).save(State(1), 10);
    io::CheckpointStore store = store_in(folder, identity, {{"simd_target", "SSE4"}, {"date", "now"}});
    State loaded;
    const auto restored = store.load(loaded);
    BOOST_TEST(restored->warnings.size() == 1U);
    BOOST_TEST(restored->warnings.at(0) ==
               "bits may differ from those of an uninterrupted run: simd_target was 'AVX2', is 'SSE4'");
}

BOOST_AUTO_TEST_CASE(leftovers_of_killed_runs_are_removed_and_nothing_else) {
    const support::ScratchFolder folder(world());
    const std::vector<std::string> mine{"checkpoint-sample-000007.h5.partial"};
    const std::vector<std::string> others{"checkpoint-other-000007.h5.partial", "notes.partial",
                                          "checkpoint-sample-7.h5.partial", "checkpoint-sample-000007.h5.partial.txt"};
    if (world().is_root()) {
        for (const auto& name : mine) std::ofstream(folder / name) << "half";
        for (const auto& name : others) std::ofstream(folder / name) << "whole";
    }
    world().barrier();
    const io::CheckpointStore store = store_in(folder);
    for (const auto& name : mine) BOOST_TEST(!is_there(folder / name));
    for (const auto& name : others) BOOST_TEST(is_there(folder / name));
    BOOST_TEST(store.files().empty());
}

BOOST_AUTO_TEST_CASE(a_failure_to_load_on_one_rank_is_met_by_all) {
    const support::ScratchFolder folder(world());
    io::CheckpointStore store = store_in(folder);
    store.save(Failing(), 10);
    Failing loaded;
    BOOST_CHECK_THROW(store.load(loaded), core::DataError);
}

BOOST_AUTO_TEST_CASE(the_provenance_is_the_same_on_all_ranks) {
    const io::Provenance entries = io::provenance(world(), 1975);
    std::string text;
    for (const auto& [key, value] : entries) text += key + "=" + value + "\n";
    BOOST_TEST(mpi::is_same_on_all_ranks(world(), std::as_bytes(std::span(text))));
    BOOST_TEST(entries.at("seed") == "1975");
    BOOST_TEST(entries.at("ranks") == std::to_string(world().size()));
    BOOST_TEST(entries.at("hosts") == "1");
    BOOST_TEST(entries.at("hdf5").starts_with("HDF5 1."));
    BOOST_TEST(entries.at("libc").starts_with("glibc 2."));
    BOOST_TEST(entries.at("libraries").find("zlib 1.") != std::string::npos);
    BOOST_TEST(entries.at("flags").find("-ffp-contract=off") != std::string::npos);
    for (const char* key : {"version", "revision", "compiler", "build_type", "mpi", "processor", "threads", "date"})
        BOOST_TEST(!entries.at(key).empty(), key);
}
