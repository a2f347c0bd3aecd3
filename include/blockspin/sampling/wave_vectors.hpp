#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/io/keyed_values.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/measurements.hpp>

namespace blockspin::sampling {

/// Re and Im of an amplitude, or of what one site adds to it, in fixed point.
struct Amplitude {
    std::int64_t re = 0, im = 0;

    friend bool operator==(const Amplitude&, const Amplitude&) = default;
};

/// Named wave vectors k_d = 2π n_d / L_d, anywhere in the Brillouin zone, at which amplitudes M(k) = Σ_r s_r e^{ik·r}
/// are measured: staggered and striped order, the Bragg peaks of the triangular lattice, isotropy off the axes.
///
/// r are the coordinates of the grid. Of lattices along axes that is where sites are; on the triangular lattice they
/// are those in its basis, so that k is in the reciprocal basis: with the third bond along (1, 1), the corner K of its
/// zone is n = (L/3, L/3), the middles M of its edges are (L/2, 0), (0, L/2) and (L/2, L/2). The brick wall of the
/// honeycomb moves its sites along y: its n_y must be 0.
///
/// Of each site the factor e^{ikx} along x and the product of the others are rounded to multiples of 2^−a and 2^−b, so
/// that amplitudes are integers, the same for any layout and however spins are held. Factors that are powers of i are
/// exact (a or b = 0: no rounding at all at (π, π) or (π/2, 0)); others share the bits left by the number of sites,
/// a, b ≤ 30 and N 2^(a+b) < 2^62. What a site adds is then off by less than ε = 2^(1−a) + 2^−b (no term of an exact
/// factor): 2e-9 where one of them is exact and N < 2^31, 8e-6 where both are rounded and N < 2^25. Being periodic, the
/// error is a sum of Fourier modes, and S(k) is off by less than 2ε S(k) + ε² max S. The rounded factors along x add up
/// to zero exactly: wherever n_x ≠ 0, nothing of a uniform magnetization leaks into M(k).
class WaveVectors {
  public:
    /// InputError "[sample] wave_vectors.NAME: …" for another number of components than directions, one that is not
    /// between −L/2 and L/2 or not zero along an open boundary or y of the honeycomb, and for two vectors of equal
    /// S(k), as k and −k.
    WaveVectors(const lattice::Geometry& geometry, const io::KeyedValues<std::vector<std::int64_t>>& vectors);

    std::size_t size() const noexcept { return vectors_.size(); }
    const std::string& name(std::size_t vector) const { return vectors_.at(vector).name; }
    /// Of a stored amplitude, one unit is worth 2^−shift.
    int shift(std::size_t vector) const { return vectors_.at(vector).row_shift + vectors_.at(vector).phase_shift; }

    /// Series "amplitude": Re M(k), Im M(k) of each of the vectors, times 2^shift.
    Measurement measurement() const;

  private:
    struct Vector {
        std::string name;
        lattice::Coordinates n{};
        int row_shift = 0, phase_shift = 0;     ///< a and b
        std::vector<std::int32_t> cosine, sine; ///< of kx at every x, times 2^a, rounded
        /// e^{ikx} at every coordinate along y, z and w.
        std::array<std::vector<std::complex<double>>, lattice::max_dimension - 1> factors{};

        /// What a row at these global coordinates is multiplied by: the product of the factors times 2^b, rounded.
        Amplitude phase(const lattice::Coordinates& at) const;
        /// What sites x = first, first + step, … add to that of their row.
        std::vector<Amplitude> row_weights(std::int64_t first, std::int64_t step, std::size_t count) const;
    };

    static Vector vector_of(const lattice::Geometry& geometry, const std::string& name, const lattice::Coordinates& n);
    void add_bytes(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                   std::span<std::int64_t> sums) const;
    void add_bits(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                  std::span<std::int64_t> sums) const;
    void add_strips(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                    std::span<std::int64_t> sums) const;

    std::vector<Vector> vectors_;
};

} // namespace blockspin::sampling
