#include <blockspin/sampling/structure.hpp>

#include "packed_sums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace blockspin::sampling {

namespace {

/// Sums over the rows that it is given, column by column.
class ColumnSums {
  public:
    explicit ColumnSums(std::size_t columns) : sums_(columns), recent_(columns) {}

    void add(std::span<const Spin> row) {
        constexpr int most = 127; // so many sums of ±1 fit a byte
        for (std::size_t x = 0; x < row.size(); ++x) recent_[x] = static_cast<std::int8_t>(recent_[x] + row[x]);
        if (++rows_ == most) flush();
    }
    std::span<const std::int64_t> sums() {
        flush();
        return sums_;
    }

  private:
    void flush() {
        for (std::size_t x = 0; x < sums_.size(); ++x) sums_[x] += recent_[x];
        std::ranges::fill(recent_, std::int8_t{0});
        rows_ = 0;
    }

    std::vector<std::int64_t> sums_;
    std::vector<std::int8_t> recent_; ///< of the last rows
    int rows_ = 0;
};

} // namespace

SmallestModes::SmallestModes(const lattice::Geometry& geometry) : lattice_(geometry.lattice()) {
    const int dimensions = lattice_ == lattice::Lattice::honeycomb ? 1 : geometry.dimension();
    for (int d = 0; d < dimensions; ++d) {
        if (geometry.is_periodic(d)) length_ = std::max(length_, geometry.extents()[d]);
    }
    for (int d = 0; d < dimensions && length_ > 1; ++d) {
        if (geometry.is_periodic(d) && geometry.extents()[d] == length_) directions_.push_back(d);
    }
    constexpr int most_bits = 30, all_bits = 62;
    shift_ =
        std::min(most_bits, all_bits - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(geometry.sites()))));
    for (std::int32_t x = 0; x < length_; ++x) {
        const double angle = 2 * std::numbers::pi * x / length_;
        cos_.push_back(std::llround(std::ldexp(std::cos(angle), shift_)));
        sin_.push_back(std::llround(std::ldexp(std::sin(angle), shift_)));
    }
}

double SmallestModes::scale() const noexcept { return std::ldexp(1.0, shift_); }

double SmallestModes::squared_wave_number() const noexcept {
    const double sine = 2 * std::sin(std::numbers::pi / length_);
    const bool hexagonal = lattice_ == lattice::Lattice::triangular || lattice_ == lattice::Lattice::honeycomb;
    return sine * sine * (hexagonal ? 4.0 / 3.0 : 1.0);
}

void SmallestModes::add(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                        std::span<std::int64_t> sums) const {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const bool along_x = directions_.front() == 0;
    ColumnSums columns(along_x ? static_cast<std::size_t>(part.extent[0]) : 0);
    lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        if (along_x) columns.add(row);
        if (directions_.back() == 0) return;
        const std::int64_t sum = row_sum(row);
        for (std::size_t n = along_x ? 1 : 0; n < directions_.size(); ++n) {
            const int d = directions_[n];
            const auto x = static_cast<std::size_t>(corner[d] + at[d]);
            sums[2 * n] += cos_[x] * sum;
            sums[2 * n + 1] += sin_[x] * sum;
        }
    });
    const std::span<const std::int64_t> of_columns = columns.sums();
    for (std::size_t x = 0; x < of_columns.size(); ++x) {
        sums[0] += cos_[static_cast<std::size_t>(corner[0]) + x] * of_columns[x];
        sums[1] += sin_[static_cast<std::size_t>(corner[0]) + x] * of_columns[x];
    }
}

void SmallestModes::add_columns(const PackedSpins& spins, const lattice::Box& part, std::int64_t first_x,
                                std::span<std::int64_t> sums) const {
    for (std::int32_t column = part.offset[0]; column < part.offset[0] + part.extent[0]; ++column) {
        std::array<std::vector<Stretch>, 2> at_site; // first and second of each pair of sites
        lattice::Box here = part;
        here.offset[0] = column;
        here.extent[0] = 1;
        for_each_run(here, [&](const lattice::Coordinates& at, int parity) {
            for (const int colour : {0, 1}) {
                const int site = spins.layout().offset(at, parity, colour);
                at_site[static_cast<std::size_t>(site)].push_back(stretch(spins, at, parity, colour, part));
            }
        });
        const std::int64_t words = std::ssize(at_site[0]) * part.extent[1];
        for (std::size_t site = 0; site < 2; ++site) {
            std::array<std::int64_t, 64> ups{};
            add_bits_by_position(at_site[site], ups);
            for (std::size_t bit = 0; bit < static_cast<std::size_t>(spins.layout().bits(column)); ++bit) {
                const std::size_t x =
                    static_cast<std::size_t>(first_x) + 128 * static_cast<std::size_t>(column) + 2 * bit + site;
                sums[0] += cos_[x] * (2 * ups[bit] - words);
                sums[1] += sin_[x] * (2 * ups[bit] - words);
            }
        }
    }
}

void SmallestModes::add_packed(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                               std::span<std::int64_t> sums) const {
    const PackedSpins& spins = replicas.packed()[static_cast<std::size_t>(i)];
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const bool along_x = directions_.front() == 0;
    if (along_x) add_columns(spins, part, corner[0], sums);
    if (directions_.back() == 0) return;
    std::vector<std::int64_t> ups(static_cast<std::size_t>(part.extent[1]));
    for_each_run(part, [&](const lattice::Coordinates& at, int parity) {
        std::ranges::fill(ups, 0);
        for (const int colour : {0, 1}) add_bits(stretch(spins, at, parity, colour, part), ups);
        const std::int64_t sites = 2 * spins.layout().bits(at[0]);
        for (std::size_t n = along_x ? 1 : 0; n < directions_.size(); ++n) {
            const int d = directions_[n];
            for (std::size_t word = 0; word < ups.size(); ++word) {
                const std::int32_t y = 2 * (part.offset[1] + static_cast<std::int32_t>(word)) + parity;
                const auto x = static_cast<std::size_t>(corner[d] + (d == 1 ? y : at[d]));
                sums[2 * n] += cos_[x] * (2 * ups[word] - sites);
                sums[2 * n + 1] += sin_[x] * (2 * ups[word] - sites);
            }
        }
    });
}

Measurement SmallestModes::measurement() const {
    return {
        {.name = "fourier",
         .meaning = fmt::format("real and imaginary part of the sum over sites of s_r exp(2 pi i r/L) along each of "
                                "the longest periodic directions, in units of 2^-{}",
                                shift_),
         .width = 2 * directions_.size()},
        [modes = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                        std::span<std::int64_t> sums) { modes.add(replicas, i, part, sums); },
        [modes = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                        std::span<std::int64_t> sums) { modes.add_packed(replicas, i, part, sums); }};
}

} // namespace blockspin::sampling
