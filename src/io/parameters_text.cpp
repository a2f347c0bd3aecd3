#include "parameters_text.hpp"

#include <blockspin/io/parameters.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

namespace blockspin::io::detail {

namespace {

std::string quoted(std::string_view text) {
    std::string toml = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            toml += fmt::format("\\{}", c);
        } else if (const auto code = static_cast<unsigned char>(c); code < 0x20 || code == 0x7f) {
            toml += fmt::format("\\u{:04X}", code);
        } else {
            toml += c;
        }
    }
    return toml + '"';
}

bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

} // namespace

std::string_view scalar_type_text(ScalarType type) {
    switch (type) {
    case ScalarType::boolean:
        return "boolean";
    case ScalarType::integer:
    case ScalarType::long_integer:
    case ScalarType::unsigned_integer:
        return "integer";
    case ScalarType::real:
        return "float";
    case ScalarType::text:
        return "string";
    }
    return "";
}

std::string type_text(const KeyDescription& key) {
    const std::string_view scalar = scalar_type_text(key.type);
    if (key.is_open) return fmt::format("table of {}{}s", key.is_list ? "lists of " : "", scalar);
    return key.is_list ? fmt::format("list of {}s", scalar) : std::string(scalar);
}

std::string range_text(const Field& field) {
    if (!field.choices.empty()) return fmt::format("one of '{}'", fmt::join(field.choices, "', '"));
    const auto lower = field.minimum ? field.minimum : field.above;
    const auto upper = field.maximum ? field.maximum : field.below;
    if (lower && upper) {
        return fmt::format("in {}{}, {}{}", field.minimum ? '[' : '(', number_text(*lower), number_text(*upper),
                           field.maximum ? ']' : ')');
    }
    if (lower) return fmt::format("{} {}", field.minimum ? ">=" : ">", number_text(*lower));
    if (upper) return fmt::format("{} {}", field.maximum ? "<=" : "<", number_text(*upper));
    return "";
}

std::string number_text(double number) { return fmt::format("{}", number); }

std::string scalar_toml(const Scalar& scalar) {
    if (const auto* boolean = std::get_if<bool>(&scalar)) return *boolean ? "true" : "false";
    if (const auto* integer = std::get_if<std::int64_t>(&scalar)) return fmt::format("{}", *integer);
    if (const auto* text = std::get_if<std::string>(&scalar)) return quoted(*text);
    std::string number = number_text(std::get<double>(scalar));
    if (number.find_first_of(".en") == std::string::npos) number += ".0"; // "1" would be an integer
    return number;
}

std::string values_toml(const Scalars& values, bool is_list) {
    if (!is_list) return scalar_toml(values.at(0));
    std::vector<std::string> texts;
    for (const Scalar& scalar : values) texts.push_back(scalar_toml(scalar));
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string section_text(std::string_view path, Presence presence) {
    if (path.empty()) return "the top level";
    return presence == Presence::repeated ? fmt::format("[[{}]]", path) : fmt::format("[{}]", path);
}

std::string quoted_key(std::string_view key) {
    return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : quoted(key);
}

std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::array<std::vector<std::size_t>, 3> rows; // of the last two letters of `from`, and the present one
    for (auto& row : rows) row.resize(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i + 2) % 3];
        const auto& two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t substitute = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
            const bool is_swap = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (is_swap) row[j] = std::min(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[from.size() % 3][to.size()];
}

} // namespace blockspin::io::detail
