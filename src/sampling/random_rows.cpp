#include <blockspin/sampling/random_rows.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/rng/fill.hpp>

#include <algorithm>

namespace blockspin::sampling {

std::span<const std::uint64_t> RandomRows::words(const rng::Key& key, const rng::Address& row_zero, std::int64_t places,
                                                 std::int64_t row, std::int64_t first, std::size_t count) {
    if (row >= begin_ && row < end_ && places == places_ && row_zero == row_zero_) {
        const auto at = static_cast<std::size_t>(2 * places * (row - begin_) + first);
        core::ensure(at + count <= words_.size(), "all words of a row are there");
        return std::span(words_).subspan(at, count);
    }
    rng::Address address = row_zero;
    address.place += row * places;
    const std::int64_t last_place = std::int64_t{1} << rng::place_bits,
                       rows = std::min(words_at_once_ / (2 * places), (last_place - address.place) / places);
    // Pieces of rows are fetched alone.
    if (rows < 2 || first != 0 || static_cast<std::int64_t>(count) + 2 < 2 * places) {
        begin_ = end_ = 0;
        words_.resize(count);
        rng::fill_words(key, address, words_, first);
        return words_;
    }
    row_zero_ = row_zero;
    places_ = places;
    begin_ = row;
    end_ = row + rows;
    words_.resize(static_cast<std::size_t>(2 * places * rows));
    rng::fill_words(key, address, words_);
    return std::span(words_).first(count);
}

} // namespace blockspin::sampling
