#include <blockspin/sampling/stencil_model.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace blockspin::sampling {

namespace {

using lattice::Coordinates;

Coordinates difference(const Coordinates& a, const Coordinates& b) {
    Coordinates result{};
    for (int d = 0; d < lattice::max_dimension; ++d) result[d] = a[d] - b[d];
    return result;
}

void widen(Coordinates& reach, const model::Operator& op) {
    for (const model::Stencil& image : op.images()) {
        for (const Coordinates& a : image.offsets) {
            for (const Coordinates& b : image.offsets) {
                for (int d = 0; d < lattice::max_dimension; ++d) reach[d] = std::max(reach[d], std::abs(a[d] - b[d]));
            }
        }
    }
}

/// The kind of the site from which a site of kind `sublattice` is `offset` away.
int kind_before(const lattice::Geometry& geometry, int sublattice, const Coordinates& offset) {
    return geometry.sublattice({sublattice - offset[0], -offset[1], -offset[2], -offset[3]});
}

std::vector<LocalProducts::Product> products(const lattice::Geometry& geometry, const model::Operator& op,
                                             int sublattice) {
    std::vector<LocalProducts::Product> all;
    for (const model::Stencil& image : op.images()) {
        for (std::size_t which = 0; which < image.offsets.size(); ++which) {
            if (kind_before(geometry, sublattice, image.offsets[which]) != image.sublattice) continue;
            LocalProducts::Product product;
            for (std::size_t other = 0; other < image.offsets.size(); ++other) {
                if (other != which) product.push_back(difference(image.offsets[other], image.offsets[which]));
            }
            all.push_back(std::move(product));
        }
    }
    return all;
}

} // namespace

StencilModel::StencilModel(const lattice::Geometry& geometry, const model::OperatorBasis& basis) {
    for (const model::Operator& op : basis) {
        widen(reach_, op);
        for (int d = 0; d < geometry.dimension(); ++d) {
            if (!geometry.is_periodic(d) || geometry.extents()[d] > reach_[d]) continue;
            throw core::InputError(fmt::format("[model] size: a periodic side of {} is too short for the operator {}",
                                               geometry.extents()[d], op.name()));
        }
        for (int kind = 0; kind < geometry.sublattices(); ++kind) {
            products_.at(kind).of_operator.push_back(products(geometry, op, kind));
            if (products_.at(kind).of_operator.back().size() > std::numeric_limits<std::int8_t>::max()) {
                throw core::InputError(
                    fmt::format("[model] couplings: the operator {} has too many products with one spin", op.name()));
            }
        }
    }
}

int StencilModel::most_products(std::size_t op) const {
    std::size_t most = 0;
    for (const LocalProducts& local : products_) {
        if (!local.of_operator.empty()) most = std::max(most, local.of_operator.at(op).size());
    }
    return static_cast<int>(most);
}

std::int32_t halo_width(const model::OperatorBasis& basis) {
    Coordinates reach{1, 0, 0, 0};
    for (const model::Operator& op : basis) widen(reach, op);
    return std::ranges::max(reach);
}

StencilColouring::StencilColouring(const lattice::Geometry& geometry, const Coordinates& reach)
    : length_(geometry.extents()[0]) {
    for (int d = 0; d < geometry.dimension(); ++d) {
        Classes& along = classes_[d];
        const std::int32_t extent = geometry.extents()[d];
        along.period = reach[d] + 1;
        if (d == 0 && geometry.sublattices() > 1) along.period += along.period % 2;
        const std::int32_t left_over = geometry.is_periodic(d) ? extent % along.period : 0;
        along.bulk = extent - left_over;
        along.count = along.period + left_over;
    }
}

int StencilColouring::colours() const noexcept {
    int product = 1;
    for (const Classes& along : classes_) product *= along.count;
    return product;
}

StencilColouring::Progression StencilColouring::row(int colour, const Coordinates& at) const {
    const std::int32_t first = colour % classes_[0].count;
    colour /= classes_[0].count;
    for (int d = 1; d < lattice::max_dimension; ++d) {
        if (colour % classes_[d].count != classes_[d].of(at[d])) return {0, 1, 0};
        colour /= classes_[d].count;
    }
    const auto& [period, bulk, count] = classes_[0];
    if (first < period) return {first, period, bulk};
    const std::int32_t x = bulk + first - period;
    return {x, 1, std::min(x + 1, length_)};
}

} // namespace blockspin::sampling
