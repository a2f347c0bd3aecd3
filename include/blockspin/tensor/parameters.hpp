#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::tensor {

/// Section [tensor]: the model as a network of tensors that are merged again and again, with truncated bonds.
struct TensorParameters {
    std::vector<std::string> scheme{"hotrg"};
    std::vector<std::int64_t> bond{8, 16};
    int steps = 30;
    std::int64_t states = 0;
    double anisotropy = 1.0;

    void fields(auto& visit) {
        visit("scheme", scheme,
              {.meaning = "trg: tensors split by singular values and joined around squares "
                          "(doi:10.1103/PhysRevLett.99.120601). hotrg: tensors stacked, their bonds truncated by a "
                          "higher-order singular-value decomposition (doi:10.1103/PhysRevB.86.045139).",
               .choices = {"trg", "hotrg"},
               .source = "DOIs with each scheme"});
        visit("bond", bond,
              {.meaning = "Largest number χ of states of a bond, one calculation for each. The change from one to the "
                          "next is the error of the larger one; two are needed.",
               .minimum = 2,
               .maximum = 64});
        visit("steps", steps,
              {.meaning = "Steps; each doubles the sites of a tensor, so that f is that of a torus of 2^steps sites.",
               .minimum = 1,
               .maximum = 60});
        visit("states", states,
              {.meaning = "Number q of states of Potts spins, with nearest-neighbour coupling K δ(s, s') and field "
                          "h δ(s, 0) (0: Ising spins).",
               .maximum = 32});
        visit("anisotropy", anisotropy,
              {.meaning = "Coupling along y over coupling along x, which is the model's nn."});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::tensor
