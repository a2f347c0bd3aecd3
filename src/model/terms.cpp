#include <blockspin/model/terms.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/lattice/box.hpp>

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Geometry;

void require_same_lattice(const Operator& op, const Geometry& geometry) {
    if (op.lattice() != geometry.lattice()) {
        throw core::InputError("this operator belongs to another lattice than the configuration");
    }
}

void require_size(const Geometry& geometry, Spins spins) {
    core::ensure(static_cast<std::int64_t>(spins.size()) == geometry.sites(), "one spin per site");
}

lattice::Box whole(const Geometry& geometry) { return {.offset = {0, 0, 0, 0}, .extent = geometry.extents()}; }

/// Appends the sites of the image that begins at `first`; removes them again and returns false if one is missing.
bool append_image(const Stencil& image, const Geometry& geometry, const Coordinates& first,
                  std::vector<std::int64_t>& sites) {
    const std::size_t before = sites.size();
    for (const Coordinates& offset : image.offsets) {
        const auto at = geometry.shifted(first, offset);
        if (!at) {
            sites.resize(before);
            return false;
        }
        sites.push_back(geometry.site(*at));
    }
    return true;
}

/// Products of the spins of one image for all its positions along a row of the lattice. The inner loops are plain
/// multiplications of contiguous spins.
class RowOfImages {
  public:
    RowOfImages(const Geometry& geometry, Spins spins)
        : geometry_(geometry), spins_(spins), products_(static_cast<std::size_t>(geometry.extents()[0])) {}

    /// Sum over the row that begins at `row`.
    std::int64_t sum(const Stencil& image, const Coordinates& row) {
        std::ranges::fill(products_, std::int8_t{1});
        if (geometry_.sublattices() > 1) keep_sublattice(image.sublattice, row);
        for (const Coordinates& offset : image.offsets) {
            const auto other = geometry_.shifted(row, {0, offset[1], offset[2], offset[3]});
            if (!other) return 0;
            multiply(geometry_.site(*other), offset[0]);
        }
        return std::accumulate(products_.begin(), products_.end(), std::int64_t{0});
    }

  private:
    void keep_sublattice(int sublattice, const Coordinates& row) {
        const int parity = geometry_.sublattice(row) == sublattice ? 1 : 0;
        for (std::size_t x = static_cast<std::size_t>(parity); x < products_.size(); x += 2) products_[x] = 0;
    }

    /// Multiplies by the row of spins that begins at `first`, shifted by `by` along x.
    void multiply(std::int64_t first, std::int32_t by) {
        const auto length = static_cast<std::int64_t>(products_.size());
        const std::int64_t turn = ((by % length) + length) % length; // products[x] meets spins[x + turn mod length]
        const auto source = spins_.subspan(static_cast<std::size_t>(first), products_.size());
        multiply(source.subspan(static_cast<std::size_t>(turn)), 0);
        multiply(source.first(static_cast<std::size_t>(turn)), products_.size() - static_cast<std::size_t>(turn));
        if (geometry_.is_periodic(0)) return;
        const std::int64_t lost = std::min<std::int64_t>(std::abs(std::int64_t{by}), length);
        std::fill_n(by > 0 ? products_.end() - lost : products_.begin(), lost, std::int8_t{0});
    }

    void multiply(Spins source, std::size_t at) {
        for (std::size_t i = 0; i < source.size(); ++i) {
            products_[at + i] = static_cast<std::int8_t>(products_[at + i] * source[i]);
        }
    }

    const Geometry& geometry_;
    Spins spins_;
    std::vector<std::int8_t> products_;
};

/// Product of the spins of a term but `site`, if that occurs an odd number of times and first at position `which`.
std::int64_t product_of_others(std::span<const std::int64_t> term, Spins spins, std::int64_t site, std::size_t which) {
    const bool is_first = std::ranges::find(term, site) - term.begin() == static_cast<std::ptrdiff_t>(which);
    if (!is_first || std::ranges::count(term, site) % 2 == 0) return 0;
    std::int64_t product = 1;
    for (const std::int64_t other : term) {
        if (other != site) product *= spins[static_cast<std::size_t>(other)];
    }
    return product;
}

Coordinates negative(const Coordinates& offset) { return {-offset[0], -offset[1], -offset[2], -offset[3]}; }

} // namespace

Terms terms(const Operator& op, const Geometry& geometry) {
    require_same_lattice(op, geometry);
    Terms result{static_cast<std::size_t>(op.spins()), {}};
    for (const Stencil& image : op.images()) {
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            const Coordinates first = geometry.coordinates(site);
            if (geometry.sublattice(first) == image.sublattice) append_image(image, geometry, first, result.sites);
        }
    }
    return result;
}

std::vector<std::uint32_t> term_masks(const Operator& op, const Geometry& geometry) {
    constexpr int most_sites = 32;
    if (geometry.sites() > most_sites)
        throw core::InputError(fmt::format("{} spins do not fit into {} bits", geometry.sites(), most_sites));
    const Terms all = terms(op, geometry);
    std::vector<std::uint32_t> masks;
    for (std::size_t t = 0; t < all.size(); ++t) {
        std::uint32_t mask = 0;
        for (const std::int64_t site : all[t]) mask ^= std::uint32_t{1} << site;
        masks.push_back(mask);
    }
    return masks;
}

std::int64_t sum_of_masks(std::span<const std::uint32_t> masks, std::uint32_t up) noexcept {
    std::int64_t sum = 0;
    for (const std::uint32_t mask : masks) sum += std::popcount(mask & ~up) % 2 == 0 ? 1 : -1;
    return sum;
}

std::int64_t sum(const Operator& op, const Geometry& geometry, Spins spins) {
    require_same_lattice(op, geometry);
    require_size(geometry, spins);
    RowOfImages rows(geometry, spins);
    std::int64_t total = 0;
    for (const Stencil& image : op.images()) {
        lattice::for_each_row(whole(geometry), [&](const Coordinates& row) { total += rows.sum(image, row); });
    }
    return total;
}

std::vector<std::int64_t> sums(const OperatorBasis& basis, const Geometry& geometry, Spins spins) {
    std::vector<std::int64_t> result;
    for (const Operator& op : basis) result.push_back(sum(op, geometry, spins));
    return result;
}

std::int64_t local_field(const Operator& op, const Geometry& geometry, Spins spins, std::int64_t site) {
    require_same_lattice(op, geometry);
    require_size(geometry, spins);
    const Coordinates at = geometry.coordinates(site);
    std::int64_t field = 0;
    std::vector<std::int64_t> term;
    for (const Stencil& image : op.images()) {
        for (std::size_t which = 0; which < image.offsets.size(); ++which) {
            const auto first = geometry.shifted(at, negative(image.offsets[which]));
            if (!first || geometry.sublattice(*first) != image.sublattice) continue;
            term.clear();
            if (append_image(image, geometry, *first, term)) field += product_of_others(term, spins, site, which);
        }
    }
    return field;
}

} // namespace blockspin::model
