#include <blockspin/io/idx.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

namespace blockspin::io {

namespace {

/// A plain or compressed file from its beginning.
class GzipFile {
  public:
    explicit GzipFile(const std::filesystem::path& path) : path_(path) {
        errno = 0;
        file_.reset(std::filesystem::is_directory(path) ? nullptr : gzopen(path.c_str(), "rb"));
        if (!file_) {
            const std::string reason = errno != 0 ? std::generic_category().message(errno) : "not a file";
            throw core::IoError(fmt::format("cannot open {}: {}", path.string(), reason));
        }
    }

    /// As many bytes as there are, at most bytes.size().
    std::size_t read_some(std::span<std::uint8_t> bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const auto want = static_cast<unsigned>(std::min<std::size_t>(bytes.size() - done, 1 << 26));
            const int got = gzread(file_.get(), bytes.data() + done, want);
            int error = Z_OK;
            const char* message = gzerror(file_.get(), &error);
            if (error == Z_ERRNO) throw core::IoError(fmt::format("cannot read {}: {}", path_.string(), message));
            if (got < 0 || error != Z_OK) throw core::DataError(fmt::format("{}: {}", path_.string(), message));
            if (got == 0) break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }
    void read(std::span<std::uint8_t> bytes) {
        if (read_some(bytes) < bytes.size()) refuse("ends before its header says");
    }
    [[noreturn]] void refuse(std::string_view reason) const {
        throw core::DataError(fmt::format("{}: {}", path_.string(), reason));
    }

  private:
    struct Close {
        void operator()(gzFile file) const { gzclose_r(file); }
    };
    std::filesystem::path path_;
    std::unique_ptr<gzFile_s, Close> file_;
};

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
}

/// The element types of IDX: their size, and a number of it from its bits.
struct Element {
    std::size_t bytes;
    float (*number)(std::uint64_t bits);
};

std::optional<Element> element(std::uint8_t code) {
    switch (code) {
    case 0x08:
        return Element{1, [](std::uint64_t bits) { return static_cast<float>(bits); }};
    case 0x09:
        return Element{1, [](std::uint64_t bits) { return static_cast<float>(static_cast<std::int8_t>(bits)); }};
    case 0x0B:
        return Element{2, [](std::uint64_t bits) { return static_cast<float>(static_cast<std::int16_t>(bits)); }};
    case 0x0C:
        return Element{4, [](std::uint64_t bits) { return static_cast<float>(static_cast<std::int32_t>(bits)); }};
    case 0x0D:
        return Element{4, [](std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }};
    case 0x0E:
        return Element{8, [](std::uint64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); }};
    default:
        return std::nullopt;
    }
}

/// More than any data set has, and few enough for the number of bytes not to overflow.
constexpr std::uint64_t most_elements = std::uint64_t{1} << 40;

std::vector<std::uint64_t> read_shape(GzipFile& file, std::size_t dimensions) {
    std::vector<std::uint64_t> shape;
    std::uint64_t elements = 1;
    for (std::size_t d = 0; d < dimensions; ++d) {
        std::array<std::uint8_t, 4> bytes{};
        file.read(bytes);
        shape.push_back(big_endian(bytes));
        if (shape.back() == 0) file.refuse("is an IDX file without elements");
        if (shape.back() > most_elements / elements) file.refuse("is an IDX file of an impossible size");
        elements *= shape.back();
    }
    return shape;
}

} // namespace

NumberArray read_idx(const std::filesystem::path& path) {
    GzipFile file(path);
    std::array<std::uint8_t, 4> magic{};
    const bool whole = file.read_some(magic) == magic.size();
    const auto type = element(magic[2]);
    if (!whole || magic[0] != 0 || magic[1] != 0 || !type || magic[3] == 0) file.refuse("is not an IDX file");
    NumberArray array{.shape = read_shape(file, magic[3]), .values = {}};
    std::uint64_t rest = 1;
    for (const std::uint64_t extent : array.shape) rest *= extent;
    std::vector<std::uint8_t> bytes;
    while (rest > 0) { // piece by piece, so that a wrong header does not take all memory
        const std::size_t count = std::min<std::uint64_t>(rest, 1 << 20);
        bytes.resize(count * type->bytes);
        file.read(bytes);
        for (std::size_t i = 0; i < count; ++i) {
            array.values.push_back(type->number(big_endian(std::span(bytes).subspan(i * type->bytes, type->bytes))));
            if (!std::isfinite(array.values.back())) file.refuse("has an element that is not finite");
        }
        rest -= count;
    }
    std::array<std::uint8_t, 1> more{};
    if (file.read_some(more) > 0) file.refuse("goes on after its last element");
    return array;
}

bool looks_like_idx(const std::filesystem::path& path) {
    GzipFile file(path);
    std::array<std::uint8_t, 2> magic{};
    return file.read_some(magic) == 2 && magic[0] == 0 && magic[1] == 0;
}

} // namespace blockspin::io
