#pragma once

#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::mcrg {

/// Visits the keys of [matching] and [variational] that name the one block rule of a section, as in [block]: the
/// members rule, p, ties and factor of a set of parameters.
void visit_rule(auto& set, auto& visit) {
    visit("rule", set.rule,
          {.meaning = "How the spins of a block decide on the block spin, as in [block].",
           .choices = {"majority", "decimation", "kadanoff"}});
    visit("p", set.p, {.meaning = "The parameter of rule = \"kadanoff\", which needs one.", .above = 0.0});
    visit("ties", set.ties, {.meaning = "As in [block].", .choices = {"random", "fixed"}});
    visit("factor", set.factor, {.meaning = "Linear size b of a block.", .unit = "sites", .minimum = 2, .maximum = 3});
}

/// Is p there for the rule that needs it, and only for that?
void check_rule(const std::string& rule, const std::vector<double>& p, io::Problems& problems);

} // namespace blockspin::mcrg
