// The packed engine changes exactly the spins that a walk over all sites changes, which reads the same random bits one
// by one and knows nothing of words, vectors or tiles being updated together: on every instruction set, bit by bit.
#include <boost/test/unit_test.hpp>

#include <blockspin/process/timers.hpp>
#include <blockspin/rng/ars.hpp>
#include <blockspin/sampling/packed_sweep.hpp>
#include <blockspin/sampling/placement.hpp>

#include <hwy/targets.h>

#include <map>

using namespace blockspin;

namespace {

constexpr auto purpose = rng::Purpose::metropolis;

/// Makes dispatch choose one instruction set while it lives.
struct OnlyTarget {
    explicit OnlyTarget(std::int64_t target) { hwy::SetSupportedTargetsForTest(target); }
    ~OnlyTarget() { hwy::SetSupportedTargetsForTest(0); }
};

/// Which random bits decide about a site of a packed lattice.
class Site {
  public:
    Site(const lattice::Geometry& geometry, const sampling::PackedTiles& tiles, const lattice::Coordinates& at)
        : word_(at[1] / 2), parity_(at[1] % 2), bit_(at[0] % 128 / 2), height_(std::max(tiles.words, 8)),
          blocks_((geometry.extents()[1] + 3) / 4) {
        const std::int64_t columns = (geometry.extents()[0] + 127) / 128;
        column_ = (at[2] + std::int64_t{geometry.extents()[2]} * at[3]) * columns + at[0] / 128;
    }

    /// All sites of equal position share random bits, in the order of rank().
    std::array<std::int64_t, 4> position() const { return {column_, word_ / height_, word_ % 8, bit_}; }
    int rank() const { return word_ % height_ / 8 * 2 + parity_; }
    int word() const { return word_; }

    bool own_bit(const rng::Key& key, rng::Address address) const { return bit(key, address, word_, parity_); }
    bool shared_bit(const rng::Key& key, rng::Address address) const {
        return bit(key, address, word_ / height_ * height_ + word_ % 8, 0);
    }

  private:
    bool bit(const rng::Key& key, rng::Address address, int word, int parity) const {
        address.place = (column_ * 2 + parity) * blocks_ + word / 2;
        const rng::Block block = rng::ars4x32<5>(rng::pack(address), key.ars());
        return (block[static_cast<std::size_t>(word % 2 * 2 + bit_ / 32)] >> (bit_ % 32) & 1) != 0;
    }

    int word_, parity_, bit_, height_;
    std::int64_t blocks_, column_;
};

/// A whole lattice, spin by spin.
struct Walk {
    const lattice::Geometry& geometry;
    const sampling::SpinRule& rule;
    const sampling::PackedTiles& tiles;
    rng::Key key;
    std::vector<int> spins; ///< ±1

    int neighbour_sum(std::int64_t site) const {
        int sum = 0;
        for (const auto& offset : geometry.neighbour_offsets(geometry.sublattice(geometry.coordinates(site)))) {
            sum += spins[static_cast<std::size_t>(*geometry.neighbour(site, offset))];
        }
        return sum;
    }

    /// Does a spin take the value that is not favoured? By the bits from `first` on, `next(i)` being bit i; nothing if
    /// bits below `end` do not say.
    template <class Next> static std::optional<bool> decide(std::uint64_t reluctance, int first, int end, Next&& next) {
        for (int i = first; i < end; ++i) {
            if (next(i)) return (reluctance >> (63 - i) & 1) != 0;
        }
        return std::nullopt;
    }

