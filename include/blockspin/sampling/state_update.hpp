#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <blockspin/model/parameters.hpp>
#include <blockspin/model/spin_kind.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/replicas.hpp>
#include <blockspin/sampling/stencil_update.hpp>

namespace blockspin::sampling {

/// Single-spin updates of spins of any kind with neighbours that they see alone: colour by colour, every spin takes its
/// new state from a distribution that its neighbours and, for Metropolis, its old state determine.
///   heat bath    state s with probability w(s) / Σ w, w(s) its Boltzmann weight given the neighbours
///   Metropolis   each of the q − 1 others proposed alike, and taken with probability min(1, w(s)/w(old))
/// One random word, addressed by (replica, sweep, site), is compared with the sums of the probabilities of the states
/// up to each. Where all neighbourhoods fit a table (how many neighbours are in which state), these are looked up as
/// 64-bit thresholds; otherwise weights are multiplied neighbour by neighbour and compared to 2^-53. Which of the two
/// follows from spins and lattice alone.
class StateUpdate {
  public:
    /// Replica r of the whole run has the couplings of point r / chains. InputError as of check().
    StateUpdate(const Replicas& replicas, const model::SpinKind& kind, const std::vector<model::Point>& points,
                std::int64_t chains, Dynamics dynamics, const rng::Key& key);

    /// InputError if a periodic side is so short that a site is its own neighbour, or a coupling so large that a single
    /// bond decides beyond the resolution of the random numbers.
    static void check(const lattice::Geometry& geometry, const model::SpinKind& kind,
                      const std::vector<model::Point>& points);

    /// One sweep over all replicas; ghosts need not be fresh before and are not after. `step` numbers the sweep.
    /// Collective in the group.
    void sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const;

  private:
    /// The couplings of one point.
    struct Rule {
        /// The word below which the new state is k or lower, k = 0 … q − 2: [old state, for Metropolis][index][k].
        std::vector<std::uint64_t> thresholds;
        std::vector<double> site;   ///< [state]: weight in the field
        std::vector<double> factor; ///< [byte of the neighbour][state]: what it multiplies the weight by
    };

    void find_digits(const lattice::Geometry& geometry);
    Rule rule(const model::Point& point) const;
    void tabulate(Rule& rule, const model::Point& point) const;
    /// Turns weights, relative to the largest of about 1, into the probability of a new state at most k.
    void cumulate(std::span<double> weights, int old_state) const;

    void update_row(const ColouredRow& row) const;
    void draw_from_table(const ColouredRow& row, std::span<const std::uint64_t> words, const Rule& rule) const;
    void draw_from_weights(const ColouredRow& row, std::span<const std::uint64_t> words, const Rule& rule) const;

    rng::Key key_;
    model::SpinKind kind_;
    Dynamics dynamics_;
    std::int64_t chains_;
    int neighbours_;
    StencilColouring colouring_;
    std::array<std::vector<std::ptrdiff_t>, 2> distances_; ///< to the neighbours in storage, by kind of site
    std::vector<std::int8_t> counted_;                     ///< values whose neighbours are counted in an index
    std::int8_t rest_ = 0;                                 ///< value of all other neighbours
    std::int64_t entries_ = 0;                             ///< of a table; 0 where it would be too large
    std::array<std::int32_t, 256> weight_{};               ///< of a neighbour in the index, by its byte
    std::vector<Rule> rules_;                              ///< [point]
};

} // namespace blockspin::sampling
