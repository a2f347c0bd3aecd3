#include <blockspin/model/torus_operators.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/walsh_hadamard.hpp>
#include <blockspin/model/terms.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Geometry;

constexpr std::int64_t most_sites = 16;

void require_small_torus(const Geometry& geometry) {
    bool is_cube = true;
    for (int i = 0; i < geometry.dimension(); ++i)
        is_cube = is_cube && geometry.is_periodic(i) && geometry.extents()[i] == geometry.extents()[0];
    if (is_cube && geometry.sites() <= most_sites && geometry.sublattices() == 1) return;
    throw core::InputError(fmt::format("the operators of a {} lattice of {} sites are not listed: it must be periodic "
                                       "with equal extents and have at most {} sites",
                                       lattice::name(geometry.lattice()),
                                       lattice::to_text(geometry.extents(), geometry.dimension()), most_sites));
}

/// The sites of a subset, cut open along the boundary and shifted.
std::vector<Coordinates> shifted_sites(std::uint32_t subset, const Geometry& geometry, std::int64_t by) {
    std::vector<Coordinates> sites;
    const Coordinates shift = geometry.coordinates(by);
    for (std::int64_t site = 0; site < geometry.sites(); ++site)
        if ((subset >> site & 1U) != 0) sites.push_back(*geometry.shifted(geometry.coordinates(site), shift));
    return sites;
}

/// The first operator that has the subset among its images: one of those that the boundary does not cut.
Operator first_operator(std::uint32_t subset, const Geometry& geometry) {
    Operator first(geometry.lattice(), shifted_sites(subset, geometry, 0));
    for (std::int64_t by = 1; by < geometry.sites(); ++by)
        first = std::min(first, Operator(geometry.lattice(), shifted_sites(subset, geometry, by)));
    return first;
}

TorusClass class_of(std::uint32_t subset, const Geometry& geometry) {
    TorusClass result{first_operator(subset, geometry), {}, 1};
    std::vector<std::uint32_t> images = term_masks(result.op, geometry);
    const std::size_t terms = images.size();
    std::ranges::sort(images);
    images.erase(std::ranges::unique(images).begin(), images.end());
    core::ensure(terms % images.size() == 0, "every image occurs equally often");
    result.multiplicity = static_cast<int>(terms / images.size());
    result.subsets = std::move(images);
    return result;
}

} // namespace

TorusOperators::TorusOperators(const Geometry& geometry) : sites_(static_cast<std::size_t>(geometry.sites())) {
    require_small_torus(geometry);
    std::vector<bool> is_known(std::size_t{1} << sites_, false);
    for (std::uint32_t subset = 1; subset < is_known.size(); ++subset) {
        if (is_known[subset]) continue;
        classes_.push_back(class_of(subset, geometry));
        for (const std::uint32_t image : classes_.back().subsets) is_known[image] = true;
    }
    std::ranges::sort(classes_, {}, &TorusClass::op);
}

std::optional<std::size_t> TorusOperators::find(const Operator& op) const {
    const auto found = std::ranges::lower_bound(classes_, op, {}, &TorusClass::op);
    if (found == classes_.end() || found->op != op) return std::nullopt;
    return static_cast<std::size_t>(found - classes_.begin());
}

Expansion TorusOperators::expand(std::span<const double> function) const {
    core::ensure(function.size() == std::size_t{1} << sites_, "a function has a value for every configuration");
    std::vector<double> products(function.begin(), function.end());
    linalg::walsh_hadamard(std::span(products)); // a spin that is up has its bit set, so odd products change sign
    for (std::size_t subset = 0; subset < products.size(); ++subset)
        products[subset] *= (std::popcount(subset) % 2 == 0 ? 1.0 : -1.0) / static_cast<double>(products.size());
    Expansion result{products[0], {}};
    for (const TorusClass& members : classes_) {
        double sum = 0;
        for (const std::uint32_t subset : members.subsets) sum += products[subset];
        const double mean = sum / static_cast<double>(members.subsets.size());
        for (const std::uint32_t subset : members.subsets)
            result.asymmetry = std::max(result.asymmetry, std::abs(products[subset] - mean));
        result.couplings.push_back(mean / members.multiplicity);
    }
    return result;
}

} // namespace blockspin::model
