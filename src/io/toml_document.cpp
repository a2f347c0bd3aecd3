#include "toml_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace blockspin::io::detail {

namespace {

bool is_plain_word(std::string_view text) {
    return !text.empty() && text.find_first_of("\"'[]{}=,#\n\r\t ") == std::string_view::npos;
}

std::string as_toml(std::string_view word) { return fmt::format("'{}'", word); }

/// `value` as the only key of a table.
toml::table parse_value(const std::string& value) {
    try {
        toml::table table = toml::parse(fmt::format("value = {}", value));
        if (table.size() == 1) return table;
    } catch (const toml::parse_error&) {
        if (is_plain_word(value)) return toml::parse(fmt::format("value = {}", as_toml(value)));
    }
    throw std::invalid_argument(fmt::format("'{}' is not a TOML value", value));
}

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts(1);
    bool is_quoted = false;
    for (const char c : path) {
        if (c == '"') {
            is_quoted = !is_quoted;
        } else if (c == '.' && !is_quoted) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    if (is_quoted || std::ranges::any_of(parts, [](const std::string& part) { return part.empty(); }))
        throw std::invalid_argument("is not a path such as sample.sweeps");
    return parts;
}

toml::node& element(toml::array& array, const std::string& index) {
    std::size_t i = 0;
    const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), i);
    if (error != std::errc{} || end != index.data() + index.size() || i >= array.size())
        throw std::invalid_argument(
            fmt::format("there is no element '{}', only 0 to {}", index, static_cast<std::int64_t>(array.size()) - 1));
    return array[i];
}

/// Goes one part down; makes a table where there is nothing.
toml::node& descend(toml::node& node, const std::string& part) {
    if (toml::array* array = node.as_array()) return element(*array, part);
    toml::table* table = node.as_table();
    if (!table) throw std::invalid_argument(fmt::format("there is no section that could hold '{}'", part));
    return table->emplace<toml::table>(part).first->second;
}

} // namespace

TomlDocument::TomlDocument(std::string_view text, std::string_view file_name, const std::vector<Override>& overrides,
                           std::vector<Problem>& problems)
    : file_name_(file_name) {
    try {
        root_ = toml::parse(text, file_name);
    } catch (const toml::parse_error& error) {
        is_readable_ = false;
        const auto place = error.source().begin;
        problems.push_back({{fmt::format("{}:{}:{}", file_name, place.line, place.column), place.line, place.column},
                            std::string(error.description())});
    }
    for (const Override& change : overrides) apply(change, problems);
}

void TomlDocument::apply(const Override& change, std::vector<Problem>& problems) {
    try {
        const std::vector<std::string> parts = split(change.path);
        toml::table value = parse_value(change.value);
        toml::node* node = &root_;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) node = &descend(*node, parts[i]);
        toml::table* table = node->as_table();
        if (!table) throw std::invalid_argument(fmt::format("there is no section that could hold '{}'", parts.back()));
        value.begin()->second.visit([&](auto& set) { table->insert_or_assign(parts.back(), std::move(set)); });
        overridden_.push_back(change.path);
    } catch (const std::invalid_argument& error) {
        problems.push_back({{fmt::format("--set {}", change.path), 0, 0}, error.what()});
    }
}

Location TomlDocument::locate(const std::string& path, const toml::source_region& source) const {
    for (const std::string& changed : overridden_) {
        const bool is_below =
            path.starts_with(changed) && (path.size() == changed.size() || path[changed.size()] == '.');
        if (is_below || source.begin.line == 0) return {fmt::format("--set {}", changed), 0, 0};
    }
    return {fmt::format("{}:{}:{}", file_name_, source.begin.line, source.begin.column), source.begin.line,
            source.begin.column};
}

Location TomlDocument::beginning() const { return {fmt::format("{}:1:1", file_name_), 1, 1}; }

} // namespace blockspin::io::detail
