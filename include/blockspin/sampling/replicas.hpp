#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/field.hpp>
#include <blockspin/lattice/halo.hpp>
#include <blockspin/lattice/shells.hpp>
#include <blockspin/model/spin_kind.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/sampling/lane_spins.hpp>
#include <blockspin/sampling/packed_halo.hpp>
#include <blockspin/sampling/packed_spins.hpp>
#include <blockspin/sampling/placement.hpp>
#include <blockspin/sampling/strip_halo.hpp>
#include <blockspin/sampling/strip_spins.hpp>

namespace blockspin::sampling {

/// How the spins stand before the first sweep: all in one state, up or the first one, or each in a random one.
enum class Start { cold, hot };

/// How spins are held: a byte for each in a field with ghosts; a bit for each in words that are updated 64 spins and
/// more at a time, the spins of a replica side by side (bits) or a strip's length apart (strips), or those of all
/// replicas at a site (lanes).
enum class Representation { bytes, bits, strips, lanes };

/// One of the states, each with the same probability to within 2^-64, from a random word.
Spin random_state(const model::SpinKind& kind, std::uint64_t word) noexcept;

/// The spin configurations of all replicas, as this rank sees them: its domain of the replicas of its group.
///
/// They are held in one representation at a time. Whoever works on spins first asks for the one that he needs, which
/// converts them if they are held in the other; ghosts are stale afterwards.
class Replicas {
  public:
    /// Configurations before the first sweep; hot ones are addressed by replica and global site. Collective.
    Replicas(const mpi::Communicator& comm, const lattice::Geometry& geometry, const Placement& placement,
             const rng::Key& key, Start start, const model::SpinKind& kind = model::SpinKind::ising());

    const model::SpinKind& kind() const noexcept { return kind_; }
    const Placement& placement() const noexcept { return placement_; }
    const lattice::Geometry& geometry() const noexcept { return decomposition_.geometry(); }
    const lattice::Decomposition& decomposition() const noexcept { return decomposition_; }
    /// The ranks that share this rank's replicas.
    const mpi::Communicator& group() const noexcept { return group_; }

    /// Number of this group's first replica, and how many it has.
    std::int64_t first() const noexcept { return first_; }
    std::int64_t count() const noexcept { return count_; }

    /// The replica of the whole run whose couplings this group's replica `i` has now: itself, unless they are
    /// exchanged.
    std::int64_t slot(std::int64_t i) const { return slots_[static_cast<std::size_t>(i)]; }
    void set_slots(std::vector<std::int64_t> slots);

    Representation representation() const noexcept { return representation_; }
    /// Bytes of the spins as they are held.
    std::size_t memory() const noexcept;
    /// Makes the spins be held in another form, which are not strips. InternalError for bits unless the lattice is
    /// packable and cut between words, and for lanes unless they are Ising spins. Ranks do not meet.
    void hold_as(Representation wanted);
    /// Makes them be held as strips. Were they not, so that all ghosts are stale now? Ranks do not meet.
    bool hold_as(const StripLayout& layout);

    /// Layers of ghosts around the fields.
    std::int32_t ghosts() const noexcept { return placement_.ghosts; }
    /// The domains of this group's replicas. InternalError unless held as bytes.
    std::span<lattice::Field<Spin>> fields();
    std::span<const lattice::Field<Spin>> fields() const;
    /// The same as bits. InternalError unless held so.
    std::span<PackedSpins> packed();
    std::span<const PackedSpins> packed() const;
    /// Refreshes the ghosts of bits. Made at the first call, which is collective in the group.
    PackedHalo& packed_halo();

    /// The same as strips. InternalError unless held so.
    std::span<StripSpins> strips();
    std::span<const StripSpins> strips() const;
    /// Refreshes the ghosts of strips. Made at the first call for their layout, which is collective in the group.
    StripHalo& strip_halo();

    /// The same as lanes. InternalError unless held so.
    LaneSpins& lanes();
    const LaneSpins& lanes() const;
    /// Refreshes the ghosts of lanes if the lattice is cut. Collective in the group.
    void exchange_lanes();

    /// Points of the domain whose neighbours are all here or in ghosts that need no message, and the shell of boxes
    /// around them: what can be updated while messages travel, and what cannot. Local coordinates.
    const lattice::Box& inner() const noexcept { return parts_.inner; }
    std::span<const lattice::Box> shell() const noexcept { return parts_.shell; }

    /// Refresh of all ghosts of the fields in two halves, between which `inner` may be worked on. InternalError unless
    /// held as bytes. Collective in the group.
    void begin_exchange() { halo_.begin(fields()); }
    void end_exchange() { halo_.end(fields()); }

    /// Copies the spins of this rank's domain of replica `i` of its group, x fastest, from any representation.
    void copy_spins(std::int64_t i, std::span<Spin> out) const;
    /// Ising spins of this rank's domains as bits, 1 = +1: [replica][word], 64 sites to a word, x fastest.
    std::vector<std::uint64_t> bits() const;

    /// Spins of all replicas as one dataset [replica, …, y, x]. Collective in the world.
    void save(io::Writer& writer) const;
    /// From any layout, into bytes. DataError if the dataset holds anything but spins. Collective in the world.
    void load(const io::Reader& reader);

  private:
    void make_lanes();
    void unmake_lanes();
    io::Slab slab() const;

    model::SpinKind kind_;
    Placement placement_;
    lattice::Decomposition decomposition_;
    mpi::Communicator group_;
    std::int64_t first_, count_;
    std::vector<std::int64_t> slots_;
    Representation representation_ = Representation::bytes;
    std::vector<lattice::Field<Spin>> fields_; ///< empty unless spins are held as bytes
    std::vector<PackedSpins> packed_;          ///< empty unless they are held as bits
    std::vector<StripSpins> strips_;           ///< empty unless they are held as strips
    lattice::HaloExchange<Spin> halo_;
    std::optional<PackedHalo> packed_halo_;
    std::optional<StripHalo> strip_halo_;
    std::optional<LaneSpins> lanes_; ///< only while they are held so
    std::optional<lattice::HaloExchange<Lanes>> lane_halo_;
    lattice::Shells parts_;
};

} // namespace blockspin::sampling
