#include <blockspin/net/trainer.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include "watched.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::net {

namespace {

/// Half-step of the draws of annealing: [likelihood] has those before it.
constexpr std::int32_t annealing_half_step = 8;

/// Far beyond any useful parameter, far below what sums of them could overflow at. A NaN is not within bounds.
constexpr float largest_parameter = 1e10F;

bool is_bounded(const Rbm<float>& rbm) {
    return std::ranges::all_of(rbm.parts(), [](std::span<const float> part) {
        return std::ranges::all_of(part, [](float x) { return std::abs(x) < largest_parameter; });
    });
}

/// A hidden unit whose mean is nearer to ±1 is constant.
constexpr double constant_mean = 0.98;

void watch_weights(const Rbm<float>& rbm, Watched& now) {
    double squares = 0;
    for (const double w : rbm.weights.values()) {
        squares += w * w;
        now.largest_weight = std::max(now.largest_weight, std::abs(w));
    }
    now.weight_rms = std::sqrt(squares / static_cast<double>(rbm.weights.size()));
}

const stats::Estimate not_watched{.mean = std::numeric_limits<double>::quiet_NaN(),
                                  .error = std::numeric_limits<double>::quiet_NaN()};

void watch_hidden(UnitKind kind, std::span<const double> means, Watched& now) {
    if (kind != UnitKind::binary) now.hidden_on = now.hidden_constant = not_watched.mean;
    const auto units = static_cast<double>(means.size());
    for (const double mean : means) {
        now.hidden_on += (1.0 + mean) / 2 / units;
        now.hidden_constant += std::abs(mean) > constant_mean ? 1 / units : 0.0;
    }
}

} // namespace

void Trainer::watch() {
    const auto timing = timers_.time("watching");
    const auto layer = static_cast<std::size_t>(layer_);
    mpi::collectively(comm_, [&] {
        if (std::ranges::all_of(stacks_, [&](const Stack& stack) { return is_bounded(stack[layer]); })) return;
        throw core::InputError("[network] learning_rate: too large, the parameters have grown beyond all bounds");
    });
    for (std::size_t local = 0; local < stacks_.size(); ++local) watch(local);
    std::ranges::fill(gradient_rms_, 0.0);
}

void Trainer::watch(std::size_t local) {
    const Rbm<float>& machine = stacks_[local][static_cast<std::size_t>(layer_)];
    const Dataset& data = data_of(local);
    const auto& unseen = watched_held_out_.empty() ? watched_training_ : watched_held_out_;
    const RowDiagnostics training = diagnose(group_, machine, data, watched_training_);
    const RowDiagnostics held_out = diagnose(group_, machine, data, unseen);
    Watched now;
    now.reconstruction_error = mean_over_rows(data, unseen, held_out.reconstruction_error);
    now.free_energy_training = mean_over_rows(data, watched_training_, training.free_energy);
    now.free_energy_held_out = mean_over_rows(data, unseen, held_out.free_energy);
    watch_weights(machine, now);
    now.gradient_rms = gradient_rms_[local];
    now.log_pseudo_likelihood = not_watched;
    if (machine.is_binary()) {
        now.log_pseudo_likelihood =
            mean_over_rows(data, unseen, log_pseudo_likelihoods(group_, machine, data, unseen, draws(local)));
    }
    watch_hidden(machine.hidden_kind, training.hidden_means, now);
    now.ln_z = watched_ln_z(local);
    const auto values = now.values();
    watched_.insert(watched_.end(), values.begin(), values.end());
    if (pairs() > 0) watch_exchanges(local);
}

/// Of the epoch that ends; NaN where nothing was attempted.
void Trainer::watch_exchanges(std::size_t local) {
    ExchangeRecord& record = persistent_[local].exchanges;
    for (std::size_t pair = 0; pair < pairs(); ++pair) {
        std::vector<double> series;
        for (std::size_t at = pair; at < record.acceptance.size(); at += pairs()) {
            if (record.acceptance[at] >= 0) series.push_back(record.acceptance[at]);
        }
        const stats::Estimate acceptance =
            series.size() > 1 ? stats::gamma_method(stats::Record{series})
                              : stats::Estimate{.mean = series.empty() ? not_watched.mean : series.front(),
                                                .error = not_watched.error};
        watched_exchanges_.push_back(acceptance.mean);
        watched_exchanges_.push_back(acceptance.error);
    }
    watched_exchanges_.push_back(static_cast<double>(mpi::all_reduce(group_, record.round_trips, mpi::Op::sum)));
    record = {};
}

/// By annealing where it is this epoch's turn.
stats::Estimate Trainer::watched_ln_z(std::size_t local) const {
    const WatchParameters& parameters = task_.parameters.watch;
    const std::int64_t epoch = schedule_.epochs_done(steps_done_); // of all layers
    if (parameters.likelihood_every == 0 || ((epoch - 1) % schedule_.epochs + 1) % parameters.likelihood_every != 0) {
        return not_watched;
    }
    Draws here = draws(local);
    here.step = epoch << 21; // more than there are temperatures
    here.half_step = annealing_half_step;
    return annealed_ln_partition_function(group_, stacks_[local][static_cast<std::size_t>(layer_)],
                                          base_units(data_of(local), split_.training), parameters.chains,
                                          parameters.temperatures, here);
}

} // namespace blockspin::net
