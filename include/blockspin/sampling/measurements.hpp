#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <blockspin/lattice/box.hpp>
#include <blockspin/sampling/replicas.hpp>

namespace blockspin::sampling {

/// What a series holds for every replica at every measurement: `width` integers under one name.
struct Quantity {
    std::string name;    ///< of its dataset
    std::string meaning; ///< attribute of the dataset
    std::size_t width = 1;
};

/// A quantity that is a sum over sites.
struct Measurement {
    using Add =
        std::function<void(const Replicas&, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums)>;
    using AddAll = std::function<void(const Replicas&, std::span<std::int64_t> sums)>;
    using AddLanes = std::function<void(const Replicas&, std::size_t block, std::span<std::int64_t> sums)>;

    Quantity quantity;
    /// Adds what belongs to the sites of `part`, rows of this rank's domain of replica `i` of its group (local
    /// coordinates); over all parts and ranks of the group it adds up to the value. Ghosts are fresh. Called by several
    /// threads at once.
    Add add;
    /// The same from spins held as bits, or nothing where others are needed: parts are cut from PackedLayout::box(),
    /// and of the ghosts only those of colour 1 are fresh.
    Add add_packed = {};
    /// From strips: parts are some words of all runs, as strip_sums.hpp has them, and all ghosts are fresh.
    Add add_strips = {};
    /// Do these strips have all the ghosts that add_strips needs? Always, if nothing.
    std::function<bool(const Replicas&)> strips_suffice = {};
    /// Of all replicas of a block of spins held as lanes, this rank's whole domain: `sums` [lane], a quantity of one
    /// number. Nothing where bytes are needed.
    AddLanes add_lanes = {};
    /// Instead of the others, where sites far apart meet: this rank's share of all replicas of its group,
    /// `sums` [replica][number], from any representation. Collective in the group.
    AddAll add_all = {};
};

struct Task;
class RandomBonds;

/// Those that a task asks for. InputError for one that its lattice does not have. Those of random bonds can be made if
/// the bonds are given.
std::vector<Measurement> measurements(const Task& task, const std::shared_ptr<const RandomBonds>& bonds = nullptr);

/// All quantities whose series a task holds: those of its measurements, then that of ClusterSums if it is asked for.
std::vector<Quantity> quantities(const Task& task);

/// Gets the spins ready for these measurements: held as bits or lanes only if all of them can be made from those, and
/// with fresh ghosts. Collective in the group.
void prepare(Replicas& replicas, std::span<const Measurement> measurements);

/// Makes all measurements on this rank's domains: `sums` [measurement][replica of this group][number], zero before.
/// After prepare(). Integers, so the same for any number of threads and from any representation. Collective in the
/// group.
void measure(const Replicas& replicas, std::span<const Measurement> measurements, std::span<std::int64_t> sums);

/// The measurements below work on spins held as bytes.

/// Σ s_i s_j over the bonds that belong to the sites of a part of a domain, each bond once.
std::int64_t bond_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part);
/// Over the whole domain.
std::int64_t bond_sum(const Replicas& replicas, std::int64_t i);

/// Σ s_i over a part of a domain.
std::int64_t spin_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part);
/// Over the whole domain.
std::int64_t spin_sum(const Replicas& replicas, std::int64_t i);

/// Σ of a row of spins ±1 or 0.
std::int64_t row_sum(std::span<const Spin> row);

/// Series "bond_sum": Σ_<ij> s_i s_j.
Measurement bond_sums();
/// Series "spin_sum": Σ_i s_i.
Measurement spin_sums();
/// Series "square_sum" of Blume–Capel spins: Σ_i s_i², the number of occupied sites.
Measurement square_sums();
/// Series "biquadratic_sum" of Blume–Capel spins: Σ_<ij> s_i² s_j².
Measurement biquadratic_sums();
/// Series "bond_sum" of Potts spins: Σ_<ij> δ(s_i, s_j).
Measurement like_bonds();
/// Series "state_count" of Potts spins: the number of sites in each state.
Measurement state_counts(const model::SpinKind& kind);

} // namespace blockspin::sampling
