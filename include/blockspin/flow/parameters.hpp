#pragma once

#include <optional>
#include <string>

#include <blockspin/io/parameters.hpp>

namespace blockspin::flow {

/// One [[flow]]: a renormalization of couplings and what is wanted of it. Every method knows some of the keys, and has
/// defaults of its own for them; a key that the method does not know is an error.
struct FlowParameters {
    std::string method = "kadanoff";
    std::optional<double> dimension{};
    std::optional<int> scale_factor{};
    std::optional<std::string> start{};
    std::optional<std::string> spin{};
    std::optional<int> states{};

    void fields(auto& visit) {
        visit("method", method,
              {.meaning = "kadanoff: Kadanoff's variational bound (doi:10.1103/PhysRevLett.34.1005). "
                          "migdal-kadanoff: bonds moved first, then decimated (doi:10.1016/0003-4916(76)90066-X). "
                          "hierarchical: decimated first, exact on a hierarchical lattice "
                          "(doi:10.1088/0022-3719/12/22/035).",
               .choices = {"kadanoff", "migdal-kadanoff", "hierarchical"},
               .source = "DOIs with each method"});
        visit("dimension", dimension,
              {.meaning = "Dimension of space (default 2); any real number for migdal-kadanoff and hierarchical, 1 "
                          "to 5 for kadanoff.",
               .minimum = 1});
        visit("scale_factor", scale_factor,
              {.meaning = "Factor b by which a step enlarges the unit of length (default 2).",
               .minimum = 2,
               .maximum = 64});
        visit("start", start,
              {.meaning = "How kadanoff brings the model onto its hypercubes: one sublattice summed over exactly "
                          "(default), or every term shared by the hypercubes that contain it.",
               .choices = {"decimated", "shared"}});
        visit("spin", spin,
              {.meaning = "Spins of kadanoff: Ising (default), Potts with `states` states, or −1, 0, 1 with a crystal "
                          "field (Blume and Capel).",
               .choices = {"ising", "potts", "blume-capel"}});
        visit("states", states, {.meaning = "Number of states of a Potts spin.", .minimum = 2, .maximum = 10});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::flow
