#include "learned_data.hpp"

#include "configurations.hpp"

#include <blockspin/mpi/agreement.hpp>
#include <blockspin/net/data_files.hpp>

#include <cmath>
#include <numeric>
#include <utility>

namespace blockspin::app {

namespace {

/// All configurations of one point, chain after chain.
net::Dataset configurations_of(const StoredConfigurations& stored, std::int64_t sites, std::int64_t first_replica,
                               std::int64_t chains) {
    std::vector<std::uint8_t> bits;
    for (std::int64_t chain = 0; chain < chains; ++chain) {
        const auto rows = stored.read(0, stored.rows(), first_replica + chain, 1);
        bits.insert(bits.end(), rows.begin(), rows.end());
    }
    return {static_cast<int>(sites), std::move(bits),
            std::vector<std::int64_t>(static_cast<std::size_t>(chains), stored.rows())};
}

/// Energy and magnetisation per site of configurations on a lattice.
std::vector<net::Observable> observables(const lattice::Geometry& geometry) {
    std::vector<std::pair<std::size_t, std::size_t>> bonds;
    for (std::int64_t site = 0; site < geometry.sites(); ++site) {
        const int kind = geometry.sublattice(geometry.coordinates(site));
        for (const auto& offset : geometry.bond_offsets(kind)) {
            if (const auto other = geometry.neighbour(site, offset)) bonds.emplace_back(site, *other);
        }
    }
    const auto energy = [bonds = std::move(bonds)](std::span<const std::int8_t> spins) {
        std::int64_t sum = 0;
        for (const auto& [a, b] : bonds) sum += spins[a] * spins[b];
        return -static_cast<double>(sum) / static_cast<double>(spins.size());
    };
    const auto abs_magnetization = [](std::span<const std::int8_t> spins) {
        const auto sum = std::accumulate(spins.begin(), spins.end(), std::int64_t{0});
        return std::abs(static_cast<double>(sum)) / static_cast<double>(spins.size());
    };
    return {{.quantity = "energy per site", .unit = "J", .of = energy},
            {.quantity = "|magnetization|", .unit = "", .of = abs_magnetization}};
}

/// The mean of the units.
std::vector<net::Observable> observables_of_rows() {
    const auto mean = [](std::span<const std::int8_t> units) {
        const auto sum = std::accumulate(units.begin(), units.end(), std::int64_t{0});
        return static_cast<double>(sum) / static_cast<double>(units.size());
    };
    return {{.quantity = "mean of the units", .unit = "", .of = mean}};
}

} // namespace

LearnedData learned_data(const Run& run) {
    const Study& study = run.study;
    if (study.data) {
        net::Dataset rows = net::read_data(run.comm, *study.data, rng::Key(study.study.seed));
        const bool real = rows.are_real();
        return {.rows = std::move(rows),
                .point = {},
                .observables = real ? std::vector<net::Observable>() : observables_of_rows()};
    }
    const lattice::Geometry geometry = model::geometry(study.model);
    const std::int64_t chains = study.sample->chains;
    const std::int64_t point = study.chosen_point(study.network ? study.network->from.point : std::nullopt);
    net::Dataset rows = mpi::collectively(run.comm, [&] {
        const StoredConfigurations stored(run.folder.section("sample"));
        return configurations_of(stored, geometry.sites(), point * chains, chains);
    });
    return {.rows = std::move(rows),
            .point = model::points(study.model, study.scan).at(static_cast<std::size_t>(point)).label,
            .observables = observables(geometry)};
}

} // namespace blockspin::app
