#pragma once

#include <string>
#include <vector>

#include <blockspin/net/dataset.hpp>
#include <blockspin/net/fantasy.hpp>

#include "section.hpp"

namespace blockspin::app {

/// What networks learn: the rows of [data], or the configurations of one point of [sample].
struct LearnedData {
    net::Dataset rows;
    std::string point; ///< label of the point of the scan; empty for [data]
    std::vector<net::Observable> observables;
};

/// The same on all ranks. Collective.
LearnedData learned_data(const Run& run);

} // namespace blockspin::app
