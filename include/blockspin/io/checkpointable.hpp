#pragma once

#include <concepts>
#include <string_view>

namespace blockspin::io {

class Reader;
class Writer;

/// State that can be written to a file and read back: a format name, the version of the format that save() writes, and
/// both functions. load() must set every part of the state, also after an earlier load() has failed half-way, and must
/// read every version up to its own (Reader::format_version). Both are Collective.
template <class T>
concept Checkpointable = requires(const T& state, T& target, Writer& writer, const Reader& reader) {
    { T::format } -> std::convertible_to<std::string_view>;
    { T::format_version } -> std::convertible_to<int>;
    { state.save(writer) } -> std::same_as<void>;
    { target.load(reader) } -> std::same_as<void>;
};

/// The format tag of a stored object.
struct Format {
    std::string_view name;
    int version = 0;

    template <Checkpointable T> static constexpr Format of() { return {T::format, T::format_version}; }
};

} // namespace blockspin::io
