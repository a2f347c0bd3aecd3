#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::mcrg {

/// Keys of [matching] and [variational]: the one block rule of a section, as in [block].
struct RuleParameters {
    std::string rule = "majority";
    std::vector<double> p{};
    std::string ties = "random";
    std::int64_t factor = 2;

    void fields(auto& visit) {
        visit("rule", rule,
              {.meaning = "How the spins of a block decide on the block spin, as in [block].",
               .choices = {"majority", "decimation", "kadanoff"}});
        visit("p", p, {.meaning = "The parameter of rule = \"kadanoff\", which needs one.", .above = 0.0});
        visit("ties", ties, {.meaning = "As in [block].", .choices = {"random", "fixed"}});
        visit("factor", factor, {.meaning = "Linear size b of a block.", .unit = "sites", .minimum = 2, .maximum = 3});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::mcrg
