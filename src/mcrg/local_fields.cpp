#include <blockspin/mcrg/local_fields.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/lattice/box.hpp>

#include <algorithm>
#include <cstdlib>

namespace blockspin::mcrg {

namespace {

using lattice::Coordinates;

/// The sites of an image on a finite lattice, those that are met an even number of times left out: their spins square
/// to 1.
std::vector<Coordinates> distinct_sites(const model::Stencil& image, const lattice::Geometry& geometry) {
    std::vector<Coordinates> sites;
    for (const Coordinates& offset : image.offsets) {
        const Coordinates site = *geometry.shifted({0, 0, 0, 0}, offset);
        const auto same = std::ranges::find(sites, site);
        if (same == sites.end())
            sites.push_back(site);
        else
            sites.erase(same);
    }
    return sites;
}

/// The shortest way from one site to another.
Coordinates way(const Coordinates& from, const Coordinates& to, const lattice::Geometry& geometry) {
    Coordinates result{};
    for (int d = 0; d < geometry.dimension(); ++d) {
        const std::int32_t extent = geometry.extents()[d];
        result[d] = ((to[d] - from[d]) % extent + extent) % extent;
        if (2 * result[d] > extent) result[d] -= extent;
    }
    return result;
}

/// The ways to the other spins of all terms that a spin belongs to.
std::vector<std::vector<Coordinates>> ways_of(const model::Operator& op, const lattice::Geometry& geometry) {
    std::vector<std::vector<Coordinates>> result;
    for (const model::Stencil& image : op.images()) {
        const std::vector<Coordinates> sites = distinct_sites(image, geometry);
        for (const Coordinates& centre : sites) {
            std::vector<Coordinates>& ways = result.emplace_back();
            for (const Coordinates& other : sites) {
                if (other != centre) ways.push_back(way(centre, other, geometry));
            }
        }
    }
    return result;
}

void require_uniform(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators) {
    bool is_uniform = geometry.sublattices() == 1;
    for (int d = 0; d < geometry.dimension(); ++d) is_uniform = is_uniform && geometry.is_periodic(d);
    if (!is_uniform) throw core::InputError("couplings are determined on periodic lattices of equal sites only");
    for (const model::Operator& op : operators) {
        if (op.lattice() != geometry.lattice()) throw core::InputError("this operator belongs to another lattice");
    }
}

} // namespace

LocalFields::LocalFields(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators)
    : geometry_(geometry) {
    require_uniform(geometry, operators);
    std::vector<std::vector<std::vector<Coordinates>>> ways;
    for (const model::Operator& op : operators) {
        for (const auto& term : ways.emplace_back(ways_of(op, geometry))) {
            for (const Coordinates& offset : term) {
                for (int d = 0; d < lattice::max_dimension; ++d) margin_[d] = std::max(margin_[d], std::abs(offset[d]));
            }
        }
    }
    lattice::Box padded;
    for (int d = 0; d < lattice::max_dimension; ++d) {
        padded.offset[d] = -margin_[d];
        padded.extent[d] = extents_[d] = geometry.extents()[d] + 2 * margin_[d];
    }
    const auto distance = [&](const Coordinates& offset) {
        std::ptrdiff_t result = 0;
        for (int d = lattice::max_dimension; d-- > 0;) result = result * extents_[d] + offset[d];
        return result;
    };
    lattice::for_each_row(padded, [&](Coordinates at) {
        for (std::int32_t i = 0; i < extents_[0]; ++i, ++at[0]) {
            source_.push_back(static_cast<std::size_t>(geometry.site(*geometry.shifted({0, 0, 0, 0}, at))));
        }
    });
    lattice::for_each_row({.offset = {0, 0, 0, 0}, .extent = geometry.extents()}, [&](const Coordinates& first) {
        rows_.push_back(static_cast<std::size_t>(distance(margin_) + distance(first)));
    });
    for (const auto& of_operator : ways) {
        std::vector<Others>& stencils = stencils_.emplace_back();
        for (const auto& term : of_operator) {
            Others& others = stencils.emplace_back();
            for (const Coordinates& offset : term) others.push_back(distance(offset));
        }
    }
}

void LocalFields::evaluate(model::Spins spins, std::span<std::int16_t> fields) const {
    core::ensure(static_cast<std::int64_t>(spins.size()) == geometry_.sites() && fields.size() == size() * spins.size(),
                 "one spin per site and one field per operator and site");
    std::vector<std::int8_t> padded(source_.size());
    for (std::size_t i = 0; i < padded.size(); ++i) padded[i] = spins[source_[i]];
    const auto length = static_cast<std::size_t>(geometry_.extents()[0]);
    std::vector<std::int8_t> products(length);
    std::ranges::fill(fields, std::int16_t{0});
    std::int16_t* field = fields.data();
    for (const std::vector<Others>& stencils : stencils_) {
        for (const std::size_t row : rows_) {
            for (const Others& others : stencils) {
                std::ranges::fill(products, std::int8_t{1});
                for (const std::ptrdiff_t distance : others) {
                    const std::int8_t* other = padded.data() + static_cast<std::ptrdiff_t>(row) + distance;
                    for (std::size_t x = 0; x < length; ++x) {
                        products[x] = static_cast<std::int8_t>(products[x] * other[x]);
                    }
                }
                for (std::size_t x = 0; x < length; ++x) field[x] = static_cast<std::int16_t>(field[x] + products[x]);
            }
            field += length;
        }
    }
}

} // namespace blockspin::mcrg
