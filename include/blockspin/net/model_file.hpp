#pragma once

#include <filesystem>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/net/stack.hpp>

namespace blockspin::net {

/// The stacks of all trainings in a group that holds weights_1, visible_bias_1, hidden_bias_1, weights_2, … as
/// src/io/FORMAT.md describes (float32 or float64, with or without the dimension of trainings). DataError that names
/// file and array if one is missing, misshapen or not finite. By the calling rank alone.
std::vector<Stack> read_stacks(const io::Reader& group);

/// The same from a model file, where they are in /results/network, as published, or in the root group.
std::vector<Stack> read_model_file(const std::filesystem::path& file);

} // namespace blockspin::net
