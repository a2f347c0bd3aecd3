#include <blockspin/net/diagnostics.hpp>
#include <blockspin/net/likelihood.hpp>

#include "trained_row.hpp"
#include "training_boxes.hpp"

#include <algorithm>
#include <cmath>

namespace blockspin::net {

namespace {

/// All trainings belong to one group, which shares the chains of each.
TrainingBoxes boxes(const mpi::Communicator& comm, std::size_t trainings, const RowRange& chains) {
    const auto count = static_cast<std::int64_t>(trainings);
    return {.trainings = count, .first = 0, .count = count, .writes = comm.is_root(), .chains = chains};
}

/// [training][…] of equally long rows, joined.
template <class T> std::vector<T> joined(const std::vector<std::vector<T>>& rows) {
    std::vector<T> all;
    for (const std::vector<T>& row : rows) all.insert(all.end(), row.begin(), row.end());
    return all;
}

template <class T>
void publish_table(io::Writer& writer, const std::string& name, const std::vector<std::vector<T>>& rows,
                   std::string_view meaning) {
    if (rows.empty() || rows.front().empty()) return;
    const std::vector<T> all = joined(rows);
    writer.array<T>(name, {rows.size(), rows.front().size()}, all);
    writer.attribute(name, "meaning", meaning);
}

/// Where fewer independent weights than this carry ln Z, its error means little.
constexpr double fewest_weights = 10;

} // namespace

void Likelihood::save_chains(io::Writer& writer, const std::string& name,
                             const std::vector<AnnealedChains>& chains) const {
    const auto all = static_cast<std::uint64_t>(
        name == "forward" ? task_.parameters.chains
                          : task_.parameters.reverse.chains * static_cast<std::int64_t>(reversed_rows_.size()));
    const TrainingBoxes box = boxes(comm_, chains.size(), chains.front().range());
    const auto units = static_cast<std::uint64_t>(top(0).visible());
    std::vector<std::uint8_t> bits;
    std::vector<float> reals;
    std::vector<double> weights;
    for (const AnnealedChains& of_training : chains) {
        weights.insert(weights.end(), of_training.log_weights().begin(), of_training.log_weights().end());
        if (const AnnealedReals* numbers = of_training.reals()) {
            reals.insert(reals.end(), numbers->units().values().begin(), numbers->units().values().end());
            continue;
        }
        const auto packed = packed_bytes(of_training.bits()->units());
        bits.insert(bits.end(), packed.begin(), packed.end());
    }
    if (chains.front().reals() != nullptr) {
        writer.array(name + "_units", box.of_rank({chains.size(), all, units}, 0), std::span<const float>(reals));
    } else {
        writer.array(name + "_units", box.of_rank({chains.size(), all, (units + 7) / 8}, 0),
                     std::span<const std::uint8_t>(bits));
    }
    writer.array(name + "_log_weights", box.of_rank({chains.size(), all}, 0), std::span<const double>(weights));
}

void Likelihood::load_chains(const io::Reader& reader, const std::string& name,
                             std::vector<AnnealedChains>& chains) const {
    const TrainingBoxes box = boxes(comm_, chains.size(), chains.front().range());
    const io::Slab slab = box.of_rank(reader.shape(name + "_units"), 0);
    const io::Slab slab_of_weights = box.of_rank(reader.shape(name + "_log_weights"), 0);
    const bool are_real = chains.front().reals() != nullptr;
    std::vector<std::uint8_t> bits(are_real ? 0 : slab.elements());
    std::vector<float> reals(are_real ? slab.elements() : 0);
    std::vector<double> weights(slab_of_weights.elements());
    if (are_real) reader.array(name + "_units", slab, std::span(reals));
    if (!are_real) reader.array(name + "_units", slab, std::span(bits));
    reader.array(name + "_log_weights", slab_of_weights, std::span(weights));
    const std::size_t of_chains = slab.elements() / chains.size();
    auto weight = weights.begin();
    for (std::size_t t = 0; t < chains.size(); ++t) {
        AnnealedChains& of_training = chains[t];
        if (are_real) {
            std::ranges::copy(std::span(reals).subspan(t * of_chains, of_chains),
                              of_training.reals()->units().values().begin());
        } else {
            unpack_bytes(std::span(bits).subspan(t * of_chains, of_chains), of_training.bits()->units());
        }
        const auto count = static_cast<std::ptrdiff_t>(of_training.log_weights().size());
        std::copy_n(weight, count, of_training.log_weights().begin());
        weight += count;
    }
}

void Likelihood::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    if (enumerates()) {
        std::vector<double> values;
        for (const stats::Estimate& e : ln_z_) values.push_back(e.mean);
        writer.array("ln_z", values);
        return;
    }
    save_chains(writer, "forward", forward_);
    if (reverses()) save_chains(writer, "backward", backward_);
}

