#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <blockspin/io/parameters.hpp>

namespace blockspin::net {

/// Reverse annealing from held-out rows.
struct ReverseParameters {
    std::int64_t rows = 0;
    std::int64_t chains = 10;

    void fields(auto& visit) {
        visit("rows", rows,
              {.meaning = "Held-out rows from which chains are led back to infinite temperature: in the mean, a lower "
                          "bound on their log-probability, where forward annealing gives an upper one; 0: none.",
               .minimum = 0,
               .maximum = 1 << 16,
               .source = "doi:10.48550/arXiv.1412.8566"});
        visit("chains", chains, {.meaning = "Chains from each such row.", .minimum = 2, .maximum = 1 << 16});
    }
};

/// Where [likelihood] finds its networks.
struct FromModelParameters {
    std::optional<std::string> model{};

    void fields(auto& visit) {
        visit("model", model,
              {.meaning = "Model file (network.h5 of a run, or one written alike); left out: what [network] trains."});
    }
};

/// Section [likelihood]: the log-probability that the trained networks give to rows of the data. Defaults after
/// Salakhutdinov and Murray, ICML 2008.
struct LikelihoodParameters {
    FromModelParameters from{};
    double held_out = 0.1;
    std::string method = "annealing";
    std::int64_t chains = 100;
    std::int64_t temperatures = 10000;
    std::string ladder = "adaptive";
    ReverseParameters reverse{};
    std::int64_t samples = 10;

    void fields(auto& visit) {
        visit("from", from, {.meaning = "What is judged."});
        visit("held_out", held_out,
              {.meaning =
                   "Fraction at the end of every Markov chain of the data that counts as held out; where there is "
                   "a section [network], what that says holds instead.",
               .minimum = 0.0,
               .below = 1.0});
        visit("method", method,
              {.meaning = "How the partition function is found: annealed importance sampling, or, for at most 30 units "
                          "on one side (the hidden one where visible units are Gaussian), enumeration.",
               .choices = {"annealing", "enumeration"},
               .source = "doi:10.1145/1390156.1390266"});
        visit("chains", chains,
              {.meaning = "Independent annealed chains for each network.", .minimum = 2, .maximum = 1 << 20});
        visit("temperatures", temperatures,
              {.meaning = "Steps from infinite temperature to that of the network.", .minimum = 1, .maximum = 1 << 24});
        visit("ladder", ladder,
              {.meaning = "Inverse temperatures: as dense as a pilot run finds them to matter, or equidistant.",
               .choices = {"adaptive", "uniform"}});
        visit("reverse", reverse, {.meaning = "Reverse annealing."});
        visit("samples", samples,
              {.meaning = "Draws of the hidden units per row, for the bound on the log-probability of a network of "
                          "several layers.",
               .minimum = 1,
               .maximum = 1 << 16,
               .source = "doi:10.1162/neco.2006.18.7.1527"});
    }
    /// Keys of annealing where there is none.
    void check(io::Problems& problems) const;
};

} // namespace blockspin::net
