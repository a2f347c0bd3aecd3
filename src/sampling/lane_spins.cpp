#include <blockspin/sampling/lane_spins.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

using Square = std::array<std::uint64_t, 64>;

/// Calls work(word, half, first lane of it, the lane behind its last) for every word of 64 sites, both halves of the
/// lanes, and the lanes in use there.
template <class Work> void for_each_square(std::size_t sites, std::int64_t begin, std::int64_t end, Work&& work) {
    for (std::size_t half : {0, 1}) {
        const auto base = static_cast<std::int64_t>(64 * half);
        const std::int64_t first = std::max(begin, base), last = std::min(end, base + 64);
        if (first >= last) continue;
        for (std::size_t word = 0; word < (sites + 63) / 64; ++word) work(word, half, first, last);
    }
}

} // namespace

void transpose(std::array<std::uint64_t, 64>& square) noexcept {
    std::uint64_t mask = 0x00000000FFFFFFFF; // columns that change places with those `distance` further
    for (std::size_t distance = 32; distance != 0; distance /= 2, mask ^= mask << distance) {
        for (std::size_t first = 0; first < 64; first += 2 * distance) {
            for (std::size_t r = first; r < first + distance; ++r) {
                const std::uint64_t change = (square[r] >> distance ^ square[r + distance]) & mask;
                square[r] ^= change << distance;
                square[r + distance] ^= change;
            }
        }
    }
}

LaneSpins::LaneSpins(const lattice::Layout& layout, std::int64_t first, std::int64_t count)
    : layout_(layout), first_(first), count_(count) {
    const std::int64_t last_block = (first + count - 1) / Lanes::count;
    blocks_.assign(static_cast<std::size_t>(last_block - first_block() + 1), lattice::Field<Lanes>(layout));
}

std::int64_t LaneSpins::shift(std::size_t block) const noexcept {
    return first_ - (first_block() + static_cast<std::int64_t>(block)) * Lanes::count;
}
std::int64_t LaneSpins::begin(std::size_t block) const noexcept { return std::max<std::int64_t>(0, shift(block)); }
std::int64_t LaneSpins::end(std::size_t block) const noexcept { return std::min(Lanes::count, shift(block) + count_); }

Lanes LaneSpins::in_use(std::size_t block) const {
    Lanes bits;
    for (std::int64_t lane = begin(block); lane < end(block); ++lane) bits.set(lane);
    return bits;
}

std::size_t LaneSpins::memory() const noexcept {
    return blocks_.size() * blocks_.front().values().size() * sizeof(Lanes);
}

std::vector<std::uint64_t> LaneSpins::bits() const {
    const lattice::Box inside = interior(layout_);
    const auto sites = static_cast<std::size_t>(lattice::sites(inside));
    const std::size_t words = (sites + 63) / 64;
    std::vector<std::uint64_t> bits(words * static_cast<std::size_t>(count_));
#pragma omp parallel for schedule(static) if (blocks_.size() > 1)
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
        std::vector<Lanes> spins(64 * words);
        gather(blocks_[b], inside, std::span(spins).first(sites));
        for_each_square(sites, begin(b), end(b), [&](std::size_t word, std::size_t half, std::int64_t lane, auto last) {
            Square square;
            for (std::size_t k = 0; k < 64; ++k) square[k] = spins[64 * word + k].words[half];
            transpose(square);
            for (; lane < last; ++lane) {
                bits[static_cast<std::size_t>(lane - shift(b)) * words + word] =
                    square[static_cast<std::size_t>(lane % 64)];
            }
        });
    }
    return bits;
}

bool LaneSpins::is_up(std::int64_t replica, const lattice::Coordinates& at) const {
    const std::int64_t number = first_ + replica;
    return blocks_[static_cast<std::size_t>(number / Lanes::count - first_block())][at][number % Lanes::count];
}

void LaneSpins::set_bits(std::span<const std::uint64_t> bits) {
    const lattice::Box inside = interior(layout_);
    const auto sites = static_cast<std::size_t>(lattice::sites(inside));
    const std::size_t words = (sites + 63) / 64;
    core::ensure(bits.size() == words * static_cast<std::size_t>(count_), "bits of all replicas");
#pragma omp parallel for schedule(static) if (blocks_.size() > 1)
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
        std::vector<Lanes> spins(64 * words);
        for_each_square(sites, begin(b), end(b), [&](std::size_t word, std::size_t half, std::int64_t lane, auto last) {
            Square square{};
            for (; lane < last; ++lane) {
                square[static_cast<std::size_t>(lane % 64)] =
                    bits[static_cast<std::size_t>(lane - shift(b)) * words + word];
            }
            transpose(square);
            for (std::size_t k = 0; k < 64; ++k) spins[64 * word + k].words[half] = square[k];
        });
        scatter(std::span<const Lanes>(spins).first(sites), blocks_[b], inside);
    }
}

} // namespace blockspin::sampling
