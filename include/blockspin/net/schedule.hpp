#pragma once

#include <cstdint>

namespace blockspin::net {

/// Which step of a training does what: `layers` layers of `epochs` epochs of `batches` minibatches, then `burn_in`
/// sweeps and `sweeps` measured ones.
struct Schedule {
    std::int64_t layers = 1;
    std::int64_t epochs = 1;
    std::int64_t batches = 1; ///< per epoch
    std::int64_t burn_in = 0;
    std::int64_t sweeps = 0;

    std::int64_t updates_per_layer() const noexcept { return epochs * batches; }
    /// Steps before the first sweep.
    std::int64_t updates() const noexcept { return layers * updates_per_layer(); }
    std::int64_t steps() const noexcept { return updates() + burn_in + sweeps; }

    /// The layer that an update belongs to, from 0.
    std::int64_t layer(std::int64_t update) const noexcept { return update / updates_per_layer(); }
    /// Epochs of all layers are numbered through.
    std::int64_t epoch(std::int64_t update) const noexcept { return update / batches; }
    std::int64_t batch(std::int64_t update) const noexcept { return update % batches; }
    /// Is a training begun but not finished in its layer after so many steps?
    bool is_within_layer(std::int64_t steps) const noexcept {
        return steps < updates() && steps % updates_per_layer() != 0;
    }
    /// Epochs that are complete after so many steps.
    std::int64_t epochs_done(std::int64_t steps) const noexcept {
        return (steps < updates() ? steps : updates()) / batches;
    }
    /// Measured sweeps after so many steps.
    std::int64_t sweeps_done(std::int64_t steps) const noexcept {
        return steps > updates() + burn_in ? steps - updates() - burn_in : 0;
    }
};

} // namespace blockspin::net
