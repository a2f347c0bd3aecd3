#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/disorder.hpp>
#include <blockspin/model/operator_basis.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/sampling/couplings.hpp>
#include <blockspin/sampling/parameters.hpp>

namespace blockspin::sampling {

/// What is to be sampled: a lattice, the points of a scan, at each point every sample of the disorder (one where there
/// is none), and the chains of each. Replicas are numbered point by point, sample by sample, chain by chain.
struct Task {
    lattice::Geometry geometry;
    std::vector<model::Point> points;
    SampleParameters parameters;
    std::uint64_t seed = 0;
    model::SpinKind spins = model::SpinKind::ising();
    std::optional<model::DisorderParameters> disorder{};

    std::int64_t samples() const noexcept { return disorder ? disorder->samples : 1; }
    std::int64_t replicas() const noexcept {
        return static_cast<std::int64_t>(points.size()) * samples() * parameters.chains;
    }
    std::int64_t point_of(std::int64_t replica) const noexcept { return replica / parameters.chains / samples(); }
    std::int64_t sample_of(std::int64_t replica) const noexcept { return replica / parameters.chains % samples(); }
    std::int64_t chain_of(std::int64_t replica) const noexcept { return replica % parameters.chains; }
    /// The replica of a chain of a sample at a point.
    std::int64_t replica(std::int64_t point, std::int64_t sample, std::int64_t chain) const noexcept {
        return (point * samples() + sample) * parameters.chains + chain;
    }
    /// The random bonds. InternalError without disorder.
    model::Disorder bonds() const;
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

/// The one coupling in which points differ; empty if there is none. InputError if there are several.
std::string varied_coupling(const std::vector<model::Point>& points);

/// InputError for tempering that does not fit the task.
void check_tempering(const Task& task);

/// Are the fast updates of Ising spins with nearest neighbours, on lattices with a checkerboard, not enough?
bool needs_stencil(const Task& task);

/// The couplings of every replica of a model with no others. InputError if there are others, or no nn.
std::vector<NearestNeighbourCouplings> couplings(const Task& task);

} // namespace blockspin::sampling
