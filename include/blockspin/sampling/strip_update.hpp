#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/model/operator_basis.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/stencil_model.hpp>
#include <blockspin/sampling/stencil_update.hpp>
#include <blockspin/sampling/strip_plan.hpp>

namespace blockspin::sampling {

struct StripRule;
struct StripStencil;
struct Task;

/// How the single-spin updates of a task hold spins as strips, if they do: where no faster update is there, and there
/// are few enough different surroundings of a spin. A matter of the study alone.
std::optional<StripPlan> strip_plan(const Task& task);

/// Single-spin updates of Ising models with any couplings, hundreds of spins at a time, held as strips. The products
/// around all spins of a vector are counted bit by bit; every combination of counts has a probability, which is
/// compared with random bits until it is decided: exact to 2^-64. Random words are addressed by (replica, sweep,
/// colour, word).
class StripUpdate {
  public:
    /// `couplings` [replica of the whole run][operator of the basis]. InputError as of StencilModel; InternalError for
    /// more surroundings than StripRule has cases, or none.
    StripUpdate(const Replicas& replicas, const model::OperatorBasis& basis,
                const std::vector<std::vector<double>>& couplings, const StripPlan& plan, Dynamics dynamics,
                const rng::Key& key);
    StripUpdate(StripUpdate&&) noexcept;
    ~StripUpdate();

    /// One sweep over all replicas. `step` numbers the sweep. Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers);

  private:
    /// Words of runs, counted from the first one of the domain.
    struct Stretch {
        std::int32_t first, last;
    };

    void update(Replicas& replicas, int colour, std::int64_t step, std::span<const Stretch> stretches) const;
    static void refresh(Replicas& replicas, std::span<const int> colours);
    static void wrap(Replicas& replicas, std::span<const int> colours);

    rng::Key key_;
    Dynamics dynamics_;
    StripLayout layout_;
    std::vector<StripStencil> stencils_;        ///< [colour]
    std::vector<int> kinds_;                    ///< [colour] lattice::Geometry::sublattice
    std::vector<std::size_t> which_;            ///< [slot] couplings, of those that differ
    std::vector<std::vector<StripRule>> rules_; ///< [kind][which]
};

} // namespace blockspin::sampling
