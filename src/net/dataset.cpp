#include <blockspin/net/dataset.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::net {

namespace {

std::size_t bytes_of(int units) { return (static_cast<std::size_t>(units) + 7) / 8; }

void unpack_row(const std::uint8_t* bits, std::span<float> units) {
    for (std::size_t i = 0; i < units.size(); ++i) units[i] = (bits[i / 8] >> (i % 8) & 1) != 0 ? 1.0F : -1.0F;
}

} // namespace

Dataset::Dataset(int units, std::vector<std::uint8_t> bits, std::vector<std::int64_t> chains, std::int64_t held_out)
    : units_(units), bits_(std::move(bits)), chains_(std::move(chains)), held_out_(held_out) {
    if (units_ < 1 || bits_.empty()) throw core::InputError("there are no data to learn from");
    if (bits_.size() % row_bytes() != 0) {
        throw core::InputError(
            fmt::format("{} bytes are not whole rows of {} units ({} bytes each)", bits_.size(), units_, row_bytes()));
    }
    if (chains_.empty()) chains_ = {rows()};
    const bool positive = std::ranges::all_of(chains_, [](std::int64_t length) { return length > 0; });
    if (!positive || std::accumulate(chains_.begin(), chains_.end(), std::int64_t{0}) != rows()) {
        throw core::InputError(fmt::format("the chains of the data do not add up to its {} rows", rows()));
    }
    if (held_out_ < 0 || held_out_ >= rows())
        throw core::InputError("there are no data to learn from but held-out rows");
}

Dataset Dataset::grey(int units, std::vector<std::uint8_t> levels, std::vector<std::int64_t> chains,
                      std::int64_t held_out, const rng::Key& key) {
    if (units < 1 || levels.size() % static_cast<std::size_t>(units) != 0) {
        throw core::InputError(fmt::format("{} grey values are not whole rows of {} units", levels.size(), units));
    }
    const std::size_t rows = levels.size() / static_cast<std::size_t>(units);
    Dataset data(units, std::vector<std::uint8_t>(rows * bytes_of(units)), std::move(chains), held_out);
    data.levels_ = std::move(levels);
    data.draw_rows(key, 0, 0, data.rows());
    return data;
}

Dataset Dataset::means(int units, std::vector<std::uint8_t> levels, std::vector<std::int64_t> chains,
                       std::int64_t held_out, const rng::Key& key) {
    Dataset data = grey(units, std::move(levels), std::move(chains), held_out, key);
    data.are_means_ = true;
    return data;
}

Dataset Dataset::real(int units, std::vector<float> values, std::vector<std::int64_t> chains, std::int64_t held_out) {
    if (units < 1 || values.size() % static_cast<std::size_t>(units) != 0) {
        throw core::InputError(fmt::format("{} numbers are not whole rows of {} units", values.size(), units));
    }
    std::vector<std::uint8_t> bits;
    linalg::Matrix<float> rows(static_cast<int>(values.size() / static_cast<std::size_t>(units)), units, values);
    append_packed(rows, bits);
    Dataset data(units, std::move(bits), std::move(chains), held_out);
    data.reals_ = std::move(values);
    return data;
}

/// A unit is up if the top of its 32 random bits times 255 is below its level.
void Dataset::draw_rows(const rng::Key& key, std::int64_t time, std::int64_t first, std::int64_t end) {
    const auto units = static_cast<std::size_t>(units_), places = (units + 3) / 4;
#pragma omp parallel
    {
        std::vector<std::uint64_t> words(2 * places);
#pragma omp for schedule(static)
        for (std::int64_t number = first; number < end; ++number) {
            rng::fill_words(
                key,
                {.purpose = rng::Purpose::binarise, .step = time, .place = number * static_cast<std::int64_t>(places)},
                words);
            const std::uint8_t* level = levels_.data() + static_cast<std::size_t>(number) * units;
            std::uint8_t* bits = bits_.data() + static_cast<std::size_t>(number) * row_bytes();
            std::fill_n(bits, row_bytes(), std::uint8_t{0});
            for (std::size_t i = 0; i < units; ++i) {
                const std::uint64_t random = words[i / 2] >> (32 * (i % 2)) & 0xFFFFFFFF;
                const unsigned up = (random * 255 >> 32) < level[i] ? 1 : 0;
                bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | up << (i % 8));
            }
        }
    }
}

