#pragma once

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/net/shared_weights.hpp>

namespace blockspin::mcrg {

/// The rule of the machine that parameters.learned names, for blocks of parameters.factor sites a side. As a machine is
/// the same after h -> -h, its hidden units are those signs of which the weights add up to more than 0: block spins
/// that follow their blocks. Reads the file: errors of net::read_model_file(). InputError, with [block] in front, for a
/// training that is not there and for a machine that is not binary, or not translation-invariant with one hidden unit
/// per block of this lattice.
net::HiddenUnitRule learned_rule(const BlockParameters& parameters, const lattice::Geometry& finest);

} // namespace blockspin::mcrg
