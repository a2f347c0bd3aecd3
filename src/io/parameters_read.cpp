#include "parameters_text.hpp"
#include "toml_document.hpp"

#include <blockspin/io/parameters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace blockspin::io::detail {

namespace {

std::string joined(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string_view found_text(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::table:
        return "section";
    case toml::node_type::array:
        return "list";
    case toml::node_type::string:
        return "string";
    case toml::node_type::integer:
        return "integer";
    case toml::node_type::floating_point:
        return "float";
    case toml::node_type::boolean:
        return "boolean";
    default:
        return "date or time";
    }
}

/// Keys and values of a table in the order of the file; what an override added comes last.
std::vector<std::pair<const toml::key*, const toml::node*>> in_file_order(const toml::table& table) {
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
    std::ranges::stable_sort(entries, {}, [](const auto& entry) {
        const auto place = entry.first->source().begin;
        return std::tuple(place.line == 0, place.line, place.column);
    });
    return entries;
}

/// What a name in the wrong place may have meant.
class Suggestions {
  public:
    explicit Suggestions(const SectionDescription& root) { collect(root, "", Presence::always); }

    /// "; did you mean …?" or "; it belongs in …", or nothing.
    std::string operator()(std::string_view name, const std::string& section) const {
        const Known* best = nullptr;
        for (const Known& known : known_) {
            if (distance(name, known, section) < distance(name, best, section)) best = &known;
        }
        if (!best) return "";
        const std::string shown = best->is_section ? best->name : fmt::format("'{}'", best->name);
        if (best->section == section) return fmt::format("; did you mean {}?", shown);
        if (best->is_section) return fmt::format("; did you mean {}?", best->name);
        if (best->plain == name) return fmt::format("; it belongs in {}", best->section_name);
        return fmt::format("; did you mean {} in {}?", shown, best->section_name);
    }

  private:
    struct Known {
        std::string plain;        ///< to compare with
        std::string name;         ///< to show
        std::string section;      ///< path of the section that it is in
        std::string section_name; ///< the same as shown
        bool is_section = false;
    };

    void collect(const SectionDescription& section, const std::string& path, Presence presence) {
        for (const KeyDescription& key : section.keys)
            known_.push_back({key.name, key.name, path, section_text(path, presence), false});
        for (const SectionDescription& inner : section.sections) {
            const std::string below = joined(path, inner.name);
            known_.push_back({inner.name, section_text(below, inner.presence), path, "", true});
            collect(inner, below, inner.presence);
        }
    }
    /// Names in the same section come first; more than a third of the letters wrong is no likeness.
    static std::size_t distance(std::string_view name, const Known& known, const std::string& section) {
        const std::size_t edits = edit_distance(name, known.plain);
        if (edits > std::max<std::size_t>(1, name.size() / 3)) return std::numeric_limits<std::size_t>::max();
        return 2 * edits + (known.section == section ? 0 : 1);
    }
    static std::size_t distance(std::string_view name, const Known* known, const std::string& section) {
        return known ? distance(name, *known, section) : std::numeric_limits<std::size_t>::max();
    }

    std::vector<Known> known_;
};

class SectionReader {
  public:
    SectionReader(const TomlDocument& document, const SectionDescription& root, std::vector<Problem>& problems)
        : document_(document), suggestions_(root), problems_(problems) {}

    ParsedSection read(const toml::table& table, const SectionDescription& description, const std::string& path,
                       const std::string& schema_path, const Location& where) {
        const std::size_t before = problems_.size();
        ParsedSection parsed{.where = where, .keys = {}, .sections = {}, .is_sound = true};
        for (const auto& [key, node] : in_file_order(table)) {
            const std::string_view name = key->str();
            const std::string below = joined(path, name);
            if (const auto* known = named(description.keys, name)) {
                read_key(*known, *node, below, parsed);
            } else if (const auto* section = named(description.sections, name)) {
                read_sections(*section, *node, below, joined(schema_path, name), parsed);
            } else {
                report_unknown(*key, *node, below, schema_path, description.presence);
            }
        }
        complete(parsed, description, path, schema_path);
        parsed.is_sound = problems_.size() == before;
        return parsed;
    }

  private:
    template <class Description>
    static const Description* named(const std::vector<Description>& list, std::string_view name) {
        const auto at =
            std::ranges::find(list, name, [](const Description& item) -> std::string_view { return item.name; });
        return at == list.end() ? nullptr : &*at;
    }

    void report(const Location& where, std::string message) { problems_.push_back({where, std::move(message)}); }

