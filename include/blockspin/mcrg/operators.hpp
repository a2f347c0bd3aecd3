#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/model/operator.hpp>

namespace blockspin::mcrg {

/// The operators of [block] in the order of the study, which is that of the nested sets: even ones, then odd ones.
struct Operators {
    std::vector<model::Operator> all;
    std::size_t even = 0; ///< how many of them are even

    std::vector<std::string> names() const;
};

/// InputError if a name means nothing on this lattice, two mean the same, or one is in the wrong list; it names the
/// section.
Operators operators(const BlockParameters& parameters, lattice::Lattice lattice, std::string_view section = "block");

} // namespace blockspin::mcrg
