#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <blockspin/io/writer.hpp>

namespace blockspin::io {

/// SHA-256 in hexadecimal over (path, type, shape, little-endian contents) of every dataset under `group`, in the order
/// of paths: equal for equal results, however they are chunked, compressed, cut into segments or spread over linked
/// files. Verifies the seal of every file on the way; DataError if one is missing or damaged. By the calling rank
/// alone.
std::string digest(const std::filesystem::path& file, std::string_view group = "/results");

/// A link from a group of the file that is being written to `path` of another file in the same folder. Collective.
void external_link(Writer& writer, std::string_view name, const std::string& file, const std::string& path);

} // namespace blockspin::io
