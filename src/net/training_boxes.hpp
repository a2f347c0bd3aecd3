#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/net/shards.hpp>

namespace blockspin::net {

/// Which part of an array over all trainings is this rank's.
struct TrainingBoxes {
    std::int64_t trainings = 1; ///< in all
    std::int64_t first = 0;     ///< of this group
    std::int64_t count = 1;     ///< of this group
    bool writes = true;         ///< is this the rank that writes what the whole group knows?
    RowRange chains{};          ///< the chains of this rank

    /// The box of this group's trainings along one dimension.
    io::Slab of_group(std::vector<std::uint64_t> shape, std::size_t dimension) const;
    /// The box of this rank's chains, the dimension after that of the trainings.
    io::Slab of_rank(std::vector<std::uint64_t> shape, std::size_t dimension) const;
};

/// Values that every rank of the group holds. Collective.
template <class T>
void save_of_group(io::Writer& writer, std::string_view name, const TrainingBoxes& boxes,
                   std::vector<std::uint64_t> shape, std::size_t dimension, std::span<const T> values) {
    io::Slab slab = boxes.of_group(std::move(shape), dimension);
    if (!boxes.writes) slab.count[dimension] = 0;
    writer.array(name, slab, boxes.writes ? values : std::span<const T>());
}

/// The parameters of one machine per training of the group, as NAMEweights_LAYER [training, visible, hidden],
/// NAMEvisible_bias_LAYER and NAMEhidden_bias_LAYER. Both are Collective.
void save(io::Writer& writer, const std::string& name, std::size_t layer, const TrainingBoxes& boxes,
          const std::vector<const Rbm<float>*>& machines);
void load(const io::Reader& reader, const std::string& name, std::size_t layer, const TrainingBoxes& boxes,
          const std::vector<Rbm<float>*>& machines);

} // namespace blockspin::net
