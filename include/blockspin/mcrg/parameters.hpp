#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/model/parameters.hpp>

namespace blockspin::mcrg {

/// [block.generate]: operators beyond those that are named.
struct GenerateParameters {
    std::int64_t spins = 4;
    std::int64_t squared_range = 3;

    void fields(auto& visit) {
        visit("spins", spins, {.meaning = "Largest number of spins that an operator multiplies.", .minimum = 1});
        visit("squared_range", squared_range,
              {.meaning = "Square of the largest distance between two of them, nearest neighbours being 1 apart.",
               .minimum = 1,
               .maximum = 256});
    }
};

/// [block.learned]: a translation-invariant machine whose hidden units are the block spins.
struct LearnedRuleParameters {
    std::string model{};
    std::int64_t training = 0;
    std::vector<std::int64_t> size{};

    void fields(auto& visit) {
        visit("model", model,
              {.meaning = "Model file (network.h5 of a run, or one written alike) whose first layer is meant: trained "
                          "with [network.translation] kernel and stride equal to factor, and one map.",
               .source = "doi:10.48550/arXiv.1410.3831",
               .required = true});
        visit("training", training, {.meaning = "Which of its trainings, counted from 0.", .minimum = 0});
        visit("size", size,
              {.meaning = "Extents of the lattice that it was trained on, x first; left out: that of [model].",
               .minimum = 1,
               .maximum = 1 << 24});
    }
};

/// Section [block]: block-spin flow of sampled configurations, and the exponents of its linearisation.
struct BlockParameters {
    model::FromParameters from{};
    std::string rule = "majority";
    std::vector<double> p{};
    std::string ties = "random";
    std::int64_t factor = 2;
    std::int64_t steps = 2;
    std::optional<std::vector<std::string>> even{};
    std::optional<std::vector<std::string>> odd{};
    std::optional<GenerateParameters> generate{};
    std::vector<std::string> couplings{};
    std::optional<LearnedRuleParameters> learned{};

    void fields(auto& visit) {
        visit("from", from, {.meaning = "What is blocked: without from.point, the configurations of every point."});
        visit("rule", rule,
              {.meaning =
                   "How the spins of a block decide on the block spin: their majority, the first of them, a draw "
                   "from exp(p mu sum) / 2 cosh(p sum), or a draw of the hidden unit of a trained network.",
               .choices = {"majority", "decimation", "kadanoff", "learned"},
               .source = "doi:10.1103/PhysRevLett.42.859, doi:10.1103/PhysRevLett.34.1005"});
        visit("p", p,
              {.meaning =
                   "The parameter of rule = \"kadanoff\", which needs it; of several values each gives a flow "
                   "of its own, and between neighbouring ones that is found at which an exponent does not change "
                   "from one step to the next, for even and odd operators separately.",
               .above = 0.0,
               .source = "doi:10.1103/PhysRevE.95.053305"});
        visit("ties", ties,
              {.meaning = "Who decides where a majority is tied: a fair coin, or the first spin of the block (fixed).",
               .choices = {"random", "fixed"},
               .source = "doi:10.1103/PhysRevLett.42.859"});
        visit("factor", factor, {.meaning = "Linear size b of a block.", .unit = "sites", .minimum = 2, .maximum = 3});
        visit("steps", steps, {.meaning = "How often the lattice is blocked.", .minimum = 1, .maximum = 30});
        visit("even", even,
              {.meaning = "Operators that a flip of all spins leaves as they are, the most important first: the "
                          "exponent y_T is given for the first 1, 2, … of them. Left out: those that are usual on the "
                          "lattice.",
               .source = "doi:10.1103/PhysRevLett.42.859"});
        visit("odd", odd,
              {.meaning = "Operators that a flip of all spins changes in sign, for y_H in the same way.",
               .source = "doi:10.1103/PhysRevLett.42.859"});
        visit("generate", generate,
              {.meaning = "Adds all further operators within a range to both lists, those of fewer spins first."});
        visit("couplings", couplings,
              {.meaning = "Even operators whose couplings K' are determined after every step, as if the Hamiltonian of "
                          "the block spins had no others.",
               .source = "doi:10.1103/PhysRevLett.52.1165"});
        visit("learned", learned, {.meaning = "The network of rule = \"learned\", which needs it."});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::mcrg
