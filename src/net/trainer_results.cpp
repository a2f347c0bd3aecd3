#include <blockspin/net/trainer.hpp>

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include "trained_row.hpp"
#include "training_boxes.hpp"
#include "watched.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::net {

namespace {

io::Row data_row(const Observable& observable, const Dataset& data) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(data.rows()));
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<double> values;
    for (const std::int64_t row : rows) values.push_back(observable.of(data.spins(row)));
    const stats::Estimate estimate = mean_over_rows(data, rows, values);
    const char* const note = estimate.too_short() ? "the data are too few for their autocorrelation time" : "";
    return process::estimate_row("network", "", "data " + observable.quantity, estimate, note, observable.unit);
}

/// A row-major array, element by element.
struct Samples {
    const std::vector<double>& values;
    std::size_t sweeps, trainings, chains, observables;

    std::vector<double> series(std::size_t training, std::size_t chain, std::size_t observable) const {
        std::vector<double> result;
        for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
            result.push_back(values[((sweep * trainings + training) * chains + chain) * observables + observable]);
        }
        return result;
    }
    Estimates estimates(std::size_t observable) const {
        Estimates result;
        for (std::size_t training = 0; training < trainings; ++training) {
            std::vector<std::vector<double>> of_chains;
            for (std::size_t chain = 0; chain < chains; ++chain) {
                of_chains.push_back(series(training, chain, observable));
            }
            result.push_back(stats::gamma_method(stats::Record(of_chains.begin(), of_chains.end())));
        }
        return result;
    }
};

} // namespace

/// [epoch][training][quantity] of all trainings, from those of each group.
std::vector<double> Trainer::gathered_epochs(std::span<const double> of_group, std::size_t quantities) const {
    const auto mine = group_.is_root() ? of_group : std::span<const double>();
    const std::vector<double> joined = mpi::all_gather_joined<double>(comm_, mine);
    const auto shape = shape_of_watched();
    std::vector<double> all(joined.size());
    auto from = joined.begin();
    for (int group = 0; group < groups_; ++group) {
        const std::int64_t first = first_training_of(group), end = first_training_of(group + 1);
        const auto length = (end - first) * static_cast<std::ptrdiff_t>(quantities);
        for (std::uint64_t epoch = 0; epoch < shape[0]; ++epoch, from += length) {
            const auto to = (epoch * shape[1] + static_cast<std::uint64_t>(first)) * quantities;
            std::copy_n(from, length, all.begin() + static_cast<std::ptrdiff_t>(to));
        }
    }
    return all;
}

/// [sweep][training][chain][observable] of all chains.
std::vector<double> Trainer::gathered_samples() const {
    const std::vector<double> joined = mpi::all_gather_joined<double>(comm_, samples_);
    const RowRange range = boxes().chains;
    const auto firsts = mpi::all_gather(comm_, range.first), ends = mpi::all_gather(comm_, range.end);
    const auto shape = shape_of_samples();
    std::vector<double> all(joined.size());
    auto from = joined.begin();
    for (std::size_t rank = 0; rank < firsts.size(); ++rank) {
        const int group = group_of(static_cast<int>(rank));
        const auto length = (ends[rank] - firsts[rank]) * static_cast<std::ptrdiff_t>(shape[3]);
        for (std::uint64_t sweep = 0; sweep < shape[0]; ++sweep) {
            for (std::int64_t t = first_training_of(group); t < first_training_of(group + 1); ++t, from += length) {
                const auto row = (sweep * shape[1] + static_cast<std::uint64_t>(t)) * shape[2];
                const auto to = (row + static_cast<std::uint64_t>(firsts[rank])) * shape[3];
                std::copy_n(from, length, all.begin() + static_cast<std::ptrdiff_t>(to));
            }
        }
    }
    return all;
}

