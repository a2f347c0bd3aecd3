#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/tempering/parameters.hpp>

namespace blockspin::sampling {

/// Section [sample]: Markov chains at every point of the scan.
struct SampleParameters {
    std::vector<std::string> update{"heat-bath"};
    std::int64_t chains = 4;
    std::string start = "hot";
    std::int64_t thermalization = 2000;
    std::int64_t sweeps = 20000;
    std::int64_t measure_every = 10;
    std::vector<std::string> measure{"correlation-length"};
    io::KeyedValues<std::vector<std::int64_t>> wave_vectors{};
    std::int64_t configurations = 0;
    std::vector<std::int64_t> domains{};
    std::optional<tempering::TemperingParameters> tempering{};

    void fields(auto& visit) {
        visit("update", update,
              {.meaning = "Updates that make up one sweep, in this order.",
               .choices = {"metropolis", "heat-bath", "swendsen-wang", "wolff"},
               .source = "doi:10.1063/1.1699114, doi:10.1103/PhysRevD.21.2308, doi:10.1103/PhysRevLett.58.86, "
                         "doi:10.1103/PhysRevLett.62.361"});
        visit("chains", chains,
              {.meaning = "Independent Markov chains at each point.", .minimum = 1, .maximum = 1 << 20});
        visit("start", start,
              {.meaning = "First configuration: random (hot) or all spins up (cold).", .choices = {"hot", "cold"}});
        visit("thermalization", thermalization,
              {.meaning = "Sweeps before the first measurement.", .unit = "sweeps", .minimum = 0});
        visit("sweeps", sweeps, {.meaning = "Sweeps during which is measured.", .unit = "sweeps", .minimum = 1});
        visit("measure_every", measure_every,
              {.meaning = "Sweeps between two measurements.", .unit = "sweeps", .minimum = 1});
        visit("measure", measure,
              {.meaning =
                   "What is measured beside energy and magnetization: correlation-length, the Fourier modes of the "
                   "smallest wave vectors; structure-factor, the sums of layers, hence S(k) along the axes and the "
                   "two-point function of layers; two-point-function, that of sites along the axes and diagonals; "
                   "clusters, improved estimators from the clusters of swendsen-wang or wolff.",
               .choices = {"correlation-length", "structure-factor", "two-point-function", "clusters"},
               .source = "doi:10.1016/0550-3213(82)90240-1, doi:10.1016/0550-3213(90)90313-3"});
        visit("wave_vectors", wave_vectors,
              {.meaning = "Further wave vectors at which structure-factor gives S(k) = <|M(k)|^2>/N, by a name of your "
                          "choice: n, one number between -L/2 and L/2 for each direction, for k = 2 pi n/L; with L = "
                          "64, wave_vectors.staggered = [32, 32] is (pi, pi)."});
        visit("configurations", configurations,
              {.meaning = "Spin configurations of every chain to be stored, evenly spaced; [block] and [network] read "
                          "them.",
               .minimum = 0});
        visit("domains", domains,
              {.meaning = "Ranks along each direction that share a lattice; left out: chosen automatically.",
               .minimum = 1,
               .may_change_on_restart = true});
        visit("tempering", tempering, {.meaning = "Parallel tempering: the chains exchange the points of the scan."});
    }
    void check(io::Problems& problems) const;
    /// Is it among what is measured?
    bool measures(std::string_view name) const { return std::ranges::find(measure, name) != measure.end(); }
};

} // namespace blockspin::sampling
