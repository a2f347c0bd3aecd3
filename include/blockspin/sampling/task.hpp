#pragma once

#include <cstdint>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/parameters.hpp>

namespace blockspin::sampling {

/// What is to be sampled: a lattice, the points of a scan, the chains at each. Replica r is chain r % chains of point
/// r / chains.
struct Task {
    lattice::Geometry geometry;
    std::vector<model::Point> points;
    SampleParameters parameters;
    std::uint64_t seed = 0;
    model::SpinKind spins = model::SpinKind::ising();

    std::int64_t replicas() const noexcept { return static_cast<std::int64_t>(points.size()) * parameters.chains; }
    /// Sweeps in all, thermalization included.
    std::int64_t sweeps() const noexcept { return parameters.thermalization + parameters.sweeps; }
    /// Measurements that are made within the first `sweeps` sweeps.
    std::int64_t measurements(std::int64_t sweeps) const noexcept;
    /// Of these measurements, those whose configuration is stored: evenly spaced, the last one always.
    std::int64_t stored_configurations(std::int64_t measurements) const noexcept;

    /// The operators that have couplings, at every point the same. Of Ising spins.
    model::OperatorBasis operators() const;
    /// Couplings [replica][operator].
    std::vector<std::vector<double>> operator_couplings() const;
    /// Layers of ghosts that they need around a domain.
    std::int32_t ghosts() const;
};

/// InputError for an update that cannot sample the task's lattice and couplings, or a measurement that its spins do not
/// have.
void check_updates(const Task& task);

/// Are the fast updates of Ising spins with nearest neighbours, on lattices with a checkerboard, not enough?
bool needs_stencil(const Task& task);

/// The couplings of every replica of a model with no others. InputError if there are others, or no nn.
std::vector<NearestNeighbourCouplings> couplings(const Task& task);

} // namespace blockspin::sampling
