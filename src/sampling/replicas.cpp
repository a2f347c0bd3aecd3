#include <blockspin/sampling/replicas.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/rng/fill.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace blockspin::sampling {

namespace {

/// A random state per global site: one word for each.
void draw_row(const rng::Key& key, const model::SpinKind& kind, std::int32_t replica, std::int64_t row,
              std::int64_t row_length, std::int32_t x0, std::span<Spin> spins) {
    std::vector<std::uint64_t> words(spins.size());
    const rng::Address first{
        .purpose = rng::Purpose::hot_start, .chain = replica, .place = row * ((row_length + 1) / 2)};
    rng::fill_words(key, first, words, x0);
    for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = random_state(kind, words[i]);
}

/// A random sign per global site: one word per 64 consecutive sites of a row.
void randomise_row(const rng::Key& key, std::int32_t replica, std::int64_t row, std::int64_t words_per_row,
                   std::int32_t x0, std::span<Spin> spins) {
    std::vector<std::uint64_t> words(static_cast<std::size_t>(words_per_row));
    const rng::Address first{
        .purpose = rng::Purpose::hot_start, .chain = replica, .place = row * ((words_per_row + 1) / 2)};
    rng::fill_words(key, first, words);
    for (std::size_t i = 0; i < spins.size(); ++i) {
        const std::size_t x = static_cast<std::size_t>(x0) + i;
        spins[i] = (words[x / 64] >> (x % 64) & 1) != 0 ? Spin{1} : Spin{-1};
    }
}

void randomise(const lattice::Decomposition& decomposition, const rng::Key& key, const model::SpinKind& kind,
               std::int64_t replica, lattice::Field<Spin>& field) {
    const std::int64_t length = decomposition.geometry().extents()[0], words_per_row = (length + 63) / 64;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        const std::int64_t site = *decomposition.site_at(at);
        const std::int64_t row = site / length;
        const auto chain = static_cast<std::int32_t>(replica);
        const std::span<Spin> spins = field.row(at[1], at[2], at[3]);
        if (kind.is_ising())
            randomise_row(key, chain, row, words_per_row, decomposition.box().offset[0], spins);
        else
            draw_row(key, kind, chain, row, length, decomposition.box().offset[0], spins);
    });
}

} // namespace

Spin random_state(const model::SpinKind& kind, std::uint64_t word) noexcept {
    __extension__ using Wide = unsigned __int128;
    return kind.value(static_cast<int>(Wide{word} * static_cast<unsigned>(kind.states()) >> 64));
}

Replicas::Replicas(const mpi::Communicator& comm, const lattice::Geometry& geometry, const Placement& placement,
                   const rng::Key& key, Start start, const model::SpinKind& kind)
    : kind_(kind), placement_(placement),
      decomposition_(geometry, placement.grid, comm.rank() % placement.ranks_per_group()),
      group_(comm.split(placement.group_of(comm.rank()))),
      first_(placement.first_replica(placement.group_of(comm.rank()))),
      count_(placement.first_replica(placement.group_of(comm.rank()) + 1) - first_),
      fields_(static_cast<std::size_t>(count_),
              lattice::Field<Spin>(lattice::layout(decomposition_, placement.ghosts))),
      halo_(group_, decomposition_, lattice::layout(decomposition_, placement.ghosts), Spin{0}, fields_.size()),
      parts_(decomposition_.box().extent, decomposition_.grid(), placement.ghosts) {
    slots_.resize(static_cast<std::size_t>(count_));
    std::iota(slots_.begin(), slots_.end(), first_);
    for (std::int64_t i = 0; i < count(); ++i) {
        auto& field = fields_[static_cast<std::size_t>(i)];
        if (start == Start::hot)
            randomise(decomposition_, key, kind, first_ + i, field);
        else
            std::ranges::fill(field.values(), Spin{1});
    }
}

void Replicas::set_slots(std::vector<std::int64_t> slots) {
    core::ensure(slots.size() == slots_.size(), "every replica has couplings");
    slots_ = std::move(slots);
}

std::size_t Replicas::memory() const noexcept {
    std::size_t bytes = 0;
    for (const auto& field : fields_) bytes += field.values().size();
    for (const auto& spins : packed_) bytes += spins.memory();
    for (const auto& spins : strips_) bytes += spins.memory();
    return bytes + (lanes_ ? lanes_->memory() : 0);
}

