#include "parameters_text.hpp"

#include <blockspin/io/parameters.hpp>

#include <fmt/format.h>

namespace blockspin::io::detail {

namespace {

void append_key(std::string& toml, const KeyDescription& key) {
    const std::string name = quoted_key(key.name);
    if (key.is_open && key.entries.empty()) toml += fmt::format("{} = {{}}\n", name);
    for (const auto& [entry, values] : key.entries)
        toml += fmt::format("{}.{} = {}\n", name, entry, values_toml(values, key.is_list));
    if (!key.is_open && key.is_set) toml += fmt::format("{} = {}\n", name, values_toml(key.values, key.is_list));
}

void append_section(std::string& toml, const SectionDescription& section, const std::string& path,
                    bool with_changeable) {
    const auto is_wanted = [&](const Field& field) { return with_changeable || !field.may_change_on_restart; };
    for (const KeyDescription& key : section.keys) {
        if (is_wanted(key.field)) append_key(toml, key);
    }
    for (const SectionDescription& inner : section.sections) { // before the first header, which would own it
        if (is_wanted(inner.field) && inner.presence == Presence::repeated && inner.elements.empty())
            toml += fmt::format("{} = []\n", quoted_key(inner.name));
    }
    for (const SectionDescription& inner : section.sections) {
        if (!is_wanted(inner.field)) continue;
        const std::string inner_path = path.empty() ? quoted_key(inner.name) : path + "." + quoted_key(inner.name);
        const auto append = [&](const SectionDescription& element) {
            toml += fmt::format("{}{}\n", toml.empty() ? "" : "\n", section_text(inner_path, inner.presence));
            append_section(toml, element, inner_path, with_changeable);
        };
        if (inner.presence == Presence::always) append(inner);
        for (const SectionDescription& element : inner.elements) append(element);
    }
}

} // namespace

std::string to_toml(const SectionDescription& root, bool with_changeable) {
    std::string toml;
    append_section(toml, root, "", with_changeable);
    return toml;
}

} // namespace blockspin::io::detail
