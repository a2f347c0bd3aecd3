#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/mcrg/rule_parameters.hpp>

namespace blockspin::mcrg {

/// Section [variational]: couplings of block spins and the flow around them, from chains in which a bias potential
/// makes the block spins independent.
struct VariationalParameters {
    std::string rule = "majority";
    std::vector<double> p{};
    std::string ties = "random";
    std::int64_t factor = 2;
    std::int64_t steps = 2;
    std::optional<std::vector<std::string>> even{};
    std::optional<std::vector<std::string>> odd{};
    std::optional<GenerateParameters> generate{};
    std::int64_t chains = 8;
    std::int64_t iterations = 100;
    std::int64_t sweeps_per_iteration = 16;
    double step_size = 0.2;
    std::int64_t thermalization = 100;
    std::int64_t sweeps = 4000;

    void fields(auto& visit) {
        visit_rule(*this, visit);
        visit("steps", steps,
              {.meaning = "How often the lattice is blocked: after each step the couplings have a bias and chains of "
                          "their own.",
               .minimum = 1,
               .maximum = 30});
        visit("even", even,
              {.meaning =
                   "Even operators: those of the bias, whose couplings K' are determined as if the Hamiltonian of "
                   "the block spins had no others. Left out: those that are usual on the lattice.",
               .source = "doi:10.1103/PhysRevLett.119.220602"});
        visit("odd", odd, {.meaning = "Odd operators, for dK'/dK and y_H."});
        visit("generate", generate, {.meaning = "Adds all further operators within a range, as in [block]."});
        visit("chains", chains,
              {.meaning = "Independent Markov chains for every point and step.", .minimum = 1, .maximum = 4096});
        visit("iterations", iterations,
              {.meaning =
                   "Changes of the bias by stochastic gradients; the bias that is kept is the mean of the second "
                   "half of them.",
               .minimum = 2,
               .maximum = 1000000,
               .source = "doi:10.1137/0330046"});
        visit("sweeps_per_iteration", sweeps_per_iteration,
              {.meaning = "Sweeps of every chain between two changes of the bias.",
               .unit = "sweeps",
               .minimum = 1,
               .maximum = 64});
        visit("step_size", step_size,
              {.meaning = "Size of these changes, in units of gradient by variance of independent block spins.",
               .maximum = 1.0,
               .above = 0.0});
        visit("thermalization", thermalization,
              {.meaning = "Sweeps with the final bias that are not measured.", .unit = "sweeps", .minimum = 0});
        visit("sweeps", sweeps,
              {.meaning = "Sweeps with the final bias that are measured: what it leaves of the gradient corrects the "
                          "couplings, and its fluctuations give their errors.",
               .unit = "sweeps",
               .minimum = 2});
    }
    void check(io::Problems& problems) const;
    /// The keys of [block] that say the same.
    BlockParameters blocking() const;
};

} // namespace blockspin::mcrg
