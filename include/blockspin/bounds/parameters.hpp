#pragma once

#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::bounds {

/// Section [bounds]: rigorous bounds from both sides on f = ln Z per site.
struct BoundsParameters {
    std::vector<std::string> methods{};
    std::optional<double> accuracy{};
    double seconds = 5.0;

    void fields(auto& visit) {
        visit("methods", methods,
              {.meaning = "Which bounds are tried; left out: all that hold for the lattice and its couplings. One that "
                          "is beaten by another for no more work is not carried further.",
               .choices = {"mean-field", "block", "columns", "cylinder", "slab", "row-state", "tensor", "kadanoff"}});
        visit("accuracy", accuracy,
              {.meaning = "Relative width of the bracket at which no further bound is tried at a point; left out: the "
                          "time is used up.",
               .above = 0.0});
        visit("seconds", seconds,
              {.meaning =
                   "Work spent at each point of the scan, in seconds of a nominal core: a count of operations, so "
                   "that results do not depend on the machine.",
               .unit = "s",
               .maximum = 1e6,
               .above = 0.0});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::bounds
