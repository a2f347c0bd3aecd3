#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/measurements.hpp>

namespace blockspin::sampling {

/// The smallest wave vectors of a lattice, k = 2π/L along one axis of its grid each, at which the second-moment
/// correlation length is measured: the longest periodic directions (on the honeycomb x only, since the brick wall
/// moves its sites along y).
///
/// Amplitudes M(k) = Σ_r s_r e^{ikr} are summed in fixed point, cos and sin rounded to a multiple of 1/scale(), so they
/// are the same for any layout; the rounding changes |M(k)|² by less than 1e-8 of its size for up to 2^32 sites.
class SmallestModes {
  public:
    explicit SmallestModes(const lattice::Geometry& geometry);

    /// Directions of the wave vectors; empty where no direction is periodic.
    const std::vector<int>& directions() const noexcept { return directions_; }
    /// L of these directions.
    std::int32_t length() const noexcept { return length_; }
    /// What one unit of a stored amplitude is worth: 1 / scale() = 2^−shift().
    double scale() const noexcept;
    int shift() const noexcept { return shift_; }
    /// cos and sin of 2πx/L at every coordinate, times scale(), rounded.
    std::span<const std::int64_t> cosines() const noexcept { return cos_; }
    std::span<const std::int64_t> sines() const noexcept { return sin_; }
    /// |k|² on the lattice, 4 sin²(π/L) in the metric in which neighbours are 1 apart: the ξ² of a free field is then
    /// exact. On the triangular lattice, and along the zigzag of the honeycomb, 4/3 of it.
    double squared_wave_number() const noexcept;

    /// Series "fourier": Re M(k), Im M(k) for each of the directions, times scale().
    Measurement measurement() const;
    /// The same of Potts spins: the amplitudes Σ_r δ(s_r, s) e^{ikr} of each of their states, [state][direction][part].
    Measurement measurement(const model::SpinKind& potts) const;

  private:
    void add(const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) const;
    void add_states(const model::SpinKind& potts, const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                    std::span<std::int64_t> sums) const;

    lattice::Lattice lattice_;
    std::vector<int> directions_;
    std::int32_t length_ = 1;
    int shift_ = 0;                 ///< scale() = 2^shift
    std::vector<std::int64_t> cos_; ///< at every coordinate, times scale()
    std::vector<std::int64_t> sin_;
};

} // namespace blockspin::sampling