    void report_unknown(const toml::key& key, const toml::node& node, const std::string& path,
                        const std::string& schema_path, Presence presence) {
        const bool is_section = node.is_table() || node.is_array_of_tables();
        const std::string what =
            is_section ? fmt::format("unknown section [{}]", joined(schema_path, key.str()))
                       : fmt::format("unknown key '{}' {} {}", key.str(), schema_path.empty() ? "at" : "in",
                                     section_text(schema_path, presence));
        report(document_.locate(path, key.source()), what + suggestions_(key.str(), schema_path));
    }

    /// Reports required keys that are missing, and stands in for sections that are always there.
    void complete(ParsedSection& parsed, const SectionDescription& description, const std::string& path,
                  const std::string& schema_path) {
        for (const KeyDescription& key : description.keys) {
            if (key.field.required && !parsed.key(key.name) && !failed_.contains(joined(path, key.name))) {
                report(parsed.where, fmt::format("key '{}' is missing in {}", key.name,
                                                 section_text(schema_path, description.presence)));
            }
        }
        for (const SectionDescription& inner : description.sections) {
            if (inner.presence != Presence::always || parsed.section(inner.name)) continue;
            parsed.sections.emplace_back(inner.name, std::vector{read({}, inner, joined(path, inner.name),
                                                                      joined(schema_path, inner.name), parsed.where)});
        }
    }

    void read_sections(const SectionDescription& description, const toml::node& node, const std::string& path,
                       const std::string& schema_path, ParsedSection& parsed) {
        std::vector<ParsedSection> found;
        const toml::array* array = node.as_array();
        const bool is_list_of_tables =
            array && std::ranges::all_of(*array, [](const toml::node& n) { return n.is_table(); });
        if (description.presence == Presence::repeated && is_list_of_tables) {
            for (std::size_t i = 0; i < array->size(); ++i) {
                const std::string below = fmt::format("{}.{}", path, i);
                found.push_back(read(*(*array)[i].as_table(), description, below, schema_path,
                                     document_.locate(below, (*array)[i].source())));
            }
        } else if (description.presence != Presence::repeated && node.is_table()) {
            found.push_back(
                read(*node.as_table(), description, path, schema_path, document_.locate(path, node.source())));
        } else {
            const std::string got = node.is_table()     ? fmt::format("[{}]", schema_path)
                                    : is_list_of_tables ? fmt::format("[[{}]]", schema_path)
                                                        : std::string(found_text(node));
            report(document_.locate(path, node.source()),
                   fmt::format("expected {}, got {}", section_text(schema_path, description.presence), got));
            return;
        }
        parsed.sections.emplace_back(description.name, std::move(found));
    }

    void read_key(const KeyDescription& key, const toml::node& node, const std::string& path, ParsedSection& parsed) {
        ParsedKey found{.where = document_.locate(path, node.source()), .values = {}, .entries = {}};
        bool is_sound = true;
        if (!key.is_open) {
            const auto values = read_values(key, node, path);
            is_sound = values.has_value();
            if (values) found.values = *values;
        } else if (const toml::table* table = node.as_table()) {
            is_sound = read_entries(key, *table, "", path, found);
        } else {
            is_sound = wrong_type(type_text(key), node, path);
        }
        if (is_sound) {
            parsed.keys.emplace_back(key.name, std::move(found));
        } else {
            failed_.insert(path);
        }
    }

    /// Flattens a table with free keys; a part that is not bare is quoted, so that dots stay unambiguous.
    bool read_entries(const KeyDescription& key, const toml::table& table, const std::string& prefix,
                      const std::string& path, ParsedKey& found) {
        bool is_sound = true;
        for (const auto& [name, node] : in_file_order(table)) {
            const std::string entry = joined(prefix, quoted_key(name->str()));
            const std::string below = joined(path, name->str());
            if (const toml::table* inner = node->as_table()) {
                is_sound = read_entries(key, *inner, entry, below, found) && is_sound;
            } else if (!is_allowed_entry(key.field, entry)) {
                report(document_.locate(below, name->source()),
                       fmt::format("unknown key '{}' in [{}]{}", entry, key.name, likely_entry(key.field, entry)));
                is_sound = false;
            } else if (auto values = read_values(key, *node, below)) {
                found.entries.emplace_back(entry, std::move(*values));
            } else {
                is_sound = false;
            }
        }
        return is_sound;
    }

    /// A list of allowed keys may hold "part.*", for all keys with this first part.
    static bool is_allowed_entry(const Field& field, std::string_view entry) {
        return field.keys.empty() || std::ranges::any_of(field.keys, [&](std::string_view allowed) {
                   return allowed == entry || (allowed.ends_with(".*") && head(allowed) == head(entry));
               });
    }

    /// The first part of a key, with its dot; all of it where there is only one.
    static std::string_view head(std::string_view key) { return key.substr(0, key.find('.') + 1); }

