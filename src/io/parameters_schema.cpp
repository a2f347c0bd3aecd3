#include "parameters_text.hpp"

#include <blockspin/io/parameters.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace blockspin::io::detail {

namespace {

using Json = nlohmann::ordered_json;

std::string default_text(const KeyDescription& key) {
    if (key.field.required) return "required";
    if (key.is_open) return key.entries.empty() ? "default none" : "has defaults";
    return key.is_set ? "default " + values_toml(key.values, key.is_list) : "default none";
}

/// "integer, default 100, >= 1, in sweeps"
std::string facts(const KeyDescription& key) {
    std::vector<std::string> list{type_text(key), default_text(key)};
    if (const std::string range = range_text(key.field); !range.empty()) list.push_back(range);
    if (!key.field.unit.empty()) list.push_back(fmt::format("in {}", key.field.unit));
    if (key.field.may_change_on_restart) list.emplace_back("may change on a restart");
    return fmt::format("{}", fmt::join(list, ", "));
}

std::string meaning(const Field& field, std::string_view indent) {
    std::string text;
    if (!field.meaning.empty()) text += fmt::format("{}{}\n", indent, field.meaning);
    if (!field.source.empty()) text += fmt::format("{}Source: {}\n", indent, field.source);
    return text;
}

void append_section(std::string& text, const SectionDescription& section, const std::string& path) {
    for (const KeyDescription& key : section.keys) {
        text += fmt::format("  {}: {}\n{}", key.is_open ? key.name + ".*" : key.name, facts(key),
                            meaning(key.field, "      "));
    }
    for (const SectionDescription& inner : section.sections) {
        const std::string inner_path = path.empty() ? inner.name : path + "." + inner.name;
        constexpr std::string_view notes[] = {"", "  (optional)", "  (may be repeated)"};
        text += fmt::format("\n{}{}\n{}", section_text(inner_path, inner.presence),
                            notes[static_cast<std::size_t>(inner.presence)], meaning(inner.field, "  "));
        append_section(text, inner, inner_path);
    }
}

Json json_of(const Scalar& scalar) {
    return std::visit([](const auto& value) { return Json(value); }, scalar);
}

Json json_of(const Scalars& values, bool is_list) {
    if (!is_list) return json_of(values.at(0));
    Json list = Json::array();
    for (const Scalar& scalar : values) list.push_back(json_of(scalar));
    return list;
}

void add_documentation(Json& json, const Field& field) {
    if (!field.meaning.empty()) json["description"] = field.meaning;
    if (!field.unit.empty()) json["x-unit"] = field.unit;
    if (!field.source.empty()) json["x-source"] = field.source;
    if (field.may_change_on_restart) json["x-may-change-on-restart"] = true;
}

Json scalar_schema(const KeyDescription& key) {
    constexpr std::string_view names[] = {"boolean", "integer", "integer", "integer", "number", "string"};
    const Field& field = key.field;
    Json json{{"type", names[static_cast<std::size_t>(key.type)]}};
    if (key.type == ScalarType::unsigned_integer && !field.minimum) json["minimum"] = 0;
    if (field.minimum) json["minimum"] = *field.minimum;
    if (field.maximum) json["maximum"] = *field.maximum;
    if (field.above) json["exclusiveMinimum"] = *field.above;
    if (field.below) json["exclusiveMaximum"] = *field.below;
    if (!field.choices.empty()) json["enum"] = field.choices;
    return json;
}

Json key_schema(const KeyDescription& key) {
    Json json = scalar_schema(key);
    if (key.is_list) json = Json{{"type", "array"}, {"items", json}};
    if (key.is_open) return Json{{"type", "object"}, {"additionalProperties", json}};
    if (key.is_set && !key.field.required) json["default"] = json_of(key.values, key.is_list);
    return json;
}

Json section_schema(const SectionDescription& section) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const KeyDescription& key : section.keys) {
        properties[key.name] = key_schema(key);
        add_documentation(properties[key.name], key.field);
        if (key.field.required) required.push_back(key.name);
    }
    for (const SectionDescription& inner : section.sections) {
        Json json = section_schema(inner);
        if (inner.presence == Presence::repeated) json = Json{{"type", "array"}, {"items", json}};
        add_documentation(json, inner.field);
        properties[inner.name] = json;
    }
    Json json{{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
    if (!required.empty()) json["required"] = required;
    return json;
}

} // namespace

std::string schema_text(const SectionDescription& root) {
    std::string text;
    append_section(text, root, "");
    return text.starts_with('\n') ? text.substr(1) : text;
}

std::string json_schema(const SectionDescription& root) {
    Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
    json.update(section_schema(root));
    return json.dump(2) + "\n";
}

} // namespace blockspin::io::detail
