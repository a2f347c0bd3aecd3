#include "slab_parts.hpp"

#include <blockspin/core/check.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace blockspin::io {

Slab Slab::whole(std::vector<std::uint64_t> shape) {
    std::vector<std::uint64_t> offset(shape.size(), 0);
    std::vector<std::uint64_t> count = shape;
    return {std::move(shape), std::move(offset), std::move(count)};
}

Slab Slab::of_rows(std::vector<std::uint64_t> shape, std::uint64_t first, std::uint64_t rows) {
    return whole(std::move(shape)).rows(first, rows);
}

Slab Slab::rows(std::uint64_t first, std::uint64_t rows) const {
    if (count.empty()) return *this;
    core::ensure(first <= count.front() && rows <= count.front() - first, "rows of a slab lie inside it");
    Slab part = *this;
    part.offset.front() += first;
    part.count.front() = rows;
    return part;
}

std::vector<Slab> cut(const Slab& slab, std::uint64_t most) {
    if (slab.elements() == 0) return {};
    if (slab.count.empty()) return {slab};
    std::size_t d = 0;
    while (d + 1 < slab.count.size() && slab.count[d] == 1) ++d;
    const std::uint64_t row = elements_of(std::span(slab.count).subspan(d + 1));
    const std::uint64_t rows = std::max<std::uint64_t>(1, most / row);
    std::vector<Slab> parts;
    for (std::uint64_t first = 0; first < slab.count[d]; first += rows) {
        parts.push_back(slab);
        parts.back().offset[d] += first;
        parts.back().count[d] = std::min(rows, slab.count[d] - first);
    }
    return parts;
}

std::uint64_t Slab::elements() const { return elements_of(count); }

std::uint64_t Slab::row_elements() const { return count.empty() ? 1 : elements_of(std::span(count).subspan(1)); }

bool Slab::fits() const {
    if (offset.size() != shape.size() || count.size() != shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (offset[i] > shape[i] || count[i] > shape[i] - offset[i]) return false;
    }
    return true;
}

std::uint64_t elements_of(std::span<const std::uint64_t> shape) {
    if (std::ranges::count(shape, std::uint64_t{0}) > 0) return 0;
    std::uint64_t product = 1;
    for (const std::uint64_t extent : shape) {
        core::ensure(!__builtin_mul_overflow(product, extent, &product), "the elements of an array fit 64 bits");
    }
    return product;
}

std::string to_text(std::span<const std::uint64_t> shape) {
    return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

} // namespace blockspin::io
