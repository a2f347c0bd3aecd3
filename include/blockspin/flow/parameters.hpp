#pragma once

#include <cstdint>
#include <string>

#include <blockspin/io/parameters.hpp>

namespace blockspin::flow {

/// One [[flow]]: a renormalization of couplings and what is wanted of it.
struct FlowParameters {
    std::string method = "kadanoff";
    int dimension = 2;
    int scale_factor = 2;
    std::string start = "decimated";

    void fields(auto& visit) {
        visit("method", method,
              {.meaning =
                   "The map of couplings: Kadanoff's variational bound, or Migdal and Kadanoff's bond moving with "
                   "bonds moved first, or with decimation first (exact on a hierarchical lattice).",
               .choices = {"kadanoff", "migdal-kadanoff", "hierarchical"},
               .source = "doi:10.1103/PhysRevLett.34.1005, doi:10.1016/0003-4916(76)90066-X"});
        visit("dimension", dimension, {.meaning = "Dimension of space.", .minimum = 2, .maximum = 4});
        visit("scale_factor", scale_factor,
              {.meaning = "Factor b by which a step enlarges the unit of length; kadanoff knows 2 only.",
               .minimum = 2,
               .maximum = 16});
        visit("start", start,
              {.meaning = "How kadanoff brings the nearest-neighbour model onto its hypercubes: one sublattice summed "
                          "over exactly, or every bond shared by its hypercubes.",
               .choices = {"decimated", "shared"}});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::flow
