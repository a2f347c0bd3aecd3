#include "training_boxes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace blockspin::net {

namespace {

constexpr std::array<const char*, 3> part_names{"weights", "visible_bias", "hidden_bias"};

std::vector<std::uint64_t> shape(const Rbm<float>& rbm, std::size_t part, std::int64_t trainings) {
    const auto all = static_cast<std::uint64_t>(trainings);
    const auto visible = static_cast<std::uint64_t>(rbm.visible()), hidden = static_cast<std::uint64_t>(rbm.hidden());
    if (part == 0) return {all, visible, hidden};
    return {all, part == 1 ? visible : hidden};
}

std::string dataset(const std::string& name, std::size_t part, std::size_t layer) {
    return fmt::format("{}{}_{}", name, part_names[part], layer);
}

} // namespace

io::Slab TrainingBoxes::of_group(std::vector<std::uint64_t> shape, std::size_t dimension) const {
    io::Slab slab = io::Slab::whole(std::move(shape));
    slab.offset[dimension] = static_cast<std::uint64_t>(first);
    slab.count[dimension] = static_cast<std::uint64_t>(count);
    return slab;
}

io::Slab TrainingBoxes::of_rank(std::vector<std::uint64_t> shape, std::size_t dimension) const {
    io::Slab slab = of_group(std::move(shape), dimension);
    slab.offset[dimension + 1] = static_cast<std::uint64_t>(chains.first);
    slab.count[dimension + 1] = static_cast<std::uint64_t>(chains.count());
    return slab;
}

void save(io::Writer& writer, const std::string& name, std::size_t layer, const TrainingBoxes& boxes,
          const std::vector<const Rbm<float>*>& machines) {
    for (std::size_t part = 0; part < part_names.size(); ++part) {
        std::vector<float> values;
        for (const Rbm<float>* machine : machines) {
            values.insert(values.end(), machine->parts()[part].begin(), machine->parts()[part].end());
        }
        save_of_group<float>(writer, dataset(name, part, layer), boxes, shape(*machines.front(), part, boxes.trainings),
                             0, values);
    }
}

void load(const io::Reader& reader, const std::string& name, std::size_t layer, const TrainingBoxes& boxes,
          const std::vector<Rbm<float>*>& machines) {
    for (std::size_t part = 0; part < part_names.size(); ++part) {
        const std::size_t size = machines.front()->parts()[part].size();
        std::vector<float> values(size * machines.size());
        reader.array(dataset(name, part, layer), boxes.of_group(shape(*machines.front(), part, boxes.trainings), 0),
                     std::span(values));
        for (std::size_t local = 0; local < machines.size(); ++local) {
            std::ranges::copy(std::span(values).subspan(local * size, size), machines[local]->parts()[part].begin());
        }
    }
}

} // namespace blockspin::net
