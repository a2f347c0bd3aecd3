#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

/// What is watched of one training at the end of an epoch, and its order in storage.
struct Watched {
    static constexpr std::size_t count = 8;
    static constexpr std::array<const char*, count> names{
        "reconstruction_error", "reconstruction_error_error", "free_energy_training", "free_energy_training_error",
        "free_energy_held_out", "free_energy_held_out_error", "weight_rms",           "largest_weight"};

    stats::Estimate reconstruction_error; ///< of held-out rows; of training rows where none are held out
    stats::Estimate free_energy_training;
    stats::Estimate free_energy_held_out; ///< of training rows where none are held out
    double weight_rms = 0;
    double largest_weight = 0;

    /// Held-out minus training free energy of stored values: grows when a machine learns its training rows by heart
    /// (Hinton 2010, section 6).
    static double free_energy_gap(std::span<const double> values) noexcept { return values[4] - values[2]; }
    std::array<double, count> values() const noexcept {
        return {reconstruction_error.mean,
                reconstruction_error.error,
                free_energy_training.mean,
                free_energy_training.error,
                free_energy_held_out.mean,
                free_energy_held_out.error,
                weight_rms,
                largest_weight};
    }
};

} // namespace blockspin::net
