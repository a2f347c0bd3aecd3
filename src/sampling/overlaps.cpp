#include <blockspin/sampling/overlaps.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/sampling/structure.hpp>

#include <utility>

namespace blockspin::sampling {

namespace {

/// A measurement of spins under another name.
Measurement renamed(Measurement measurement, const char* name, const char* meaning) {
    measurement.quantity.name = name;
    measurement.quantity.meaning = meaning;
    return measurement;
}

std::vector<Measurement> of_overlaps(const Task& task) {
    std::vector<Measurement> all{renamed(spin_sums(), "overlap", "sum over sites of s_r s'_r of two chains"),
                                 renamed(bond_sums(), "link_overlap", "sum over bonds of s_i s_j s'_i s'_j")};
    const SmallestModes modes(task.geometry);
    if (modes.directions().empty()) return all;
    all.push_back(modes.measurement());
    all.back().quantity.name = "overlap_fourier";
    all.back().quantity.meaning = "of s_r s'_r: " + all.back().quantity.meaning;
    return all;
}

Placement placement_of_pairs(const Task& task, const Replicas& replicas) {
    Placement placement = replicas.placement();
    placement.replicas = pairs(task);
    placement.ghosts = 1;
    return placement;
}

std::size_t words(const Replicas& replicas) {
    return static_cast<std::size_t>((replicas.decomposition().local_sites() + 63) / 64);
}

} // namespace

bool measures_overlaps(const Task& task) noexcept {
    return task.disorder && task.samples() > 1 && task.parameters.chains % 2 == 0;
}

std::int64_t pairs(const Task& task) noexcept { return task.replicas() / 2; }

std::vector<Quantity> overlap_quantities(const Task& task) {
    std::vector<Quantity> all;
    for (const Measurement& each : of_overlaps(task)) all.push_back(each.quantity);
    return all;
}

Overlaps::Overlaps(const mpi::Communicator& comm, const Task& task, const Replicas& replicas,
                   const std::filesystem::path& folder)
    : same_domain_(comm.split(comm.rank() % replicas.placement().ranks_per_group())),
      pairs_(comm, task.geometry, placement_of_pairs(task, replicas), rng::Key(task.seed), Start::cold),
      measurements_(of_overlaps(task)), series_(comm, folder, "overlaps", overlap_quantities(task)) {}

/// The spins of this domain of all replicas of the run, words() each.
std::vector<std::uint64_t> Overlaps::all_spins(const Replicas& replicas) const {
    std::vector<std::uint64_t> bits = replicas.bits();
    if (same_domain_.size() == 1) return bits;
    return mpi::all_gather_joined(same_domain_, std::span<const std::uint64_t>(bits));
}

void Overlaps::measure(const Replicas& replicas, std::span<const std::int64_t> slots) {
    std::vector<std::size_t> replica_in(slots.size());
    for (std::size_t r = 0; r < slots.size(); ++r) replica_in[static_cast<std::size_t>(slots[r])] = r;
    const std::vector<std::uint64_t> bits = all_spins(replicas);
    const std::size_t length = words(replicas);
    std::vector<Spin> overlap(static_cast<std::size_t>(replicas.decomposition().local_sites()));
    pairs_.hold_as(Representation::bytes);
    for (std::int64_t i = 0; i < pairs_.count(); ++i) {
        const std::size_t pair = static_cast<std::size_t>(pairs_.first() + i);
        const std::uint64_t* const a = &bits[replica_in[2 * pair] * length];
        const std::uint64_t* const b = &bits[replica_in[2 * pair + 1] * length];
        for (std::size_t x = 0; x < overlap.size(); ++x) {
            overlap[x] = ((a[x / 64] ^ b[x / 64]) >> x % 64 & 1) == 0 ? Spin{1} : Spin{-1};
        }
        auto& field = pairs_.fields()[static_cast<std::size_t>(i)];
        scatter(std::span<const Spin>(overlap), field, interior(field.layout()));
    }
    prepare(pairs_, measurements_);
    sampling::measure(pairs_, measurements_, series_.append(pairs_));
}

} // namespace blockspin::sampling
