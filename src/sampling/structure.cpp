#include <blockspin/sampling/structure.hpp>

#include <blockspin/sampling/layer_sums.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace blockspin::sampling {

SmallestModes::SmallestModes(const lattice::Geometry& geometry) : lattice_(geometry.lattice()) {
    const int dimensions = lattice_ == lattice::Lattice::honeycomb ? 1 : geometry.dimension();
    for (int d = 0; d < dimensions; ++d) {
        if (geometry.is_periodic(d)) length_ = std::max(length_, geometry.extents()[d]);
    }
    for (int d = 0; d < dimensions && length_ > 1; ++d) {
        if (geometry.is_periodic(d) && geometry.extents()[d] == length_) directions_.push_back(d);
    }
    constexpr int most_bits = 30, all_bits = 62;
    shift_ =
        std::min(most_bits, all_bits - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(geometry.sites()))));
    for (std::int32_t x = 0; x < length_; ++x) {
        const double angle = 2 * std::numbers::pi * x / length_;
        cos_.push_back(std::llround(std::ldexp(std::cos(angle), shift_)));
        sin_.push_back(std::llround(std::ldexp(std::sin(angle), shift_)));
    }
}

double SmallestModes::scale() const noexcept { return std::ldexp(1.0, shift_); }

double SmallestModes::squared_wave_number() const noexcept {
    const double sine = 2 * std::sin(std::numbers::pi / length_);
    const bool hexagonal = lattice_ == lattice::Lattice::triangular || lattice_ == lattice::Lattice::honeycomb;
    return sine * sine * (hexagonal ? 4.0 / 3.0 : 1.0);
}

void SmallestModes::add(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                        std::span<std::int64_t> sums) const {
    const LayerSums layers(directions_, length_);
    const auto length = static_cast<std::size_t>(length_);
    std::vector<std::int64_t> of_layers(directions_.size() * length);
    layers.add(replicas, i, part, of_layers);
    for (std::size_t n = 0; n < directions_.size(); ++n) {
        for (std::size_t x = 0; x < length; ++x) {
            sums[2 * n] += cos_[x] * of_layers[n * length + x];
            sums[2 * n + 1] += sin_[x] * of_layers[n * length + x];
        }
    }
}

Measurement SmallestModes::measurement() const {
    const Measurement::Add add = [modes = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                                 std::span<std::int64_t> sums) { modes.add(replicas, i, part, sums); };
    return {
        {.name = "fourier",
         .meaning = fmt::format("real and imaginary part of the sum over sites of s_r exp(2 pi i r/L) along each of "
                                "the longest periodic directions, in units of 2^-{}",
                                shift_),
         .width = 2 * directions_.size()},
        add,
        add,
        add};
}

void SmallestModes::add_states(const model::SpinKind& potts, const Replicas& replicas, std::int64_t i,
                               const lattice::Box& part, std::span<std::int64_t> sums) const {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const std::size_t width = 2 * directions_.size();
    const Spin first_state = potts.value(0);
    std::vector<std::int64_t> counts(static_cast<std::size_t>(potts.states()));
    lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        std::ranges::fill(counts, 0);
        for (const Spin spin : row) ++counts[static_cast<std::size_t>(spin - first_state)];
        for (std::size_t n = 0; n < directions_.size(); ++n) {
            const int d = directions_[n];
            const auto first = static_cast<std::size_t>(corner[d] + at[d]);
            for (std::size_t x = 0; d == 0 && x < row.size(); ++x) {
                std::int64_t* const of_state = &sums[static_cast<std::size_t>(row[x] - first_state) * width + 2 * n];
                of_state[0] += cos_[first + x];
                of_state[1] += sin_[first + x];
            }
            for (std::size_t state = 0; d != 0 && state < counts.size(); ++state) {
                sums[state * width + 2 * n] += cos_[first] * counts[state];
                sums[state * width + 2 * n + 1] += sin_[first] * counts[state];
            }
        }
    });
}

Measurement SmallestModes::measurement(const model::SpinKind& potts) const {
    return {
        {.name = "fourier",
         .meaning = fmt::format("real and imaginary part of the sum over the sites in each state of exp(2 pi i r/L) "
                                "along each of the longest periodic directions, in units of 2^-{}",
                                shift_),
         .width = 2 * directions_.size() * static_cast<std::size_t>(potts.states())},
        [modes = *this, potts](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                               std::span<std::int64_t> sums) { modes.add_states(potts, replicas, i, part, sums); }};
}

} // namespace blockspin::sampling
