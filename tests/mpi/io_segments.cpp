#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpoint.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/io/segments.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fstream>

using namespace blockspin;

namespace {

const mpi::Communicator& world() { return support::world(); }

constexpr std::uint64_t width = 3;

std::vector<double> rows_from(std::uint64_t first, std::uint64_t rows) {
    std::vector<double> data;
    for (std::uint64_t i = first * width; i < (first + rows) * width; ++i)
        data.push_back(1.0 / static_cast<double>(i + 1));
    return data;
}

void append(io::SegmentStore& store, std::uint64_t rows) {
    const std::uint64_t first = store.rows();
    store.append(rows, [&](io::Writer& writer) {
        const auto cut = [&](int rank) {
            return rows * static_cast<std::uint64_t>(rank) / static_cast<std::uint64_t>(world().size());
        };
        const std::uint64_t mine = cut(world().rank());
        const std::uint64_t count = cut(world().rank() + 1) - mine;
        writer.array<double>("series", io::Slab::of_rows({rows, width}, mine, count), rows_from(first + mine, count));
    });
}

void publish_glued(const support::ScratchFolder& folder, const io::SegmentStore& store) {
    io::publish(world(), folder / "glued.h5", [&](io::Writer& writer) {
        io::Writer results = writer.group("results");
        results.concatenated("series", store.segments(), "series");
    });
}

void on_root(const std::function<void()>& action) {
    world().barrier();
    if (world().is_root()) action();
    world().barrier();
}

void flip_a_bit(const std::filesystem::path& file) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto place = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2);
    stream.seekg(place);
    const auto byte = static_cast<char>(stream.get() ^ 16);
    stream.seekp(place);
    stream.put(byte);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_glued_rows_do_not_depend_on_where_segments_were_cut) {
    std::vector<std::string> digests;
    const support::ScratchFolder plain(world());
    io::publish(world(), plain / "glued.h5", [&](io::Writer& writer) {
        writer.group("results").array<double>("series", {20, width}, rows_from(0, 20));
    });
    digests.push_back(io::digest(plain / "glued.h5"));
    for (const auto& cuts : {std::vector<std::uint64_t>{20}, {7, 12, 1}, {1, 1, 18}}) {
        const support::ScratchFolder folder(world());
        io::SegmentStore store(world(), folder.path(), "sample");
        for (const std::uint64_t rows : cuts) append(store, rows);
        BOOST_TEST(store.rows() == 20U);
        BOOST_TEST((store.read_all<double>("series") == rows_from(0, 20)));
        BOOST_TEST((store.read<double>("series", 5, 9) == rows_from(5, 9)));
        publish_glued(folder, store);
        digests.push_back(io::digest(folder / "glued.h5"));
        const io::Reader reader = io::open_sealed(world(), folder / "glued.h5").group("results");
        BOOST_TEST((reader.array<double>("series") == rows_from(0, 20)));
        std::vector<double> middle(9 * width);
        reader.array<double>("series", io::Slab::of_rows({20, width}, 5, 9), middle);
        BOOST_TEST((middle == rows_from(5, 9)));
    }
    for (const std::string& digest : digests) BOOST_TEST(digest == digests.front());
}

