#include <blockspin/net/trainer.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/draws.hpp>

#include "training_boxes.hpp"
#include "watched.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::net {

static_assert(process::Process<Trainer>);

namespace {

/// Half-steps of the draws that are not part of a Markov chain.
constexpr std::int32_t upward_half_step = 0xFFFF, start_half_step = 1;

double root_mean_square(const linalg::Matrix<float>& weights) {
    double squares = 0;
    for (const double w : weights.values()) squares += w * w;
    return std::sqrt(squares / static_cast<double>(weights.size()));
}

/// At most this many rows are watched on either side of the split.
constexpr std::size_t most_watched_rows = 1000;

/// The largest number of equal groups of ranks, none of which is without a training.
int number_of_groups(int ranks, std::int64_t trainings) {
    int groups = static_cast<int>(std::min<std::int64_t>(ranks, trainings));
    while (ranks % groups != 0) --groups;
    return groups;
}

std::int64_t batches(const Split& split, const NetworkParameters& parameters) {
    return (static_cast<std::int64_t>(split.training.size()) + parameters.batch - 1) / parameters.batch;
}

/// Without anything to be measured on them, no samples are drawn.
Schedule schedule_of(const NetworkParameters& parameters, const Split& split, bool samples) {
    return {.layers = static_cast<std::int64_t>(parameters.layers.size()) - 1,
            .epochs = parameters.epochs,
            .batches = batches(split, parameters),
            .burn_in = samples ? parameters.fantasy.burn_in : 0,
            .sweeps = samples ? parameters.fantasy.sweeps : 0};
}

Split checked_split(const Dataset& data, const NetworkParameters& parameters) {
    if (data.units() != parameters.layers.front()) {
        throw core::InputError(fmt::format("[network] layers: the first layer has {} units, but the data have {}",
                                           parameters.layers.front(), data.units()));
    }
    return split(data, parameters.held_out);
}

std::vector<SharedWeights> checked_sharing(const Task& task) {
    try {
        return task.parameters.shared_weights(task.lattice);
    } catch (const core::InputError& error) {
        throw core::InputError(fmt::format("[network] translation: {}", error.what()));
    }
}

} // namespace

Trainer::Trainer(const mpi::Communicator& comm, const Task& task, Dataset data, process::Timers& timers)
    : comm_(comm), task_(task), key_(task.seed), timers_(timers), data_(std::move(data)),
      split_(checked_split(data_, task.parameters)),
      watched_training_(evenly_spread(split_.training, most_watched_rows)),
      watched_held_out_(evenly_spread(split_.held_out, most_watched_rows)),
      schedule_(schedule_of(task.parameters, split_, !task.observables.empty())), shared_(checked_sharing(task)),
      groups_(number_of_groups(comm.size(), task.parameters.trainings)), group_(comm.split(group_of(comm.rank()))),
      first_training_(first_training_of(group_of(comm.rank()))) {
    check_start();
    for (std::int64_t training = first_training_; training < first_training_of(group_of(comm.rank()) + 1); ++training) {
        stacks_.push_back(initial_stack(training));
    }
    gradient_rms_.resize(stacks_.size());
}

void Trainer::check_start() const {
    if (task_.start.empty()) return;
    const auto& layers = task_.parameters.layers;
    if (task_.start.size() != 1 && static_cast<std::int64_t>(task_.start.size()) != task_.parameters.trainings) {
        throw core::InputError(fmt::format("[network] from.model: holds {} trainings, neither 1 nor {}",
                                           task_.start.size(), task_.parameters.trainings));
    }
    const Stack& stack = task_.start.front();
    bool fits = stack.size() < layers.size();
    for (std::size_t layer = 0; fits && layer < stack.size(); ++layer) {
        fits = stack[layer].visible() == layers[layer] && stack[layer].hidden() == layers[layer + 1] &&
               stack[layer].visible_kind == visible_kind(layer) && stack[layer].hidden_kind == hidden_kind();
    }
    if (!fits)
        throw core::InputError("[network] from.model: its machines do not have as many units as the layers, or others");
}

