#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/lookup_rbm.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/rng/draws.hpp>

#include <hwy/targets.h>

#include "../src/net/lookup_kernels.hpp"

#include <cmath>
#include <numeric>
#include <omp.h>

using namespace blockspin;

namespace {

const rng::Key key(31);

net::BitRows random_bits(int rows, int units, std::int64_t stream) {
    net::BitRows bits(rows, units);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(rows) * ((static_cast<std::size_t>(units) + 7) / 8));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(rng::word64(key, {.step = stream, .place = static_cast<std::int64_t>(i)}));
    }
    net::unpack_bytes(bytes, bits);
    return bits;
}

net::Dataset grey_rows(int rows, int units) {
    std::vector<std::uint8_t> levels;
    for (std::int64_t i = 0; i < std::int64_t{rows} * units; ++i) {
        levels.push_back(static_cast<std::uint8_t>(rng::word64(key, {.step = 100, .place = i})));
    }
    return net::Dataset::means(units, levels, {}, 0, key);
}

net::Rbm<float> machine(int visible, int hidden) {
    net::Rbm<float> rbm = net::initial_rbm(visible, hidden, 0.5, key, 0, 0);
    for (std::size_t i = 0; i < rbm.visible_bias.size(); ++i) rbm.visible_bias[i] = 0.01F * static_cast<float>(i % 50);
    for (std::size_t j = 0; j < rbm.hidden_bias.size(); ++j) rbm.hidden_bias[j] = -0.02F * static_cast<float>(j % 40);
    return rbm;
}

/// Restricts Highway to one instruction set.
struct OnlyTarget {
    explicit OnlyTarget(std::int64_t target) { hwy::SetSupportedTargetsForTest(target); }
    ~OnlyTarget() { hwy::SetSupportedTargetsForTest(0); }
    OnlyTarget(const OnlyTarget&) = delete;
    OnlyTarget& operator=(const OnlyTarget&) = delete;
};

/// Everything that a machine does to 70 rows.
struct Outcome {
    net::BitRows hidden{70, 71}, visible{70, 203};
    net::RoundedMeans means{linalg::Matrix<std::int32_t>(70, 96), 20};
    linalg::Matrix<float> fields{70, 71};
    net::BitRows annealed{70, 71};
    std::vector<double> ratios = std::vector<double>(70);
    net::Gradient<float> of_grey;

