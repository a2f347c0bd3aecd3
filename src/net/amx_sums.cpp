#include "amx_sums.hpp"

#include <blockspin/core/check.hpp>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#endif

namespace blockspin::net {

#if defined(__x86_64__) && defined(__linux__)

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // of what GCC's own headers leave undefined (bug 105593)
#endif

namespace {

#define BLOCKSPIN_AMX __attribute__((target("avx512f,avx512bw,amx-tile,amx-int8")))

constexpr int tile_rows = 16, tile_inputs = 64, limbs = 3, tile_bytes = 1024;

struct alignas(64) TileShapes {
    std::uint8_t palette = 1, start_row = 0;
    std::array<std::uint8_t, 14> reserved{};
    std::array<std::uint16_t, 16> row_bytes{};
    std::array<std::uint8_t, 16> rows{};
};
static_assert(sizeof(TileShapes) == 64);

/// All eight registers hold 16 rows of 64 bytes.
constexpr TileShapes full_tiles() {
    TileShapes shapes;
    for (std::size_t i = 0; i < 8; ++i) shapes.row_bytes[i] = 64, shapes.rows[i] = 16;
    return shapes;
}
constexpr TileShapes shapes = full_tiles();

/// Does the operating system save the tile registers of this process?
bool is_permitted() {
    constexpr long request_component = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request_component, tile_data) == 0;
}

bool processor_has_amx() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    constexpr unsigned amx_tile = 1U << 24, amx_int8 = 1U << 25;
    return (d & amx_tile) != 0 && (d & amx_int8) != 0 && is_permitted();
}

/// x where the mask is 1, else y.
BLOCKSPIN_AMX inline __m512i choose(__m512i mask, __m512i x, __m512i y) {
    return _mm512_ternarylogic_epi32(mask, x, y, 0xCA);
}

/// Bytes of the words a, b, c and d of every column beside each other: those of weight 1, 256 and 65536.
struct Limbs {
    __m512i lowest, middle, highest;
};
BLOCKSPIN_AMX inline Limbs limbs_of(__m512i a, __m512i b, __m512i c, __m512i d) {
    const __m512i even = _mm512_set1_epi32(0x00FF00FF), lower = _mm512_set1_epi32(0x0000FFFF);
    const __m512i even_ab = choose(even, a, _mm512_slli_epi32(b, 8)), odd_ab = choose(even, _mm512_srli_epi32(a, 8), b);
    const __m512i even_cd = choose(even, c, _mm512_slli_epi32(d, 8)), odd_cd = choose(even, _mm512_srli_epi32(c, 8), d);
    return {choose(lower, even_ab, _mm512_slli_epi32(even_cd, 16)),
            choose(lower, odd_ab, _mm512_slli_epi32(odd_cd, 16)),
            choose(lower, _mm512_srli_epi32(even_ab, 16), even_cd)};
}

std::size_t halves_of(int columns) { return columns <= half_columns ? 1 : 2; }

/// x, or −1 − x if that is negative.
BLOCKSPIN_AMX inline __m512i modulus_bits(__m512i x) { return _mm512_xor_si512(x, _mm512_srai_epi32(x, 31)); }

/// Blocks of inputs that are worked on together: the bytes of their values and of 32 rows fit the first level of the
/// cache.
constexpr int most_blocks = 6;

/// Some blocks of 64 inputs.
struct Blocks {
    int first, count;
};

/// A byte for each bit of so many rows, tile after tile: 16 rows of 64 inputs. Rows that do not exist are 0.
BLOCKSPIN_AMX void spread(const BitTile& bits, int first, int count, const Blocks& blocks, std::uint8_t* to) {
    const __m512i one = _mm512_set1_epi8(1);
    for (int row = 0; row < count; ++row, to += 64) {
        const bool exists = first + row < bits.rows;
        const std::uint64_t* word =
            bits.first_row + bits.row_words * static_cast<std::size_t>(exists ? first + row : 0) + blocks.first;
        for (int block = 0; block < blocks.count; ++block) {
            const __m512i bytes = _mm512_maskz_mov_epi8(exists ? word[block] : 0, one);
            _mm512_store_si512(to + static_cast<std::ptrdiff_t>(block) * count * 64, bytes);
        }
    }
}