/// What was watched of each layer at the end of its training.
std::vector<io::Row> Trainer::rows_of_layers(std::span<const double> watched) const {
    std::vector<io::Row> rows;
    const auto trainings = static_cast<std::size_t>(task_.parameters.trainings);
    for (std::int64_t layer = 0; layer < schedule_.layers; ++layer) {
        const auto epoch = static_cast<std::size_t>((layer + 1) * schedule_.epochs - 1);
        const auto units = static_cast<double>(task_.parameters.layers[static_cast<std::size_t>(layer)]);
        Estimates errors, gaps;
        for (std::size_t t = 0; t < trainings; ++t) {
            const auto now = watched.subspan((epoch * trainings + t) * Watched::count, Watched::count);
            errors.push_back({.mean = now[0], .error = now[1]});
            gaps.push_back(
                {.mean = Watched::free_energy_gap(now) / units, .error = std::hypot(now[5], now[3]) / units});
        }
        rows.push_back(trained_row(fmt::format("reconstruction error, layer {}", layer + 1), "", errors, false));
        if (split_.held_out.empty()) continue;
        rows.push_back(trained_row(fmt::format("free-energy gap per unit, layer {}", layer + 1), "", gaps, false));
    }
    return rows;
}

/// Acceptance in the last epoch of each layer, and round trips in all of them.
std::vector<io::Row> Trainer::rows_of_exchanges(std::span<const double> watched) const {
    std::vector<io::Row> rows;
    if (pairs() == 0) return rows;
    const auto trainings = static_cast<std::size_t>(task_.parameters.trainings);
    const auto of_training = [&](std::int64_t epoch, std::size_t training) {
        return watched.subspan((static_cast<std::size_t>(epoch) * trainings + training) * exchange_quantities(),
                               exchange_quantities());
    };
    std::vector<float> betas{1.0F};
    for (const float beta : task_.parameters.tempering.inverse_temperatures()) betas.push_back(beta);
    const auto chains = static_cast<double>(persistent_chains());
    for (std::int64_t layer = 0; layer < schedule_.layers; ++layer) {
        const std::int64_t first = layer * schedule_.epochs, last = first + schedule_.epochs - 1;
        for (std::size_t pair = 0; pair < pairs(); ++pair) {
            Estimates acceptance;
            for (std::size_t t = 0; t < trainings; ++t) {
                const auto now = of_training(last, t);
                if (std::isfinite(now[2 * pair + 1]))
                    acceptance.push_back({.mean = now[2 * pair], .error = now[2 * pair + 1]});
            }
            if (acceptance.empty()) continue; // fewer than two attempts in an epoch
            rows.push_back(trained_row(fmt::format("acceptance of exchanges, {:.4g} and {:.4g} of 1/T, layer {}",
                                                   betas[pair], betas[pair + 1], layer + 1),
                                       "", acceptance, true));
        }
        Estimates trips;
        for (std::size_t t = 0; t < trainings; ++t) {
            double sum = 0;
            for (std::int64_t epoch = first; epoch <= last; ++epoch) sum += of_training(epoch, t).back();
            trips.push_back({.mean = sum / chains, .error = std::sqrt(std::max(sum, 1.0)) / chains});
        }
        rows.push_back(trained_row(fmt::format("round trips per chain, layer {}", layer + 1), "", trips, true));
    }
    for (io::Row& row : rows) { // the errors are all that is known of the series
        row.tau_int.reset();
        row.n_eff.reset();
        row.note.clear();
    }
    return rows;
}

std::vector<io::Row> Trainer::results() const {
    const std::vector<double> watched = gathered_epochs(watched_, Watched::count), samples = gathered_samples();
    const std::vector<double> exchanges = gathered_epochs(watched_exchanges_, exchange_quantities());
    return mpi::collectively(comm_, [&]() -> std::vector<io::Row> {
        if (!comm_.is_root()) return {};
        const auto shape = shape_of_samples();
        const Samples series{samples, shape[0], shape[1], shape[2], shape[3]};
        std::vector<io::Row> rows;
        for (std::size_t i = 0; i < task_.observables.size(); ++i) {
            const Observable& observable = task_.observables[i];
            rows.push_back(data_row(observable, data_));
            rows.push_back(trained_row("model " + observable.quantity, observable.unit, series.estimates(i), true));
        }
        const auto of_layers = rows_of_layers(watched);
        rows.insert(rows.end(), of_layers.begin(), of_layers.end());
        const auto of_exchanges = rows_of_exchanges(exchanges);
        rows.insert(rows.end(), of_exchanges.begin(), of_exchanges.end());
        for (io::Row& row : rows) row.point = task_.point;
        return rows;
    });
}

} // namespace blockspin::net
