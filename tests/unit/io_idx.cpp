#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/idx.hpp>

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace blockspin;

namespace {

using Bytes = std::vector<std::uint8_t>;

void write(const std::filesystem::path& file, const Bytes& bytes) {
    std::ofstream stream(file, std::ios::binary);
    for (const std::uint8_t byte : bytes) stream.put(static_cast<char>(byte));
}

void write_gzip(const std::filesystem::path& file, const Bytes& bytes) {
    const gzFile stream = gzopen(file.c_str(), "wb");
    BOOST_REQUIRE(gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
    gzclose_w(stream);
}

/// 2 × 3 unsigned bytes.
const Bytes small{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 253, 254, 255};
const io::NumberArray small_array{{2, 3}, {1, 2, 3, 253, 254, 255}};

Bytes without_last(Bytes bytes) {
    bytes.pop_back();
    return bytes;
}

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = value;
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_CASE(plain_and_compressed_files_give_the_same_numbers) {
    const support::ScratchFolder folder(support::world());
    write(folder / "plain", small);
    write_gzip(folder / "compressed", small);
    BOOST_TEST((io::read_idx(folder / "plain") == small_array));
    BOOST_TEST((io::read_idx(folder / "compressed") == small_array));
    BOOST_TEST(io::looks_like_idx(folder / "compressed"));
    write(folder / "text", {'n', 'o'});
    BOOST_TEST(!io::looks_like_idx(folder / "text"));
}

BOOST_AUTO_TEST_CASE(all_element_types_are_big_endian) {
    const support::ScratchFolder folder(support::world());
    const auto one = [&](std::uint8_t type, const Bytes& element) {
        Bytes bytes{0, 0, type, 1, 0, 0, 0, 1};
        bytes.insert(bytes.end(), element.begin(), element.end());
        write(folder / "file", bytes);
        return io::read_idx(folder / "file").values.at(0);
    };
    BOOST_TEST(one(0x08, {200}) == 200.0F);
    BOOST_TEST(one(0x09, {0xFE}) == -2.0F);
    BOOST_TEST(one(0x0B, {0xFF, 0x00}) == -256.0F);
    BOOST_TEST(one(0x0C, {0xFF, 0xFF, 0xFF, 0xFD}) == -3.0F);
    BOOST_TEST(one(0x0D, {0x3F, 0xC0, 0, 0}) == 1.5F);
    BOOST_TEST(one(0x0E, {0xBF, 0xE0, 0, 0, 0, 0, 0, 0}) == -0.5F);
}

BOOST_AUTO_TEST_CASE(files_that_are_not_what_they_say_are_refused) {
    const support::ScratchFolder folder(support::world());
    const Bytes bad[] = {{},
                         {0, 0, 8},
                         with(small, 0, 1),                                         // magic
                         with(small, 2, 0x0A),                                      // no such type
                         with(small, 3, 0),                                         // no dimension
                         with(small, 7, 0),                                         // no rows
                         with(small, 7, 3),                                         // more rows than there are
                         with(small, 4, 0xFF),                                      // 4 billion rows
                         with(small, 11, 2),                                        // goes on
                         without_last(small),                                       // short
                         {0, 0, 8, 2, 0, 0, 0},                                     // within its header
                         {0, 0, 0x0D, 1, 0, 0, 0, 1, 0x7F, 0xC0, 0, 0},             // NaN
                         {0, 0, 0x0E, 1, 0, 0, 0, 1, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0}, // infinite
                         {0, 0, 8, 4, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    for (const Bytes& bytes : bad) {
        write(folder / "bad", bytes);
        BOOST_CHECK_THROW(io::read_idx(folder / "bad"), core::DataError);
        write_gzip(folder / "bad.gz", bytes);
        BOOST_CHECK_THROW(io::read_idx(folder / "bad.gz"), core::DataError);
    }
    BOOST_CHECK_THROW(io::read_idx(folder / "missing"), core::IoError);
    BOOST_CHECK_THROW(io::read_idx(folder.path()), core::IoError);
}

BOOST_AUTO_TEST_CASE(a_compressed_file_that_was_cut_or_damaged_is_refused) {
    const support::ScratchFolder folder(support::world());
    Bytes large{0, 0, 8, 1, 0, 0, 0x40, 0};
    for (int i = 0; i < 0x4000; ++i) large.push_back(static_cast<std::uint8_t>(i * i % 251));
    write_gzip(folder / "file", large);
    std::ifstream stream(folder / "file", std::ios::binary);
    const Bytes whole{std::istreambuf_iterator<char>(stream), {}};
    for (const std::size_t length : {std::size_t{12}, whole.size() / 2, whole.size() - 4}) {
        write(folder / "cut", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
        BOOST_CHECK_THROW(io::read_idx(folder / "cut"), core::DataError);
    }
    for (std::size_t at = 20; at < whole.size(); at += whole.size() / 10) {
        write(folder / "damaged", with(whole, at, static_cast<std::uint8_t>(whole[at] ^ 0x10)));
        BOOST_CHECK_THROW(io::read_idx(folder / "damaged"), core::DataError);
    }
}
