#pragma once

// How keys, types, ranges and values of a study are written, in messages, schemas and TOML alike.

#include <blockspin/io/field.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace blockspin::io::detail {

/// "integer", "list of floats", "table of lists of floats".
std::string type_text(const KeyDescription& key);
std::string_view scalar_type_text(ScalarType type);
/// "in [0, 1]", "> 0", "one of 'metropolis', 'wolff'"; empty if anything goes.
std::string range_text(const Field& field);
/// A number as short as it round-trips.
std::string number_text(double number);
std::string scalar_toml(const Scalar& scalar);
/// One value, or a list.
std::string values_toml(const Scalars& values, bool is_list);
/// "[sample]", "[[flow]]"; "the top level" for an empty path.
std::string section_text(std::string_view path, Presence presence);

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (optimal string
/// alignment; Damerau 1964, Levenshtein 1966).
std::size_t edit_distance(std::string_view from, std::string_view to);

} // namespace blockspin::io::detail
