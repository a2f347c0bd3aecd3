#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

/// What is watched of one training at the end of an epoch, and its order in storage.
struct Watched {
    static constexpr std::size_t count = 15;
    static constexpr std::array<const char*, count> names{"reconstruction_error",
                                                          "reconstruction_error_error",
                                                          "free_energy_training",
                                                          "free_energy_training_error",
                                                          "free_energy_held_out",
                                                          "free_energy_held_out_error",
                                                          "weight_rms",
                                                          "largest_weight",
                                                          "gradient_rms",
                                                          "log_pseudo_likelihood",
                                                          "log_pseudo_likelihood_error",
                                                          "hidden_on",
                                                          "hidden_constant",
                                                          "ln_z",
                                                          "ln_z_error"};

    // Of held-out rows, or of training rows where none are held out: all but free_energy_training and hidden units.
    stats::Estimate reconstruction_error;
    stats::Estimate free_energy_training;
    stats::Estimate free_energy_held_out;
    double weight_rms = 0;
    double largest_weight = 0;
    double gradient_rms = 0;               ///< of the weights, at the last update of the epoch; 0 if there was none
    stats::Estimate log_pseudo_likelihood; ///< of binary units, else NaN, as the next two
    double hidden_on = 0;                  ///< mean probability of hidden units to be on, over training rows
    double hidden_constant = 0;            ///< share of hidden units that are on, or off, in 99 % of the training rows
    stats::Estimate ln_z;                  ///< by annealing; NaN in epochs without

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
                largest_weight,
                gradient_rms,
                log_pseudo_likelihood.mean,
                log_pseudo_likelihood.error,
                hidden_on,
                hidden_constant,
                ln_z.mean,
                ln_z.error};
    }
};

} // namespace blockspin::net
