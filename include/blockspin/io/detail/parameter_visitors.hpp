#pragma once

// The visitors behind parameters.hpp: they turn parameter sets into descriptions and fill them from what was read, so
// that all the rest is ordinary code.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <blockspin/core/check.hpp>
#include <blockspin/io/parameters.hpp>

namespace blockspin::io::detail {

template <class T>
concept ScalarField = std::same_as<T, bool> || std::same_as<T, int> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint64_t> || std::same_as<T, double> || std::same_as<T, std::string>;

template <ScalarField T> constexpr ScalarType scalar_type() {
    if constexpr (std::same_as<T, bool>) return ScalarType::boolean;
    if constexpr (std::same_as<T, int>) return ScalarType::integer;
    if constexpr (std::same_as<T, std::int64_t>) return ScalarType::long_integer;
    if constexpr (std::same_as<T, std::uint64_t>) return ScalarType::unsigned_integer;
    if constexpr (std::same_as<T, double>) return ScalarType::real;
    return ScalarType::text;
}

template <ScalarField T> Scalar to_scalar(const T& value) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        core::ensure(std::in_range<std::int64_t>(value), "an integer of a study is below 2^63");
        return static_cast<std::int64_t>(value);
    } else {
        return value;
    }
}

template <ScalarField T> T from_scalar(const Scalar& scalar) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        return static_cast<T>(std::get<std::int64_t>(scalar));
    } else {
        return std::get<T>(scalar);
    }
}

template <class T> struct VectorElement {};
template <class T> struct VectorElement<std::vector<T>> { using type = T; };

/// How the members of each type are described and filled; specialised for keys.
template <class T> struct KeyOf;

template <ScalarField T> struct KeyOf<T> {
    static constexpr ScalarType type = scalar_type<T>();
    static constexpr bool is_list = false;
    static Scalars values(const T& member) { return {to_scalar(member)}; }
    static T from(const Scalars& values) { return from_scalar<T>(values.at(0)); }
};

template <ScalarField T> struct KeyOf<std::vector<T>> {
    static constexpr ScalarType type = scalar_type<T>();
    static constexpr bool is_list = true;
    static Scalars values(const std::vector<T>& member) {
        Scalars scalars;
        for (const T& element : member) scalars.push_back(to_scalar<T>(element));
        return scalars;
    }
    static std::vector<T> from(const Scalars& values) {
        std::vector<T> member;
        for (const Scalar& scalar : values) member.push_back(from_scalar<T>(scalar));
        return member;
    }
};

template <class T>
concept PlainKey = requires {
    KeyOf<T>::is_list;
};

/// Fills a SectionDescription from a parameter set.
class Describer {
  public:
    explicit Describer(SectionDescription& section) : section_(section) {}

    template <PlainKey T> void operator()(std::string_view name, const T& member, const Field& field = {}) {
        KeyDescription& key = add<T>(name, field);
        key.values = KeyOf<T>::values(member);
    }
    template <PlainKey T>
    void operator()(std::string_view name, const std::optional<T>& member, const Field& field = {}) {
        KeyDescription& key = add<T>(name, field);
        key.is_optional = true;
        key.is_set = member.has_value();
        if (member) key.values = KeyOf<T>::values(*member);
    }
    template <PlainKey T>
    void operator()(std::string_view name, const KeyedValues<T>& member, const Field& field = {}) {
        KeyDescription& key = add<T>(name, field);
        key.is_open = true;
        for (const auto& [entry, value] : member) key.entries.emplace_back(entry, KeyOf<T>::values(value));
    }
    template <ParameterSet T> void operator()(std::string_view name, const T& member, const Field& field = {}) {
        section_.sections.push_back(section_of(name, field, Presence::always, member));
    }
    template <ParameterSet T>
    void operator()(std::string_view name, const std::optional<T>& member, const Field& field = {}) {
        SectionDescription section = section_of(name, field, Presence::optional, T{});
        if (member) section.elements.push_back(section_of(name, field, Presence::optional, *member));
        section_.sections.push_back(std::move(section));
    }
    template <ParameterSet T>
    void operator()(std::string_view name, const std::vector<T>& members, const Field& field = {}) {
        SectionDescription section = section_of(name, field, Presence::repeated, T{});
        for (const T& member : members) section.elements.push_back(section_of(name, field, Presence::repeated, member));
        section_.sections.push_back(std::move(section));
    }

