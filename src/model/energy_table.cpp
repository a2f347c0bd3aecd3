#include <blockspin/model/energy_table.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/terms.hpp>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

std::size_t configurations(const lattice::Geometry& geometry) {
    if (geometry.sites() <= most_tabulated_sites) return std::size_t{1} << geometry.sites();
    throw core::InputError(fmt::format("the configurations of {} spins are too many to be tabulated: at most {} spins",
                                       geometry.sites(), most_tabulated_sites));
}

} // namespace

std::vector<double> sum_table(const Operator& op, const lattice::Geometry& geometry) {
    std::vector<double> sums(configurations(geometry));
    const std::vector<std::uint32_t> masks = term_masks(op, geometry);
    for (std::size_t c = 0; c < sums.size(); ++c)
        sums[c] = static_cast<double>(sum_of_masks(masks, static_cast<std::uint32_t>(c)));
    return sums;
}

std::vector<double> energy_table(const Hamiltonian& hamiltonian, const lattice::Geometry& geometry) {
    std::vector<double> energies(configurations(geometry), 0.0);
    for (std::size_t a = 0; a < hamiltonian.basis().size(); ++a) {
        const std::vector<double> sums = sum_table(hamiltonian.basis()[a], geometry);
        for (std::size_t c = 0; c < energies.size(); ++c) energies[c] -= hamiltonian.couplings()[a] * sums[c];
    }
    return energies;
}

} // namespace blockspin::model
