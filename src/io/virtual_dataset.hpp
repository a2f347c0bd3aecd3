#pragma once

// Virtual datasets that glue segments along their first dimension. They are read here, source by source, because HDF5
// silently returns fill values where a source is missing.

#include <blockspin/io/hdf5.hpp>
#include <blockspin/io/writer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace blockspin::io {

/// One source file of a virtual dataset.
struct Source {
    std::filesystem::path file;
    std::string dataset;
    std::uint64_t first_row = 0;
    std::uint64_t rows = 0;
};

/// Type and shape of the glued dataset. DataError if a segment is missing or does not fit the others.
struct Glued {
    Type type{};
    std::vector<std::uint64_t> shape;
};
Glued inspect_segments(const std::filesystem::path& folder, std::span<const Segment> segments,
                       const std::string& dataset);

/// Hash of the seals of all segments, kept as an attribute of the virtual dataset.
std::string combined_seal(std::span<const std::uint64_t> seals);
inline constexpr const char* combined_seal_attribute = "segment_seals";

bool is_virtual(const Handle& dataset);
/// The sources in the order of rows. DataError if they are not rows glued without gaps.
std::vector<Source> sources_of(const Handle& dataset);
/// A box of a virtual dataset. Every source that it touches is verified against its seal once, and remembered in
/// `verified`; DataError if one is missing, damaged or not the one that was glued.
void read_virtual(const Handle& dataset, hid_t memory_type, std::size_t element_bytes, const Slab& slab,
                  std::span<std::byte> bytes, std::set<std::filesystem::path>& verified);

} // namespace blockspin::io