BOOST_AUTO_TEST_CASE(hdf5_itself_reads_the_glued_dataset) {
    const support::ScratchFolder folder(world());
    io::SegmentStore store(world(), folder.path(), "sample");
    append(store, 4);
    append(store, 6);
    publish_glued(folder, store);
    const io::Handle file(H5Fopen((folder / "glued.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "open");
    const io::Handle dataset(H5Dopen2(file.get(), "/results/series", H5P_DEFAULT), H5Dclose, "open");
    std::vector<double> data(10 * width);
    BOOST_TEST(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()) >= 0);
    BOOST_TEST((data == rows_from(0, 10)));
}

BOOST_AUTO_TEST_CASE(a_missing_damaged_or_exchanged_segment_is_an_error_and_never_a_fill_value) {
    const support::ScratchFolder folder(world());
    io::SegmentStore store(world(), folder.path(), "sample");
    append(store, 4);
    append(store, 6);
    publish_glued(folder, store);
    const auto first = folder / "sample-000000.h5";
    const auto refused_with = [&](const std::string& part) {
        const auto names_it = [&](const core::DataError& error) {
            return std::string(error.what()).find(part) != std::string::npos;
        };
        BOOST_CHECK_EXCEPTION(io::digest(folder / "glued.h5"), core::DataError, names_it);
        BOOST_CHECK_EXCEPTION(store.read_all<double>("series"), core::DataError, names_it);
        BOOST_CHECK_EXCEPTION(io::Reader::open(world(), folder / "glued.h5").group("results").array<double>("series"),
                              core::DataError, names_it);
    };
    on_root([&] {
        std::filesystem::copy_file(first, folder / "kept");
        flip_a_bit(first);
    });
    refused_with("sample-000000.h5 is damaged");
    on_root([&] { std::filesystem::remove(first); });
    refused_with("sample-000000.h5 is missing");
    on_root([&] { std::filesystem::copy_file(folder / "kept", first); });
    BOOST_TEST(io::digest(folder / "glued.h5").size() == 64U);
    io::publish(world(), first, [&](io::Writer& writer) {
        writer.array<double>("series", {4, width}, rows_from(1, 4));
    });
    BOOST_CHECK_THROW(io::digest(folder / "glued.h5"), core::DataError);
    BOOST_CHECK_THROW(store.read_all<double>("series"), core::DataError);
    BOOST_CHECK_THROW(publish_glued(folder, store), core::DataError);
}

BOOST_AUTO_TEST_CASE(segments_come_back_with_the_checkpoint_and_later_ones_are_removed) {
    const support::ScratchFolder folder(world());
    io::SegmentStore store(world(), folder.path(), "sample");
    io::CheckpointStore checkpoints(world(), folder.path(), "sample", "");
    append(store, 4);
    append(store, 6);
    checkpoints.save(store, 1);
    append(store, 5);
    io::SegmentStore again(world(), folder.path(), "sample");
    checkpoints.load(again);
    BOOST_TEST(again.rows() == 10U);
    BOOST_TEST((again.segments() == std::vector(store.segments().begin(), store.segments().begin() + 2)));
    BOOST_TEST(!std::filesystem::exists(folder / "sample-000002.h5"));
    world().barrier();
    append(again, 5);
    BOOST_TEST((again.read_all<double>("series") == rows_from(0, 15)));
    again.clear();
    BOOST_TEST(again.rows() == 0U);
    BOOST_TEST(!std::filesystem::exists(folder / "sample-000000.h5"));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_whose_segments_are_lost_damaged_or_stale_is_refused) {
    for (const int accident : {0, 1, 2}) {
        const support::ScratchFolder folder(world());
        io::SegmentStore store(world(), folder.path(), "sample");
        io::CheckpointStore checkpoints(world(), folder.path(), "sample", "");
        append(store, 4);
        append(store, 6);
        checkpoints.save(store, 1);
        const auto file = folder / "sample-000001.h5";
        if (accident == 0) on_root([&] { std::filesystem::remove(file); });
        if (accident == 1) on_root([&] { flip_a_bit(file); });
        if (accident == 2)
            on_root([&] {
                std::filesystem::copy_file(folder / "sample-000000.h5", file,
                                           std::filesystem::copy_options::overwrite_existing);
            });
        io::SegmentStore again(world(), folder.path(), "sample");
        BOOST_CHECK_THROW(checkpoints.load(again), core::DataError);
        BOOST_TEST(again.rows() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_dataset_of_very_many_chunks_is_written) {
    // More metadata than the cache of HDF5 holds back: it must not be flushed in the middle of a collective write.
    constexpr std::uint64_t rows = 60'000;
    const support::ScratchFolder folder(world());
    const auto ranks = static_cast<std::uint64_t>(world().size()), rank = static_cast<std::uint64_t>(world().rank());
    const std::uint64_t mine = rows * rank / ranks, count = rows * (rank + 1) / ranks - mine;
    io::publish(world(), folder / "chunks.h5", [&](io::Writer& writer) {
        writer.array<double>("rows", io::Slab::of_rows({rows, width}, mine, count), rows_from(mine, count),
                             {.chunk = {1, width}, .deflate = 1});
    });
    BOOST_TEST(std::filesystem::file_size(folder / "chunks.h5") > rows * width);
}