void Dataset::redraw(const rng::Key& key, std::int64_t time) {
    if (levels_.empty() || are_means_ || time == time_) return;
    draw_rows(key, time, 0, rows() - held_out_);
    time_ = time;
}

const std::uint8_t* Dataset::row(std::int64_t number) const {
    core::ensure(number >= 0 && number < rows(), "a row of the data is one of its rows");
    return bits_.data() + static_cast<std::size_t>(number) * row_bytes();
}

void Dataset::unpack(std::span<const std::int64_t> rows, linalg::MatrixView<float> units) const {
    core::ensure(units.rows() == static_cast<int>(rows.size()) && units.cols() == units_,
                 "unpacked data have a matrix row for each row and a column for each unit");
    for (int r = 0; r < units.rows(); ++r) {
        const std::int64_t number = rows[static_cast<std::size_t>(r)];
        const std::uint8_t* bits = row(number);
        if (are_real()) {
            const auto count = static_cast<std::size_t>(units_);
            std::copy_n(reals_.begin() + static_cast<std::ptrdiff_t>(number * units_), count, units.row(r).begin());
        } else if (are_means_) {
            std::ranges::transform(levels(number), units.row(r).begin(),
                                   [](std::uint8_t level) { return static_cast<float>(2 * level - 255) / 255.0F; });
        } else {
            unpack_row(bits, units.row(r));
        }
    }
}

void Dataset::unpack(std::span<const std::int64_t> rows, BitRows& units) const {
    core::ensure(units.rows() == static_cast<int>(rows.size()) && units.units() == units_,
                 "unpacked data have a row of bits for each row");
    for (int r = 0; r < units.rows(); ++r) {
        unpack_bytes({row(rows[static_cast<std::size_t>(r)]), row_bytes()}, r, units);
    }
}

std::vector<std::int8_t> Dataset::spins(std::int64_t number) const {
    const std::uint8_t* bits = row(number);
    std::vector<std::int8_t> spins(static_cast<std::size_t>(units_));
    for (std::size_t i = 0; i < spins.size(); ++i) {
        spins[i] = (bits[i / 8] >> (i % 8) & 1) != 0 ? std::int8_t{1} : std::int8_t{-1};
    }
    return spins;
}

void append_packed(linalg::MatrixView<const float> units, std::vector<std::uint8_t>& bits) {
    const std::size_t row_bytes = bytes_of(units.cols());
    std::size_t first = bits.size();
    bits.resize(first + row_bytes * static_cast<std::size_t>(units.rows()));
    for (int row = 0; row < units.rows(); ++row, first += row_bytes) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(units.cols()); ++i) {
            const bool up = units(row, static_cast<int>(i)) > 0.0F;
            bits[first + i / 8] = static_cast<std::uint8_t>(bits[first + i / 8] | (up ? 1U : 0U) << (i % 8));
        }
    }
}

std::span<const std::uint8_t> unpack_rows(std::span<const std::uint8_t> bits, linalg::MatrixView<float> units) {
    const std::size_t row_bytes = bytes_of(units.cols()), bytes = row_bytes * static_cast<std::size_t>(units.rows());
    core::ensure(bits.size() >= bytes, "there are as many packed rows as are asked for");
    for (int row = 0; row < units.rows(); ++row) {
        unpack_row(bits.data() + row_bytes * static_cast<std::size_t>(row), units.row(row));
    }
    return bits.subspan(bytes);
}

Split split(const Dataset& data, double fraction) {
    Split result;
    std::int64_t row = 0;
    if (data.held_out() > 0) {
        for (; row < data.rows() - data.held_out(); ++row) result.training.push_back(row);
        for (; row < data.rows(); ++row) result.held_out.push_back(row);
        return result;
    }
    for (const std::int64_t length : data.chains()) {
        const std::int64_t end = row + length;
        const std::int64_t cut = end - std::llround(fraction * static_cast<double>(length));
        for (; row < cut; ++row) result.training.push_back(row);
        for (; row < end; ++row) result.held_out.push_back(row);
    }
    if (result.training.empty() || (result.held_out.empty() && fraction > 0)) {
        throw core::InputError(
            fmt::format("{} rows of data in {} chain(s) are too few to hold out a fraction {} of each", data.rows(),
                        data.chains().size(), fraction));
    }
    return result;
}

} // namespace blockspin::net
