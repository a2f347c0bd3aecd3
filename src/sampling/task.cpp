#include <blockspin/sampling/task.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/address.hpp>
#include <blockspin/sampling/state_update.hpp>
#include <blockspin/sampling/stencil_model.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/wave_vectors.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace blockspin::sampling {

void SampleParameters::check(io::Problems& problems) const {
    if (update.empty()) problems.add("update", "names no update");
    for (const std::string& name : update) {
        // A second update of one kind would draw the same random numbers.
        if (std::ranges::count(update, name) > 1) problems.add("update", fmt::format("names '{}' twice", name));
    }
    const auto is_cluster_update = [](const std::string& name) { return name == "swendsen-wang" || name == "wolff"; };
    if (measures("clusters") && !std::ranges::any_of(update, is_cluster_update)) {
        problems.add("measure", "clusters come from swendsen-wang or wolff, of which update names neither");
    }
    if (!wave_vectors.empty() && !measures("structure-factor")) {
        problems.add("wave_vectors", "has no effect without measure = [\"structure-factor\"]");
    }
    if (sweeps % measure_every != 0) problems.add("measure_every", "must divide sweeps");
    if (configurations > sweeps / measure_every) {
        problems.add("configurations", fmt::format("only {} measurements are made", sweeps / measure_every));
    }
}

std::int64_t Task::measurements(std::int64_t sweeps) const noexcept {
    return std::max<std::int64_t>(0, sweeps - parameters.thermalization) / parameters.measure_every;
}

std::int64_t Task::stored_configurations(std::int64_t measurements) const noexcept {
    return measurements * parameters.configurations / this->measurements(this->sweeps());
}

model::Disorder Task::bonds() const {
    core::ensure(disorder.has_value(), "a task with disorder has random bonds");
    return {*disorder, seed};
}

model::OperatorBasis Task::operators() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : points.front().couplings) names.push_back(name);
    return model::OperatorBasis::from_names(geometry.lattice(), names);
}

std::vector<std::vector<double>> Task::operator_couplings() const {
    std::vector<std::vector<double>> all;
    const model::OperatorBasis basis = operators();
    for (const model::Point& point : points) {
        std::vector<double> here(basis.size());
        for (const auto& [name, value] : point.couplings) here.at(*basis.find(name)) = value;
        all.insert(all.end(), static_cast<std::size_t>(samples() * parameters.chains), here);
    }
    return all;
}

std::int32_t Task::ghosts() const { return spins.is_ising() ? halo_width(operators()) : 1; }

namespace {

void check_correlations(const Task& task, std::string_view name) {
    const auto refuse = [&](std::string_view reason) {
        throw core::InputError(fmt::format("[sample] measure: {} {}", name, reason));
    };
    if (task.disorder) refuse("is not averaged over random bonds");
    if (task.spins.is_potts()) refuse("sums Ising spins, not Potts spins");
    if (task.spins.is_blume_capel() && name == "two-point-function") refuse("is that of Ising spins");
    if (SmallestModes(task.geometry).directions().empty()) refuse("needs a periodic direction");
}

void check_random_bonds(const Task& task) {
    if (!task.spins.is_ising()) throw core::InputError("[model.disorder]: random bonds are for Ising spins");
    if (!task.points.front().is_nearest_neighbour()) {
        throw core::InputError("[model.disorder]: the bonds of nearest neighbours are random; beside nn, only the "
                               "coupling field goes with them");
    }
    for (int d = 0; d < task.geometry.dimension(); ++d) {
        if (task.geometry.extents()[d] > 1 || !task.geometry.is_periodic(d)) continue;
        throw core::InputError("[model] size: with random bonds, a periodic side is 2 or more");
    }
    constexpr std::int64_t most_replicas = std::int64_t{1} << rng::chain_bits;
    if (task.replicas() > most_replicas) {
        throw core::InputError(fmt::format("[model.disorder] samples: {} points of {} samples of {} chains are more "
                                           "than {} replicas",
                                           task.points.size(), task.samples(), task.parameters.chains, most_replicas));
    }
    couplings(task); // is there one of nearest neighbours?
    for (const std::string& name : task.parameters.update) {
        if (name == "metropolis" || name == "heat-bath") continue;
        throw core::InputError(fmt::format("[sample] update: {} is for couplings that are the same everywhere; random "
                                           "bonds need metropolis or heat-bath",
                                           name));
    }
}

} // namespace

bool needs_stencil(const Task& task) {
    return !task.spins.is_ising() || !task.points.front().is_nearest_neighbour() ||
           !task.geometry.colouring_is_consistent();
}

namespace {

/// Clusters are of occupied sites, and leave those that are empty as they are.
void check_blume_capel(const SampleParameters& parameters) {
    if (parameters.measures("clusters")) {
        throw core::InputError(
            "[sample] measure: clusters are those of Ising or Potts spins, not of Blume-Capel spins");
    }
    const auto is_of_single_spins = [](const std::string& name) { return name == "metropolis" || name == "heat-bath"; };
    if (std::ranges::any_of(parameters.update, is_of_single_spins)) return;
    throw core::InputError(
        fmt::format("[sample] update: {} turns clusters of Blume-Capel spins over and changes no 0; add "
                    "heat-bath or metropolis",
                    fmt::join(parameters.update, ", ")));
}

} // namespace

void check_updates(const Task& task) {
    for (const char* const name : {"structure-factor", "two-point-function"}) {
        if (task.parameters.measures(name)) check_correlations(task, name);
    }
    WaveVectors(task.geometry, task.parameters.wave_vectors);
    if (task.disorder) return check_random_bonds(task);
    const bool is_potts = task.spins.is_potts();
    if (task.spins.is_blume_capel()) check_blume_capel(task.parameters);
    for (const std::string& name : task.parameters.update) {
        if (name == "metropolis" || name == "heat-bath") {
            if (!task.spins.is_ising())
                StateUpdate::check(task.geometry, task.spins, task.points);
            else if (needs_stencil(task))
                StencilModel(task.geometry, task.operators());
            continue;
        }
        for (const NearestNeighbourCouplings& here : couplings(task)) {
            require_no_field(here, name);
            if (is_potts) require_ferromagnet(here, name);
            if (here.coupling < 0 && task.parameters.measures("clusters")) {
                throw core::InputError("[sample] measure: estimators from clusters are for couplings nn >= 0");
            }
        }
    }
}

std::vector<NearestNeighbourCouplings> couplings(const Task& task) {
    std::vector<NearestNeighbourCouplings> all;
    for (const model::Point& point : task.points) {
        for (const auto& [name, value] : point.couplings) {
            if (name == "nn" || name == "field" || !task.spins.is_ising()) continue;
            throw core::InputError(fmt::format("[sample] update: clusters are made of nearest neighbours only; the "
                                               "coupling {} needs metropolis or heat-bath",
                                               name));
        }
        if (point.couplings.find("nn") == nullptr) {
            throw core::InputError("[model] couplings.nn: give a value here or under [scan]");
        }
        const NearestNeighbourCouplings here{.coupling = point.coupling("nn"), .field = point.coupling("field")};
        all.insert(all.end(), static_cast<std::size_t>(task.samples() * task.parameters.chains), here);
    }
    return all;
}

} // namespace blockspin::sampling