/// The machines to begin with, and random ones above them.
Stack Trainer::initial_stack(std::int64_t training) const {
    const auto& layers = task_.parameters.layers;
    Stack stack;
    if (!task_.start.empty()) stack = task_.start[task_.start.size() == 1 ? 0 : static_cast<std::size_t>(training)];
    for (std::size_t layer = 0; layer < stack.size() && !shared_.empty(); ++layer) shared_[layer].tie(stack[layer]);
    while (stack.size() + 1 < layers.size()) stack.push_back(initial_machine(training, stack.size()));
    return stack;
}

Rbm<float> Trainer::initial_machine(std::int64_t training, std::size_t layer) const {
    const auto& layers = task_.parameters.layers;
    const bool shares = !shared_.empty();
    const int visible = shares ? shared_[layer].kernel_sites() : static_cast<int>(layers[layer]);
    const int hidden = shares ? shared_[layer].maps() : static_cast<int>(layers[layer + 1]);
    Rbm<float> random = initial_rbm(visible, hidden, task_.parameters.initial_width, key_,
                                    static_cast<std::int32_t>(training), static_cast<std::int64_t>(layer));
    if (shares) {
        random = shared_[layer].dense(
            SharedParameters<float>{std::move(random.weights), 0.0F, std::move(random.hidden_bias)});
    }
    random.visible_kind = visible_kind(layer);
    random.hidden_kind = hidden_kind();
    return random;
}

Draws Trainer::draws(std::size_t local) const noexcept {
    return {.key = key_,
            .training = static_cast<std::int32_t>(first_training_ + static_cast<std::int64_t>(local)),
            .step = steps_done_};
}

double Trainer::operations_per_update(std::int64_t layer) const noexcept {
    const auto at = static_cast<std::size_t>(layer);
    const NetworkParameters& p = task_.parameters;
    return 2.0 * static_cast<double>(p.layers[at]) * static_cast<double>(p.layers[at + 1]) *
           static_cast<double>(2 * p.gibbs_steps + 3) * static_cast<double>(p.batch) * static_cast<double>(p.trainings);
}

void Trainer::step() {
    if (steps_done_ < schedule_.updates()) {
        train();
    } else {
        sample();
    }
}

/// The data of a layer are those below it sent upwards, so they need not be stored.
void Trainer::prepare(std::int64_t layer) {
    if (layer_ == layer) return;
    const auto timing = timers_.time("data of a layer");
    data_.redraw(key_, 0);
    layer_data_.clear();
    persistent_.assign(is_persistent() ? stacks_.size() : 0,
                       {.inverse_temperatures = task_.parameters.tempering.inverse_temperatures()});
    real_persistent_.assign(persistent_.size(), {});
    means_.assign(task_.parameters.follows_means() ? stacks_.size() : 0, {});
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        if (layer == 0) continue;
        Dataset data = data_;
        for (std::int64_t below = 0; below < layer; ++below) {
            Draws upwards = draws(local);
            upwards.step = (below + 1) * schedule_.updates_per_layer();
            upwards.half_step = upward_half_step;
            data = hidden_dataset(group_, stacks_[local][static_cast<std::size_t>(below)], data, upwards);
        }
        layer_data_.push_back(std::move(data));
    }
    layer_ = layer;
    make_estimator();
    changes_.clear();
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        const Rbm<float>& machine = machine_in_training(local);
        changes_.emplace_back(machine.visible(), machine.hidden());
        if (shares_updates()) changes_.back() = divergence_->part_of(changes_.back());
    }
    take_parts();
}

