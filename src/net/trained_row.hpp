#pragma once

#include <string>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

/// One estimate per training.
using Estimates = std::vector<stats::Estimate>;

/// Mean over trainings and its sampling error, and the spread over them. The sampling errors are independent if each
/// training has samples of its own, else fully correlated. Belongs to section "network" until told otherwise.
io::Row trained_row(std::string quantity, std::string unit, const Estimates& trainings, bool own_samples);

} // namespace blockspin::net
