#pragma once

#include <blockspin/core/check.hpp>
#include <blockspin/lattice/box.hpp>
#include <blockspin/lattice/decomposition.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace blockspin::lattice {

/// Shape of a stored box: its extents, and how many layers of ghosts lie on both sides of each direction.
struct Layout {
    Coordinates extent{1, 1, 1, 1};
    Coordinates ghosts{0, 0, 0, 0};

    friend bool operator==(const Layout&, const Layout&) = default;
};

/// The box of this rank with `width` layers of ghosts in every direction of the lattice.
Layout layout(const Decomposition& decomposition, std::int32_t width);
/// The points of the box without ghosts, in local coordinates: offset 0.
Box interior(const Layout& layout) noexcept;
/// The points of the box with ghosts, in local coordinates: offset −ghosts.
Box with_ghosts(const Layout& layout) noexcept;

/// What can be a value of a field: it is moved between ranks as bytes, and stored so that every value has an address.
template <class T>
concept Storable = std::is_trivially_copyable_v<T> && std::default_initializable<T> && !std::same_as<T, bool>;

/// What is stored: one value per point of a box and of the ghosts around it.
///
/// Local coordinates count from the first point of the box; ghosts have coordinates below 0 or at least the extent.
/// Row-major with x fastest and no padding: stride(0) = 1, stride(d + 1) = stride(d) (extent[d] + 2 ghosts[d]).
template <Storable T> class Field {
  public:
    /// All values, ghosts too, are T{}.
    explicit Field(const Layout& layout)
        : layout_(layout), values_(static_cast<std::size_t>(sites(with_ghosts(layout)))) {
        for (int d = 1; d < max_dimension; ++d) {
            strides_[d] = strides_[d - 1] * (layout.extent[d - 1] + 2 * layout.ghosts[d - 1]);
        }
    }

    const Layout& layout() const noexcept { return layout_; }
    /// Distance in storage of neighbours along a direction.
    std::ptrdiff_t stride(int direction) const { return strides_.at(direction); }
    /// Everything, ghosts too, in the order of storage.
    std::span<T> values() noexcept { return values_; }
    std::span<const T> values() const noexcept { return values_; }
    /// Position of a point in values().
    std::size_t position(const Coordinates& at) const noexcept {
        std::ptrdiff_t sum = 0;
        for (int d = 0; d < max_dimension; ++d) sum += strides_[d] * (at[d] + layout_.ghosts[d]);
        return static_cast<std::size_t>(sum);
    }

    T& operator[](const Coordinates& at) { return values_[position(at)]; }
    const T& operator[](const Coordinates& at) const { return values_[position(at)]; }

    /// `count` consecutive points along x.
    std::span<T> points(const Coordinates& first, std::int32_t count) {
        return values().subspan(position(first), static_cast<std::size_t>(count));
    }
    std::span<const T> points(const Coordinates& first, std::int32_t count) const {
        return values().subspan(position(first), static_cast<std::size_t>(count));
    }
    /// A row of the box, without the ghosts at its ends; y, z, w may lie in ghosts.
    std::span<T> row(std::int32_t y = 0, std::int32_t z = 0, std::int32_t w = 0) {
        return points({0, y, z, w}, layout_.extent[0]);
    }
    std::span<const T> row(std::int32_t y = 0, std::int32_t z = 0, std::int32_t w = 0) const {
        return points({0, y, z, w}, layout_.extent[0]);
    }
    /// A row with the ghosts at both ends: element 0 is at x = −ghosts[0].
    std::span<T> row_with_ghosts(std::int32_t y = 0, std::int32_t z = 0, std::int32_t w = 0) {
        return points({-layout_.ghosts[0], y, z, w}, layout_.extent[0] + 2 * layout_.ghosts[0]);
    }
    std::span<const T> row_with_ghosts(std::int32_t y = 0, std::int32_t z = 0, std::int32_t w = 0) const {
        return points({-layout_.ghosts[0], y, z, w}, layout_.extent[0] + 2 * layout_.ghosts[0]);
    }

  private:
    Layout layout_;
    std::array<std::ptrdiff_t, max_dimension> strides_{1, 1, 1, 1};
    std::vector<T> values_;
};

/// Copies the points of a box of the field, in the order of storage, to the front of `out`; returns what is left of it.
template <Storable T> std::span<T> gather(const Field<T>& field, const Box& box, std::span<T> out) {
    core::ensure(static_cast<std::int64_t>(out.size()) >= sites(box), "gather: the buffer holds the box");
    for_each_row(box, [&](const Coordinates& first) {
        const std::span<const T> row = field.points(first, box.extent[0]);
        std::ranges::copy(row, out.begin());
        out = out.subspan(row.size());
    });
    return out;
}

/// The reverse of gather: fills a box of the field from the front of `in`; returns what is left of it.
template <Storable T> std::span<const T> scatter(std::span<const T> in, Field<T>& field, const Box& box) {
    core::ensure(static_cast<std::int64_t>(in.size()) >= sites(box), "scatter: the buffer holds the box");
    for_each_row(box, [&](const Coordinates& first) {
        const std::span<T> row = field.points(first, box.extent[0]);
        std::ranges::copy(in.first(row.size()), row.begin());
        in = in.subspan(row.size());
    });
    return in;
}

} // namespace blockspin::lattice