    /// Where the names after a first part are free, only that can be misspelt.
    static std::string likely_entry(const Field& field, std::string_view entry) {
        std::vector<std::string> entries;
        for (const std::string_view allowed : field.keys) {
            const bool is_free = allowed.ends_with(".*") && entry.find('.') != std::string_view::npos;
            entries.push_back(is_free ? fmt::format("{}{}", head(allowed), entry.substr(head(entry).size()))
                                      : std::string(allowed));
        }
        return likely_choice({entries.begin(), entries.end()}, entry);
    }

    std::optional<Scalars> read_values(const KeyDescription& key, const toml::node& node, const std::string& path) {
        Scalars values;
        const auto add = [&](const toml::node& element) {
            const auto value = read_scalar(key, element, path);
            if (value) values.push_back(*value);
            return value.has_value();
        };
        bool is_sound = true;
        if (!key.is_list) {
            is_sound = add(node);
        } else if (const toml::array* array = node.as_array()) {
            for (const toml::node& element : *array) is_sound = add(element) && is_sound;
        } else {
            is_sound = wrong_type(fmt::format("list of {}s", scalar_type_text(key.type)), node, path);
        }
        return is_sound ? std::optional(std::move(values)) : std::nullopt;
    }

    std::optional<Scalar> read_scalar(const KeyDescription& key, const toml::node& node, const std::string& path) {
        std::optional<Scalar> scalar;
        if (key.type == ScalarType::boolean && node.is_boolean()) scalar = node.as_boolean()->get();
        if (key.type == ScalarType::text && node.is_string()) scalar = node.as_string()->get();
        if (key.type == ScalarType::real && node.is_number()) scalar = *node.value<double>();
        const bool is_integer = std::string_view("integer") == scalar_type_text(key.type);
        if (is_integer && node.is_integer()) scalar = node.as_integer()->get();
        if (!scalar) {
            wrong_type(scalar_type_text(key.type), node, path);
            return std::nullopt;
        }
        if (const std::string wrong = out_of_range(key, *scalar); !wrong.empty()) {
            report(document_.locate(path, node.source()), wrong);
            return std::nullopt;
        }
        return scalar;
    }

    bool wrong_type(std::string_view expected, const toml::node& node, const std::string& path) {
        report(document_.locate(path, node.source()), fmt::format("expected {}, got {}", expected, found_text(node)));
        return false;
    }

    /// What is wrong with a value of the right type; empty if it is allowed.
    static std::string out_of_range(const KeyDescription& key, const Scalar& scalar) {
        const auto must_be = [&](std::string_view what) {
            return fmt::format("'{}' must be {}{}, got {}", key.name, what,
                               key.field.unit.empty() ? "" : fmt::format(" ({})", key.field.unit), scalar_toml(scalar));
        };
        if (const auto* text = std::get_if<std::string>(&scalar)) {
            const auto& choices = key.field.choices;
            if (choices.empty() || std::ranges::find(choices, *text) != choices.end()) return "";
            return must_be(range_text(key.field)) + likely_choice(choices, *text);
        }
        if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
            if (key.type == ScalarType::unsigned_integer && *integer < 0) return must_be(">= 0");
            if (key.type == ScalarType::integer && !std::in_range<int>(*integer)) return must_be("a number of 32 bits");
            return is_in_range(key.field, static_cast<double>(*integer)) ? "" : must_be(range_text(key.field));
        }
        if (const auto* number = std::get_if<double>(&scalar)) {
            if (!std::isfinite(*number) && !key.field.may_be_infinite) return must_be("finite");
            return is_in_range(key.field, *number) ? "" : must_be(range_text(key.field));
        }
        return "";
    }

    static bool is_in_range(const Field& field, double number) {
        return !(field.minimum && number < *field.minimum) && !(field.maximum && number > *field.maximum) &&
               !(field.above && number <= *field.above) && !(field.below && number >= *field.below);
    }

    static std::string likely_choice(const std::vector<std::string_view>& choices, std::string_view text) {
        const auto best =
            std::ranges::min_element(choices, {}, [&](auto choice) { return edit_distance(text, choice); });
        if (edit_distance(text, *best) > std::max<std::size_t>(1, text.size() / 3)) return "";
        return fmt::format("; did you mean '{}'?", *best);
    }

    const TomlDocument& document_;
    Suggestions suggestions_;
    std::vector<Problem>& problems_;
    std::set<std::string> failed_; // keys that are there, but wrong
};

} // namespace

ParsedSection read_toml(std::string_view text, std::string_view file_name, const std::vector<Override>& overrides,
                        const SectionDescription& root, std::vector<Problem>& problems) {
    const TomlDocument document(text, file_name, overrides, problems);
    throw_if_any(document.is_readable() ? std::vector<Problem>{} : problems);
    return SectionReader(document, root, problems).read(document.root(), root, "", "", document.beginning());
}

} // namespace blockspin::io::detail
