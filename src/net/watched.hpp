#pragma once

#include <array>
#include <cstddef>

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
