#include <blockspin/sampling/measurements.hpp>

#include "packed_sums.hpp"
#include "strip_sums.hpp"

#include <blockspin/sampling/cluster_sums.hpp>
#include <blockspin/sampling/lane_bonds.hpp>
#include <blockspin/sampling/layer_sums.hpp>
#include <blockspin/sampling/operator_sums.hpp>
#include <blockspin/sampling/random_bonds.hpp>
#include <blockspin/sampling/structure.hpp>
#include <blockspin/sampling/task.hpp>
#include <blockspin/sampling/tempering.hpp>
#include <blockspin/sampling/two_point_sums.hpp>
#include <blockspin/sampling/wave_vectors.hpp>

#include <algorithm>
#include <array>
#include <omp.h>

namespace blockspin::sampling {

namespace {

/// Σ of `of_bond(s, s')` over the bonds that belong to the sites of a part of a domain, each bond once; spins beyond
/// open boundaries are 0.
template <class OfBond>
std::int64_t sum_over_bonds(const Replicas& replicas, std::int64_t i, const lattice::Box& part, OfBond&& of_bond) {
    const lattice::Geometry& geometry = replicas.geometry();
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const auto kinds = static_cast<std::size_t>(geometry.sublattices());
    std::int64_t sum = 0;
    lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
        lattice::Coordinates global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + at[d];
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        for (std::size_t kind = 0; kind < kinds; ++kind, ++global[0]) {
            for (const lattice::Coordinates& offset : geometry.bond_offsets(geometry.sublattice(global))) {
                std::ptrdiff_t distance = 0;
                for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
                for (std::size_t x = kind; x < row.size(); x += kinds) {
                    sum += of_bond(row[x], row.data()[static_cast<std::ptrdiff_t>(x) + distance]);
                }
            }
        }
    });
    return sum;
}

/// The domain cut into at most `parts` boxes of whole rows, along its slowest direction.
std::vector<lattice::Box> parts_of(const lattice::Box& domain, int parts) {
    int direction = lattice::max_dimension - 1;
    while (direction > 1 && domain.extent[direction] == 1) --direction;
    const std::int32_t layers = domain.extent[direction];
    const std::int32_t count = std::min(parts, layers);
    std::vector<lattice::Box> boxes(static_cast<std::size_t>(count), domain);
    for (std::int32_t p = 0; p < count; ++p) {
        lattice::Box& box = boxes[static_cast<std::size_t>(p)];
        box.offset[direction] += static_cast<std::int32_t>(std::int64_t{layers} * p / count);
        box.extent[direction] =
            static_cast<std::int32_t>(std::int64_t{layers} * (p + 1) / count) - box.offset[direction];
    }
    return boxes;
}

std::int64_t packed_bond_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) {
    const lattice::Geometry& geometry = replicas.geometry();
    const PackedSpins& spins = replicas.packed()[static_cast<std::size_t>(i)];
    const PackedLayout& layout = spins.layout();
    const std::int32_t first = part.offset[1], last = first + part.extent[1];
    std::int64_t sum = 0; // every bond has one end of colour 0
    for_each_run(part, [&](const lattice::Coordinates& at, int parity) {
        const int bits = layout.bits(at[0]);
        const PackedNeighbours near = neighbour_positions(geometry, layout, at, parity, 0).among(spins.words(1));
        const std::int64_t unlike = count_unlike(spins.words(0) + layout.run(at, parity), near, geometry.coordination(),
                                                 ~Word{0} >> (64 - bits), first, last);
        sum += std::int64_t{geometry.coordination()} * bits * (last - first) - 2 * unlike;
    });
    return sum;
}

std::int64_t packed_spin_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) {
    const PackedSpins& spins = replicas.packed()[static_cast<std::size_t>(i)];
    std::int64_t sum = 0;
    for_each_run(part, [&](const lattice::Coordinates& at, int parity) {
        for (const int colour : {0, 1}) {
            const Stretch words = stretch(spins, at, parity, colour, part);
            sum += 2 * count_bits(words) - std::ssize(words) * spins.layout().bits(at[0]);
        }
    });
    return sum;
}

std::vector<Measurement> potts_measurements(const Task& task) {
    std::vector<Measurement> all{like_bonds(), state_counts(task.spins)};
    if (task.parameters.tempering) all.push_back(current_points(task));
    if (task.parameters.measures("correlation-length")) {
        const SmallestModes modes(task.geometry);
        if (!modes.directions().empty()) all.push_back(modes.measurement(task.spins));
    }
    return all;
}

/// Do strips have the ghosts that are bonded to their spins?
bool bonds_are_reached(const Replicas& replicas) {
    const StripPlan& plan = replicas.strips().front().layout().plan();
    for (int kind = 0; kind < replicas.geometry().sublattices(); ++kind) {
        if (!std::ranges::all_of(replicas.geometry().bond_offsets(kind),
                                 [&](const lattice::Coordinates& offset) { return reaches(plan, offset); })) {
            return false;
        }
    }
    return true;
}