void Replicas::hold_as(Representation wanted) {
    core::ensure(wanted != Representation::strips, "strips have a layout");
    if (representation_ == wanted) return;
    if (wanted != Representation::bytes) hold_as(Representation::bytes); // from which all others are made
    const auto replicas = static_cast<std::size_t>(count_);
    if (wanted == Representation::bits)
        packed_.assign(replicas, PackedSpins(PackedLayout(decomposition_)));
    else if (wanted == Representation::bytes)
        fields_.assign(replicas, lattice::Field<Spin>(lattice::layout(decomposition_, placement_.ghosts)));
    if (wanted == Representation::lanes) {
        make_lanes();
    } else if (representation_ == Representation::lanes) {
        unmake_lanes();
    } else {
#pragma omp parallel for schedule(static) if (replicas > 1)
        for (std::size_t i = 0; i < replicas; ++i) {
            if (wanted == Representation::bits)
                packed_[i].pack(fields_[i]);
            else if (representation_ == Representation::bits)
                packed_[i].unpack(fields_[i]);
            else
                strips_[i].unpack(fields_[i]);
        }
    }
    if (wanted != Representation::bytes) fields_ = {};
    if (wanted != Representation::bits) packed_ = {};
    if (wanted != Representation::lanes) lanes_.reset();
    strips_ = {};
    representation_ = wanted;
}

bool Replicas::hold_as(const StripLayout& layout) {
    if (representation_ == Representation::strips && strips_.front().layout() == layout) return false;
    core::ensure(kind_.is_ising(), "strips are of Ising spins");
    hold_as(Representation::bytes);
    strips_.assign(fields_.size(), StripSpins(layout));
#pragma omp parallel for schedule(static) if (strips_.size() > 1)
    for (std::size_t i = 0; i < strips_.size(); ++i) strips_[i].pack(fields_[i]);
    fields_ = {};
    representation_ = Representation::strips;
    return true;
}

void Replicas::make_lanes() {
    core::ensure(kind_.is_ising(), "lanes are of Ising spins");
    lanes_.emplace(lattice::layout(decomposition_, placement_.ghosts), first_, count_);
    lanes_->set_bits(bits());
}

void Replicas::unmake_lanes() {
    const std::vector<std::uint64_t> bits = lanes_->bits();
    const std::size_t words = bits.size() / fields_.size();
#pragma omp parallel for schedule(static) if (fields_.size() > 1)
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        std::size_t x = words * 64 * i;
        lattice::for_each_row(interior(fields_[i].layout()), [&](const lattice::Coordinates& at) {
            for (Spin& spin : fields_[i].row(at[1], at[2], at[3])) {
                spin = (bits[x / 64] >> x % 64 & 1) != 0 ? Spin{1} : Spin{-1};
                ++x;
            }
        });
    }
}

std::vector<std::uint64_t> Replicas::bits() const {
    if (representation_ == Representation::lanes) return lanes_->bits();
    const auto sites = static_cast<std::size_t>(decomposition_.local_sites());
    const std::size_t words = (sites + 63) / 64;
    std::vector<std::uint64_t> bits(words * static_cast<std::size_t>(count_));
#pragma omp parallel for schedule(static) if (count_ > 1)
    for (std::int64_t i = 0; i < count_; ++i) {
        std::vector<Spin> spins(sites);
        copy_spins(i, spins);
        const std::size_t first = words * static_cast<std::size_t>(i);
        for (std::size_t x = 0; x < sites; ++x) bits[first + x / 64] |= std::uint64_t{spins[x] > 0} << x % 64;
    }
    return bits;
}

std::span<lattice::Field<Spin>> Replicas::fields() {
    core::ensure(representation_ == Representation::bytes, "spins are held as bytes");
    return fields_;
}

std::span<const lattice::Field<Spin>> Replicas::fields() const {
    core::ensure(representation_ == Representation::bytes, "spins are held as bytes");
    return fields_;
}

std::span<PackedSpins> Replicas::packed() {
    core::ensure(representation_ == Representation::bits, "spins are held as bits");
    return packed_;
}

std::span<const PackedSpins> Replicas::packed() const {
    core::ensure(representation_ == Representation::bits, "spins are held as bits");
    return packed_;
}

std::span<StripSpins> Replicas::strips() {
    core::ensure(representation_ == Representation::strips, "spins are held as strips");
    return strips_;
}

