#include <blockspin/sampling/wave_vectors.hpp>

#include "packed_sums.hpp"
#include "strip_sums.hpp"

#include <blockspin/core/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

namespace blockspin::sampling {

namespace {

using lattice::Coordinates;

std::int64_t rounded(double x) { return static_cast<std::int64_t>(x + std::copysign(0.5, x)); }

/// The remainder n x mod L, from 0 to L − 1: the phase of e^{2πi n x/L}.
std::int64_t remainder(std::int64_t n, std::int64_t x, std::int64_t length) {
    return (n * x % length + length) % length;
}

/// e^{2πi n x/L}; exact powers of i.
std::complex<double> unit(std::int64_t n, std::int64_t x, std::int64_t length) {
    const std::int64_t remainder = sampling::remainder(n, x, length);
    if (4 * remainder % length == 0) {
        constexpr std::array<std::complex<double>, 4> powers{{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
        return powers[static_cast<std::size_t>(4 * remainder / length)];
    }
    return std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(remainder) / static_cast<double>(length));
}

bool has_powers_of_i_only(std::int64_t n, std::int64_t length) { return 4 * n % length == 0; }

/// Numbers whose sum is zero, as integers whose sum is: rounded, but for those furthest on the side of the sum.
std::vector<std::int32_t> balanced(const std::vector<double>& numbers) {
    std::vector<std::int32_t> integers;
    for (const double number : numbers) integers.push_back(static_cast<std::int32_t>(rounded(number)));
    const std::int64_t sum = std::accumulate(integers.begin(), integers.end(), std::int64_t{0});
    const std::int32_t sign = sum > 0 ? 1 : -1;
    std::vector<std::size_t> order(numbers.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return sign * (integers[i] - numbers[i]); });
    for (std::int64_t i = 0; i < std::abs(sum); ++i) {
        integers[order[static_cast<std::size_t>(i) % order.size()]] -= sign;
    }
    return integers;
}

Amplitude product(const Amplitude& a, const Amplitude& b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/// Σ of the weights of up to 64 spins, each with the sign that its bit in a word says: four bits at a time, by tables.
class SignedSums {
  public:
    explicit SignedSums(std::span<const Amplitude> weights) : nibbles_((weights.size() + 3) / 4) {
        for (std::size_t i = 0; i < weights.size(); ++i) {
            sums_[i / 4][0].re -= weights[i].re;
            sums_[i / 4][0].im -= weights[i].im;
        }
        for (std::size_t i = 0; i < nibbles_; ++i) {
            for (std::size_t bits = 1; bits < 16; ++bits) { // from the sum with the lowest of them turned
                const std::size_t turned = 4 * i + static_cast<std::size_t>(std::countr_zero(bits));
                const Amplitude weight = turned < weights.size() ? weights[turned] : Amplitude{};
                const Amplitude& other = sums_[i][bits & (bits - 1)];
                sums_[i][bits] = {other.re + 2 * weight.re, other.im + 2 * weight.im};
            }
        }
    }
    /// Bits beyond the weights do not matter.
    Amplitude operator()(Word word) const {
        Amplitude sum;
        for (std::size_t i = 0; i < nibbles_; ++i, word >>= 4) {
            const Amplitude& four = sums_[i][word & 15];
            sum.re += four.re;
            sum.im += four.im;
        }
        return sum;
    }

  private:
    std::size_t nibbles_;
    std::array<std::array<Amplitude, 16>, 16> sums_{};
};

/// Σ of weights times spins ±1 or 0.
std::int64_t weighted_sum(std::span<const Spin> row, const std::int32_t* weights) {
    std::int64_t sum = 0;
    for (std::size_t x = 0; x < row.size(); ++x) sum += std::int32_t{row[x]} * weights[x];
    return sum;
}

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
    throw core::InputError(fmt::format("[sample] wave_vectors.{}: {}", name, reason));
}

Coordinates checked(const lattice::Geometry& geometry, const std::string& name, const std::vector<std::int64_t>& n) {
    if (std::ssize(n) != geometry.dimension()) {
        refuse(name, fmt::format("{} components on a lattice of {} directions", n.size(), geometry.dimension()));
    }
    Coordinates vector{};
    for (int d = 0; d < geometry.dimension(); ++d) {
        const std::int64_t component = n[static_cast<std::size_t>(d)], length = geometry.extents()[d];
        if (component < -(length / 2) || component > length / 2) {
            refuse(name, fmt::format("component {} is not between -{} and {}, the zone of {} sites", component,
                                     length / 2, length / 2, length));
        }
        if (component != 0 && !geometry.is_periodic(d)) {
            refuse(name, fmt::format("component {} is along an open boundary, where it must be 0", component));
        }
        if (component != 0 && d == 1 && geometry.lattice() == lattice::Lattice::honeycomb) {
            refuse(name, "the brick wall moves the sites of the honeycomb along y, where the component must be 0");
        }
        vector[d] = static_cast<std::int32_t>(component);
    }
    return vector;
}

/// Do k and ±k' differ by a vector of the reciprocal lattice?
bool are_equivalent(const lattice::Geometry& geometry, const Coordinates& one, const Coordinates& other) {
    const auto differ_by_whole_periods = [&](int sign) {
        for (int d = 0; d < geometry.dimension(); ++d) {
            if ((one[d] - sign * other[d]) % geometry.extents()[d] != 0) return false;
        }
        return true;
    };
    return differ_by_whole_periods(1) || differ_by_whole_periods(-1);
}

} // namespace

WaveVectors::WaveVectors(const lattice::Geometry& geometry, const io::KeyedValues<std::vector<std::int64_t>>& vectors) {
    for (const auto& [name, n] : vectors) {
        const Coordinates here = checked(geometry, name, n);
        for (const Vector& other : vectors_) {
            if (are_equivalent(geometry, here, other.n)) {
                refuse(name, fmt::format("has the same S(k) as {}", other.name));
            }
        }
        vectors_.push_back(vector_of(geometry, name, here));
    }
}

WaveVectors::Vector WaveVectors::vector_of(const lattice::Geometry& geometry, const std::string& name,
                                           const Coordinates& n) {
    Vector vector{.name = name, .n = n, .cosine = {}, .sine = {}};
    const Coordinates& extents = geometry.extents();
    const bool exact_row = has_powers_of_i_only(n[0], extents[0]);
    bool exact_phase = true;
    for (int d = 1; d < lattice::max_dimension; ++d) exact_phase &= has_powers_of_i_only(n[d], extents[d]);
    constexpr int most_bits = 30, all_bits = 62;
    const int bits = all_bits - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(geometry.sites())));
    if (!exact_row) vector.row_shift = std::min(most_bits, exact_phase ? bits : (bits + 1) / 2);
    if (!exact_phase) vector.phase_shift = std::min(most_bits, bits - vector.row_shift);

    std::vector<double> cosine, sine;
    for (std::int32_t x = 0; x < extents[0]; ++x) {
        const std::complex<double> factor = std::ldexp(1.0, vector.row_shift) * unit(n[0], x, extents[0]);
        cosine.push_back(factor.real());
        sine.push_back(factor.imag());
    }
    if (n[0] == 0) {
        vector.cosine.assign(cosine.size(), 1);
        vector.sine.assign(sine.size(), 0);
    } else {
        vector.cosine = balanced(cosine);
        vector.sine = balanced(sine);
    }
    for (int d = 1; d < lattice::max_dimension; ++d) {
        auto& factors = vector.factors[static_cast<std::size_t>(d - 1)];
        for (std::int32_t x = 0; x < extents[d]; ++x) factors.push_back(unit(n[d], x, extents[d]));
    }
    return vector;
}

