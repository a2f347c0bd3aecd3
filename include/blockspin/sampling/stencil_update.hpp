#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/model/operator_basis.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/stencil_model.hpp>

namespace blockspin::sampling {

struct ColouredRow;

/// The acceptance rule of a single-spin update.
enum class Dynamics { heat_bath, metropolis };

/// The 64-bit word below which a random one makes the new spin +1, in this local field.
std::uint64_t threshold_up(Dynamics dynamics, double local_field, bool is_up);

/// Single-spin updates of Ising models with any couplings, colour by colour: on every row the products around all
/// sites are summed operator by operator, and the sums look up the probability of an up spin, which is compared with
/// 64 random bits addressed by (replica, sweep, site). Where the operators have more values than a table holds, the
/// probability is computed from the local field.
class StencilUpdate {
  public:
    /// `couplings` [replica of the whole run][operator of the basis]. The ghosts of the replicas must be at least
    /// halo_width(basis) wide. InputError as of StencilModel.
    StencilUpdate(const Replicas& replicas, const model::OperatorBasis& basis,
                  std::vector<std::vector<double>> couplings, Dynamics dynamics, const rng::Key& key);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const;

  private:
    using Sums = std::vector<std::vector<std::int8_t>>; ///< [operator][site of a row]
    /// The products around a site as distances in storage.
    struct Distances {
        std::vector<std::vector<std::vector<std::ptrdiff_t>>> of_operator;
    };

    void update_row(const ColouredRow& row) const;
    void draw_from_table(const ColouredRow& row, const Sums& sums, std::span<const std::uint64_t> words) const;
    void draw_from_field(const ColouredRow& row, const Sums& sums, std::span<const std::uint64_t> words) const;
    void tabulate();

    rng::Key key_;
    Dynamics dynamics_;
    StencilModel model_;
    StencilColouring colouring_;
    std::vector<std::vector<double>> couplings_;
    std::array<Distances, 2> distances_;             ///< by kind of site
    std::vector<std::int16_t> weights_;              ///< of each operator's sum in the index of a table
    std::vector<std::vector<std::uint64_t>> tables_; ///< [replica][down or up][index]; empty where they are too large
};

} // namespace blockspin::sampling
