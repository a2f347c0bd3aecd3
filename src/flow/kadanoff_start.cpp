#include <blockspin/flow/kadanoff_start.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

void check_hypercubic(const SpinClasses& classes) {
    const int d = classes.spatial_dimension();
    if (classes.size(classes.of(0b11)) != d * (1 << d) / 2.0)
        throw core::InputError(
            "these classes do not tell nearest neighbours from other pairs: take the hypercubic ones");
}

/// A product of spins on a hypercube, and how many hypercubes of the lattice share it.
struct Placed {
    std::uint32_t mask = 0;
    int hypercubes = 1;
};

Placed placed(const model::Operator& op, int d) {
    const std::vector<lattice::Coordinates> sites = op.sites();
    Placed result;
    for (int axis = 0; axis < d; ++axis) {
        const auto [least, most] = std::ranges::minmax(sites, {}, [axis](const auto& site) { return site[axis]; });
        if (most[axis] - least[axis] > 1)
            throw core::InputError(fmt::format("the operator {} does not fit on a hypercube", op.name()));
        if (most[axis] == least[axis]) result.hypercubes *= 2;
    }
    for (const auto& site : sites) {
        unsigned vertex = 0;
        for (int axis = 0; axis < d; ++axis)
            vertex |= static_cast<unsigned>(
                          std::ranges::any_of(sites, [&](const auto& other) { return other[axis] < site[axis]; }))
                      << axis;
        result.mask |= 1u << vertex;
    }
    return result;
}

} // namespace

Start one_sublattice_decimated(const SpinClasses& classes, double K, double h) {
    std::vector<double> values;
    for (int s = 0; s < classes.count(); ++s) {
        const double m = classes.magnetization(s);
        values.push_back(log_2cosh(K * m + h) + h * m / classes.spins());
    }
    std::vector<double> all = classes.expansion(values);
    Start start{{all.begin() + 1, all.end()}, all.front(), 0.5};
    for (int a = 1; a < classes.count(); ++a)
        if (h == 0.0 && classes.bits(a) % 2 == 1) start.couplings[a - 1] = 0.0;
    return start;
}

Start bonds_shared(const SpinClasses& classes, double K) {
    check_hypercubic(classes);
    std::vector<double> couplings(classes.couplings().size(), 0.0);
    couplings[classes.of(0b11) - 1] = K / (1 << (classes.spatial_dimension() - 1));
    return {std::move(couplings), 0.0, 1.0};
}

Start terms_shared(const SpinClasses& classes, const model::Hamiltonian& hamiltonian) {
    check_hypercubic(classes);
    const int d = classes.spatial_dimension();
    const lattice::Lattice lattice = hamiltonian.basis().lattice();
    if (lattice == lattice::Lattice::triangular || lattice == lattice::Lattice::honeycomb ||
        lattice::dimension(lattice) != d)
        throw core::InputError(
            fmt::format("the {} lattice is not made of hypercubes in {} dimensions", name(lattice), d));
    std::vector<double> couplings(classes.couplings().size(), 0.0);
    for (std::size_t a = 0; a < hamiltonian.basis().size(); ++a) {
        const Placed term = placed(hamiltonian.basis()[a], d);
        couplings[classes.of(term.mask) - 1] += hamiltonian.couplings()[a] / term.hypercubes;
    }
    return {std::move(couplings), 0.0, 1.0};
}

} // namespace blockspin::flow
