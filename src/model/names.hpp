#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/model/operator.hpp>

namespace blockspin::model {

/// Inequivalent pairs of sites at most sqrt(squared_range) apart, in canonical order.
std::vector<Operator> pairs_within(lattice::Lattice lattice, std::int64_t squared_range);

/// The sites that a proper name such as "nnn" or "plaquette" stands for; none if it is not one on this lattice.
std::optional<std::vector<lattice::Coordinates>> sites_of_name(lattice::Lattice lattice, std::string_view name);

/// The proper name of an operator, or the list of its sites.
std::string name_of(const Operator& op);

/// "(0,0)(1,0)": as many coordinates as the lattice has directions.
std::string to_text(lattice::Lattice lattice, const std::vector<lattice::Coordinates>& sites);

/// Inverse of to_text; none if the text is not such a list.
std::optional<std::vector<lattice::Coordinates>> sites_from_text(lattice::Lattice lattice, std::string_view text);

} // namespace blockspin::model