/// For the machines of the layer in training.
void Trainer::make_estimator() {
    const Rbm<float>& machine = machine_in_training(0);
    const int visible = machine.visible(), hidden = machine.hidden();
    const auto gibbs_steps = static_cast<int>(task_.parameters.gibbs_steps);
    divergence_.reset();
    real_divergence_.reset();
    if (machine.is_binary()) {
        const NetworkParameters& p = task_.parameters;
        const bool tempered = is_persistent() && !p.tempering.inverse_temperatures().empty();
        divergence_.emplace(group_, visible, hidden, gibbs_steps, timers_,
                            tempered ? 1 : unit_parts(group_.size(), p.batch, visible, hidden));
    } else {
        real_divergence_.emplace(group_, visible, hidden, gibbs_steps, timers_);
    }
}

/// What each rank moves by itself until the machines are gathered again.
void Trainer::take_parts() {
    parts_.clear();
    for (std::size_t local = 0; local < stacks_.size() && shares_updates(); ++local)
        parts_.push_back(divergence_->part_of(machine_in_training(local)));
}

/// Before the first update of a layer: visible biases after the data (Hinton 2010, section 8).
void Trainer::start_layer() {
    const auto layer = static_cast<std::size_t>(layer_);
    const bool goes_on = !task_.start.empty() && layer < task_.start.front().size();
    if (goes_on || task_.parameters.initial_visible_bias != "data" || visible_kind(layer) != UnitKind::binary) return;
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        machine_in_training(local).visible_bias = base_biases(data_of(local), split_.training);
        if (!shared_.empty()) shared_[layer].tie(machine_in_training(local));
    }
    take_parts();
}

void Trainer::shuffle(std::int64_t epoch) {
    if (epoch_ == epoch) return;
    if (layer_ == 0) data_.redraw(key_, epoch);
    const auto rows = static_cast<std::int64_t>(split_.training.size());
    orders_.clear();
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        std::vector<std::int64_t> order = rng::permutation(
            key_, {.purpose = rng::Purpose::shuffle, .chain = draws(local).training, .step = epoch}, rows);
        for (std::int64_t& row : order) row = split_.training[static_cast<std::size_t>(row)];
        orders_.push_back(std::move(order));
    }
    epoch_ = epoch;
}

/// Whether the free-energy gap of the layer in training has been above its limit at the end of an epoch.
bool Trainer::has_stopped(std::size_t local) const {
    const double limit = task_.parameters.early_stopping;
    if (limit <= 0) return false;
    const std::int64_t first = layer_ * schedule_.epochs, end = schedule_.epochs_done(steps_done_);
    for (std::int64_t epoch = first; epoch < end; ++epoch) {
        const std::size_t at = (static_cast<std::size_t>(epoch) * stacks_.size() + local) * Watched::count;
        if (Watched::free_energy_gap(std::span(watched_).subspan(at, Watched::count)) > limit) return true;
    }
    return false;
}

/// Does an update look at one weight at a time? Ranks share it then.
bool Trainer::shares_updates() const noexcept {
    const NetworkParameters& p = task_.parameters;
    return divergence_ && shared_.empty() && p.dropout == 0 && p.max_norm == 0;
}

/// The machine is whole again at the end of an epoch, before it is watched.
void Trainer::update_shared(std::size_t local, std::span<const std::int64_t> rows, const LearningRule& rule) {
    PersistentChains* chains = is_persistent() ? &persistent_[local] : nullptr;
    divergence_->update(rule, data_of(local), rows, draws(local), chains, changes_[local], parts_[local],
                        change_of_gradient(local));
    if ((steps_done_ + 1) % schedule_.batches != 0) return;
    divergence_->gather(parts_[local], machine_in_training(local));
    gradient_rms_[local] = divergence_->root_mean_square();
}

