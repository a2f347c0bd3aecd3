#pragma once

#include <algorithm>
#include <cstdint>

#include <blockspin/net/bit_rows.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/rng/address.hpp>

#include "lookup_kernels.hpp"

namespace blockspin::net {

/// Units that are drawn tile by tile, with the random words that Draws describes.
class UnitDrawing {
  public:
    /// InputError if the rows cannot all be addressed.
    UnitDrawing(rng::Purpose purpose, const Draws& draws, BitRows& units)
        : units_(units), key_(draws.key.ars()), row_blocks_((units.units() + 3) / 4) {
        rng::Address address{.purpose = purpose,
                             .chain = draws.training,
                             .step = draws.step,
                             .place = (draws.first_row + units.rows()) * row_blocks_,
                             .draw = draws.half_step};
        static_cast<void>(rng::pack(address)); // does the last row fit too?
        address.place = draws.first_row * row_blocks_;
        counter_ = rng::pack(address);
    }

    /// Of so many columns of a tile from `column` on, in the rows from `first` on.
    DrawTile tile(int first, int column, int columns = tile_columns) const {
        return {.first = reinterpret_cast<std::uint8_t*>(units_.row(first)) + column / 8,
                .row_bytes = sizeof(std::uint64_t) * units_.row_words(),
                .units = std::min(columns, units_.units() - column),
                .key = key_,
                .first_counter = advanced(first * row_blocks_ + column / 4),
                .row_blocks = static_cast<std::uint64_t>(row_blocks_)};
    }

  private:
    rng::Block advanced(std::int64_t blocks) const {
        const std::uint64_t low = (counter_[0] | std::uint64_t{counter_[1]} << 32) + static_cast<std::uint64_t>(blocks);
        return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), counter_[2], counter_[3]};
    }

    BitRows& units_;
    rng::Block key_, counter_{};
    std::int64_t row_blocks_;
};

} // namespace blockspin::net
