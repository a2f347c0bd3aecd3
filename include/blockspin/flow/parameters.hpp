#pragma once

#include <optional>
#include <string>
#include <vector>

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
    std::optional<double> states{};
    std::optional<bool> anisotropic{};
    std::optional<int> order{};
    std::optional<double> components{};
    std::optional<int> truncation{};
    std::optional<int> size{};
    std::optional<std::string> disorder{};
    std::optional<int> samples{};
    std::optional<int> population{};
    std::optional<int> populations{};
    std::optional<std::vector<double>> compositions{};
    std::optional<std::vector<double>> temperatures{};
    std::optional<std::vector<double>> window{};
    std::optional<std::vector<double>> ratios{};
    std::optional<std::vector<double>> starts{};
    std::optional<std::string> rule{};
    std::optional<double> p{};
    std::optional<std::vector<double>> table{};
    std::optional<std::string> group{};
    std::optional<int> steps{};
    std::optional<std::vector<std::string>> cell{};

    void fields(auto& visit) {
        method_field(visit);
        visit("dimension", dimension,
              {.meaning = "Dimension of space (default 2, in wilson-recursion, dyson and local-potential 3): 1 to 5 "
                          "for kadanoff, any real "
                          "number from 1 on for migdal-kadanoff and hierarchical, between 2 and 4 for these three, "
                          "2 to 5 for spin-glass (default 3).",
               .minimum = 1,
               .maximum = 16});
        visit("scale_factor", scale_factor,
              {.meaning = "Factor b by which a step enlarges the unit of length (default 2); 1 makes migdal-kadanoff's "
                          "steps infinitesimal.",
               .minimum = 1,
               .maximum = 64});
        visit("start", start,
              {.meaning = "How kadanoff brings the model onto its hypercubes: one sublattice summed over exactly "
                          "(default), or every term shared by the hypercubes that contain it.",
               .choices = {"decimated", "shared"}});
        visit("spin", spin,
              {.meaning = "Spins of kadanoff: Ising (default), Potts with `states` states, or −1, 0, 1 with a crystal "
                          "field (Blume and Capel).",
               .choices = {"ising", "potts", "blume-capel"}});
        visit("states", states,
              {.meaning =
                   "Number q of states of Potts spins: for kadanoff with spin = \"potts\" an integer from 2 to 10 "
                   "(default 3), else a real number, 1 for percolation, and, left out, Ising spins. The coupling of "
                   "Potts spins with q = 2 is twice that of Ising spins.",
               .minimum = 1,
               .maximum = 1e6,
               .source = "doi:10.1103/RevModPhys.54.235"});
        group_fields(visit);
        scheme_fields(visit);
        sample_fields(visit);
        population_fields(visit);
        diagram_fields(visit);
    }
    void check(io::Problems& problems) const;

  private:
    void method_field(auto& visit) {
        visit("method", method,
              {.meaning =
                   "kadanoff: Kadanoff's variational bound (doi:10.1103/PhysRevLett.34.1005). "
                   "kadanoff-groups: the same bound on f with larger groups of spins on the square lattice, what is "
                   "moved within them optimised too. "
                   "migdal-kadanoff: bonds moved, then decimated (doi:10.1016/0003-4916(76)90066-X). "
                   "hierarchical: decimated, then moved, exact on a hierarchical lattice "
                   "(doi:10.1088/0022-3719/12/22/035). "
                   "decimation: of a chain, exact (Nelson and Fisher, Ann. Phys. 91 (1975) 226). "
                   "cumulant: majority rule on triangles by cumulants (doi:10.1103/PhysRevLett.31.1411). "
                   "maris-kadanoff: decimation of the square lattice truncated to one coupling (Am. J. Phys. 46 "
                   "(1978) 652). "
                   "wilson-decimation: the same to second order with two couplings (doi:10.1103/RevModPhys.47.773). "
                   "wilson-recursion: Wilson's approximate recursion (doi:10.1103/PhysRevB.4.3184). "
                   "dyson: Dyson's hierarchical model, exact (doi:10.1103/PhysRevD.57.R6581). "
                   "local-potential: functional flow with Litim's regulator (doi:10.1103/PhysRevD.64.105007). "
                   "random-bonds: bounds on ln Z of single samples of a disordered square lattice, Kadanoff's from "
                   "above with one p for each level and with one of either sign for every spin. "
                   "spin-glass: the hierarchical lattice with random bonds, their distribution as a population "
                   "(doi:10.1088/0022-3719/10/12/023). "
                   "exact-summation: all couplings of the block spins of a small torus, any model, by a sum over all "
                   "configurations. "
                   "finite-lattice: the same taken for a map of the infinite lattice, its fixed point and exponents "
                   "(doi:10.1103/PhysRevLett.33.944).",
               .choices = {"kadanoff", "kadanoff-groups", "migdal-kadanoff", "hierarchical", "decimation", "cumulant",
                           "maris-kadanoff", "wilson-decimation", "wilson-recursion", "dyson", "local-potential",
                           "random-bonds", "spin-glass", "exact-summation", "finite-lattice"},
               .source = "DOIs with each method"});
    }
    /// Keys of kadanoff-groups.
    void group_fields(auto& visit) {
        visit("group", group,
              {.meaning = "Spins that everything is moved into by kadanoff-groups (default 4x4).",
               .choices = {"2x2", "2x4", "4x4"}});
        visit("steps", steps,
              {.meaning = "Steps of kadanoff-groups (default 8), each with parameters of its own.",
               .minimum = 1,
               .maximum = 20});
    }
    /// Keys of single schemes.
    void scheme_fields(auto& visit) {
        visit("anisotropic", anisotropic,
              {.meaning = "migdal-kadanoff with a coupling for each direction, one decimated after the other (2 to 4 "
                          "dimensions)."});
        visit("cell", cell,
              {.meaning = "The graph that takes the place of every bond of the lattice of hierarchical, in place of "
                          "dimension and scale_factor: its bonds, each as its two ends, \"a-1\"; a and b are the ends "
                          "of the bond replaced.",
               .source = "doi:10.1103/PhysRevB.26.5022"});
        visit("order", order,
              {.meaning = "Cumulants kept by cumulant (default 2).",
               .minimum = 1,
               .maximum = 2,
               .source = "Niemeijer and van Leeuwen, Physica 71 (1974) 17"});
        visit("components", components,
              {.meaning = "Number N of field components of local-potential (default 1), a real number.",
               .minimum = 0,
               .maximum = 1000});
        visit("truncation", truncation,
              {.meaning =
                   "Powers kept by dyson (default 80, above three dimensions 120), values of the potential kept by "
                   "wilson-recursion (default 30, below 2.75 dimensions 60) and local-potential (default 32).",
               .minimum = 8,
               .maximum = 150});
    }
    /// Keys of spin-glass.
    void population_fields(auto& visit) {
        visit("population", population,
              {.meaning = "Number of bonds that stand for their distribution (default 20000).",
               .minimum = 1000,
               .maximum = 10'000'000});
        visit("populations", populations,
              {.meaning = "Number of independent populations, whose spread gives the errors (default 8).",
               .minimum = 2,
               .maximum = 1000});
        visit("compositions", compositions,
              {.meaning = "Compositions at which the critical temperature is searched: probabilities of +J from 0.5 on "
                          "(default 0.5), or means of normal bonds (default 0).",
               .minimum = 0});
        visit("temperatures", temperatures,
              {.meaning = "Temperatures at which the composition is searched above which they are ferromagnetic.",
               .unit = "J/k",
               .minimum = 0});
    }
    /// Keys of phase diagrams.
    void diagram_fields(auto& visit) {
        visit(
            "window", window,
            {.meaning =
                 "Draws the phase diagram in a plane of two couplings, [first from, first to, second from, second to]: "
                 "K_nn and K_nnn of wilson-decimation, of cumulant of order 2, and of kadanoff with start = "
                 "\"shared\" in two dimensions; K_x and K_y of migdal-kadanoff with anisotropic bonds in two."});
        visit("ratios", ratios,
              {.meaning =
                   "Gives the critical coupling on lines from the origin of that plane: second to first coupling, inf "
                   "for the second coupling alone.",
               .may_be_infinite = true});
        visit("starts", starts,
              {.meaning = "Draws the trajectories from these models, too: first and second coupling of each in turn."});
    }
    /// Keys of small lattices.
    void sample_fields(auto& visit) {
        visit("size", size,
              {.meaning =
                   "Edge of the torus of random-bonds (default 8; powers of 2 allow most steps) and of exact-summation "
                   "and finite-lattice (default 4).",
               .unit = "sites",
               .minimum = 2,
               .maximum = 256});
        visit("disorder", disorder,
              {.meaning =
                   "Bonds of random-bonds: the model's coupling nn times a random sign (default), or times a "
                   "normal number of mean 0 and variance 1. Bonds of spin-glass: +J with the probability that is "
                   "their composition and else -J (default), or normal with that mean and variance J^2.",
               .choices = {"plus-minus", "gaussian"}});
        visit("samples", samples,
              {.meaning = "Number of samples of random-bonds (default 8).", .minimum = 1, .maximum = 100000});
        visit("rule", rule,
              {.meaning = "The block spin of exact-summation and finite-lattice: the sign of the sum of the block with "
                          "random ties "
                          "(default), its first spin, or one drawn from exp(p mu sum).",
               .choices = {"majority", "decimation", "kadanoff"}});
        visit("p", p, {.meaning = "The parameter of rule = \"kadanoff\", which needs it.", .above = 0.0});
        visit("table", table,
              {.meaning = "In place of a rule: the probability that the block spin is up for every state of the block, "
                          "whose bit i is 1 where its spin i (x fastest) is up.",
               .minimum = 0,
               .maximum = 1});
    }
};

} // namespace blockspin::flow