/// Can all measurements be made from spins as they are held?
bool are_made_from_strips(const Replicas& replicas, std::span<const Measurement> measurements) {
    if (replicas.representation() != Representation::strips) return false;
    return std::ranges::all_of(measurements, [&](const Measurement& each) {
        if (each.add_all) return true;
        return each.add_strips && (!each.strips_suffice || each.strips_suffice(replicas));
    });
}

/// measure() of spins held as lanes.
void measure_lanes(const Replicas& replicas, std::span<const Measurement> measurements, std::span<std::int64_t> sums) {
    const LaneSpins& spins = replicas.lanes();
    const auto tasks = spins.blocks().size() * measurements.size();
#pragma omp parallel for schedule(dynamic) if (tasks > 1)
    for (std::size_t task = 0; task < tasks; ++task) {
        const std::size_t block = task / measurements.size(), number = task % measurements.size();
        std::array<std::int64_t, Lanes::count> of_lanes{};
        if (measurements[number].add_lanes) measurements[number].add_lanes(replicas, block, of_lanes);
        const std::int64_t first = static_cast<std::int64_t>(number) * replicas.count() - spins.shift(block);
        for (std::int64_t lane = spins.begin(block); lane < spins.end(block); ++lane) {
            sums[static_cast<std::size_t>(first + lane)] += of_lanes[static_cast<std::size_t>(lane)];
        }
    }
}

/// Those that are made part by part, of spins held as bytes, bits or strips.
void measure_parts(const Replicas& replicas, std::span<const Measurement> measurements, std::span<std::int64_t> sums) {
    const std::int64_t count = replicas.count();
    const Representation from = replicas.representation();
    const lattice::Box domain = from == Representation::bits ? PackedLayout(replicas.decomposition()).box()
                                : from == Representation::strips
                                    ? whole_part(replicas.strips().front().layout())
                                    : lattice::Box{.extent = replicas.decomposition().box().extent};
    const int threads = omp_get_max_threads();
    const auto parts = parts_of(domain, static_cast<int>((threads + count - 1) / count));
    const auto tasks = count * static_cast<std::int64_t>(parts.size());
    const std::int64_t spins = count * replicas.decomposition().local_sites(); // few of them are not worth the threads
#pragma omp parallel for schedule(dynamic) if (tasks > 1 && spins > 4096)
    for (std::int64_t task = 0; task < tasks; ++task) {
        const std::int64_t replica = task % count;
        std::size_t first = 0;
        for (const Measurement& measurement : measurements) {
            const std::size_t width = measurement.quantity.width;
            std::vector<std::int64_t> share(width);
            const Measurement::Add& add = from == Representation::bits     ? measurement.add_packed
                                          : from == Representation::strips ? measurement.add_strips
                                                                           : measurement.add;
            if (add) add(replicas, replica, parts[static_cast<std::size_t>(task / count)], share);
            for (std::size_t n = 0; n < width; ++n) {
#pragma omp atomic
                sums[first + static_cast<std::size_t>(replica) * width + n] += share[n];
            }
            first += static_cast<std::size_t>(count) * width;
        }
    }
}

} // namespace

std::vector<Measurement> measurements(const Task& task, const std::shared_ptr<const RandomBonds>& bonds) {
    if (task.spins.is_potts()) return potts_measurements(task);
    std::vector<Measurement> all{bond_sums(), spin_sums()};
    if (task.parameters.tempering) all.push_back(current_points(task));
    if (task.disorder) all.push_back(random_bond_sums(bonds, task.bonds().unit()));
    if (task.spins.is_blume_capel()) {
        all.push_back(square_sums());
        if (task.points.front().couplings.find("biquadratic") != nullptr) all.push_back(biquadratic_sums());
    } else if (!task.points.front().is_nearest_neighbour()) {
        all.push_back(operator_sums(task.operators()));
    }
    if (task.parameters.measures("correlation-length")) {
        const SmallestModes modes(task.geometry);
        if (!modes.directions().empty()) all.push_back(modes.measurement());
    }
    if (task.parameters.measures("structure-factor")) {
        const SmallestModes modes(task.geometry);
        if (!modes.directions().empty()) all.push_back(LayerSums(modes.directions(), modes.length()).measurement());
    }
    if (!task.parameters.wave_vectors.empty()) {
        all.push_back(WaveVectors(task.geometry, task.parameters.wave_vectors).measurement());
    }
    if (task.parameters.measures("two-point-function")) {
        const TwoPointSums sums(task.geometry);
        if (!sums.displacements().empty()) all.push_back(sums.measurement());
    }
    return all;
}

std::vector<Quantity> quantities(const Task& task) {
    std::vector<Quantity> all;
    for (const Measurement& measurement : measurements(task)) all.push_back(measurement.quantity);
    if (task.parameters.measures("clusters")) all.push_back(ClusterSums(task.geometry).quantity());
    return all;
}

