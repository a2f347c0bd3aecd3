#include <blockspin/mcrg/operator_sums.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/lattice/box.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace blockspin::mcrg {

namespace {

using lattice::Coordinates;

constexpr std::size_t longest_piece = 512; // sites of a row whose products are held at once

/// Σ_x Π_k row[x + distances[k]] over `length` sites, or over every second one from `first` on.
std::int64_t sum_of_products(const std::int8_t* row, std::span<const std::ptrdiff_t> distances, std::size_t length,
                             std::size_t first, std::size_t stride) {
    std::array<std::int8_t, longest_piece> products;
    std::int64_t sum = 0;
    for (std::size_t start = 0; start < length; start += longest_piece) {
        const std::size_t count = std::min(longest_piece, length - start);
        std::copy_n(row + start + distances.front(), count, products.begin());
        for (const std::ptrdiff_t distance : distances.subspan(1)) {
            const std::int8_t* factor = row + start + distance;
            for (std::size_t x = 0; x < count; ++x) products[x] = static_cast<std::int8_t>(products[x] * factor[x]);
        }
        std::int32_t part = 0;
        for (std::size_t x = first; x < count; x += stride) part += products[x];
        sum += part;
    }
    return sum;
}

/// An offset that leads to the same site and is no longer than the lattice; none if it leads out of every site.
std::optional<Coordinates> shortened(Coordinates offset, const lattice::Geometry& geometry) {
    for (int d = 0; d < geometry.dimension(); ++d) {
        if (geometry.is_periodic(d)) {
            offset[d] %= geometry.extents()[d];
        } else if (std::abs(offset[d]) >= geometry.extents()[d]) {
            return std::nullopt;
        }
    }
    return offset;
}

} // namespace

OperatorSums::OperatorSums(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators)
    : geometry_(geometry) {
    for (const model::Operator& op : operators) add(op);
    lay_out();
    for (std::vector<Image>& images : images_) {
        for (Image& image : images) {
            for (const Coordinates& offset : image.offsets) image.distances.push_back(distance(offset));
        }
    }
}

void OperatorSums::add(const model::Operator& op) {
    if (op.lattice() != geometry_.lattice()) {
        throw core::InputError("this operator belongs to another lattice than the configurations");
    }
    std::vector<Image>& images = images_.emplace_back();
    for (const model::Stencil& stencil : op.images()) {
        Image image{.sublattice = stencil.sublattice, .offsets = {}, .distances = {}};
        for (const Coordinates& offset : stencil.offsets) {
            if (const auto near = shortened(offset, geometry_)) image.offsets.push_back(*near);
        }
        if (image.offsets.size() == stencil.offsets.size()) images.push_back(std::move(image));
    }
}

void OperatorSums::lay_out() {
    for (const std::vector<Image>& images : images_) {
        for (const Image& image : images) {
            for (const Coordinates& offset : image.offsets) {
                for (int d = 0; d < lattice::max_dimension; ++d) margin_[d] = std::max(margin_[d], std::abs(offset[d]));
            }
        }
    }
    lattice::Box padded;
    for (int d = 0; d < lattice::max_dimension; ++d) {
        padded.offset[d] = -margin_[d];
        padded.extent[d] = extents_[d] = geometry_.extents()[d] + 2 * margin_[d];
    }
    lattice::for_each_row(padded, [&](Coordinates at) {
        for (std::int32_t i = 0; i < extents_[0]; ++i, ++at[0]) {
            const auto site = geometry_.shifted({0, 0, 0, 0}, at);
            source_.push_back(site ? geometry_.site(*site) : -1);
        }
    });
    const std::ptrdiff_t corner = distance(margin_);
    lattice::for_each_row({.offset = {0, 0, 0, 0}, .extent = geometry_.extents()}, [&](const Coordinates& first) {
        rows_.push_back({geometry_.sublattice(first), corner + distance(first)});
    });
}

std::ptrdiff_t OperatorSums::distance(const Coordinates& offset) const noexcept {
    std::ptrdiff_t result = 0;
    for (int d = lattice::max_dimension; d-- > 0;) result = result * extents_[d] + offset[d];
    return result;
}

std::int64_t OperatorSums::sum(const Image& image, const std::int8_t* padded) const {
    const auto length = static_cast<std::size_t>(geometry_.extents()[0]);
    const auto stride = static_cast<std::size_t>(geometry_.sublattices());
    std::int64_t sum = 0;
    for (const Row& row : rows_) {
        const std::size_t first = row.sublattice == image.sublattice ? 0 : 1;
        sum += sum_of_products(padded + row.position, image.distances, length, first, stride);
    }
    return sum;
}

void OperatorSums::evaluate(model::Spins spins, std::span<std::int64_t> sums) const {
    core::ensure(static_cast<std::int64_t>(spins.size()) == geometry_.sites() && sums.size() == size(),
                 "one spin per site and one sum per operator");
    std::vector<std::int8_t> padded(source_.size());
    for (std::size_t i = 0; i < padded.size(); ++i) {
        padded[i] = source_[i] < 0 ? std::int8_t{0} : spins[static_cast<std::size_t>(source_[i])];
    }
    for (std::size_t a = 0; a < images_.size(); ++a) {
        sums[a] = 0;
        for (const Image& image : images_[a]) sums[a] += sum(image, padded.data());
    }
}

} // namespace blockspin::mcrg
