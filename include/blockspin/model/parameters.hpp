#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/disorder.hpp>
#include <blockspin/model/spin_kind.hpp>

namespace blockspin::model {

/// Section [model]: the Hamiltonian at the finest scale, −H/kT = Σ_a K_a S_a; with [model.disorder],
/// −H/kT = K Σ_<ij> J_ij s_i s_j + h Σ_i s_i.
struct ModelParameters {
    std::string lattice = "square";
    std::vector<std::int64_t> size{64, 64};
    std::vector<std::string> boundary{};
    std::string spin = "ising";
    std::optional<std::int64_t> states{};
    io::KeyedValues<double> couplings{};
    std::optional<DisorderParameters> disorder{};

    void fields(auto& visit) {
        visit("lattice", lattice,
              {.meaning = "Which sites are neighbours.",
               .choices = {"chain", "square", "triangular", "honeycomb", "cubic", "hypercubic"}});
        visit("size", size,
              {.meaning = "Number of sites along each direction, x first.", .unit = "sites", .minimum = 1});
        visit("boundary", boundary,
              {.meaning = "Boundary along each direction; left out: periodic everywhere.",
               .choices = {"periodic", "open"}});
        visit("spin", spin,
              {.meaning =
                   "What a site holds: an Ising spin ±1; a Potts spin in one of `states` states, whose couplings "
                   "are nn, K δ(s, s') on every bond, and field, h δ(s, first state); or a Blume-Capel spin −1, "
                   "0, 1 with nn, field, crystal_field, −D s² at every site, and biquadratic, K_2 s² s'² on "
                   "every bond.",
               .choices = {"ising", "potts", "blume-capel"},
               .source = "doi:10.1103/RevModPhys.54.235, doi:10.1103/PhysRev.141.517, "
                         "doi:10.1016/0031-8914(66)90027-9, doi:10.1103/PhysRevA.4.1071"});
        visit("states", states,
              {.meaning = "Number q of states of Potts spins.", .minimum = 2, .maximum = SpinKind::most_states});
        visit("couplings", couplings,
              {.meaning =
                   "Coupling K_a = J_a/kT of each operator S_a by its name (nn, nnn, 3nn, …: pairs in the order of "
                   "their distance, field: the spin itself, plaquette, triangle, tetrahedron, cube) or by the "
                   "sites of any of its images, such as \"(0,0)(1,0)(0,1)\"."});
        visit("disorder", disorder,
              {.meaning =
                   "Random bonds: the coupling of each bond of nearest neighbours is couplings.nn times its own J."});
    }
    void check(io::Problems& problems) const;
};

/// Section [scan]: lists of values for keys of [model] by their path, such as couplings.nn = [0.42, 0.46].
using Scan = io::KeyedValues<std::vector<double>>;

/// Where a section finds the configurations that it reads.
struct FromParameters {
    std::optional<std::int64_t> point{};

    void fields(auto& visit) {
        visit("point", point,
              {.meaning =
                   "Point of the scan whose configurations are read, counted from 0; may be left out where there "
                   "is only one.",
               .minimum = 0});
    }
};

/// The lattice of a checked [model].
lattice::Geometry geometry(const ModelParameters& model);

/// Its spins.
SpinKind spin_kind(const ModelParameters& model);

/// One point of a scan: the couplings in force there.
struct Point {
    std::string label; ///< "nn = 0.42"; empty without a scan
    io::KeyedValues<double> couplings;

    /// Coupling of the operator, 0 where none is given.
    double coupling(std::string_view name) const;
    /// Are there no other operators than nn and field?
    bool is_nearest_neighbour() const;
};

/// All points of a scan: the product of its keys in the order of the file, the last one fastest.
/// InputError for a key that does not begin with "couplings." or has no values, and for couplings that name no operator
/// of the lattice, or none that the spins have, or one operator twice.
std::vector<Point> points(const ModelParameters& model, const Scan& scan);

} // namespace blockspin::model
