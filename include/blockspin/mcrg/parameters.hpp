#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/model/parameters.hpp>

namespace blockspin::mcrg {

/// Section [block]: block-spin flow of sampled configurations, and the exponents of its linearisation.
struct BlockParameters {
    model::FromParameters from{};
    std::string rule = "majority";
    std::optional<double> p{};
    std::string ties = "random";
    std::int64_t factor = 2;
    std::int64_t steps = 2;
    std::vector<std::string> even{"nn", "nnn", "plaquette"};
    std::vector<std::string> odd{"field", "(0,0)(1,0)(0,1)"};

    void fields(auto& visit) {
        visit("from", from, {.meaning = "What is blocked."});
        visit("rule", rule,
              {.meaning = "How the spins of a block decide on the block spin: their majority, the first of them, or a "
                          "draw from exp(p mu sum) / 2 cosh(p sum).",
               .choices = {"majority", "decimation", "kadanoff"},
               .source = "doi:10.1103/PhysRevLett.42.859, doi:10.1103/PhysRevLett.34.1005"});
        visit("p", p, {.meaning = "The parameter of rule = \"kadanoff\", which needs it.", .above = 0.0});
        visit("ties", ties,
              {.meaning = "Who decides where a majority is tied: a fair coin, or the first spin of the block (fixed).",
               .choices = {"random", "fixed"},
               .source = "doi:10.1103/PhysRevLett.42.859"});
        visit("factor", factor, {.meaning = "Linear size b of a block.", .unit = "sites", .minimum = 2, .maximum = 3});
        visit("steps", steps, {.meaning = "How often the lattice is blocked.", .minimum = 1, .maximum = 30});
        visit("even", even,
              {.meaning = "Operators that a flip of all spins leaves as they are, the most important first: the "
                          "exponent y_T is given for the first 1, 2, … of them.",
               .source = "doi:10.1103/PhysRevLett.42.859"});
        visit("odd", odd,
              {.meaning = "Operators that a flip of all spins changes in sign, for y_H in the same way.",
               .source = "doi:10.1103/PhysRevLett.42.859"});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::mcrg
