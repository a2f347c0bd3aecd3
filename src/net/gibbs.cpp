#include <blockspin/net/gibbs.hpp>

#include <blockspin/linalg/product.hpp>
#include <blockspin/rng/fill.hpp>

#include "activation.hpp"

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
    const rng::Address first{.purpose = purpose,
                             .chain = draws.training,
                             .step = draws.step,
                             .place = draws.first_row * static_cast<std::int64_t>(places),
                             .draw = draws.half_step};
    rng::fill_words(draws.key, first, words);
    std::vector<float> uniform(4 * places);
    for (int row = 0; row < units.rows(); ++row) {
        uniforms(std::span(words).subspan(2 * places * static_cast<std::size_t>(row), 2 * places), uniform.data());
        draw_row(bias.data(), uniform.data(), units.row(row));
    }
}

void sample_hidden(const Rbm<float>& rbm, linalg::MatrixView<const float> visible, const Draws& draws,
                   linalg::MatrixView<float> hidden) {
    hidden_fields(rbm, visible, hidden);
    draw_units(rbm.hidden_bias, rng::Purpose::rbm_hidden, draws, hidden);
}

void sample_visible(const Rbm<float>& rbm, linalg::MatrixView<const float> hidden, const Draws& draws,
                    linalg::MatrixView<float> visible) {
    visible_fields(rbm, hidden, visible);
    draw_units(rbm.visible_bias, rng::Purpose::rbm_visible, draws, visible);
}

} // namespace blockspin::net
