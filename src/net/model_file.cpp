#include <blockspin/net/model_file.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

namespace blockspin::net {

namespace {

/// Values of all trainings, as single precision.
std::vector<float> values(const io::Reader& group, const std::string& name) {
    if (!group.has(name)) group.refuse(name, "is missing");
    const auto type = group.type(name);
    std::vector<float> result;
    if (type == io::Type::float32) {
        result = group.array<float>(name);
    } else if (type == io::Type::float64) {
        const std::vector<double> wide = group.array<double>(name);
        std::ranges::transform(wide, std::back_inserter(result), [](double x) { return static_cast<float>(x); });
    } else {
        group.refuse(name, "is neither float32 nor float64");
    }
    if (!std::ranges::all_of(result, [](float x) { return std::isfinite(x); })) {
        group.refuse(name, "has a value that is not finite");
    }
    return result;
}

/// [training, …] with one training where the file has no such dimension.
std::vector<std::uint64_t> shape(const io::Reader& group, const std::string& name, std::size_t dimensions) {
    if (!group.has(name)) group.refuse(name, "is missing");
    std::vector<std::uint64_t> extents = group.shape(name);
    if (extents.size() == dimensions) extents.insert(extents.begin(), 1);
    const bool fits = extents.size() == dimensions + 1 && std::ranges::all_of(extents, [](std::uint64_t n) {
                          return n >= 1 && n <= (std::uint64_t{1} << 24);
                      });
    if (!fits) group.refuse(name, fmt::format("has shape {}", io::to_text(group.shape(name))));
    return extents;
}

/// Of the units of a layer; binary where nothing is said.
UnitKind kind(const io::Reader& group, const std::string& name) {
    if (!group.has(name)) return UnitKind::binary;
    const std::string text = group.text(name);
    for (const UnitKind each : {UnitKind::binary, UnitKind::gaussian, UnitKind::rectified}) {
        if (text == to_text(each)) return each;
    }
    group.refuse(name, "is no kind of unit");
}

/// Adds one machine to the stack of every training.
void read_layer(const io::Reader& group, std::size_t layer, std::vector<Stack>& stacks) {
    const std::array<std::string, 3> names{fmt::format("weights_{}", layer), fmt::format("visible_bias_{}", layer),
                                           fmt::format("hidden_bias_{}", layer)};
    const auto extents = shape(group, names[0], 2);
    if (layer == 1) stacks.resize(extents[0]);
    if (extents[0] != stacks.size()) group.refuse(names[0], "has another number of trainings than weights_1");
    if (layer > 1 && static_cast<int>(extents[1]) != stacks.front().back().hidden()) {
        group.refuse(names[0], "does not fit on the layer below");
    }
    for (const std::size_t part : {1, 2}) {
        const std::vector<std::uint64_t> expected{extents[0], extents[part]};
        if (shape(group, names[part], 1) != expected) group.refuse(names[part], "does not fit the weights");
    }
    const UnitKind visible_kind = kind(group, fmt::format("visible_units_{}", layer));
    const UnitKind hidden_kind = kind(group, fmt::format("hidden_units_{}", layer));
    const std::array<std::vector<float>, 3> all{values(group, names[0]), values(group, names[1]),
                                                values(group, names[2])};
    for (std::size_t t = 0; t < stacks.size(); ++t) {
        Rbm<float>& rbm = stacks[t].emplace_back(static_cast<int>(extents[1]), static_cast<int>(extents[2]));
        rbm.visible_kind = visible_kind;
        rbm.hidden_kind = hidden_kind;
        const auto parts = rbm.parts();
        for (std::size_t part = 0; part < parts.size(); ++part) {
            std::ranges::copy(std::span(all[part]).subspan(t * parts[part].size(), parts[part].size()),
                              parts[part].begin());
        }
    }
}

} // namespace

std::vector<Stack> read_stacks(const io::Reader& group) {
    std::vector<Stack> stacks;
    std::size_t layer = 1;
    do {
        read_layer(group, layer++, stacks);
    } while (group.has(fmt::format("weights_{}", layer)));
    return stacks;
}

std::vector<Stack> read_model_file(const std::filesystem::path& file) {
    const io::Reader root = io::Reader::open(file);
    const bool published = root.is_group("results") && root.group("results").is_group("network");
    return read_stacks(published ? root.group("results").group("network") : root);
}

} // namespace blockspin::net
