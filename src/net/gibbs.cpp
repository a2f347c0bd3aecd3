#include <blockspin/net/gibbs.hpp>

#include <blockspin/linalg/product.hpp>
#include <blockspin/rng/fill.hpp>

#include "activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace blockspin::net {

namespace {

/// Uniform numbers in [0, 1), two of each word, the low half first; multiples of 2^-24.
void uniforms(std::span<const std::uint64_t> words, float* uniform) {
    const auto number = [](std::uint64_t half) {
        return static_cast<float>(static_cast<std::int32_t>(half)) * 0x1p-24F;
    };
    const std::uint64_t* word = words.data();
    for (std::size_t i = 0; i < words.size(); ++i) {
        uniform[2 * i] = number(word[i] >> 8 & 0xFFFFFF);
        uniform[2 * i + 1] = number(word[i] >> 40);
    }
}

/// Of the first row.
rng::Address first_address(rng::Purpose purpose, const Draws& draws, std::size_t places) {
    return {.purpose = purpose,
            .chain = draws.training,
            .step = draws.step,
            .place = draws.first_row * static_cast<std::int64_t>(places),
            .draw = draws.half_step};
}

/// Two normal numbers of one word (Box and Muller), no larger than 6.7.
std::array<float, 2> normals(std::uint64_t word) {
    const double radius = std::sqrt(-2 * std::log((static_cast<double>(word >> 32) + 0.5) * 0x1p-32));
    const double angle = 2 * std::numbers::pi * static_cast<double>(word & 0xFFFFFFFF) * 0x1p-32;
    return {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle))};
}

float rectified(float x, float normal) { return std::max(0.0F, x + normal * std::sqrt(1.0F / (1.0F + std::exp(-x)))); }

/// +1 where the uniform number of a unit is below its probability.
void draw_row(const float* bias, const float* uniform, std::span<float> units) {
    float* unit = units.data();
#pragma omp simd
    for (std::size_t i = 0; i < units.size(); ++i) {
        unit[i] = uniform[i] < probability_up(unit[i] + bias[i]) ? 1.0F : -1.0F;
    }
}

} // namespace

void hidden_fields(const Rbm<float>& rbm, linalg::MatrixView<const float> visible, linalg::MatrixView<float> fields) {
    linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, visible, rbm.weights, 0.0F, fields);
}

void visible_fields(const Rbm<float>& rbm, linalg::MatrixView<const float> hidden, linalg::MatrixView<float> fields) {
    linalg::gemm(linalg::Op::none, linalg::Op::transpose, 1.0F, hidden, rbm.weights, 0.0F, fields);
}

void draw_units(std::span<const float> bias, rng::Purpose purpose, const Draws& draws,
                linalg::MatrixView<float> units) {
    const std::size_t places = (static_cast<std::size_t>(units.cols()) + 3) / 4;
    std::vector<std::uint64_t> words(2 * places * static_cast<std::size_t>(units.rows()));
    rng::fill_words(draws.key, first_address(purpose, draws, places), words);
    std::vector<float> uniform(4 * places);
    for (int row = 0; row < units.rows(); ++row) {
        uniforms(std::span(words).subspan(2 * places * static_cast<std::size_t>(row), 2 * places), uniform.data());
        draw_row(bias.data(), uniform.data(), units.row(row));
    }
}

void draw_units(UnitKind kind, std::span<const float> bias, rng::Purpose purpose, const Draws& draws,
                linalg::MatrixView<float> units) {
    if (kind == UnitKind::binary) return draw_units(bias, purpose, draws, units);
    const std::size_t places = (static_cast<std::size_t>(units.cols()) + 3) / 4;
    std::vector<std::uint64_t> words(2 * places * static_cast<std::size_t>(units.rows()));
    rng::fill_words(draws.key, first_address(purpose, draws, places), words);
    for (int row = 0; row < units.rows(); ++row) {
        const std::span<float> unit = units.row(row);
        const std::uint64_t* word = words.data() + 2 * places * static_cast<std::size_t>(row);
        for (std::size_t i = 0; i < unit.size(); i += 2) {
            const std::array<float, 2> normal = normals(word[i / 2]);
            for (std::size_t k = i; k < std::min(i + 2, unit.size()); ++k) {
                const float x = unit[k] + bias[k];
                unit[k] = kind == UnitKind::gaussian ? x + normal[k - i] : rectified(x, normal[k - i]);
            }
        }
    }
}

void sample_hidden(const Rbm<float>& rbm, linalg::MatrixView<const float> visible, const Draws& draws,
                   linalg::MatrixView<float> hidden) {
    hidden_fields(rbm, visible, hidden);
    draw_units(rbm.hidden_kind, rbm.hidden_bias, rng::Purpose::rbm_hidden, draws, hidden);
}

void sample_visible(const Rbm<float>& rbm, linalg::MatrixView<const float> hidden, const Draws& draws,
                    linalg::MatrixView<float> visible) {
    visible_fields(rbm, hidden, visible);
    draw_units(rbm.visible_kind, rbm.visible_bias, rng::Purpose::rbm_visible, draws, visible);
}

} // namespace blockspin::net