/// sums of 16 rows and 16 columns out of those of their bytes: written, or added to what is there.
template <bool adds>
BLOCKSPIN_AMX inline void put_together(const std::int32_t* parts, int rows, std::int32_t* sums, std::size_t stride) {
    constexpr int part = tile_rows * half_columns;
    for (int row = 0; row < rows; ++row, parts += half_columns, sums += stride) {
        const __m512i lowest = _mm512_load_si512(parts), middle = _mm512_load_si512(parts + part);
        const __m512i highest = _mm512_load_si512(parts + 2 * part);
        const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(highest, 16), _mm512_slli_epi32(middle, 8));
        __m512i sum = _mm512_add_epi32(upper, lowest);
        if constexpr (adds) sum = _mm512_add_epi32(sum, _mm512_load_si512(sums));
        _mm512_store_si512(sums, sum);
    }
}

/// 16 rows, or two times as many, times half of the columns: `units` are their bytes, all rows for each block of
/// inputs.
template <bool two>
BLOCKSPIN_AMX void multiply(const std::uint8_t* units, const std::uint8_t* bytes, int blocks, std::int32_t* parts) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    if constexpr (two) {
        _tile_zero(3);
        _tile_zero(4);
        _tile_zero(5);
    }
    for (int block = 0; block < blocks; ++block, units += (two ? 2 : 1) * tile_bytes, bytes += limbs * tile_bytes) {
        _tile_loadd(6, units, 64);
        _tile_loadd(7, bytes, 64);
        _tile_dpbuud(0, 6, 7);
        _tile_loadd(7, bytes + tile_bytes, 64);
        _tile_dpbuud(1, 6, 7);
        _tile_loadd(7, bytes + 2 * tile_bytes, 64);
        _tile_dpbusd(2, 6, 7);
        if constexpr (two) {
            _tile_loadd(6, units + tile_bytes, 64);
            _tile_dpbusd(5, 6, 7);
            _tile_loadd(7, bytes, 64);
            _tile_dpbuud(3, 6, 7);
            _tile_loadd(7, bytes + tile_bytes, 64);
            _tile_dpbuud(4, 6, 7);
        }
    }
    _tile_stored(0, parts, 64);
    _tile_stored(1, parts + 256, 64);
    _tile_stored(2, parts + 512, 64);
    if constexpr (two) {
        _tile_stored(3, parts + 768, 64);
        _tile_stored(4, parts + 1024, 64);
        _tile_stored(5, parts + 1280, 64);
    }
}

/// The bytes of one or both halves of the columns.
struct Halves {
    const std::uint8_t* first;
    std::size_t apart, count;
};

/// The share of some blocks in all sums.
template <bool adds>
BLOCKSPIN_AMX void sum_blocks(const BitTile& bits, const Halves& bytes, const Blocks& blocks, std::int32_t* sums,
                              std::size_t stride) {
    alignas(64) std::array<std::uint8_t, 2 * tile_bytes * most_blocks> units;
    alignas(64) std::array<std::int32_t, 2 * limbs * tile_rows * half_columns> parts;
    const std::uint8_t* of_blocks = bytes.first + static_cast<std::size_t>(blocks.first) * limbs * tile_bytes;
    for (int row = 0; row < bits.rows; row += 2 * tile_rows) {
        const int rows = std::min(2 * tile_rows, bits.rows - row);
        const bool two = rows > tile_rows;
        spread(bits, row, two ? 2 * tile_rows : tile_rows, blocks, units.data());
        for (std::size_t h = 0; h < bytes.count; ++h) {
            std::int32_t* to = sums + static_cast<std::size_t>(row) * stride + h * half_columns;
            (two ? multiply<true> : multiply<false>)(units.data(), of_blocks + h * bytes.apart, blocks.count,
                                                     parts.data());
            put_together<adds>(parts.data(), std::min(rows, tile_rows), to, stride);
            if (two)
                put_together<adds>(parts.data() + limbs * tile_rows * half_columns, rows - tile_rows,
                                   to + static_cast<std::size_t>(tile_rows) * stride, stride);
        }
    }
}

} // namespace

