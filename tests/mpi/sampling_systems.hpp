#pragma once

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/sampling/measurements.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace support {

using namespace blockspin;

/// A lattice at a coupling.
struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    double coupling;
    std::vector<lattice::Boundary> boundaries{};
};

inline const std::vector<System>& systems() {
    constexpr auto open = lattice::Boundary::open, periodic = lattice::Boundary::periodic;
    static const std::vector<System> all{{lattice::Lattice::chain, {24}, 0.9},
                                         {lattice::Lattice::square, {8, 12}, 0.44},
                                         {lattice::Lattice::square, {14, 6}, 0.5, {open, periodic}},
                                         {lattice::Lattice::square, {202, 10}, 0.46},
                                         {lattice::Lattice::triangular, {192, 9}, 0.28},
                                         {lattice::Lattice::honeycomb, {10, 130}, 0.6, {periodic, open}},
                                         {lattice::Lattice::triangular, {6, 9}, 0.28},
                                         {lattice::Lattice::honeycomb, {10, 8}, 0.6},
                                         {lattice::Lattice::cubic, {4, 6, 8}, 0.22},
                                         {lattice::Lattice::hypercubic, {4, 4, 4, 6}, 0.15},
                                         // Held as bits: cut along y, along x and y, with and without shared bits.
                                         {lattice::Lattice::square, {64, 44}, 0.44},
                                         {lattice::Lattice::square, {514, 12}, 0.44},
                                         {lattice::Lattice::square, {130, 1100}, 0.44},
                                         {lattice::Lattice::honeycomb, {132, 36}, 0.6},
                                         {lattice::Lattice::cubic, {16, 130, 10}, 0.22}};
    return all;
}

inline constexpr int replicas = 2, sweeps = 12;

/// The sums of this rank, all measurements one after the other.
inline std::vector<std::int64_t> measure_all(sampling::Replicas& states,
                                             std::span<const sampling::Measurement> measured) {
    std::size_t numbers = 0;
    for (const sampling::Measurement& each : measured) {
        numbers += each.quantity.width * static_cast<std::size_t>(states.count());
    }
    std::vector<std::int64_t> sums(numbers);
    prepare(states, measured);
    measure(states, measured, sums);
    return sums;
}

/// Number of spins of this rank's domains that differ from those of the whole lattice.
inline std::int64_t differences(const sampling::Replicas& part, const sampling::Replicas& whole) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < part.count(); ++i) {
        const auto& here = part.fields()[static_cast<std::size_t>(i)];
        const auto& there = whole.fields()[static_cast<std::size_t>(part.first() + i)];
        for (std::int64_t local = 0; local < part.decomposition().local_sites(); ++local) {
            const auto global = part.geometry().coordinates(part.decomposition().to_global(local));
            lattice::Coordinates at{};
            for (int d = 0; d < lattice::max_dimension; ++d) at[d] = global[d] - part.decomposition().box().offset[d];
            count += here[at] != there[global];
        }
    }
    return count;
}

} // namespace support
