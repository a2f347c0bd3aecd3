#include <blockspin/bounds/simple_bounds.hpp>

#include "search.hpp"

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace blockspin::bounds {

namespace {

/// ⟨S⟩ of independent spins per site: colour by colour, the images of one term whose first site has that colour.
struct ColouredTerm {
    double coupling;                  ///< per site of the lattice
    std::vector<std::size_t> colours; ///< of its sites
};

std::vector<ColouredTerm> coloured_terms(const Interactions& interactions) {
    const lattice::Geometry& geometry = interactions.geometry;
    const int colours = geometry.colours();
    std::vector<ColouredTerm> terms;
    for (const auto& [op, K] : interactions.terms) {
        for (const model::Stencil& image : op.images()) {
            for (int first = 0; first < colours; ++first) {
                if (geometry.sublattices() == 2 && first != image.sublattice) continue;
                ColouredTerm term{K / colours, {}};
                for (lattice::Coordinates site : image.offsets) {
                    site[0] += first;
                    term.colours.push_back(static_cast<std::size_t>(geometry.colour(site)));
                }
                terms.push_back(std::move(term));
            }
        }
    }
    return terms;
}

double entropy(double m) {
    const auto part = [](double p) { return p > 0 ? -p * std::log(p) : 0.0; };
    return part(0.5 * (1 + m)) + part(0.5 * (1 - m));
}

double trial(const std::vector<ColouredTerm>& terms, const std::vector<double>& m) {
    double sum = 0.0;
    for (const double each : m) sum += entropy(each) / static_cast<double>(m.size());
    for (const ColouredTerm& term : terms) {
        double product = term.coupling;
        for (const std::size_t colour : term.colours) product *= m[colour];
        sum += product;
    }
    return sum;
}

/// The positions in the block of an image, as sets of sites of the block.
std::vector<std::uint32_t> positions(const model::Stencil& image, const lattice::Geometry& geometry,
                                     std::span<const int> extents) {
    std::vector<std::uint32_t> result;
    int sites = 1;
    for (const int extent : extents) sites *= extent;
    for (int origin = 0; origin < sites; ++origin) {
        lattice::Coordinates at{};
        int rest = origin, parity = 0;
        for (std::size_t d = 0; d < extents.size(); ++d, rest /= extents[d - 1]) {
            at[d] = rest % extents[d];
            parity += at[d];
        }
        if (geometry.sublattices() == 2 && parity % 2 != image.sublattice) continue;
        std::uint32_t set = 0;
        bool fits = true;
        for (const lattice::Coordinates& offset : image.offsets) {
            int site = 0, below = 1;
            for (std::size_t d = 0; d < extents.size(); ++d) {
                const int x = at[d] + offset[d];
                fits = fits && x >= 0 && x < extents[d];
                site += below * x;
                below *= extents[d];
            }
            if (fits) set ^= std::uint32_t{1} << site;
        }
        if (fits) result.push_back(set);
    }
    return result;
}

} // namespace

double mean_field_bound(const Interactions& interactions) {
    const std::vector<ColouredTerm> terms = coloured_terms(interactions);
    const auto colours = static_cast<std::size_t>(interactions.geometry.colours());
    double best = -std::numeric_limits<double>::infinity();
    for (unsigned signs = 0; signs < 1u << colours; ++signs) {
        std::vector<double> m(colours);
        for (std::size_t c = 0; c < colours; ++c) m[c] = (signs >> c & 1u) != 0 ? 0.5 : -0.5;
        for (int sweep = 0; sweep < 40; ++sweep) {
            for (std::size_t c = 0; c < colours; ++c) {
                const auto along = [&](double value) {
                    m[c] = value;
                    return trial(terms, m);
                };
                m[c] = maximum(along, -1.0, 1.0);
            }
        }
        best = std::max(best, trial(terms, m));
    }
    return best - 1e-13 * (1.0 + std::abs(best));
}

double block_bound(const Interactions& interactions, std::span<const int> extents) {
    const lattice::Geometry& geometry = interactions.geometry;
    int sites = 1;
    for (const int extent : extents) {
        sites *= extent;
        if (geometry.sublattices() == 2 && extent % 2 != 0)
            throw core::InputError("this lattice has blocks of even extents");
    }
    if (std::ssize(extents) != geometry.dimension() || sites > 20)
        throw core::InputError("a block has one extent per direction, and up to 20 sites");
    std::vector<std::pair<std::uint32_t, double>> exponents;
    for (const auto& [op, K] : interactions.terms) {
        for (const model::Stencil& image : op.images()) {
            const std::vector<std::uint32_t> sets = positions(image, geometry, extents);
            if (sets.empty()) return std::numeric_limits<double>::infinity();
            const double shifts = static_cast<double>(sites) / geometry.sublattices();
            for (const std::uint32_t set : sets)
                exponents.emplace_back(set, shifts * K / static_cast<double>(sets.size()));
        }
    }
    std::vector<double> energies(std::size_t{1} << sites, 0.0);
    for (const auto& [set, K] : exponents)
        for (std::uint32_t state = 0; state < energies.size(); ++state)
            energies[state] += std::popcount(state & set) % 2 == 0 ? K : -K;
    const double largest = std::ranges::max(energies);
    double sum = 0.0;
    for (const double energy : energies) sum += std::exp(energy - largest);
    const double bound = (largest + std::log(sum)) / sites;
    return bound + 1e-12 * (1.0 + std::abs(largest));
}

} // namespace blockspin::bounds
