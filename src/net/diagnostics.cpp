#include <blockspin/net/diagnostics.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/shards.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <algorithm>

namespace blockspin::net {

namespace {

std::vector<double> reconstruction_errors(const linalg::Matrix<float>& visible, const linalg::Matrix<float>& again) {
    std::vector<double> errors;
    for (int row = 0; row < visible.rows(); ++row) {
        double sum = 0;
        for (int i = 0; i < visible.cols(); ++i) {
            const double half = (static_cast<double>(visible(row, i)) - again(row, i)) / 2;
            sum += half * half;
        }
        errors.push_back(sum / visible.cols());
    }
    return errors;
}

} // namespace

RowDiagnostics diagnose(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data,
                        std::span<const std::int64_t> rows) {
    const RowRange range = rows_of_rank(static_cast<std::int64_t>(rows.size()), comm);
    const Rbm<float> downwards = mirrored(rbm);
    RowDiagnostics mine;
    for (std::int64_t first = range.first; first < range.end; first += shard_rows) {
        const auto count = static_cast<std::size_t>(std::min(shard_rows, range.end - first));
        linalg::Matrix<float> visible(static_cast<int>(count), rbm.visible());
        data.unpack(rows.subspan(static_cast<std::size_t>(first), count), visible);
        const auto again = hidden_means<float>(downwards, hidden_means<float>(rbm, visible));
        const auto energies = free_energies<float>(rbm, visible);
        const auto errors = reconstruction_errors(visible, again);
        mine.free_energy.insert(mine.free_energy.end(), energies.begin(), energies.end());
        mine.reconstruction_error.insert(mine.reconstruction_error.end(), errors.begin(), errors.end());
    }
    return {mpi::all_gather_joined<double>(comm, mine.reconstruction_error),
            mpi::all_gather_joined<double>(comm, mine.free_energy)};
}

std::vector<std::int64_t> evenly_spread(std::span<const std::int64_t> rows, std::size_t most) {
    const std::size_t count = std::min(rows.size(), most);
    std::vector<std::int64_t> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(rows[i * rows.size() / count]);
    return chosen;
}

stats::Estimate mean_over_rows(const Dataset& data, std::span<const std::int64_t> rows,
                               std::span<const double> values) {
    core::ensure(rows.size() == values.size() && !rows.empty(), "one value per row");
    if (rows.size() == 1) return {.mean = values.front(), .n_eff = 1};
    stats::Record chains;
    std::int64_t end = 0;
    std::size_t first = 0;
    for (const std::int64_t length : data.chains()) {
        end += length;
        const auto last = static_cast<std::size_t>(std::ranges::lower_bound(rows, end) - rows.begin());
        if (last > first) chains.push_back(values.subspan(first, last - first));
        first = last;
    }
    return stats::gamma_method(chains);
}

} // namespace blockspin::net