    void sweep(std::int32_t replica, std::int64_t step) {
        for (const int colour : {0, 1}) {
            rng::Address address{.purpose = purpose, .chain = replica, .step = step};
            const auto draw = [&](int number) {
                address.draw = 256 * colour + number;
                return address;
            };
            // Undecided spins by position, in the order in which they take shared streams.
            std::map<std::array<std::int64_t, 4>, std::map<int, std::int64_t>> undecided;
            const auto set = [&](std::int64_t site, const sampling::SpinRule::Case& here, bool takes) {
                int& spin = spins[static_cast<std::size_t>(site)];
                const int favoured = here.is_tie ? -spin : here.favours_up ? 1 : -1;
                spin = takes ? -favoured : favoured;
            };
            const auto here = [&](std::int64_t site) -> const sampling::SpinRule::Case& {
                return rule.cases[static_cast<std::size_t>(neighbour_sum(site) + geometry.coordination())];
            };
            for (std::int64_t site = 0; site < geometry.sites(); ++site) {
                const auto at = geometry.coordinates(site);
                if (geometry.colour(at) != colour) continue;
                const sampling::SpinRule::Case& now = here(site);
                const int spin = spins[static_cast<std::size_t>(site)];
                if (rule.is_metropolis && (now.is_tie || now.favours_up != (spin > 0))) {
                    set(site, now, false);
                    continue;
                }
                const Site random(geometry, tiles, at);
                const auto takes =
                    decide(now.reluctance, 0, tiles.own_bits, [&](int i) { return random.own_bit(key, draw(i)); });
                const bool half = now.is_tie && !takes; // what probability 1/2 makes of an undecided spin
                if (takes || half)
                    set(site, now, takes.value_or(false));
                else
                    undecided[random.position()].emplace(random.rank(), site);
            }
            for (const auto& [position, sites] : undecided) {
                int stream = 0;
                for (const auto& [rank, site] : sites) {
                    const Site random(geometry, tiles, geometry.coordinates(site));
                    const sampling::SpinRule::Case& now = here(site);
                    std::optional<bool> takes;
                    int bit = tiles.own_bits;
                    if (stream < 2) {
                        const int end = bit + tiles.shared_bits[static_cast<std::size_t>(stream)];
                        takes = decide(now.reluctance, bit, end,
                                       [&](int i) { return random.shared_bit(key, draw(64 + 64 * stream + i)); });
                        bit = end;
                    }
                    if (!takes) {
                        takes =
                            decide(now.reluctance, bit, 64, [&](int i) { return random.own_bit(key, draw(192 + i)); });
                    }
                    set(site, now, takes.value_or(false));
                    ++stream;
                }
            }
        }
    }
};

struct System {
    lattice::Lattice lattice;
    std::vector<std::int64_t> size;
    sampling::PackedTiles tiles;
};

/// Tiles of which the last is incomplete, columns of few bits, runs shorter than a vector, and few random bits of their
/// own or shared, so that what is rare in production happens all the time.
const std::vector<System>& systems() {
    using enum lattice::Lattice;
    static const std::vector<System> all{
        {square, {320, 140}, {.words = 64, .own_bits = 6, .shared_bits = {10, 8}}},
        {square, {130, 70}, {.words = 32, .own_bits = 1, .shared_bits = {1, 1}}},
        {square, {256, 44}, {.words = 8, .own_bits = 1, .shared_bits = {3, 2}}},
        {square, {4, 2}, {.words = 2, .own_bits = 12, .shared_bits = {0, 0}}},
        {honeycomb, {132, 40}, {.words = 16, .own_bits = 2, .shared_bits = {1, 2}}},
        {cubic, {130, 18, 4}, {.words = 8, .own_bits = 2, .shared_bits = {2, 1}}},
        {cubic, {16, 6, 8}, {.words = 2, .own_bits = 2, .shared_bits = {0, 0}}},
        {hypercubic, {8, 6, 4, 4}, {.words = 2, .own_bits = 3, .shared_bits = {0, 0}}}};
    return all;
}

/// Both kinds of rules, any sign of the coupling, with a field and without.
std::vector<sampling::SpinRule> some_rules(const lattice::Geometry& geometry) {
    const int z = geometry.coordination();
    return {sampling::metropolis_rule({0.44, 0.0}, z), sampling::metropolis_rule({-0.3, 0.0}, z),
            sampling::metropolis_rule({0.2, 0.1}, z),  sampling::heat_bath_rule({0.44, 0.0}, z),
            sampling::heat_bath_rule({-0.2, 0.0}, z),  sampling::heat_bath_rule({-0.3, 0.4}, z)};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_instruction_set_gives_the_spins_of_the_walk) {
    constexpr int sweeps = 3;
    const rng::Key key(20260);
    const auto self = mpi::Communicator::self();
    for (const System& system : systems()) {
        const lattice::Geometry geometry(system.lattice, system.size);
        const std::vector<sampling::SpinRule> rules = some_rules(geometry);
        const auto count = static_cast<std::int64_t>(rules.size());
        const sampling::Replicas start(self, geometry, sampling::place(geometry, count, 1), key, sampling::Start::hot);
        std::vector<Walk> walks;
        for (std::int64_t i = 0; i < count; ++i) {
            std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
            start.copy_spins(i, spins);
            walks.push_back(
                {geometry, rules[static_cast<std::size_t>(i)], system.tiles, key, {spins.begin(), spins.end()}});
            for (int step = 0; step < sweeps; ++step) walks.back().sweep(static_cast<std::int32_t>(i), step);
        }
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
            const OnlyTarget only(target);
            sampling::Replicas states(self, geometry, sampling::place(geometry, count, 1), key, sampling::Start::hot);
            sampling::PackedSweep sweep(rules, system.tiles, purpose, key);
            process::Timers timers;
            for (int step = 0; step < sweeps; ++step) sweep(states, step, timers, "test");
            for (std::int64_t i = 0; i < count; ++i) {
                std::vector<sampling::Spin> spins(static_cast<std::size_t>(geometry.sites()));
                states.copy_spins(i, spins);
                std::int64_t wrong = 0;
                for (std::size_t s = 0; s < spins.size(); ++s)
                    wrong += spins[s] != walks[static_cast<std::size_t>(i)].spins[s];
                BOOST_TEST(wrong == 0, name(system.lattice)
                                           << " " << lattice::to_text(geometry.extents(), geometry.dimension()) << ", "
                                           << hwy::TargetName(target) << ", rule " << i << ": " << wrong
                                           << " spins differ");
            }
        }
    }
}
