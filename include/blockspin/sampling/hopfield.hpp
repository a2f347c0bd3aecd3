#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::sampling {

/// Section [hopfield]: an associative memory, and how much it holds.
struct HopfieldParameters {
    std::vector<std::int64_t> units{500, 1000};
    std::vector<double> loads{0.05, 0.1, 0.12, 0.13, 0.14, 0.15, 0.16, 0.18};
    std::vector<double> temperatures{0.0};
    std::int64_t networks = 20;
    std::int64_t starts = 5;
    std::int64_t sweeps = 100;
    double noise = 0.0;

    void fields(auto& visit) {
        visit("units", units, {.meaning = "Numbers N of units, a study for each.", .minimum = 3, .maximum = 1 << 20});
        visit("loads", loads,
              {.meaning = "Loads alpha, rising: round(alpha N) random patterns are stored, one at least.",
               .maximum = 4.0,
               .above = 0.0});
        visit("temperatures", temperatures,
              {.meaning = "Temperatures T of the heat bath; 0: a unit follows its field.", .minimum = 0.0});
        visit("networks", networks,
              {.meaning = "Independent sets of patterns, of whose scatter errors are made.",
               .minimum = 2,
               .maximum = 1 << 16});
        visit("starts", starts,
              {.meaning = "Runs of each kind in each network: from patterns, from mixtures, from random states.",
               .minimum = 1,
               .maximum = 1 << 12});
        visit("sweeps", sweeps,
              {.meaning = "Sweeps of a run, at T > 0 half of them to settle and half to average over; at T = 0 it ends "
                          "when nothing moves any more.",
               .unit = "sweeps",
               .minimum = 2});
        visit("noise", noise,
              {.meaning = "Probability of every unit to be turned over in a start from a pattern or a mixture.",
               .minimum = 0.0,
               .maximum = 0.5});
    }
    void check(io::Problems& problems) const;
};

/// One network: P random patterns ξ of N units each, and couplings of Hebb, J_ij = Σ_μ ξ_i^μ ξ_j^μ / N for i ≠ j.
/// Couplings are never stored: N h_i = Σ_μ ξ_i^μ M_μ − P s_i with M_μ = Σ_j ξ_j^μ s_j, integers which are kept up to
/// date.
class HopfieldNetwork {
  public:
    /// Patterns addressed by (number, pattern, unit).
    HopfieldNetwork(std::int64_t units, std::int64_t patterns, std::int32_t number, const rng::Key& key);

    std::int64_t units() const noexcept { return units_; }
    std::int64_t patterns() const noexcept { return patterns_; }
    /// Value of a unit in a pattern: ±1.
    std::int8_t pattern(std::int64_t pattern, std::int64_t unit) const;

    /// Sets all units.
    void set(std::vector<std::int8_t> state);
    const std::vector<std::int8_t>& state() const noexcept { return state_; }
    /// M_μ of every pattern.
    const std::vector<std::int32_t>& overlaps() const noexcept { return overlaps_; }
    /// N Σ_j J_ij s_j: what unit i feels, times N.
    std::int64_t field(std::int64_t unit) const;
    /// Every unit once, in a random order, one after the other: +1 with probability 1/(1 + exp(−2h/T)), at T = 0 the
    /// sign of h, and unchanged where h = 0. Returns how many were turned over. `run` and `sweep` address it.
    std::int64_t sweep(double temperature, std::int32_t run, std::int64_t sweep);

  private:
    void turn(std::int64_t unit);

    std::int64_t units_, patterns_;
    std::int32_t number_;
    rng::Key key_;
    std::vector<std::int8_t> values_; ///< [unit][pattern]
    std::vector<std::int8_t> state_;
    std::vector<std::int32_t> overlaps_;
};

/// What is found at one load of networks of one size, at one temperature (a point), in one network.
struct HopfieldFindings {
    double recall = 0.0;        ///< overlap with the pattern that it started from, mean over starts
    double recalled = 0.0;      ///< share of starts that end nearer than `recall_threshold` to it
    double mixture = 0.0;       ///< overlap with the mixture sign(ξ¹ + ξ² + ξ³) that it started from
    double mixtures_kept = 0.0; ///< share of these that end so near to it
    double to_pattern = 0.0;    ///< share of random starts that end so near to a pattern, or its negative
    double to_mixture = 0.0;    ///< or else to a mixture of the three patterns nearest to it, of any signs

    /// Above this overlap something counts as recalled.
    static constexpr double recall_threshold = 0.9;
    bool operator==(const HopfieldFindings&) const = default;
};

/// The study of [hopfield] (a process::Process): a step is one point, whose networks the ranks share.
///
/// Reported of each point are the means over networks; and for each size and temperature the capacity, the load at
/// which half of the patterns are recalled, where shares fall through 1/2. Amit, Gutfreund & Sompolinsky, Phys. Rev.
/// Lett. 55 (1985) 1530 find α_c ≈ 0.14 for N → ∞ at T = 0, and a continuous range of mixtures that are spurious.
class HopfieldStudy {
  public:
    static constexpr std::string_view format = "hopfield-study";
    static constexpr int format_version = 1;

    HopfieldStudy(const mpi::Communicator& comm, const HopfieldParameters& parameters, std::uint64_t seed,
                  process::Timers& timers);

    /// One point. Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept;
    std::uint64_t steps_total() const noexcept;
    void save(io::Writer& writer) const;
    void load(const io::Reader& reader);
    std::vector<io::Row> results() const;
    /// Findings of every network. Collective.
    void publish(io::Writer& writer) const;
    void clear() {}

  private:
    struct Point {
        std::int64_t units;
        double temperature, load;
        std::int64_t patterns;
    };
    std::vector<io::Row> rows_of(std::size_t point) const;
    void add_capacity(std::size_t first, std::vector<io::Row>& rows) const;
    /// A number of all networks of a point.
    std::vector<double> values(std::size_t point, std::size_t number) const;

    const mpi::Communicator& comm_;
    HopfieldParameters parameters_;
    rng::Key key_;
    process::Timers& timers_;
    std::vector<Point> points_;    ///< size by size, temperature by temperature, load by load
    std::vector<double> findings_; ///< [point][network][number of HopfieldFindings]
};

} // namespace blockspin::sampling
