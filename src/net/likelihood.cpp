#include <blockspin/net/likelihood.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/diagnostics.hpp>
#include <blockspin/net/partition_function.hpp>
#include <blockspin/net/variational.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/stats/log_mean.hpp>

#include "idle_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blockspin::net {

static_assert(process::Process<Likelihood>);

namespace {

// Half-steps of the draws, two each.
constexpr std::int32_t forward_half_step = 0, backward_half_step = 2, pilot_half_step = 4;
/// Step of the draws that send data upwards: beyond those of any training.
constexpr std::int64_t upward_step = (std::int64_t{1} << 40) - 1;

/// A rank's share of annealed chains, all trainings in one array.
RowRange chains_of(std::int64_t chains, const mpi::Communicator& comm) { return rows_of_rank(chains, comm); }

} // namespace

void LikelihoodParameters::check(io::Problems& problems) const {
    const LikelihoodParameters usual{};
    const auto of_annealing = [&](const char* key, const auto& value, const auto& by_default) {
        needs(problems, key, method == "annealing", "method = \"annealing\"", value, by_default);
    };
    of_annealing("chains", chains, usual.chains);
    of_annealing("temperatures", temperatures, usual.temperatures);
    of_annealing("ladder", ladder, usual.ladder);
    of_annealing("reverse.rows", reverse.rows, usual.reverse.rows);
    needs(problems, "reverse.chains", reverse.rows > 0, "reverse.rows", reverse.chains, usual.reverse.chains);
}

Likelihood::Likelihood(const mpi::Communicator& comm, LikelihoodTask task, Dataset data, Split rows,
                       process::Timers& timers)
    : comm_(comm), task_(std::move(task)), key_(task_.seed), timers_(timers), data_(std::move(data)),
      rows_(std::move(rows)),
      reversed_rows_(evenly_spread(rows_.held_out, static_cast<std::size_t>(task_.parameters.reverse.rows))) {
    const LikelihoodParameters& p = task_.parameters;
    core::ensure(!task_.stacks.empty() && !task_.stacks.front().empty(), "there are networks to be judged");
    const Stack& stack = task_.stacks.front();
    if (stack.front().visible() != data_.units()) {
        throw core::InputError(fmt::format("[likelihood]: the network has {} visible units, but the data have {}",
                                           stack.front().visible(), data_.units()));
    }
    if (stack.front().hidden_kind != UnitKind::binary) {
        throw core::InputError("[likelihood]: only for binary hidden units: rectified ones are drawn from no energy");
    }
    const bool gaussian = stack.front().visible_kind == UnitKind::gaussian;
    if (gaussian != data_.are_real()) {
        throw core::InputError("[likelihood]: Gaussian visible units go with standardised [data], binary ones do not");
    }
    if (data_.are_means()) {
        throw core::InputError(
            "[likelihood]: units are -1 or +1, and rows of means have no probability: [data] binarise");
    }
    if (reverses() && stack.size() > 1) {
        throw core::InputError("[likelihood] reverse.rows: only for networks of a single layer of hidden units");
    }
    if (reverses() && rows_.held_out.empty()) {
        throw core::InputError("[likelihood] reverse.rows: no rows of the data are held out");
    }
    const bool over_hidden = stack.back().visible_kind == UnitKind::gaussian;
    const int smaller = over_hidden ? stack.back().hidden() : std::min(stack.back().visible(), stack.back().hidden());
    if (enumerates() && smaller > most_enumerated_units) {
        throw core::InputError(fmt::format("[likelihood] method: {} units are too many to enumerate: at most {}",
                                           smaller, most_enumerated_units));
    }
    steps_total_ = enumerates() ? static_cast<std::int64_t>(task_.stacks.size())
                                : p.temperatures + (reverses() ? p.temperatures + 1 : 0);
    ln_z_.resize(task_.stacks.size());
    if (!enumerates()) prepare_annealing();
}

Draws Likelihood::draws(std::size_t training, std::int64_t step, std::int32_t half_step) const noexcept {
    return {.key = key_, .training = static_cast<std::int32_t>(training), .step = step, .half_step = half_step};
}

/// From the data of the top machine: those of the network, sent upwards.
BaseUnits Likelihood::base_of(std::size_t training) const {
    const Stack& stack = task_.stacks[training];
    if (stack.size() == 1) return base_units(data_, rows_.training);
    Dataset data = data_;
    for (std::size_t layer = 0; layer + 1 < stack.size(); ++layer) {
        data = hidden_dataset(comm_, stack[layer], data,
                              draws(training, upward_step - static_cast<std::int64_t>(layer), 0));
    }
    return base_units(data, rows_.training);
}

