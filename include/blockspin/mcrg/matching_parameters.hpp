#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/mcrg/rule_parameters.hpp>

namespace blockspin::mcrg {

/// Section [matching]: the critical coupling from two lattices, one b times as wide as the other, after so many steps
/// of blocking that both are equally large.
struct MatchingParameters {
    std::string rule = "majority";
    std::vector<double> p{};
    std::string ties = "random";
    std::int64_t factor = 2;
    std::vector<std::string> operators{"nn", "nnn"};
    std::int64_t rounds = 5;
    std::string update = "swendsen-wang";
    std::int64_t chains = 4;
    std::int64_t thermalization = 500;
    std::int64_t sweeps = 5000;

    void fields(auto& visit) {
        visit_rule(*this, visit);
        visit("operators", operators,
              {.meaning = "Even operators whose means are matched, each for a coupling of its own.",
               .source = "doi:10.1103/PhysRevB.29.4030"});
        visit("rounds", rounds,
              {.meaning = "How often both lattices are sampled, each time nearer to the coupling at which the first "
                          "operator matches on the larger of the common lattices. All rounds but the last only search, "
                          "with a tenth of the sweeps.",
               .minimum = 1,
               .maximum = 100});
        visit("update", update,
              {.meaning = "Cluster update that makes up a sweep.", .choices = {"swendsen-wang", "wolff"}});
        visit("chains", chains,
              {.meaning = "Independent Markov chains of each lattice.", .minimum = 1, .maximum = 4096});
        visit("thermalization", thermalization,
              {.meaning = "Sweeps at the beginning of a round that are not measured.", .unit = "sweeps", .minimum = 0});
        visit("sweeps", sweeps,
              {.meaning = "Sweeps of the last round that are measured.", .unit = "sweeps", .minimum = 2});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::mcrg
