#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace blockspin::io {

/// An array of numbers, row-major.
struct NumberArray {
    std::vector<std::uint64_t> shape;
    std::vector<float> values; ///< rounded to single precision where they are wider

    bool operator==(const NumberArray&) const = default;
};

/// Reads an IDX file, plain or compressed by gzip: two zero bytes, the element type, the number of dimensions, the
/// extents as big-endian 32-bit integers, the elements (Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database,
/// 1998). IoError if it cannot be opened or read; DataError if it is no IDX file, damaged, longer or shorter than its
/// header says, or holds a number that is not finite.
NumberArray read_idx(const std::filesystem::path& file);

/// Does the file begin like IDX or gzip? IoError if it cannot be opened.
bool looks_like_idx(const std::filesystem::path& file);

} // namespace blockspin::io