    Outcome() {
        net::LookupRbm lookup(203, 71);
        lookup.assign(machine(203, 71));
        const net::BitRows start = random_bits(70, 203, 1);
        lookup.hidden_means(start, {.key = key, .step = 3}, means, 0, &hidden);
        lookup.draw_visible(hidden, {.key = key, .step = 4}, visible);
        lookup.hidden_fields(start, fields);
        lookup.anneal_hidden(start, 0.25F, 0.75F, {.key = key, .step = 5}, annealed, ratios);
        lookup.anneal_visible(annealed, 0.75F, std::vector<float>(203, 0.1F), {.key = key, .step = 6}, visible);
        const mpi::Communicator self = mpi::Communicator::self();
        process::Timers timers;
        net::ContrastiveDivergence divergence(self, 203, 71, 1, timers);
        std::vector<std::int64_t> rows(70);
        std::iota(rows.begin(), rows.end(), 0);
        of_grey = divergence.gradient(machine(203, 71), grey_rows(70, 203), rows, {.key = key, .step = 7});
    }
    bool operator==(const Outcome& other) const {
        for (int r = 0; r < 70; ++r) {
            for (int j = 0; j < 71; ++j) {
                if (means.values(r, j) != other.means.values(r, j)) return false;
            }
        }
        return hidden == other.hidden && visible == other.visible && fields == other.fields &&
               annealed == other.annealed && ratios == other.ratios && of_grey.weights == other.of_grey.weights &&
               of_grey.hidden_bias == other.of_grey.hidden_bias;
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(bits_survive_packing_and_transposition) {
    for (const auto& [rows, units] : {std::pair{1, 1}, {64, 64}, {70, 130}, {3, 200}, {129, 7}}) {
        const net::BitRows bits = random_bits(rows, units, rows);
        net::BitRows again(rows, units);
        net::unpack_bytes(net::packed_bytes(bits), again);
        BOOST_TEST((again == bits));
        net::BitRows transposed(units, 2 * rows + 5);
        net::transpose(bits, 0, transposed);
        net::transpose(bits, rows + 5, transposed);
        for (int r = 0; r < rows; ++r) {
            for (int i = 0; i < units; ++i) {
                if (transposed(i, r) != bits(r, i) || transposed(i, rows + 5 + r) != bits(r, i))
                    BOOST_ERROR("row " << r << ", unit " << i);
            }
        }
        for (int i = 0; i < units; ++i) BOOST_TEST(!transposed(i, rows + 2));
    }
    net::BitRows wrong(3, 3);
    BOOST_CHECK_THROW(net::unpack_bytes(std::vector<std::uint8_t>(2), wrong), core::InternalError);
    BOOST_CHECK_THROW(net::transpose(net::BitRows(3, 4), 0, wrong), core::InternalError);
}

BOOST_AUTO_TEST_CASE(fields_are_matrix_products_to_1e_5_and_means_their_tanh_to_3e_6) {
    for (const auto& [visible, hidden] : {std::pair{1, 1}, {40, 32}, {203, 71}, {784, 33}}) {
        const net::Rbm<float> rbm = machine(visible, hidden);
        const net::BitRows rows = random_bits(5, visible, 2);
        net::LookupRbm lookup(visible, hidden);
        lookup.assign(rbm);
        linalg::Matrix<float> fields(5, hidden);
        lookup.hidden_fields(rows, fields);
        net::RoundedMeans means{linalg::Matrix<std::int32_t>(7, (hidden + 31) / 32 * 32), 21};
        lookup.hidden_means(rows, {.key = key}, means, 2);
        for (int r = 0; r < 5; ++r) {
            for (int j = 0; j < hidden; ++j) {
                double sum = 0;
                for (int i = 0; i < visible; ++i) sum += (rows(r, i) ? 1.0 : -1.0) * rbm.weights(i, j);
                if (std::abs(fields(r, j) - sum) > 1e-5 * std::sqrt(visible))
                    BOOST_ERROR(fields(r, j) << " not " << sum);
                const double mean = std::tanh(sum + rbm.hidden_bias[static_cast<std::size_t>(j)]);
                if (std::abs(std::ldexp(means.values(2 + r, j), -21) - mean) > 3e-6 * std::sqrt(visible))
                    BOOST_ERROR("mean of unit " << j);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(units_are_drawn_with_the_same_words_as_from_fields_in_single_precision) {
    const net::Rbm<float> rbm = machine(203, 71);
    const net::BitRows rows = random_bits(200, 203, 5);
    net::LookupRbm lookup(203, 71);
    lookup.assign(rbm);
    net::BitRows drawn(200, 71);
    const net::Draws draws{.key = key, .training = 2, .step = 9, .half_step = 4, .first_row = 12};
    lookup.draw_hidden(rows, draws, drawn);
    linalg::Matrix<float> units(200, 71);
    net::sample_hidden(rbm, net::to_spins(rows), draws, units);
    int different = 0;
    for (int r = 0; r < 200; ++r) {
        for (int j = 0; j < 71; ++j) different += drawn(r, j) != (units(r, j) > 0) ? 1 : 0;
    }
    BOOST_TEST(different <= 2); // where a random number lies between two roundings of the same probability
}

BOOST_AUTO_TEST_CASE(annealed_units_have_the_probabilities_of_their_temperature_and_ratios_of_cosh_are_right_to_1e_5) {
    constexpr int visible = 40, hidden = 71;
    const net::Rbm<float> rbm = machine(visible, hidden);
    const net::BitRows rows = random_bits(1000, visible, 6);
    net::LookupRbm lookup(visible, hidden);
    lookup.assign(rbm);
    net::BitRows drawn(1000, hidden), again(1000, visible);
    std::vector<double> ratios(1000);
    lookup.anneal_hidden(rows, 0.2F, 0.6F, {.key = key, .step = 1}, drawn, ratios);
    const std::vector<float> bias(visible, 0.3F);
    lookup.anneal_visible(drawn, 0.6F, bias, {.key = key, .step = 2}, again);
    double excess_hidden = 0, variance_hidden = 0, excess_visible = 0, variance_visible = 0;
    for (int r = 0; r < rows.rows(); ++r) {
        double expected = 0;
        for (int j = 0; j < hidden; ++j) {
            double x = rbm.hidden_bias[static_cast<std::size_t>(j)];
            for (int i = 0; i < visible; ++i) x += (rows(r, i) ? 1.0 : -1.0) * rbm.weights(i, j);
            expected += std::log(std::cosh(0.6 * x) / std::cosh(0.2 * x));
            const double mean = std::tanh(0.6 * x);
            excess_hidden += mean * ((drawn(r, j) ? 1.0 : -1.0) - mean); // weighted, so that a wrong scale shows
            variance_hidden += mean * mean * (1 - mean * mean);
        }
        if (std::abs(ratios[static_cast<std::size_t>(r)] - expected) > 1e-5 * hidden)
            BOOST_ERROR(ratios[static_cast<std::size_t>(r)] << ", not " << expected);
        for (int i = 0; i < visible; ++i) {
            double x = 0.3;
            for (int j = 0; j < hidden; ++j) x += 0.6 * (drawn(r, j) ? 1.0 : -1.0) * rbm.weights(i, j);
            const double mean = std::tanh(x);
            excess_visible += mean * ((again(r, i) ? 1.0 : -1.0) - mean);
            variance_visible += mean * mean * (1 - mean * mean);
        }
    }
    BOOST_TEST(std::abs(excess_hidden) < 4 * std::sqrt(variance_hidden));
    BOOST_TEST(std::abs(excess_visible) < 4 * std::sqrt(variance_visible));
}

BOOST_AUTO_TEST_CASE(any_instruction_set_and_number_of_threads_give_the_same_bits) {
    const Outcome expected;
    for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
        const OnlyTarget only(rest & -rest);
        BOOST_TEST((Outcome() == expected), hwy::TargetName(rest & -rest));
    }
    for (const int threads : {2, 5}) {
        omp_set_num_threads(threads);
        BOOST_TEST((Outcome() == expected));
    }
    omp_set_num_threads(1);
}

BOOST_AUTO_TEST_CASE(sums_of_chosen_integers_are_exact_whatever_their_size) {
    for (const auto& [rows, inputs] : {std::pair{15, 64}, {16, 63}, {16, 64}, {33, 65}, {48, 200}, {100, 784}}) {
        for (const int size : {9, 24, 25, 31}) { // bits; bytes are enough for up to 24
            const net::BitRows bits = random_bits(rows, inputs, size);
            std::vector<std::int32_t> values(static_cast<std::size_t>(inputs) * 40);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const std::uint64_t word = rng::word64(key, {.step = size, .place = static_cast<std::int64_t>(i)});
                values[i] = static_cast<std::int32_t>(word >> 32) >> (32 - size);
            }
            values[0] = -(1 << (size - 1));
            linalg::Matrix<std::int32_t> sums(rows, net::tile_columns, -1), half(rows, net::tile_columns, -1);
            const net::BitTile tile{bits.row(0), bits.row_words(), rows, inputs};
            net::sum_selected(tile, values.data(), 40, sums.data());
            net::sum_selected(tile, values.data(), 40, half.data(), net::tile_columns, net::half_columns);
            for (int r = 0; r < rows; ++r) {
                for (int c = 0; c < net::tile_columns; ++c) {
                    std::uint32_t sum = 0;
                    for (int i = 0; i < inputs; ++i)
                        sum +=
                            bits(r, i) ? static_cast<std::uint32_t>(values[static_cast<std::size_t>(40 * i + c)]) : 0;
                    const auto expected = static_cast<std::int32_t>(sum);
                    if (sums(r, c) != expected || (c < net::half_columns && half(r, c) != expected))
                        BOOST_ERROR("row " << r << ", column " << c);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(weights_of_any_size_keep_the_sums_in_range) {
    for (const float weight : {0.0F, 1e-20F, 20.0F, 1e6F, 1e30F}) {
        net::Rbm<float> rbm(100, 3);
        std::ranges::fill(rbm.weights.values(), weight);
        net::LookupRbm lookup(100, 3);
        lookup.assign(rbm);
        net::BitRows all(1, 100);
        net::unpack_bytes(std::vector<std::uint8_t>(13, 0xFF), all);
        linalg::Matrix<float> fields(1, 3);
        lookup.hidden_fields(all, fields);
        BOOST_TEST(std::abs(fields(0, 2) - 100 * weight) <= 1e-6F * 100 * weight + 4e-7F);
    }
}
