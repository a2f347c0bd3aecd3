#include <blockspin/mcrg/operator_sums.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include "bit_counter.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

namespace blockspin::mcrg {

namespace {

using lattice::Box;
using lattice::Coordinates;

/// An offset that leads to the same site and is no longer than the lattice.
Coordinates shortened(Coordinates offset, const lattice::Geometry& geometry) {
    for (int d = 0; d < geometry.dimension(); ++d) {
        if (geometry.is_periodic(d)) offset[d] %= geometry.extents()[d];
    }
    return offset;
}

/// The sites from which all offsets lead to sites; none if there is no such site.
std::optional<Box> places_of(const std::vector<Coordinates>& offsets, const lattice::Geometry& geometry) {
    Box places{.offset = {0, 0, 0, 0}, .extent = geometry.extents()};
    for (int d = 0; d < geometry.dimension(); ++d) {
        if (geometry.is_periodic(d)) continue;
        std::int32_t before = 0, behind = 0;
        for (const Coordinates& offset : offsets) {
            before = std::max(before, -offset[d]);
            behind = std::max(behind, offset[d]);
        }
        places.offset[d] = before;
        places.extent[d] -= before + behind;
        if (places.extent[d] <= 0) return std::nullopt;
    }
    return places;
}

} // namespace

OperatorSums::OperatorSums(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators)
    : geometry_(geometry) {
    if (geometry.sublattices() > 1) throw core::InputError("operators are not measured on the honeycomb");
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
        std::vector<Coordinates> offsets;
        for (const Coordinates& offset : stencil.offsets) offsets.push_back(shortened(offset, geometry_));
        if (const auto places = places_of(offsets, geometry_)) images.push_back({std::move(offsets), *places, {}});
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
    Box padded;
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
}

std::ptrdiff_t OperatorSums::distance(const Coordinates& offset) const noexcept {
    std::ptrdiff_t result = 0;
    for (int d = lattice::max_dimension; d-- > 0;) result = result * extents_[d] + offset[d];
    return result;
}

void OperatorSums::evaluate(std::span<const Word> words, std::span<std::int64_t> sums) const {
    const std::size_t configurations = size() == 0 ? 0 : sums.size() / size();
    core::ensure(static_cast<std::int64_t>(words.size()) == geometry_.sites() && configurations <= bundle_size &&
                     sums.size() == configurations * size(),
                 "one word per site and one sum per configuration and operator");
    std::vector<Word> padded(source_.size());
    for (std::size_t i = 0; i < padded.size(); ++i) {
        if (source_[i] >= 0) padded[i] = words[static_cast<std::size_t>(source_[i])];
    }
    WordBox box{.first = nullptr, .extent = {}, .strides = {}};
    for (int d = 0; d < lattice::max_dimension; ++d) {
        Coordinates along{};
        along[d] = 1;
        box.strides[d] = distance(along);
    }
    for (std::size_t a = 0; a < images_.size(); ++a) {
        BitCounter counter;
        std::int64_t terms = 0;
        for (const Image& image : images_[a]) {
            box.first = padded.data() + distance(margin_) + distance(image.places.offset);
            box.extent = image.places.extent;
            counter.add(box, image.distances);
            terms += lattice::sites(image.places);
        }
        const auto ups = counter.counts();
        // A product of an even number of spins is +1 where an even number of them is up.
        const bool is_even = images_[a].empty() || images_[a].front().offsets.size() % 2 == 0;
        for (std::size_t r = 0; r < configurations; ++r) {
            sums[r * size() + a] = is_even ? terms - 2 * ups[r] : 2 * ups[r] - terms;
        }
    }
}

} // namespace blockspin::mcrg