void Trainer::train(std::size_t local, std::span<const std::int64_t> rows) {
    const NetworkParameters& parameters = task_.parameters;
    const LearningRule rule = parameters.learning_rule(steps_done_ % schedule_.updates_per_layer(), schedule_.batches);
    if (shares_updates()) return update_shared(local, rows, rule);
    Rbm<float>& machine = machine_in_training(local);
    const Draws here = draws(local);
    Gradient<float>* gradient = nullptr;
    if (parameters.dropout > 0) {
        const auto kept = kept_units(key_, here.training, here.step, machine.hidden(), parameters.dropout);
        Rbm<float> thinned = machine;
        keep_only(kept, thinned);
        gradient = &estimated_gradient(local, thinned, rows);
        keep_only(kept, *gradient);
    } else {
        gradient = &estimated_gradient(local, machine, rows);
    }
    const auto timing = timers_.time("update of parameters");
    if (!shared_.empty()) shared_[static_cast<std::size_t>(layer_)].tie(*gradient);
    update(rule, *gradient, changes_[local], machine);
    if ((steps_done_ + 1) % schedule_.batches == 0) gradient_rms_[local] = root_mean_square(gradient->weights);
}

Gradient<float>& Trainer::estimated_gradient(std::size_t local, const Rbm<float>& machine,
                                             std::span<const std::int64_t> rows) {
    if (real_divergence_) {
        RealChains* chains = is_persistent() ? &real_persistent_[local] : nullptr;
        Gradient<float>& gradient = real_divergence_->gradient(machine, data_of(local), rows, draws(local), chains);
        const auto timing = timers_.time("update of parameters");
        change_gradient(change_of_gradient(local), real_divergence_->data_means(), gradient);
        return gradient;
    }
    PersistentChains* chains = is_persistent() ? &persistent_[local] : nullptr;
    return divergence_->gradient(machine, data_of(local), rows, draws(local), chains, change_of_gradient(local));
}

GradientChange Trainer::change_of_gradient(std::size_t local) {
    const NetworkParameters& p = task_.parameters;
    return {.in_units_0_and_1 = p.units == "0/1",
            .centred = p.centred,
            .sparsity_cost = p.sparsity.cost,
            .sparsity_target = p.sparsity.target,
            .average_decay = p.average_decay,
            .average = p.follows_means() ? &means_[local] : nullptr};
}

void Trainer::train() {
    const std::int64_t layer = schedule_.layer(steps_done_);
    prepare(layer);
    if (steps_done_ % schedule_.updates_per_layer() == 0) start_layer();
    shuffle(schedule_.epoch(steps_done_));
    const auto batch = static_cast<std::size_t>(task_.parameters.batch);
    const std::size_t first = static_cast<std::size_t>(schedule_.batch(steps_done_)) * batch;
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        if (has_stopped(local)) continue;
        const auto rest = std::span<const std::int64_t>(orders_[local]).subspan(first);
        train(local, rest.first(std::min(batch, rest.size())));
    }
    ++steps_done_;
    if (steps_done_ % schedule_.batches == 0) watch();
}

void Trainer::start_chains() {
    const NetworkParameters& parameters = task_.parameters;
    const auto units = static_cast<int>(parameters.layers[parameters.layers.size() - 2]);
    const bool from_data = parameters.fantasy.start == "data";
    if (from_data) prepare(schedule_.layers - 1);
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        FantasyChains& chains = chains_.emplace_back(group_, parameters.fantasy.chains, units);
        Draws start = draws(local);
        start.half_step = start_half_step;
        if (from_data) {
            chains.start_from(data_of(local), split_.training);
        } else {
            chains.start_random(start);
        }
    }
}

void Trainer::sample() {
    data_.redraw(key_, 0);
    if (chains_.empty()) start_chains();
    const auto timing = timers_.time("samples of the network");
    const bool measured = steps_done_ >= schedule_.updates() + schedule_.burn_in;
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        chains_[local].sweep(stacks_[local].back(), draws(local));
        if (!measured) continue;
        const auto values = chains_[local].measure(stacks_[local], task_.observables, draws(local));
        samples_.insert(samples_.end(), values.begin(), values.end());
    }
    ++steps_done_;
}

} // namespace blockspin::net
