#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/publish.hpp>

#include <fstream>
#include <random>

using namespace blockspin;

namespace {

const mpi::Communicator& world() { return support::world(); }

std::string contents(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void replace(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

bool is_refused(const std::filesystem::path& file) {
    try {
        io::verify_seal(file);
        return false;
    } catch (const core::DataError&) {
        return true;
    }
}

/// A file of more than one block.
void publish_example(const std::filesystem::path& file) {
    io::publish(world(), file, [](io::Writer& writer) {
        std::vector<double> data(200000);
        std::iota(data.begin(), data.end(), 0.5);
        writer.array("data", data);
        writer.text("note", "a text");
        writer.group("g").value("n", 3);
    });
}

std::string digest_of(const support::ScratchFolder& folder, const std::function<void(io::Writer&)>& write) {
    io::publish(world(), folder / "d.h5", [&](io::Writer& root) {
        io::Writer results = root.group("results");
        write(results);
        root.group("timing").value("seconds", 1.5);
    });
    return io::digest(folder / "d.h5");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_published_file_is_whole_and_hdf5_reads_it_although_it_is_sealed) {
    const support::ScratchFolder folder(world());
    publish_example(folder / "a.h5");
    const std::uint64_t own_hash = io::verify_seal(folder / "a.h5");
    BOOST_TEST(own_hash == io::read_seal(folder / "a.h5"));
    BOOST_TEST(own_hash == io::verify_seal(world(), folder / "a.h5"));
    const io::Handle file(H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "open");
    const io::Handle dataset(H5Dopen2(file.get(), "/data", H5P_DEFAULT), H5Dclose, "open");
    std::vector<double> data(200000);
    BOOST_TEST(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()) >= 0);
    BOOST_TEST(data.back() == 199999.5);
}

BOOST_AUTO_TEST_CASE(the_same_contents_make_the_same_bytes) {
    const support::ScratchFolder folder(world());
    publish_example(folder / "a.h5");
    publish_example(folder / "b.h5");
    BOOST_TEST((contents(folder / "a.h5") == contents(folder / "b.h5")));
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_refused) {
    const support::ScratchFolder folder(world());
    publish_example(folder / "a.h5");
    const std::string whole = contents(folder / "a.h5");
    int accepted = 0;
    for (std::size_t i = 0; i < 50; ++i) {
        const std::size_t length = i < 20 ? whole.size() - 1 - i * i : whole.size() * (i - 20) / 30;
        replace(folder / "a.h5", whole.substr(0, length));
        accepted += is_refused(folder / "a.h5") ? 0 : 1;
    }
    BOOST_TEST(accepted == 0);
}

BOOST_AUTO_TEST_CASE(an_extended_file_is_refused) {
    const support::ScratchFolder folder(world());
    publish_example(folder / "a.h5");
    const std::string whole = contents(folder / "a.h5");
    for (const std::string& more :
         {std::string(1, '\0'), std::string("blockspin sealed"), whole.substr(whole.size() - 72)}) {
        replace(folder / "a.h5", whole + more);
        BOOST_TEST(is_refused(folder / "a.h5"));
    }
    replace(folder / "a.h5", whole + whole);
    BOOST_TEST(is_refused(folder / "a.h5"));
    replace(folder / "a.h5", whole);
    BOOST_TEST(!is_refused(folder / "a.h5"));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_is_refused_wherever_it_is) {
    const support::ScratchFolder folder(world());
    publish_example(folder / "a.h5");
    std::string bytes = contents(folder / "a.h5");
    std::mt19937_64 engine(42);
    int accepted = 0;
    for (int i = 0; i < 1000; ++i) {
        // a third each in the data, in the first 4 kB (HDF5's structure) and in the last 100 bytes (the seal)
        const std::size_t range = i % 3 == 0 ? bytes.size() : i % 3 == 1 ? 4096 : 100;
        const std::size_t place = i % 3 == 2 ? bytes.size() - 1 - engine() % range : engine() % range;
        const auto bit = static_cast<char>(1 << (engine() % 8));
        std::fstream stream(folder / "a.h5", std::ios::in | std::ios::out | std::ios::binary);
        const auto put = [&](char byte) {
            stream.seekp(static_cast<std::streamoff>(place));
            stream.put(byte);
            stream.flush();
        };
        put(static_cast<char>(bytes[place] ^ bit));
        accepted += is_refused(folder / "a.h5") ? 0 : 1;
        put(bytes[place]);
    }
    BOOST_TEST(accepted == 0);
    BOOST_TEST(!is_refused(folder / "a.h5"));
}

BOOST_AUTO_TEST_CASE(files_that_were_never_sealed_are_refused) {
    const support::ScratchFolder folder(world());
    for (const std::string& text :
         {std::string(), std::string("short"), std::string(5000, 'x'), std::string(100, '\0') + "blockspin sealed"}) {
        replace(folder / "x", text);
        BOOST_TEST(is_refused(folder / "x"));
    }
    BOOST_CHECK_THROW(io::verify_seal(folder / "missing"), core::IoError);
    BOOST_CHECK_THROW(io::verify_seal(folder.path()), core::DataError);
}

BOOST_AUTO_TEST_CASE(the_digest_changes_with_every_bit_type_shape_and_path) {
    const support::ScratchFolder folder(world());
    const std::vector<double> data{1, 2, 3, 4, 5, 6};
    std::vector<double> changed = data;
    changed[3] = std::nextafter(4.0, 5.0);
    const std::vector<std::uint64_t> words(data.size(), 0);
    const std::string reference = digest_of(folder, [&](io::Writer& w) { w.array("x", data); });
    const io::Slab whole = io::Slab::whole({6});
    BOOST_TEST(reference == digest_of(folder, [&](io::Writer& w) { w.array<double>("x", whole, data); }));
    BOOST_TEST(reference == digest_of(folder, [&](io::Writer& w) {
                   w.array<double>("x", whole, data, {{4}, 9});
                   w.attribute("x", "units", "J");
               }));
    std::vector<std::string> others{reference};
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array("x", changed); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array("y", data); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.group("g").array("x", data); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array<double>("x", {2, 3}, data); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array<double>("x", {3, 2}, data); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array("x", words); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) { w.array("x", std::vector<std::int64_t>(6, 0)); }));
    others.push_back(digest_of(folder, [&](io::Writer& w) {
        w.array("x", data);
        w.value("z", 1);
    }));
    others.push_back(digest_of(folder, [&](io::Writer& w) {
        w.array("x", data);
        w.text("z", "1");
    }));
    others.push_back(digest_of(folder, [&](io::Writer& w) {
        w.array("x", data);
        w.text("z", "2");
    }));
    std::ranges::sort(others);
    BOOST_TEST((std::ranges::adjacent_find(others) == others.end()));
}

