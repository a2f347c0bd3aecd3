#include <blockspin/core/error.hpp>
#include <blockspin/io/parameters.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace blockspin::io {

namespace detail {

namespace {

template <class T> const T* find_named(const std::vector<std::pair<std::string, T>>& list, std::string_view name) {
    const auto at = std::ranges::find(list, name, [](const auto& entry) -> std::string_view { return entry.first; });
    return at == list.end() ? nullptr : &at->second;
}

/// The place of a key, or of the innermost thing around it that is in the file.
const Location& location_of(const ParsedSection& section, std::string_view path) {
    if (const ParsedKey* key = section.key(path)) return key->where;
    const std::size_t dot = path.find('.');
    const std::string_view head = path.substr(0, dot);
    if (const ParsedKey* key = section.key(head)) return key->where; // an entry of a table with free keys
    const auto* inner = section.section(head);
    if (!inner || inner->empty()) return section.where;
    return dot == std::string_view::npos ? inner->front().where : location_of(inner->front(), path.substr(dot + 1));
}

} // namespace

const ParsedKey* ParsedSection::key(std::string_view name) const { return find_named(keys, name); }

const std::vector<ParsedSection>* ParsedSection::section(std::string_view name) const {
    return find_named(sections, name);
}

void throw_if_any(std::vector<Problem> problems) {
    if (problems.empty()) return;
    std::ranges::stable_sort(problems, {}, [](const Problem& problem) {
        const bool is_override = problem.where.line == 0; // after those of the file
        return std::tuple(is_override, problem.where.line, problem.where.column);
    });
    std::vector<std::string> lines;
    for (const Problem& problem : problems) lines.push_back(fmt::format("{}: {}", problem.where.text, problem.message));
    throw core::InputError(fmt::format("{}", fmt::join(lines, "\n")));
}

} // namespace detail

void Problems::add(std::string_view key, std::string message) {
    list_.push_back({detail::location_of(section_, key), std::move(message)});
}

Override parse_override(std::string_view argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos || equals == 0)
        throw core::InputError(fmt::format("--set {}: expected path=value", argument));
    return {std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1))};
}

} // namespace blockspin::io
