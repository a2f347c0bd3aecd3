#include <blockspin/net/parameters.hpp>

#include <blockspin/core/error.hpp>

#include "idle_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace blockspin::net {

namespace {

/// From `first` to `last` while t goes from 0 to 1.
double interpolated(const std::string& shape, double first, double last, double t) {
    if (shape == "linear") return first + t * (last - first);
    if (shape == "exponential") return first * std::pow(last / first, t);
    if (shape == "cosine") return last + (first - last) * (1 + std::cos(std::numbers::pi * t)) / 2;
    return first;
}

} // namespace

std::vector<float> NetworkTemperingParameters::inverse_temperatures() const {
    std::vector<float> betas;
    for (std::int64_t rung = 1; rung < rungs; ++rung) {
        const double share = static_cast<double>(rung) / static_cast<double>(rungs - 1);
        betas.push_back(static_cast<float>(1.0 - share * (1.0 - lowest)));
    }
    return betas;
}

LearningRule NetworkParameters::learning_rule(std::int64_t update, std::int64_t updates_per_epoch) const {
    const std::int64_t last = epochs * updates_per_epoch - 1;
    const double t = last > 0 ? static_cast<double>(update) / static_cast<double>(last) : 0.0;
    double now = momentum;
    if (schedule.momentum == "step" && update >= schedule.momentum_epochs * updates_per_epoch) {
        now = schedule.final_momentum;
    } else if (schedule.momentum == "sutskever") {
        now = std::min(1.0 - 0.5 / static_cast<double>(update / 250 + 1), schedule.final_momentum);
    }
    const double final_rate = schedule.final_learning_rate.value_or(learning_rate / 100);
    return {.rate = interpolated(schedule.learning_rate, learning_rate, final_rate, t),
            .momentum = now,
            .l1 = weight_decay.l1,
            .l2 = weight_decay.l2,
            .nesterov = nesterov,
            .max_norm = max_norm};
}

std::vector<SharedWeights> NetworkParameters::shared_weights(const std::vector<std::int64_t>& lattice) const {
    std::vector<SharedWeights> shared;
    if (translation.kernel == 0) return shared;
    if (translation.maps > 1 && layers.size() > 2) {
        throw core::InputError("only machines of a single layer of hidden units have several maps");
    }
    std::vector<std::int64_t> extents = translation.size.empty() ? lattice : translation.size;
    for (std::size_t layer = 0; layer + 1 < layers.size(); ++layer) {
        const SharedWeights& next =
            shared.emplace_back(extents, static_cast<int>(translation.kernel), static_cast<int>(translation.stride),
                                static_cast<int>(translation.maps));
        if (next.visible() != layers[layer] || next.hidden() != layers[layer + 1]) {
            throw core::InputError(fmt::format("layer {} has {} visible and {} hidden units, but the lattice {} and {}",
                                               layer + 1, layers[layer], layers[layer + 1], next.visible(),
                                               next.hidden()));
        }
        extents = next.coarse();
    }
    return shared;
}

void NetworkParameters::check_binary(io::Problems& problems, const std::string& section) const {
    if (tempering.rungs > 1) problems.add(section + "tempering.rungs", "only for binary units");
    if (units == "0/1") problems.add(section + "units", "only for binary units");
}

void NetworkParameters::check_idle(io::Problems& problems) const {
    const NetworkParameters usual{};
    const auto of_kernel = [&](const char* key, const auto& value, const auto& by_default) {
        needs(problems, key, translation.kernel > 0, "translation.kernel", value, by_default);
    };
    const auto of_watch = [&](const char* key, std::int64_t value, std::int64_t by_default) {
        needs(problems, key, watch.likelihood_every > 0, "watch.likelihood_every", value, by_default);
    };
    needs(problems, "tempering.lowest", tempering.rungs > 1, "two or more tempering.rungs", tempering.lowest,
          usual.tempering.lowest);
    needs(problems, "average_decay", follows_means(), "centred or sparsity.cost", average_decay, usual.average_decay);
    needs(problems, "sparsity.target", sparsity.cost > 0, "sparsity.cost", sparsity.target, usual.sparsity.target);
    needs(problems, "momentum", schedule.momentum != "sutskever", "schedule.momentum = \"constant\" or \"step\"",
          momentum, usual.momentum);
    needs(problems, "nesterov", momentum > 0 || schedule.momentum != "constant", "momentum", nesterov, false);
    needs(problems, "schedule.final_momentum", schedule.momentum != "constant", "schedule.momentum",
          schedule.final_momentum, usual.schedule.final_momentum);
    needs(problems, "schedule.momentum_epochs", schedule.momentum == "step", "schedule.momentum = \"step\"",
          schedule.momentum_epochs, usual.schedule.momentum_epochs);
    of_kernel("translation.stride", translation.stride, usual.translation.stride);
    of_kernel("translation.maps", translation.maps, usual.translation.maps);
    of_kernel("translation.size", translation.size, usual.translation.size);
    of_watch("watch.chains", watch.chains, usual.watch.chains);
    of_watch("watch.temperatures", watch.temperatures, usual.watch.temperatures);
}

void NetworkParameters::check(io::Problems& problems) const {
    check_idle(problems);
    if (layers.size() < 2) problems.add("layers", "needs the visible units and at least one layer of hidden ones");
    if (tempering.rungs > 1 && method != "pcd")
        problems.add("tempering.rungs", "only persistent chains (pcd) have any");
    if (early_stopping > 0 && held_out == 0) problems.add("early_stopping", "needs rows that are held out");
    if (hidden_units == "rectified") {
        if (layers.size() > 2) problems.add("hidden_units", "rectified ones only in a single layer");
        if (sparsity.cost > 0) problems.add("sparsity.cost", "only for binary hidden units");
        if (watch.likelihood_every > 0) problems.add("watch.likelihood_every", "only for binary hidden units");
        check_binary(problems);
    }
    if (schedule.learning_rate == "constant" && schedule.final_learning_rate) {
        problems.add("schedule.final_learning_rate", "a constant learning rate has no other at the end");
    }
    if (centred && units == "0/1") problems.add("centred", "does not depend on units: leave out units");
    if (learning_rate * weight_decay.l2 >= 1.0) {
        problems.add("weight_decay.l2", "times learning_rate must be below 1, or the weights oscillate");
    }
}

} // namespace blockspin::net
