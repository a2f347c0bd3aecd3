#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/gibbs.hpp>
#include <blockspin/net/rbm.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

/// What is watched of each row of some data.
struct RowDiagnostics {
    std::vector<double>
        reconstruction_error; ///< mean over units of ((v − r)/2)², r = tanh(a + W tanh(b + v W)); (v − r)² of
    ///< Gaussian ones
    std::vector<double> free_energy;  ///< F(v)
    std::vector<double> hidden_means; ///< of each hidden unit over all rows, to 1e-6
};

/// The diagnostics of the given rows, on every rank; the same bits on any ranks and threads. Collective.
RowDiagnostics diagnose(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data,
                        std::span<const std::int64_t> rows);

/// Units of a row whose conditional probabilities stand for those of all.
inline constexpr int pseudo_units = 16;

/// Σ_i ln p(v_i | all other visible units) of each given row, on every rank; the same bits on any ranks and threads.
/// For more than 16 units an unbiased estimate, from 16 that are evenly spaced from a random one on: row r of the list
/// draws as row r of `draws` (rng::Purpose::pseudo_likelihood). Besag, Biometrika 61 (1974) 192. For
/// binary machines. Collective.
std::vector<double> log_pseudo_likelihoods(const mpi::Communicator& comm, const Rbm<float>& rbm, const Dataset& data,
                                           std::span<const std::int64_t> rows, const Draws& draws);

/// At most `most` of the given rows, evenly spread over them.
std::vector<std::int64_t> evenly_spread(std::span<const std::int64_t> rows, std::size_t most);

/// Mean and error (Γ-method) of one value per row, rows in ascending order, those of one chain of the data being one
/// series. A single row has error 0.
stats::Estimate mean_over_rows(const Dataset& data, std::span<const std::int64_t> rows, std::span<const double> values);

} // namespace blockspin::net