bool has_amx() {
    static const bool available = processor_has_amx();
    return available && runs_on_avx512();
}

BLOCKSPIN_AMX bool cut_to_bytes(const std::int32_t* values, std::size_t stride, const InputRange& range,
                                std::uint8_t* bytes, int columns) {
    const int blocks = (range.inputs + tile_inputs - 1) / tile_inputs, last = range.first + range.count;
    const int end = last == range.inputs ? blocks * tile_inputs : last; // those that do not exist are 0
    const std::size_t half = static_cast<std::size_t>(blocks) * limbs * tile_bytes;
    alignas(64) static constexpr std::int32_t no_values[tile_columns] = {};
    __m512i beyond = _mm512_setzero_si512();
    for (int input = range.first; input < end; input += 4) {
        std::array<const std::int32_t*, 4> row{};
        for (int i = 0; i < 4; ++i)
            row[static_cast<std::size_t>(i)] =
                input + i < last ? values + static_cast<std::size_t>(input - range.first + i) * stride : no_values;
        const auto place =
            static_cast<std::size_t>(input / tile_inputs * limbs * tile_bytes + input % tile_inputs * 16);
        for (std::size_t h = 0; h < halves_of(columns); ++h) {
            const __m512i a = _mm512_loadu_si512(row[0] + h * half_columns);
            const __m512i b = _mm512_loadu_si512(row[1] + h * half_columns);
            const __m512i c = _mm512_loadu_si512(row[2] + h * half_columns);
            const __m512i d = _mm512_loadu_si512(row[3] + h * half_columns);
            const __m512i beyond_ab = _mm512_or_si512(modulus_bits(a), modulus_bits(b));
            const __m512i beyond_cd = _mm512_or_si512(modulus_bits(c), modulus_bits(d));
            beyond = _mm512_or_si512(beyond, _mm512_or_si512(beyond_ab, beyond_cd));
            const Limbs cut = limbs_of(a, b, c, d);
            std::uint8_t* to = bytes + h * half + place;
            _mm512_store_si512(to, cut.lowest);
            _mm512_store_si512(to + tile_bytes, cut.middle);
            _mm512_store_si512(to + 2 * tile_bytes, cut.highest);
        }
    }
    return _mm512_test_epi32_mask(beyond, _mm512_set1_epi32(-(1 << 23))) == 0;
}

BLOCKSPIN_AMX void sum_selected_bytes(const BitTile& bits, const std::uint8_t* bytes, std::int32_t* sums,
                                      std::size_t sums_stride, int columns) {
    const int blocks = (bits.inputs + tile_inputs - 1) / tile_inputs;
    const int chunks = (blocks + most_blocks - 1) / most_blocks, of_chunk = (blocks + chunks - 1) / chunks;
    const Halves halves{bytes, static_cast<std::size_t>(blocks) * limbs * tile_bytes, halves_of(columns)};
    _tile_loadconfig(&shapes);
    sum_blocks<false>(bits, halves, {0, of_chunk}, sums, sums_stride);
    for (int first = of_chunk; first < blocks; first += of_chunk) {
        sum_blocks<true>(bits, halves, {first, std::min(of_chunk, blocks - first)}, sums, sums_stride);
    }
    _tile_release();
}

#else

bool has_amx() { return false; }

bool cut_to_bytes(const std::int32_t*, std::size_t, const InputRange&, std::uint8_t*, int) { return false; }

void sum_selected_bytes(const BitTile&, const std::uint8_t*, std::int32_t*, std::size_t, int) {
    core::ensure(false, "AMX is here");
}

#endif

} // namespace blockspin::net
