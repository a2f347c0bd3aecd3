#include <blockspin/sampling/occupied_bonds.hpp>

#include "bond_kernels.hpp"

#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace blockspin::sampling {

namespace {

/// Draws from here on are the further bits of the bonds in direction 0, 1, …
constexpr std::int32_t tail_draws = 16;

/// The exclusive or of +1 and −1.
constexpr std::uint8_t unlike = 0xFE;

std::vector<OccupiedBonds::Direction> directions_of(const Replicas& replicas) {
    const lattice::Geometry& geometry = replicas.geometry();
    const lattice::Field<Spin> field(lattice::layout(replicas.decomposition(), replicas.ghosts()));
    const auto everywhere = geometry.bond_offsets(geometry.sublattices() - 1);
    std::vector<OccupiedBonds::Direction> directions;
    for (const lattice::Coordinates& offset : geometry.bond_offsets(0)) {
        std::ptrdiff_t distance = 0;
        for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
        directions.push_back({offset, distance, std::ranges::find(everywhere, offset) == everywhere.end()});
    }
    return directions;
}

std::vector<OccupiedBonds::Row> rows_of(const Replicas& replicas) {
    const lattice::Decomposition& decomposition = replicas.decomposition();
    const lattice::Geometry& geometry = decomposition.geometry();
    const lattice::Field<Spin> field(lattice::layout(decomposition, replicas.ghosts()));
    const lattice::Coordinates& extent = decomposition.box().extent;
    std::vector<OccupiedBonds::Row> rows;
    for (lattice::Coordinates at{}; at[3] < extent[3]; ++at[3]) {
        for (at[2] = 0; at[2] < extent[2]; ++at[2]) {
            for (at[1] = 0; at[1] < extent[1]; ++at[1]) {
                const std::int64_t site = *decomposition.site_at(at);
                rows.push_back({.site = site,
                                .number = site / geometry.extents()[0],
                                .start = field.position(at),
                                .is_even = geometry.colour(geometry.coordinates(site)) == 0});
            }
        }
    }
    return rows;
}

} // namespace

std::vector<BondLaw> bond_laws(const Replicas& replicas, const std::vector<NearestNeighbourCouplings>& couplings,
                               std::string_view update) {
    std::vector<BondLaw> laws;
    for (const NearestNeighbourCouplings& here : couplings) {
        require_no_field(here, update);
        if (replicas.kind().is_potts()) {
            require_ferromagnet(here, update);
            laws.push_back({.occupation = -std::expm1(-here.coupling), .favours_equal = true});
        } else {
            laws.push_back(
                {.occupation = -std::expm1(-2.0 * std::abs(here.coupling)), .favours_equal = here.coupling >= 0.0});
        }
    }
    return laws;
}

OccupiedBonds::OccupiedBonds(const Replicas& replicas, std::span<const BondLaw> laws, rng::Purpose purpose,
                             const rng::Key& key)
    : key_(key), purpose_(purpose), lattice_length_(replicas.geometry().extents()[0]),
      length_(static_cast<std::size_t>(replicas.decomposition().box().extent[0])), directions_(directions_of(replicas)),
      rows_(rows_of(replicas)) {
    for (const BondLaw& law : laws) {
        const double bytes = std::min(law.occupation * 256.0, 255.0), leading = std::floor(bytes);
        laws_.push_back({.difference = std::vector<std::uint8_t>(length_, law.favours_equal ? 0 : unlike),
                         .threshold = std::vector<std::uint8_t>(length_, static_cast<std::uint8_t>(leading)),
                         .tail = probability_threshold(law.occupation * 256.0 - leading)});
    }
}

void OccupiedBonds::draw(const Replicas& replicas, std::int64_t i, std::int64_t step, std::size_t row,
                         std::size_t direction, Scratch& scratch) const {
    const auto& [site, number, start, is_even] = rows_[row];
    const std::int64_t words_per_row = (lattice_length_ + 7) / 8, x = site - number * lattice_length_;
    const rng::Address row_zero{.purpose = purpose_,
                                .chain = static_cast<std::int32_t>(replicas.first() + i),
                                .step = step,
                                .draw = static_cast<std::int32_t>(direction)};
    const auto words = static_cast<std::size_t>((x + static_cast<std::int64_t>(length_) + 7) / 8 - x / 8);
    const auto random = scratch.random.words(key_, row_zero, (words_per_row + 1) / 2, number, x / 8, words);
    scratch.occupied.resize((length_ + 63) / 64);
    scratch.undecided.resize((length_ + 63) / 64);
    const Uniform& law = laws_[static_cast<std::size_t>(replicas.slot(i))];
    const Spin* const spins = replicas.fields()[static_cast<std::size_t>(i)].values().data() + start;
    occupy({.spins = spins,
            .partners = spins + directions_[direction].distance,
            .difference = law.difference.data(),
            .random = reinterpret_cast<const std::uint8_t*>(random.data()) + x % 8,
            .threshold = law.threshold.data(),
            .length = length_},
           scratch.occupied, scratch.undecided);
    decide(row_zero, site, law.tail, scratch);
    if (!directions_[direction].on_even_sites_only) return;
    const std::uint64_t even = is_even ? 0x5555555555555555 : 0xAAAAAAAAAAAAAAAA;
    for (std::uint64_t& word : scratch.occupied) word &= even;
}

void OccupiedBonds::decide(const rng::Address& row_zero, std::int64_t first_site, std::uint64_t tail,
                           Scratch& scratch) const {
    rng::Address address = row_zero;
    address.draw += tail_draws;
    for (std::size_t w = 0; w < scratch.undecided.size(); ++w) {
        for (std::uint64_t left = scratch.undecided[w]; left != 0; left &= left - 1) {
            const int bit = std::countr_zero(left);
            address.place = first_site + static_cast<std::int64_t>(w * 64) + bit;
            if (rng::word64(key_, address) < tail) scratch.occupied[w] |= std::uint64_t{1} << bit;
        }
    }
}

} // namespace blockspin::sampling
