// The kernels of binary networks as a machine without vector instructions compiles them.
#define HWY_COMPILE_ONLY_SCALAR
#include "../src/net/lookup_kernels.cpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/rng/draws.hpp>

#include <array>
#include <cmath>
#include <vector>

using namespace blockspin;

BOOST_AUTO_TEST_CASE(without_vector_instructions_sums_and_draws_are_what_they_are_defined_to_be) {
    constexpr int inputs = 43, rows = 3;
    const rng::Key key(7);
    std::array<std::uint64_t, 2 * rows> bits{};
    for (std::size_t r = 0; r < rows; ++r)
        bits[2 * r] = rng::word64(key, {.place = static_cast<std::int64_t>(r)}) >> 21;
    std::vector<std::int32_t> values(inputs * net::tile_columns);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i * 7919 % 1001) - 500;
    alignas(64) std::array<std::int32_t, rows * net::tile_columns> sums{};
    net::sum_selected({bits.data(), 2, rows, inputs}, values.data(), net::tile_columns, sums.data());

    const std::array<std::int32_t, net::tile_columns> offset{3, -2};
    const std::array<float, net::tile_columns> bias{0.5F};
    const rng::Address first{.purpose = rng::Purpose::rbm_hidden, .place = 5};
    std::array<std::uint64_t, rows> drawn{};
    const net::Activation how{offset.data(), bias.data(), 1, 1e-3F, 2.88539F};
    net::activate(how, sums.data(), net::tile_columns, rows, {},
                  {reinterpret_cast<std::uint8_t*>(drawn.data()), 8, 31, key.ars(), rng::pack(first), 20});
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < net::tile_columns; ++c) {
            std::int32_t sum = 0;
            for (std::size_t i = 0; i < inputs; ++i)
                sum += (bits[2 * r] >> i & 1) != 0 ? values[i * net::tile_columns + c] : 0;
            BOOST_TEST(sums[r * net::tile_columns + c] == sum);
            rng::Address address = first;
            address.place += static_cast<std::int64_t>(20 * r + c / 4);
            const double x = 1e-3 * (2 * sum - offset[c]) + bias[c];
            const double uniform = (rng::ars4x32<5>(rng::pack(address), key.ars())[c % 4] >> 8) * 0x1p-24;
            BOOST_TEST((drawn[r] >> c & 1) == (c < 31 && uniform < 1 / (1 + std::exp2(-2.88539 * x)) ? 1u : 0u));
        }
    }
}