void Likelihood::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done_ > steps_total_) reader.refuse("steps_done", "lies beyond the end of the run");
    if (enumerates()) {
        const auto values = reader.array<double>("ln_z");
        if (values.size() != ln_z_.size()) reader.refuse("ln_z", "is not one number per training");
        for (std::size_t t = 0; t < values.size(); ++t) {
            ln_z_[t] = {.mean = values[t], .error = io::rounding_error(values[t]), .tau_int = 0.5, .n_eff = 0};
        }
    } else {
        load_chains(reader, "forward", forward_);
        if (reverses()) load_chains(reader, "backward", backward_);
    }
    if (done()) evaluate();
}

/// Mean of ln p over rows, in the mean over trainings. The rows are the same for all of these, the errors of ln Z are
/// not.
io::Row Likelihood::row(const std::string& quantity, const std::vector<std::vector<double>>& values,
                        std::span<const std::int64_t> rows) const {
    Estimates of_rows;
    double squares = 0;
    for (std::size_t t = 0; t < values.size(); ++t) {
        of_rows.push_back(mean_over_rows(data_, rows, values[t]));
        of_rows.back().mean -= ln_z_[t].mean;
        squares += ln_z_[t].error * ln_z_[t].error;
    }
    const bool bound = task_.stacks.front().size() > 1;
    io::Row result = trained_row(quantity + (bound ? ", lower bound" : ""), "nats", of_rows, false);
    result.error = std::hypot(*result.error, std::sqrt(squares) / static_cast<double>(values.size()));
    return result;
}

std::vector<io::Row> Likelihood::results() const {
    core::ensure(done(), "log-probabilities are known at the end");
    std::vector<io::Row> rows;
    rows.push_back(trained_row("ln Z", "nats", ln_z_, true));
    if (enumerates()) {
        rows.back().n_eff.reset();
        rows.back().note = "by enumeration";
    } else {
        double fewest = ln_z_.front().n_eff;
        for (const stats::Estimate& e : ln_z_) fewest = std::min(fewest, e.n_eff);
        rows.back().n_eff = fewest;
        rows.back().note = fewest < fewest_weights ? "few chains carry the mean: more temperatures are needed" : "";
    }
    rows.back().tau_int.reset();
    const auto seen = evenly_spread(rows_.training, std::max<std::size_t>(rows_.held_out.size(), 1000));
    rows.push_back(row("training log-probability", training_, seen));
    if (!rows_.held_out.empty()) rows.push_back(row("held-out log-probability", held_out_, rows_.held_out));
    if (reverses()) {
        Estimates backward;
        for (const auto& of_training : backward_rows_) {
            std::vector<double> means;
            for (const stats::Estimate& e : of_training) means.push_back(e.mean);
            backward.push_back(mean_over_rows(data_, reversed_rows_, means));
        }
        rows.push_back(trained_row("held-out log-probability, reverse annealing", "nats", backward, false));
        rows.back().note = "a lower bound in the mean";
    }
    for (io::Row& r : rows) {
        r.section = "likelihood";
        r.point = task_.point;
    }
    return rows;
}

void Likelihood::publish(io::Writer& writer) const {
    std::vector<double> values, errors, weights;
    for (const stats::Estimate& e : ln_z_) {
        values.push_back(e.mean);
        errors.push_back(e.error);
        weights.push_back(e.n_eff);
    }
    writer.array("ln_z", values);
    writer.array("ln_z_error", errors);
    const auto normalised = [&](std::vector<std::vector<double>> rows) {
        for (std::size_t t = 0; t < rows.size(); ++t) {
            for (double& x : rows[t]) x -= values[t];
        }
        return rows;
    };
    publish_table(writer, "training", normalised(training_), "log-probability of training rows [training, row]");
    publish_table(writer, "held_out", normalised(held_out_), "log-probability of held-out rows [training, row]");
    if (enumerates()) return;
    writer.array("effective_weights", weights);
    publish_table(writer, "log_weights", log_weights_, "ln of the weights of annealing [training, chain]");
    publish_table(writer, "ladder", ladders_, "inverse temperatures [training, temperature]");
    std::vector<std::vector<double>> backward;
    for (const auto& of_training : backward_rows_) {
        for (auto& of_row = backward.emplace_back(); const stats::Estimate& e : of_training) of_row.push_back(e.mean);
    }
    publish_table(writer, "reverse", backward, "log-probability of held-out rows by reverse annealing [training, row]");
}

} // namespace blockspin::net
