#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/rng/address.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::sampling {

/// The random words of the rows of a lattice, each of which begins at a place of its own. Who goes through the rows in
/// order gets those of short rows fetched several rows at a time: a call takes longer than a few words.
class RandomRows {
  public:
    static RandomRows in_order() { return RandomRows(256); }
    static RandomRows in_any_order() { return RandomRows(0); }

    /// Words `first` … of a row: those that rng::fill_words() gives for `row_zero`, whose place is `places` × row
    /// further. Always of the same key. There until the next call.
    std::span<const std::uint64_t> words(const rng::Key& key, const rng::Address& row_zero, std::int64_t places,
                                         std::int64_t row, std::int64_t first, std::size_t count);

  private:
    explicit RandomRows(std::int64_t words_at_once) : words_at_once_(words_at_once) {}

    std::int64_t words_at_once_;
    std::vector<std::uint64_t> words_;
    rng::Address row_zero_; ///< of whole rows that are here: from begin_ to end_ − 1
    std::int64_t places_ = 0, begin_ = 0, end_ = 0;
};

} // namespace blockspin::sampling