BOOST_AUTO_TEST_CASE(the_digest_follows_links_and_a_missing_file_is_an_error) {
    const support::ScratchFolder folder(world());
    const std::string reference = digest_of(folder, [](io::Writer& w) { w.group("sample").value("x", 1.5); });
    io::publish(world(), folder / "sample.h5",
                [](io::Writer& w) { w.group("results").group("sample").value("x", 1.5); });
    io::publish(world(), folder / "whole.h5", [](io::Writer& w) { w.value("x", 1.5); });
    const auto linked = [&](const std::string& file, const std::string& path) {
        return digest_of(folder, [&](io::Writer& w) { io::external_link(w, "sample", file, path); });
    };
    BOOST_TEST(reference == linked("sample.h5", "/results/sample"));
    BOOST_TEST(reference == linked("whole.h5", "/"));
    BOOST_CHECK_THROW(linked("missing.h5", "/results/sample"), core::DataError);
    BOOST_CHECK_THROW(linked("sample.h5", "/results/missing"), core::DataError);
    BOOST_CHECK_THROW(linked("d.h5", "/results"), core::DataError); // round in a circle
    std::string bytes = contents(folder / "sample.h5");
    bytes[bytes.size() / 2] ^= 4;
    replace(folder / "sample.h5", bytes);
    BOOST_CHECK_THROW(linked("sample.h5", "/results/sample"), core::DataError);
}
