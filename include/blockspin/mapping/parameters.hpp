#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::mapping {

/// Section [map]: how far networks are from an exact renormalization step, on a lattice small enough to enumerate.
struct MapParameters {
    std::vector<std::int64_t> size{3, 3};
    std::optional<double> coupling{};
    std::vector<std::int64_t> hidden{4, 9};
    std::vector<std::string> method{"exact-gradient", "cd-1"};
    std::int64_t updates = 4000;
    std::int64_t batch = 100;
    double learning_rate = 0.05;
    double momentum = 0.5;
    std::int64_t trainings = 5;

    void fields(auto& visit) {
        visit("size", size,
              {.meaning = "Number of sites along each direction of the small lattice, at most 20 in all.",
               .unit = "sites",
               .minimum = 1});
        visit(
            "coupling", coupling,
            {.meaning = "Nearest-neighbour coupling K there; left out: that of the network's data, with all others."});
        visit("hidden", hidden,
              {.meaning = "Numbers of hidden units, each trained for itself.", .minimum = 1, .maximum = 4096});
        visit("method", method,
              {.meaning = "Estimators of the gradient: over all configurations, or by contrastive divergence with one "
                          "step.",
               .choices = {"exact-gradient", "cd-1"},
               .source = "doi:10.1162/089976602760128018"});
        visit("updates", updates, {.meaning = "Updates of each training.", .minimum = 1});
        visit("batch", batch,
              {.meaning = "Configurations drawn from the exact distribution for each update of cd-1.",
               .minimum = 1,
               .maximum = 1 << 20});
        visit("learning_rate", learning_rate, {.meaning = "Step along the gradient.", .above = 0.0});
        visit("momentum", momentum,
              {.meaning = "Share of the last change that is kept.", .minimum = 0.0, .below = 1.0});
        visit("trainings", trainings,
              {.meaning = "Independent trainings of each kind.", .minimum = 1, .maximum = 1 << 12});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::mapping
