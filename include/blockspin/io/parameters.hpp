#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <blockspin/io/field.hpp>
#include <blockspin/io/keyed_values.hpp>

namespace blockspin::io {

/// Collects what a cross-field check finds wrong; each problem is shown at the place of a key.
class Problems {
  public:
    Problems(const detail::ParsedSection& section, std::vector<detail::Problem>& list)
        : section_(section), list_(list) {}
    /// `key` is a name of this section, or a dotted path below it; one that is not in the file stands for the section.
    void add(std::string_view key, std::string message);

  private:
    const detail::ParsedSection& section_;
    std::vector<detail::Problem>& list_;
};

namespace detail {

struct AnyVisitor {
    template <class T> void operator()(std::string_view, T&, const Field& = {}) {}
};

} // namespace detail

/// A plain aggregate with defaults in its class and `void fields(auto& visit)`, which calls
/// visit("sweeps", sweeps, {.meaning = "…", .minimum = 1}) for each member, in the order in which they are shown.
/// Members are bool, int, std::int64_t, std::uint64_t, double, std::string, vectors and optionals of those, KeyedValues
/// of those and of vectors of those, parameter sets, and vectors ([[name]]) and optionals of parameter sets. It may
/// have `void check(Problems&) const` for rules between fields.
template <class T>
concept ParameterSet = std::is_class_v<T> && std::default_initializable<T> && std::copyable<T> &&
    requires(T& set, detail::AnyVisitor& visit) {
    set.fields(visit);
};

/// One `--set path=value`: `path` as in "sample.sweeps" or "flow.0.method"; `value` in TOML, where quotes around a
/// plain word may be left out.
struct Override {
    std::string path;
    std::string value;
};

/// Splits "path=value"; InputError if there is no '=' or no path.
Override parse_override(std::string_view argument);

} // namespace blockspin::io

#include <blockspin/io/detail/parameter_visitors.hpp>

namespace blockspin::io {

/// Reads a parameter set from TOML. InputError with all that is wrong, one line each, "file:line:column: …".
template <ParameterSet T>
T parse(std::string_view text, std::string_view file_name, const std::vector<Override>& overrides = {}) {
    std::vector<detail::Problem> problems;
    const detail::ParsedSection parsed = detail::read_toml(text, file_name, overrides, detail::describe(T{}), problems);
    T set;
    detail::assign(set, parsed, problems);
    detail::throw_if_any(std::move(problems));
    return set;
}

/// Every key with its type, default, range, unit, meaning and source, for a terminal.
template <ParameterSet T> std::string schema() { return detail::schema_text(detail::describe(T{})); }

/// The same as a JSON Schema (draft 2020-12).
template <ParameterSet T> std::string json_schema() { return detail::json_schema(detail::describe(T{})); }

/// All values, defaults included, as TOML that parse() reads back to an equal set; doubles round-trip.
template <ParameterSet T> std::string to_toml(const T& set) { return detail::to_toml(detail::describe(set), true); }

/// to_toml() without the keys that may change on a restart: what a checkpoint must agree with.
template <ParameterSet T> std::string to_identity(const T& set) {
    return detail::to_toml(detail::describe(set), false);
}

} // namespace blockspin::io
