// Spins as bits: every site has its bit, and nothing is lost on the way there and back.
#include <boost/test/unit_test.hpp>

#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/packed_bits.hpp>
#include <blockspin/sampling/packed_spins.hpp>
#include <blockspin/sampling/random_rows.hpp>
#include <blockspin/sampling/recorders.hpp>

#include <hwy/targets.h>

using namespace blockspin;
using sampling::Spin;

namespace {

struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    std::array<int, lattice::max_dimension> ranks{1, 1, 1, 1};
};

const std::vector<System>& systems() {
    static const std::vector<System> all{{lattice::Lattice::square, {2, 2}},
                                         {lattice::Lattice::square, {128, 6}},
                                         {lattice::Lattice::square, {300, 36}, {3, 2, 1, 1}},
                                         {lattice::Lattice::honeycomb, {130, 20}, {1, 3, 1, 1}},
                                         {lattice::Lattice::cubic, {134, 4, 6}, {2, 1, 3, 1}},
                                         {lattice::Lattice::hypercubic, {4, 8, 2, 4}, {1, 2, 2, 4}}};
    return all;
}

template <class Visit> void for_each_domain(Visit&& visit) {
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size);
        const lattice::RankGrid grid{.ranks = system.ranks, .granularity = {128, 4, 1, 1}};
        for (int rank = 0; rank < size(grid); ++rank) {
            const lattice::Decomposition decomposition(geometry, grid, rank);
            BOOST_TEST_CONTEXT(name(system.lattice) << ", rank " << rank) { visit(decomposition); }
        }
    }
}

lattice::Field<Spin> random_field(const lattice::Decomposition& decomposition) {
    lattice::Field<Spin> field(lattice::layout(decomposition, 1));
    std::int64_t place = 0;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        for (Spin& spin : field.row(at[1], at[2], at[3])) {
            spin = rng::word64(rng::Key(1), {.place = place++}) % 2 == 0 ? Spin{1} : Spin{-1};
        }
    });
    return field;
}

} // namespace

BOOST_AUTO_TEST_CASE(there_and_back) {
    for_each_domain([](const lattice::Decomposition& decomposition) {
        const lattice::Field<Spin> field = random_field(decomposition);
        sampling::PackedSpins packed{sampling::PackedLayout(decomposition)};
        packed.pack(field);
        lattice::Field<Spin> back(field.layout());
        packed.unpack(back);
        BOOST_TEST(std::ranges::equal(field.values(), back.values()));
    });
}

BOOST_AUTO_TEST_CASE(a_site_is_where_the_layout_says) {
    for_each_domain([](const lattice::Decomposition& decomposition) {
        const lattice::Field<Spin> field = random_field(decomposition);
        const sampling::PackedLayout layout(decomposition);
        sampling::PackedSpins packed(layout);
        packed.pack(field);
        std::int64_t wrong = 0, up = 0, bits = 0;
        for (std::int64_t local = 0; local < decomposition.local_sites(); ++local) {
            const auto global = decomposition.geometry().coordinates(decomposition.to_global(local));
            lattice::Coordinates at{};
            for (int d = 0; d < lattice::max_dimension; ++d) at[d] = global[d] - decomposition.box().offset[d];
            const int colour = decomposition.geometry().colour(global), parity = at[1] & 1;
            const lattice::Coordinates column{at[0] / 128, 0, at[2], at[3]};
            const std::size_t word = layout.run(column, parity) + static_cast<std::size_t>(at[1] / 2);
            wrong += layout.offset(column, parity, colour) != (at[0] & 1);
            wrong += (packed.words(colour)[word] >> (at[0] % 128 / 2) & 1) != (field[at] > 0);
            up += field[at] > 0;
        }
        BOOST_TEST(wrong == 0);
        // Nothing but the sites is set; the ghosts of uncut runs are the only copies.
        for (int colour : {0, 1}) {
            for (std::int32_t w = 0; w < layout.extents()[3]; ++w) {
                for (std::int32_t z = 0; z < layout.extents()[2]; ++z) {
                    for (std::int32_t x = 0; x < layout.extents()[0]; ++x) {
                        for (int parity : {0, 1}) {
                            const auto* run = packed.words(colour) + layout.run({x, 0, z, w}, parity);
                            for (std::int32_t i = 0; i < layout.words(); ++i) bits += std::popcount(run[i]);
                            if (layout.is_cut(1)) continue;
                            BOOST_TEST(run[-1] == run[layout.words() - 1]);
                            BOOST_TEST(run[layout.words()] == run[0]);
                        }
                    }
                }
            }
        }
        BOOST_TEST(bits == up);
    });
}