std::span<const StripSpins> Replicas::strips() const {
    core::ensure(representation_ == Representation::strips, "spins are held as strips");
    return strips_;
}

LaneSpins& Replicas::lanes() {
    core::ensure(representation_ == Representation::lanes, "spins are held as lanes");
    return *lanes_;
}

const LaneSpins& Replicas::lanes() const {
    core::ensure(representation_ == Representation::lanes, "spins are held as lanes");
    return *lanes_;
}

void Replicas::exchange_lanes() {
    if (group_.size() == 1) return;
    if (!lane_halo_) {
        lane_halo_.emplace(group_, decomposition_, lattice::layout(decomposition_, placement_.ghosts), Lanes{},
                           lanes().blocks().size());
    }
    (*lane_halo_)(lanes().blocks());
}

PackedHalo& Replicas::packed_halo() {
    if (!packed_halo_) packed_halo_.emplace(group_, decomposition_, static_cast<std::size_t>(count_));
    return *packed_halo_;
}

StripHalo& Replicas::strip_halo() {
    const StripLayout& layout = strips().front().layout();
    if (!strip_halo_ || strip_halo_->layout() != layout) {
        strip_halo_.emplace(group_, layout, static_cast<std::size_t>(count_));
    }
    return *strip_halo_;
}

void Replicas::copy_spins(std::int64_t i, std::span<Spin> out) const {
    const auto at = static_cast<std::size_t>(i);
    if (representation_ == Representation::bytes) {
        gather(fields_[at], interior(fields_[at].layout()), out);
    } else if (representation_ == Representation::lanes) {
        std::size_t x = 0;
        lattice::for_each_row({.extent = decomposition_.box().extent}, [&](lattice::Coordinates site) {
            for (const std::int32_t end = site[0] + decomposition_.box().extent[0]; site[0] < end; ++site[0]) {
                out[x++] = lanes_->is_up(i, site) ? Spin{1} : Spin{-1};
            }
        });
    } else {
        lattice::Field<Spin> field(lattice::Layout{.extent = decomposition_.box().extent});
        if (representation_ == Representation::bits)
            packed_[at].unpack(field);
        else
            strips_[at].unpack(field);
        gather(field, interior(field.layout()), out);
    }
}

io::Slab Replicas::slab() const {
    const lattice::Hyperslab box = decomposition_.local_box();
    io::Slab slab{.shape = {static_cast<std::uint64_t>(placement_.replicas)},
                  .offset = {static_cast<std::uint64_t>(first_)},
                  .count = {static_cast<std::uint64_t>(count())}};
    slab.shape.insert(slab.shape.end(), box.shape.begin(), box.shape.end());
    slab.offset.insert(slab.offset.end(), box.offset.begin(), box.offset.end());
    slab.count.insert(slab.count.end(), box.count.begin(), box.count.end());
    return slab;
}

void Replicas::save(io::Writer& writer) const {
    const auto sites = static_cast<std::size_t>(decomposition_.local_sites());
    std::vector<Spin> spins(static_cast<std::size_t>(count()) * sites);
    if (representation_ == Representation::lanes) { // all at once
        const std::vector<std::uint64_t> bits = lanes_->bits();
        const std::size_t words = (sites + 63) / 64;
        for (std::size_t at = 0; at < spins.size(); ++at) {
            const std::size_t x = at % sites;
            spins[at] = (bits[at / sites * words + x / 64] >> x % 64 & 1) != 0 ? Spin{1} : Spin{-1};
        }
    } else {
        for (std::int64_t i = 0; i < count(); ++i) {
            copy_spins(i, std::span(spins).subspan(static_cast<std::size_t>(i) * sites, sites));
        }
    }
    writer.array("spins", slab(), std::span<const Spin>(spins));
}

void Replicas::load(const io::Reader& reader) {
    std::vector<Spin> spins(static_cast<std::size_t>(count() * decomposition_.local_sites()));
    reader.array("spins", slab(), std::span(spins));
    mpi::collectively(reader.communicator(), [&] {
        const auto is_spin = [&](Spin s) { return kind_.has(s); };
        if (!std::ranges::all_of(spins, is_spin))
            reader.refuse("spins", fmt::format("holds other than {}", kind_.text()));
    });
    std::span<const Spin> rest(spins);
    hold_as(Representation::bytes);
    for (auto& field : fields_) rest = scatter(rest, field, interior(field.layout()));
}

} // namespace blockspin::sampling