void Likelihood::prepare_annealing() {
    const auto timing = timers_.time("temperatures of annealing");
    const LikelihoodParameters& p = task_.parameters;
    for (std::size_t t = 0; t < task_.stacks.size(); ++t) {
        bases_.push_back(base_of(t));
        ladders_.push_back(p.ladder == "adaptive"
                               ? adaptive_ladder(comm_, top(t), bases_[t], p.temperatures, draws(t, 0, pilot_half_step))
                               : uniform_ladder(p.temperatures));
        forward_.emplace_back(top(t), bases_[t], chains_of(p.chains, comm_));
        forward_[t].start_from_base(draws(t, 0, forward_half_step));
        if (!reverses()) continue;
        const auto chains = static_cast<std::int64_t>(reversed_rows_.size()) * p.reverse.chains;
        backward_.emplace_back(top(t), bases_[t], chains_of(chains, comm_));
        backward_[t].start_from(data_, reversed_rows_, p.reverse.chains);
    }
}

void Likelihood::step() {
    if (enumerates()) {
        const auto timing = timers_.time("enumeration");
        const auto t = static_cast<std::size_t>(steps_done_);
        const double ln_z = ln_partition_function(comm_, to_double(top(t)));
        ln_z_[t] = {.mean = ln_z, .error = io::rounding_error(ln_z), .tau_int = 0.5, .n_eff = 0};
    } else if (steps_done_ < task_.parameters.temperatures) {
        anneal(steps_done_);
    } else {
        anneal_back(steps_done_ - task_.parameters.temperatures);
    }
    ++steps_done_;
    if (done()) evaluate();
}

void Likelihood::anneal(std::int64_t temperature) {
    const auto timing = timers_.time("annealing");
    const auto k = static_cast<std::size_t>(temperature);
    for (std::size_t t = 0; t < forward_.size(); ++t) {
        forward_[t].anneal(ladders_[t][k], ladders_[t][k + 1], draws(t, temperature + 1, forward_half_step));
    }
}

/// First a sweep of the network itself, then the ladder backwards (Burda, Grosse, Salakhutdinov, AISTATS 2015, eq. 15):
/// block Gibbs sampling is reversible, so the sweeps of the reverse chain are those of the forward one.
void Likelihood::anneal_back(std::int64_t temperature) {
    const auto timing = timers_.time("annealing");
    const auto last = static_cast<std::size_t>(task_.parameters.temperatures);
    const auto to = last - static_cast<std::size_t>(temperature), from = std::min(to + 1, last);
    for (std::size_t t = 0; t < backward_.size(); ++t) {
        backward_[t].anneal(ladders_[t][from], ladders_[t][to], draws(t, temperature + 1, backward_half_step));
    }
}

/// What is done once the partition functions are known, or can be.
void Likelihood::evaluate() {
    const auto timing = timers_.time("log-probabilities");
    const auto unnormalised = [&](std::size_t t, std::span<const std::int64_t> rows, std::int64_t first_step) {
        return unnormalised_log_probabilities(comm_, task_.stacks[t], data_, rows,
                                              static_cast<int>(task_.parameters.samples), draws(t, first_step, 0));
    };
    training_.clear();
    held_out_.clear();
    log_weights_.clear();
    backward_rows_.clear();
    for (std::size_t t = 0; t < task_.stacks.size(); ++t) {
        const auto seen = evenly_spread(rows_.training, std::max<std::size_t>(rows_.held_out.size(), 1000));
        training_.push_back(unnormalised(t, seen, 0));
        held_out_.push_back(unnormalised(t, rows_.held_out, task_.parameters.samples));
        if (enumerates()) continue;
        log_weights_.push_back(mpi::all_gather_joined<double>(comm_, forward_[t].log_weights()));
        ln_z_[t] = stats::log_mean_exp(log_weights_[t]);
        ln_z_[t].mean += ln_base_partition_function(bases_[t], top(t).hidden());
        if (!reverses()) continue;
        const auto weights = mpi::all_gather_joined<double>(comm_, backward_[t].log_weights());
        backward_rows_.push_back(reverse_log_probabilities(t, weights));
    }
}

/// ln p of each reversed row: ln f_1(v) − ln Z_0 + ln of the mean of the weights of its chains.
std::vector<stats::Estimate> Likelihood::reverse_log_probabilities(std::size_t training,
                                                                   std::span<const double> weights) const {
    linalg::Matrix<float> visible(static_cast<int>(reversed_rows_.size()), data_.units());
    data_.unpack(reversed_rows_, visible);
    const std::vector<double> energies = free_energies<float>(top(training), visible);
    const double ln_base = ln_base_partition_function(bases_[training], top(training).hidden());
    const auto chains = static_cast<std::size_t>(task_.parameters.reverse.chains);
    std::vector<stats::Estimate> result;
    for (std::size_t r = 0; r < energies.size(); ++r) {
        result.push_back(stats::log_mean_exp(weights.subspan(r * chains, chains)));
        result.back().mean -= energies[r] + ln_base;
    }
    return result;
}

} // namespace blockspin::net