BOOST_AUTO_TEST_CASE(one_bit_of_each_word_is_gathered_and_scattered_on_every_instruction_set) {
    std::vector<sampling::Word> words;
    for (std::int64_t i = 0; i < 200; ++i) words.push_back(rng::word64(rng::Key(2), {.place = i}));
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        hwy::SetSupportedTargetsForTest(target);
        for (const std::int32_t count : {1, 63, 64, 70, 128, 200}) {
            const auto size = static_cast<std::size_t>(count);
            for (const int bit : {0, 31, 63}) {
                std::vector<sampling::Word> bits(static_cast<std::size_t>(sampling::words_of_bits(count)), ~0ULL),
                    back(size + 1, 7);
                sampling::gather_bits(words.data(), count, bit, bits.data());
                for (std::size_t i = 0; i < 64 * bits.size(); ++i)
                    BOOST_TEST((bits[i / 64] >> i % 64 & 1) == (i < size ? words[i] >> bit & 1 : 0));
                sampling::scatter_bits(bits.data(), count, bit, back.data());
                for (std::size_t i = 0; i < size; ++i) BOOST_TEST(back[i] == (words[i] & sampling::Word{1} << bit));
                BOOST_TEST(back.back() == 7U);
            }
        }
    }
    hwy::SetSupportedTargetsForTest(0);
}

BOOST_AUTO_TEST_CASE(rows_have_the_same_random_words_however_many_are_fetched_at_a_time) {
    const rng::Key key(5);
    struct Asked {
        std::int32_t draw;
        std::int64_t places, row, first;
        std::size_t count;
    };
    std::vector<Asked> all;
    for (std::int64_t row = 3; row < 90; ++row) all.push_back({0, 4, row, 0, row % 2 == 0 ? std::size_t{8} : 7});
    all.insert(all.end(), {{1, 4, 89, 0, 8}, {1, 4, 88, 0, 8}, {1, 4, 88, 3, 2}, {0, 4, 88, 0, 8}, {0, 3, 88, 0, 6}});
    for (std::int64_t row = 0; row < 3; ++row) all.push_back({2, 200, row, 0, 400}); // too long for several
    for (std::int64_t row = 0; row < 9; ++row) all.push_back({2, 4, row, 5, 2});     // pieces
    const std::int64_t last = (std::int64_t{1} << rng::place_bits) / 4 - 1;          // nothing is beyond it
    all.push_back({2, 4, last, 0, 8});
    for (sampling::RandomRows rows : {sampling::RandomRows::in_order(), sampling::RandomRows::in_any_order()}) {
        for (const auto& [draw, places, row, first, count] : all) {
            rng::Address address{.purpose = rng::Purpose::test, .step = 9, .draw = draw};
            const auto found = rows.words(key, address, places, row, first, count);
            std::vector<std::uint64_t> expected(count);
            address.place = row * places;
            rng::fill_words(key, address, expected, first);
            BOOST_TEST(std::ranges::equal(found, expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(only_some_lattices_are_packed) {
    using enum lattice::Lattice;
    BOOST_TEST(sampling::is_packable(lattice::Geometry(square, {4, 6})));
    BOOST_TEST(sampling::is_packable(lattice::Geometry(hypercubic, {2, 2, 2, 2})));
    BOOST_TEST(!sampling::is_packable(lattice::Geometry(square, {4, 5})));
    BOOST_TEST(!sampling::is_packable(lattice::Geometry(chain, {4})));
    BOOST_TEST(!sampling::is_packable(lattice::Geometry(triangular, {6, 6})));
    BOOST_TEST(!sampling::is_packable(
        lattice::Geometry(square, {4, 4}, {lattice::Boundary::periodic, lattice::Boundary::open})));
}

BOOST_AUTO_TEST_CASE(a_segment_of_configurations_has_few_chunks_however_large_it_is) {
    using Chunk = std::vector<std::uint64_t>;
    const auto chunk = [](std::uint64_t rows, std::uint64_t replicas, std::uint64_t bytes) {
        return sampling::configuration_storage(rows, replicas, bytes).chunk;
    };
    BOOST_TEST(chunk(2000, 4, 512) == (Chunk{32, 1, 512}));            // 64 x 64 sites: 16 KiB
    BOOST_TEST(chunk(5, 4, 512) == (Chunk{5, 1, 512}));                // fewer than that
    BOOST_TEST(chunk(100, 4, 1 << 17) == (Chunk{1, 1, 1 << 17}));      // 1024 x 1024 sites: one each
    BOOST_TEST(chunk(1 << 24, 4, 512) == (Chunk{1 << 14, 1, 512}));    // 32 GiB: 8 MiB
    BOOST_TEST(chunk(1 << 20, 64, 2048) == (Chunk{1 << 13, 1, 2048})); // 128 GiB: no more than 16 MiB
    BOOST_TEST(chunk(3, 1, std::uint64_t{1} << 33) ==
               (Chunk{1, 1, 1 << 24})); // a row beyond what HDF5 takes as a chunk
    for (std::uint64_t rows = 1; rows < 1 << 20; rows = 2 * rows + 1) {
        const Chunk shape = chunk(rows, 100, 512);
        const std::uint64_t chunks = 100 * ((rows + shape[0] - 1) / shape[0]);
        BOOST_TEST((chunks < 5000 || shape[0] * shape[2] <= 1 << 14), rows);
    }
}
