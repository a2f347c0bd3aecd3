// A file of any bytes is read as IDX or refused as bad data. What is read has as many finite numbers as its shape says,
// and a file that is not compressed has exactly the bytes for them.
#include <blockspin/core/error.hpp>
#include <blockspin/io/idx.hpp>

#include "memory_file.hpp"

#include <algorithm>
#include <cmath>

using namespace blockspin;

namespace {

std::size_t element_bytes(std::uint8_t code) {
    switch (code) {
    case 0x08:
    case 0x09:
        return 1;
    case 0x0B:
        return 2;
    case 0x0C:
    case 0x0D:
        return 4;
    default:
        return 8;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::MemoryFile file;
    file.hold(data, size);
    io::NumberArray array;
    try {
        io::looks_like_idx(file.path());
        array = io::read_idx(file.path());
    } catch (const core::DataError&) {
        return 0;
    }
    std::size_t elements = 1;
    for (const std::uint64_t extent : array.shape) elements *= extent;
    fuzz::require(elements > 0 && elements == array.values.size());
    fuzz::require(std::ranges::all_of(array.values, [](float x) { return std::isfinite(x); }));
    const bool compressed = data[0] == 0x1f;
    fuzz::require(compressed || size == 4 + 4 * array.shape.size() + elements * element_bytes(data[2]));
    return 0;
}
