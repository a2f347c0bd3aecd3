#include <blockspin/sampling/cluster_forest.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <limits>
#include <numeric>

namespace blockspin::sampling {

namespace {

/// Of the bonds between two rows, those that join a pair of runs which no other one joins, moved to the end of the
/// stretch that the two runs share. Between ends, the sum of a 1 at every site and the bonds carries over into the end
/// if there is any bond.
std::uint64_t one_per_pair(std::uint64_t bonds, std::uint64_t ends) noexcept {
    return (((~ends + (bonds & ~ends)) | bonds) & ends);
}

/// Position of the first set bit that is not below the single set bit of `from`.
std::int32_t first_from(std::uint64_t bits, std::uint64_t from) noexcept {
    return std::countr_zero(bits & (std::uint64_t{0} - from));
}

} // namespace

ClusterForest::ClusterForest(std::int64_t rows, std::int32_t row_length)
    : words_per_row_((row_length + 63) / 64), row_length_(row_length) {
    const std::int64_t sites = rows * words_per_row_ * 64;
    if (sites > std::numeric_limits<Site>::max()) {
        throw core::InputError(fmt::format("[sample] update: a domain of {} sites is too large for a cluster update; "
                                           "use more ranks",
                                           rows * row_length));
    }
    parent_.resize(static_cast<std::size_t>(sites));
    ends_.resize(parent_.size() / 64);
}

void ClusterForest::start_row(std::int64_t row, std::span<const std::uint64_t> bonds) {
    const Site first = number(row, 0);
    const auto begin = parent_.begin() + first;
    std::iota(begin, begin + row_length_, first);
    const std::size_t first_word = static_cast<std::size_t>(first) / 64;
    for (std::size_t w = 0; w < bonds.size(); ++w) ends_[first_word + w] = ~bonds[w] | std::uint64_t{1} << 63;
    const unsigned beyond = static_cast<unsigned>(row_length_) % 64; // the last word may be incomplete
    if (beyond == 0) return;
    std::uint64_t& last = ends_[first_word + bonds.size() - 1];
    last = (last | std::uint64_t{1} << (beyond - 1)) & ((std::uint64_t{1} << beyond) - 1);
}

void ClusterForest::join_words(std::int64_t row, std::span<const std::uint64_t> bonds) {
    for (std::size_t w = 1; w < bonds.size(); ++w) {
        if (bonds[w - 1] >> 63 == 0) continue;
        const Site here = number(row, static_cast<std::int32_t>(w * 64));
        unite(here - 1, run(here));
    }
}

// Nearly all bonds either are the first to reach a run, and make its parent a run of the other row's, or repeat what is
// known. Both need no decision that the processor could guess wrong; the few others are put off.
void ClusterForest::join_rows(std::int64_t first, std::int64_t second, std::span<const std::uint64_t> bonds, bool fresh,
                              Pairs& late) {
    late.resize(static_cast<std::size_t>(row_length_) + 1);
    std::pair<Site, Site>* put_off = late.data();
    Site* const parent = parent_.data();
    Site known = -1, parent_of_known = 0;
    for (std::size_t w = 0; w < bonds.size(); ++w) {
        const Site here = number(first, static_cast<std::int32_t>(w * 64));
        const Site there = number(second, static_cast<std::int32_t>(w * 64));
        const std::uint64_t ends_here = ends_[static_cast<std::size_t>(here) / 64];
        const std::uint64_t ends_there = ends_[static_cast<std::size_t>(there) / 64];
        std::uint64_t left = one_per_pair(bonds[w], ends_here | ends_there);
        for (; left != 0; left &= left - 1) {
            const std::uint64_t bond = left & (std::uint64_t{0} - left);
            const Site above = parent[here + first_from(ends_here, bond)];
            const Site run = there + first_from(ends_there, bond);
            const bool is_known = known == run;
            const Site now = !fresh ? parent[run] : is_known ? parent_of_known : above;
            *put_off = {above, now};
            put_off += static_cast<int>((!fresh || is_known) && above != now);
            if (fresh) parent[run] = now;
            known = run;
            parent_of_known = now;
        }
    }
    for (const auto* pair = late.data(); pair != put_off; ++pair) unite(pair->first, pair->second);
}

} // namespace blockspin::sampling