Amplitude WaveVectors::Vector::phase(const Coordinates& at) const {
    double re = std::ldexp(1.0, phase_shift), im = 0.0;
    for (std::size_t d = 1; d < lattice::max_dimension; ++d) {
        if (n[d] == 0) continue;
        const std::complex<double>& factor = factors[d - 1][static_cast<std::size_t>(at[d])];
        const double real = re * factor.real() - im * factor.imag();
        im = re * factor.imag() + im * factor.real();
        re = real;
    }
    return {rounded(re), rounded(im)};
}

std::vector<Amplitude> WaveVectors::Vector::row_weights(std::int64_t first, std::int64_t step,
                                                        std::size_t count) const {
    std::vector<Amplitude> weights;
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = static_cast<std::size_t>(first + step * static_cast<std::int64_t>(i));
        weights.push_back({cosine[x], sine[x]});
    }
    return weights;
}

void WaveVectors::add_bytes(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                            std::span<std::int64_t> sums) const {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const Coordinates& corner = replicas.decomposition().box().offset;
    lattice::for_each_row(part, [&](const Coordinates& at) {
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        Coordinates global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + at[d];
        for (std::size_t v = 0; v < vectors_.size(); ++v) {
            const Vector& vector = vectors_[v];
            const Amplitude of_row{weighted_sum(row, &vector.cosine[static_cast<std::size_t>(global[0])]),
                                   weighted_sum(row, &vector.sine[static_cast<std::size_t>(global[0])])};
            const Amplitude sum = product(of_row, vector.phase(global));
            sums[2 * v] += sum.re;
            sums[2 * v + 1] += sum.im;
        }
    });
}