void prepare(Replicas& replicas, std::span<const Measurement> measurements) {
    const bool from_bits =
        std::ranges::all_of(measurements, [](const Measurement& each) { return each.add_packed || each.add_all; });
    if (from_bits && replicas.representation() == Representation::bits) {
        PackedHalo& halo = replicas.packed_halo();
        halo.begin(replicas.packed(), 1);
        halo.end(replicas.packed(), 1);
        return;
    }
    const bool from_lanes =
        std::ranges::all_of(measurements, [](const Measurement& each) { return each.add_lanes || each.add_all; });
    if (from_lanes && replicas.representation() == Representation::lanes) {
        replicas.exchange_lanes();
        return;
    }
    if (are_made_from_strips(replicas, measurements)) return; // whose update leaves all ghosts fresh
    replicas.hold_as(Representation::bytes);
    replicas.begin_exchange();
    replicas.end_exchange();
}

void measure(const Replicas& replicas, std::span<const Measurement> measurements, std::span<std::int64_t> sums) {
    if (replicas.representation() == Representation::lanes)
        measure_lanes(replicas, measurements, sums);
    else
        measure_parts(replicas, measurements, sums);
    for (const Measurement& measurement : measurements) {
        const std::size_t count = static_cast<std::size_t>(replicas.count()) * measurement.quantity.width;
        if (measurement.add_all) measurement.add_all(replicas, sums.first(count));
        sums = sums.subspan(count);
    }
}

std::int64_t bond_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) {
    return sum_over_bonds(replicas, i, part, [](Spin s, Spin other) { return s * other; });
}

std::int64_t bond_sum(const Replicas& replicas, std::int64_t i) {
    return bond_sum(replicas, i, {.extent = replicas.decomposition().box().extent});
}

std::int64_t row_sum(std::span<const Spin> row) {
    constexpr std::size_t lanes = 64, most = 127; // so many sums of ±1 fit a byte
    std::int64_t sum = 0;
    while (row.size() >= lanes) {
        std::array<std::int8_t, lanes> partial{};
        const std::size_t steps = std::min(most, row.size() / lanes);
        for (std::size_t step = 0; step < steps; ++step) {
            const Spin* spins = row.data() + step * lanes;
            for (std::size_t x = 0; x < lanes; ++x) partial[x] = static_cast<std::int8_t>(partial[x] + spins[x]);
        }
        for (const std::int8_t part : partial) sum += part;
        row = row.subspan(steps * lanes);
    }
    for (const Spin spin : row) sum += spin;
    return sum;
}

std::int64_t spin_sum(const Replicas& replicas, std::int64_t i, const lattice::Box& part) {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    std::int64_t sum = 0;
    lattice::for_each_row(part,
                          [&](const lattice::Coordinates& at) { sum += row_sum(field.row(at[1], at[2], at[3])); });
    return sum;
}

std::int64_t spin_sum(const Replicas& replicas, std::int64_t i) {
    return spin_sum(replicas, i, {.extent = replicas.decomposition().box().extent});
}

Measurement bond_sums() {
    return {{.name = "bond_sum", .meaning = "sum over bonds of s_i s_j"},
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += bond_sum(replicas, i, part);
            },
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += packed_bond_sum(replicas, i, part);
            },
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += bond_sum(replicas.geometry(), replicas.strips()[static_cast<std::size_t>(i)], part);
            },
            bonds_are_reached};
}

Measurement spin_sums() {
    return {{.name = "spin_sum", .meaning = "sum over sites of s_i"},
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += spin_sum(replicas, i, part);
            },
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += packed_spin_sum(replicas, i, part);
            },
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                sums[0] += spin_sum(replicas.strips()[static_cast<std::size_t>(i)], part);
            },
            {},
            [](const Replicas& replicas, std::size_t block, std::span<std::int64_t> sums) {
                add_spin_sums(replicas.lanes(), block, sums);
            }};
}

Measurement square_sums() {
    return {{.name = "square_sum", .meaning = "sum over sites of s_i^2"},
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
                lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
                    for (const Spin spin : field.row(at[1], at[2], at[3])) sums[0] += spin * spin;
                });
            }};
}

Measurement biquadratic_sums() {
    return {{.name = "biquadratic_sum", .meaning = "sum over bonds of s_i^2 s_j^2"},
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                const auto squares = [](Spin s, Spin other) { return s * s * other * other; };
                sums[0] += sum_over_bonds(replicas, i, part, squares);
            }};
}

Measurement like_bonds() {
    return {{.name = "bond_sum", .meaning = "number of bonds between spins in one state"},
            [](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                const auto is_like = [](Spin s, Spin other) { return static_cast<int>(s == other); };
                sums[0] += sum_over_bonds(replicas, i, part, is_like);
            }};
}

Measurement state_counts(const model::SpinKind& kind) {
    return {{.name = "state_count",
             .meaning = "number of sites in each state",
             .width = static_cast<std::size_t>(kind.states())},
            [kind](const Replicas& replicas, std::int64_t i, const lattice::Box& part, std::span<std::int64_t> sums) {
                const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
                const Spin first = kind.value(0);
                lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
                    for (const Spin spin : field.row(at[1], at[2], at[3])) {
                        ++sums[static_cast<std::size_t>(spin - first)];
                    }
                });
            }};
}

} // namespace blockspin::sampling
