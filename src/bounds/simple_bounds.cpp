#include <blockspin/bounds/simple_bounds.hpp>

#include "search.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/walsh_hadamard.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>

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

/// An image of a term as what its spins are in the blocks that it reaches into: sets of sites of each. One that lies in
/// a single block is in what the block is weighed with.
struct Placed {
    double coupling = 0.0;
    std::vector<std::uint32_t> sets;

    bool is_cut() const noexcept { return sets.size() > 1; }
};

std::vector<Placed> placed(const Interactions& interactions, std::span<const int> extents, int sites) {
    std::vector<Placed> result;
    for (const auto& [op, K] : interactions.terms) {
        for (const model::Stencil& image : op.images()) {
            for (int origin = 0; origin < sites; ++origin) {
                lattice::Coordinates at{};
                int rest = origin, parity = 0;
                for (std::size_t d = 0; d < extents.size(); rest /= extents[d], ++d) {
                    at[d] = rest % extents[d];
                    parity += at[d];
                }
                if (interactions.geometry.sublattices() == 2 && parity % 2 != image.sublattice) continue;
                std::map<lattice::Coordinates, std::uint32_t> by_block;
                for (const lattice::Coordinates& offset : image.offsets) {
                    lattice::Coordinates block{};
                    int site = 0, below = 1;
                    for (std::size_t d = 0; d < extents.size(); below *= extents[d], ++d) {
                        const int x = at[d] + offset[d];
                        block[d] = x >= 0 ? x / extents[d] : -((extents[d] - 1 - x) / extents[d]);
                        site += below * (x - block[d] * extents[d]);
                    }
                    by_block[block] ^= std::uint32_t{1} << site;
                }
                Placed& each = result.emplace_back(Placed{K, {}});
                for (const auto& [block, set] : by_block) each.sets.push_back(set);
            }
        }
    }
    return result;
}

/// Blocks that do not know of each other, each weighed with its own terms and a field.
class BlockState {
  public:
    BlockState(std::vector<Placed> terms, int sites)
        : terms_(std::move(terms)), sites_(sites), energies_(std::size_t{1} << sites, 0.0), cut_(sites, 0.0) {
        for (const Placed& term : terms_) {
            if (!term.is_cut()) energies_[term.sets.front()] += term.coupling;
            for (int site = 0; term.is_cut() && site < sites; ++site)
                for (const std::uint32_t set : term.sets)
                    cut_[static_cast<std::size_t>(site)] += (set >> site & 1u) * std::abs(term.coupling);
        }
        linalg::walsh_hadamard(std::span(energies_));
    }

    /// How much of the couplings of each site is cut.
    const std::vector<double>& cut() const noexcept { return cut_; }

    /// entropy + Σ K ⟨S⟩ per site.
    double bound(const std::vector<double>& fields) const {
        std::vector<double> weights(energies_.size(), 0.0);
        for (std::size_t site = 0; site < fields.size(); ++site) weights[std::size_t{1} << site] = fields[site];
        linalg::walsh_hadamard(std::span(weights));
        double largest = -std::numeric_limits<double>::infinity();
        for (std::size_t state = 0; state < weights.size(); ++state) {
            weights[state] += energies_[state];
            largest = std::max(largest, weights[state]);
        }
        for (double& weight : weights) weight = std::exp(weight - largest);
        linalg::walsh_hadamard(std::span(weights)); // products of spins, times the sum of all weights
        double sum = largest + std::log(weights.front());
        for (std::size_t site = 0; site < fields.size(); ++site)
            sum -= fields[site] * weights[std::size_t{1} << site] / weights.front();
        for (const Placed& term : terms_) {
            if (!term.is_cut()) continue;
            double product = term.coupling;
            for (const std::uint32_t set : term.sets) product *= weights[set] / weights.front();
            sum += product;
        }
        return sum / sites_;
    }

  private:
    std::vector<Placed> terms_;
    int sites_;
    std::vector<double> energies_, cut_;
};

/// Number of sites. InputError if these are no extents of a block.
int sites_of_block(const lattice::Geometry& geometry, std::span<const int> extents) {
    int sites = 1;
    for (const int extent : extents) {
        sites *= extent;
        if (geometry.sublattices() == 2 && extent % 2 != 0)
            throw core::InputError("this lattice has blocks of even extents");
    }
    if (std::ssize(extents) != geometry.dimension() || sites > 20)
        throw core::InputError("a block has one extent per direction, and up to 20 sites");
    return sites;
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

double block_state_bound(const Interactions& interactions, std::span<const int> extents) {
    const lattice::Geometry& geometry = interactions.geometry;
    const int sites = sites_of_block(geometry, extents);
    const BlockState state(placed(interactions, extents, sites), sites);
    std::vector<double> fields(static_cast<std::size_t>(sites), 0.0);
    double best = state.bound(fields);
    const double most = std::ranges::max(state.cut());
    for (unsigned signs = 0; most > 0.0 && signs < 1u << geometry.colours(); ++signs) {
        const auto in_field = [&](double strength) {
            for (int site = 0; site < sites; ++site) {
                lattice::Coordinates at{};
                int rest = site;
                for (std::size_t d = 0; d < extents.size(); rest /= extents[d], ++d) at[d] = rest % extents[d];
                const double sign = (signs >> geometry.colour(at) & 1u) != 0 ? 1.0 : -1.0;
                fields[static_cast<std::size_t>(site)] = sign * strength * state.cut()[static_cast<std::size_t>(site)];
            }
            return state.bound(fields);
        };
        best = std::max(best, in_field(maximum(in_field, 0.0, 1.5, block_state_steps)));
    }
    return best - 1e-12 * (1.0 + std::abs(best));
}

double block_bound(const Interactions& interactions, std::span<const int> extents) {
    const lattice::Geometry& geometry = interactions.geometry;
    const int sites = sites_of_block(geometry, extents);
    std::vector<std::pair<std::uint32_t, double>> exponents;
    double beyond = 0.0; // of terms that do not fit: at most |K| each
    for (const auto& [op, K] : interactions.terms) {
        for (const model::Stencil& image : op.images()) {
            const std::vector<std::uint32_t> sets = positions(image, geometry, extents);
            if (sets.empty()) beyond += std::abs(K) / geometry.sublattices();
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
    const double bound = (largest + std::log(sum)) / sites + beyond;
    return bound + 1e-12 * (1.0 + std::abs(largest) + beyond);
}

} // namespace blockspin::bounds
