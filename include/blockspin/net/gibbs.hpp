#pragma once

#include <cstdint>
#include <span>

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/rng/purpose.hpp>

namespace blockspin::net {

/// Where the random numbers of one half-step of block Gibbs sampling belong: those of row r, unit i are word
/// i mod 4 (32 bits) of place (first_row + r) ⌈units/4⌉ + ⌊i/4⌋.
struct Draws {
    const rng::Key& key;
    std::int32_t training = 0;  ///< number of the training run
    std::int64_t step = 0;      ///< of the training run: its updates, then the sweeps of its own samples
    std::int32_t half_step = 0; ///< within a step: < 2^16
    std::int64_t first_row = 0; ///< number of the first row among those that are worked on in this step, on all ranks
};

/// v W for each row v.
void hidden_fields(const Rbm<float>& rbm, linalg::MatrixView<const float> visible, linalg::MatrixView<float> fields);
/// h W^T for each row h.
void visible_fields(const Rbm<float>& rbm, linalg::MatrixView<const float> hidden, linalg::MatrixView<float> fields);

/// Replaces fields x by units: +1 with probability 1/(1 + e^{−2(x + bias)}), to 4e-7, else −1.
void draw_units(std::span<const float> bias, rng::Purpose purpose, const Draws& draws, linalg::MatrixView<float> units);

/// The same for units of any kind; binary ones by the function above. Normal numbers take the words of two units each.
void draw_units(UnitKind kind, std::span<const float> bias, rng::Purpose purpose, const Draws& draws,
                linalg::MatrixView<float> units);

/// The hidden units drawn given the visible ones, row by row.
void sample_hidden(const Rbm<float>& rbm, linalg::MatrixView<const float> visible, const Draws& draws,
                   linalg::MatrixView<float> hidden);
/// The visible units drawn given the hidden ones, row by row.
void sample_visible(const Rbm<float>& rbm, linalg::MatrixView<const float> hidden, const Draws& draws,
                    linalg::MatrixView<float> visible);

} // namespace blockspin::net