void WaveVectors::add_bits(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                           std::span<std::int64_t> sums) const {
    const PackedSpins& spins = replicas.packed()[static_cast<std::size_t>(i)];
    const PackedLayout& layout = spins.layout();
    const Coordinates& corner = replicas.decomposition().box().offset;
    lattice::Box column = part;
    column.extent[0] = 1;
    for (; column.offset[0] < part.offset[0] + part.extent[0]; ++column.offset[0]) {
        const std::int64_t first = corner[0] + std::int64_t{PackedLayout::sites_per_word} * column.offset[0];
        const auto bits = static_cast<std::size_t>(layout.bits(column.offset[0]));
        for (std::size_t v = 0; v < vectors_.size(); ++v) {
            const Vector& vector = vectors_[v];
            const std::array row_sums{SignedSums(vector.row_weights(first, 2, bits)), // sites 0, 2, … and 1, 3, …
                                      SignedSums(vector.row_weights(first + 1, 2, bits))};
            for_each_run(column, [&](const Coordinates& at, int parity) {
                const int site = layout.offset(at, parity, 0);
                const Stretch even = stretch(spins, at, parity, site, part); // of the colour of sites 0, 2, …
                const Stretch odd = stretch(spins, at, parity, 1 - site, part);
                Coordinates global{0, corner[1] + 2 * part.offset[1] + parity, corner[2] + at[2], corner[3] + at[3]};
                for (std::size_t word = 0; word < even.size(); ++word, global[1] += 2) {
                    const Amplitude a = row_sums[0](even[word]), b = row_sums[1](odd[word]);
                    const Amplitude sum = product({a.re + b.re, a.im + b.im}, vector.phase(global));
                    sums[2 * v] += sum.re;
                    sums[2 * v + 1] += sum.im;
                }
            });
        }
    }
}

void WaveVectors::add_strips(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                             std::span<std::int64_t> sums) const {
    const StripSpins& spins = replicas.strips()[static_cast<std::size_t>(i)];
    const StripLayout& layout = spins.layout();
    const StripPlan& plan = layout.plan();
    const int in_row = plan.strips[0]; // so many bits of a word, side by side, are of one row
    for_each_run(layout, [&](std::size_t run, int colour, const Coordinates& column) {
        const Word* const words = spins.words() + run + part.offset[plan.along];
        const std::int64_t first = layout.first_word() + part.offset[plan.along];
        for (std::size_t v = 0; v < vectors_.size(); ++v) {
            const Vector& vector = vectors_[v];
            const SignedSums row_sum(
                vector.row_weights(column[0], plan.length[0], static_cast<std::size_t>(plan.strips[0])));
            for (int lane = 0; lane < plan.lanes(); lane += in_row) {
                Coordinates at = column;
                for (int d = 1, strip = lane / in_row; d < plan.along; strip /= plan.strips[d], ++d) {
                    at[d] += plan.length[d] * (strip % plan.strips[d]);
                }
                at[plan.along] =
                    static_cast<std::int32_t>(plan.residues(colour)[plan.along] + plan.period[plan.along] * first);
                for (std::int32_t word = 0; word < part.extent[plan.along]; ++word) {
                    const Amplitude sum = product(row_sum(words[word] >> lane), vector.phase(at));
                    sums[2 * v] += sum.re;
                    sums[2 * v + 1] += sum.im;
                    at[plan.along] += plan.period[plan.along];
                }
            }
        }
    });
}

Measurement WaveVectors::measurement() const {
    std::vector<std::string> units;
    for (std::size_t v = 0; v < size(); ++v) units.push_back(fmt::format("{}: 2^-{}", name(v), shift(v)));
    return {
        .quantity = {.name = "amplitude",
                     .meaning = fmt::format("real and imaginary part of the sum over sites of s_r exp(i k r) at "
                                            "each wave vector, in units of {}",
                                            fmt::join(units, ", ")),
                     .width = 2 * size()},
        .add = [here = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                              std::span<std::int64_t> sums) { here.add_bytes(replicas, i, part, sums); },
        .add_packed = [here = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                     std::span<std::int64_t> sums) { here.add_bits(replicas, i, part, sums); },
        .add_strips = [here = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                     std::span<std::int64_t> sums) { here.add_strips(replicas, i, part, sums); },
        // Of chains, whose only direction is along the words, bytes are taken.
        .strips_suffice = [](const Replicas& replicas) { return replicas.strips().front().layout().plan().along > 0; }};
}

} // namespace blockspin::sampling