  private:
    template <class T> KeyDescription& add(std::string_view name, const Field& field) {
        return section_.keys.emplace_back(KeyDescription{.name = std::string(name),
                                                         .field = field,
                                                         .type = KeyOf<T>::type,
                                                         .is_list = KeyOf<T>::is_list,
                                                         .is_optional = false,
                                                         .is_open = false,
                                                         .values = {},
                                                         .is_set = true,
                                                         .entries = {}});
    }
    template <class T>
    static SectionDescription section_of(std::string_view name, const Field& field, Presence presence, T set) {
        SectionDescription section{.name = std::string(name),
                                   .field = field,
                                   .presence = presence,
                                   .keys = {},
                                   .sections = {},
                                   .elements = {}};
        Describer visit(section);
        set.fields(visit);
        return section;
    }

    SectionDescription& section_;
};

template <class T> SectionDescription describe(T set) {
    SectionDescription root;
    Describer visit(root);
    set.fields(visit);
    return root;
}

template <class T> void assign(T& set, const ParsedSection& parsed, std::vector<Problem>& problems);

/// Fills the members of a parameter set from what was read; a key that is absent keeps its default.
class Assigner {
  public:
    Assigner(const ParsedSection& parsed, std::vector<Problem>& problems) : parsed_(parsed), problems_(problems) {}

    template <PlainKey T> void operator()(std::string_view name, T& member, const Field& = {}) {
        if (const ParsedKey* key = parsed_.key(name)) member = KeyOf<T>::from(key->values);
    }
    template <PlainKey T> void operator()(std::string_view name, std::optional<T>& member, const Field& = {}) {
        if (const ParsedKey* key = parsed_.key(name)) member = KeyOf<T>::from(key->values);
    }
    template <PlainKey T> void operator()(std::string_view name, KeyedValues<T>& member, const Field& = {}) {
        const ParsedKey* key = parsed_.key(name);
        if (!key) return;
        member.clear();
        for (const auto& [entry, values] : key->entries) member.set(entry, KeyOf<T>::from(values));
    }
    template <ParameterSet T> void operator()(std::string_view name, T& member, const Field& = {}) {
        assign(member, parsed_.section(name)->front(), problems_);
    }
    template <ParameterSet T> void operator()(std::string_view name, std::optional<T>& member, const Field& = {}) {
        if (const auto* sections = parsed_.section(name)) assign(member.emplace(), sections->front(), problems_);
    }
    template <ParameterSet T> void operator()(std::string_view name, std::vector<T>& members, const Field& = {}) {
        const auto* sections = parsed_.section(name);
        if (!sections) return;
        members.clear();
        for (const ParsedSection& section : *sections) assign(members.emplace_back(), section, problems_);
    }

  private:
    const ParsedSection& parsed_;
    std::vector<Problem>& problems_;
};

template <class T> void assign(T& set, const ParsedSection& parsed, std::vector<Problem>& problems) {
    Assigner visit(parsed, problems);
    set.fields(visit);
    Problems found(parsed, problems);
    if constexpr (requires { std::as_const(set).check(found); }) {
        if (parsed.is_sound) std::as_const(set).check(found);
    }
}

/// Reads TOML as described; what is wrong goes to `problems`, and is left out of the result.
ParsedSection read_toml(std::string_view text, std::string_view file_name, const std::vector<Override>& overrides,
                        const SectionDescription& root, std::vector<Problem>& problems);

/// InputError with all problems in the order of lines, unless there are none.
void throw_if_any(std::vector<Problem> problems);

std::string schema_text(const SectionDescription& root);
std::string json_schema(const SectionDescription& root);
std::string to_toml(const SectionDescription& root, bool with_changeable);

/// A key as TOML wants it: quoted unless it is bare.
std::string quoted_key(std::string_view key);

} // namespace blockspin::io::detail
