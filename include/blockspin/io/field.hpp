#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace blockspin::io {

/// What is known of one key or section of a study besides its name, type and default. Ranges and choices hold for every
/// element of a list and every value of a table with free keys.
struct Field {
    std::string_view meaning{};              ///< one sentence
    std::string_view unit{};                 ///< empty: dimensionless, or not a quantity
    std::optional<double> minimum{};         ///< smallest allowed value
    std::optional<double> maximum{};         ///< largest allowed value
    std::optional<double> above{};           ///< values must be larger than this
    std::optional<double> below{};           ///< values must be smaller than this
    std::vector<std::string_view> choices{}; ///< the allowed texts; empty: any
    std::vector<std::string_view> keys{};    ///< the names allowed in a table with free keys; empty: any
    std::string_view source{};               ///< DOI of the method or convention
    bool may_change_on_restart = false;      ///< not part of what a checkpoint must agree with
    bool required = false;                   ///< has no default: must be in the file wherever its section is
    bool may_be_infinite = false;            ///< inf and nan are allowed
};

namespace detail {

/// One scalar of a study; unsigned numbers are held as the signed number of TOML.
using Scalar = std::variant<bool, std::int64_t, double, std::string>;
using Scalars = std::vector<Scalar>;

enum class ScalarType { boolean, integer, long_integer, unsigned_integer, real, text };

/// A key as declared, with the values of the object it was described from.
struct KeyDescription {
    std::string name;
    Field field;
    ScalarType type{};
    bool is_list = false;
    bool is_optional = false; ///< no value: absent
    bool is_open = false;     ///< a table with free keys: `entries` instead of `values`
    Scalars values;           ///< one, or those of the list
    bool is_set = true;
    std::vector<std::pair<std::string, Scalars>> entries;
};

enum class Presence { always, optional, repeated };

/// A section as declared: its keys and sub-sections in the order of declaration.
struct SectionDescription {
    std::string name;
    Field field;
    Presence presence = Presence::always;
    std::vector<KeyDescription> keys;
    std::vector<SectionDescription> sections;
    /// Of an optional or repeated section: those that are there (the keys above are of a default one).
    std::vector<SectionDescription> elements;
};

/// Where in the input something is, as it is shown to the user.
struct Location {
    std::string text; ///< "study.toml:14:3" or "--set sample.sweeps"
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct Problem {
    Location where;
    std::string message;
};

struct ParsedKey {
    Location where;
    Scalars values;
    std::vector<std::pair<std::string, Scalars>> entries;
};

/// What a file holds of one section, already validated against its description.
struct ParsedSection {
    Location where;
    std::vector<std::pair<std::string, ParsedKey>> keys;
    std::vector<std::pair<std::string, std::vector<ParsedSection>>> sections;
    bool is_sound = true; ///< nothing wrong in it or below

    const ParsedKey* key(std::string_view name) const;
    const std::vector<ParsedSection>* section(std::string_view name) const;
};

} // namespace detail

} // namespace blockspin::io
