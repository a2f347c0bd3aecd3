#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::tempering {

/// How often the walkers of all ladders went from the first rung to the last one and back.
struct RoundTrips {
    std::int64_t count = 0;
    double mean = 0.0;  ///< attempts that one took
    double error = 0.0; ///< of the mean, trips taken as independent
};

/// Parallel tempering: on every rung of a ladder of couplings stands one walker, a Markov chain, and walkers on
/// neighbouring rungs change places with the probability that keeps the joint distribution (Hukushima & Nemoto, J.
/// Phys. Soc. Jpn. 65 (1996) 1604). Several ladders of equal length are independent of each other.
///
/// This is who stands where, and what became of the attempts: whatever walkers are, configurations stay where they are.
/// Decisions are addressed by (ladder, attempt, pair), so every rank that knows the weights comes to the same ones.
class Exchange {
  public:
    static constexpr std::string_view format = "tempering";
    static constexpr int format_version = 1;

    /// Walker w of each ladder begins on rung w. InternalError unless there is one ladder and two rungs at least.
    Exchange(std::int64_t ladders, std::int64_t rungs, const rng::Key& key);

    std::int64_t ladders() const noexcept { return ladders_; }
    std::int64_t rungs() const noexcept { return rungs_; }
    std::int64_t walker(std::int64_t ladder, std::int64_t rung) const { return walkers_.at(index(ladder, rung)); }
    std::int64_t rung(std::int64_t ladder, std::int64_t walker) const { return places_.at(index(ladder, walker)); }

    /// Attempt number `turn`, on all ladders: pairs that begin at even rungs if it is even, at odd ones if it is odd.
    /// log_ratio(ladder, rung) is ln of the weight of the ladder after the walkers on `rung` and the next one would
    /// have changed places, over that before.
    template <std::invocable<std::int64_t, std::int64_t> LogRatio>
    void attempt(std::int64_t turn, LogRatio&& log_ratio) {
        for (std::int64_t ladder = 0; ladder < ladders_; ++ladder) {
            for (std::int64_t rung = turn % 2; rung + 1 < rungs_; rung += 2) {
                decide(turn, ladder, rung, log_ratio(ladder, rung));
            }
        }
        note_ends(turn);
    }

    /// Attempts at the pair of this rung and the next one in each ladder, since forget().
    std::int64_t attempts(std::int64_t rung) const { return attempts_.at(static_cast<std::size_t>(rung)); }
    /// How many of them succeeded in a ladder.
    std::int64_t accepted(std::int64_t ladder, std::int64_t rung) const { return accepted_.at(index(ladder, rung)); }
    /// The mean probability of success, over all ladders, of every pair; 0 where none was attempted.
    std::vector<double> acceptance() const;
    RoundTrips round_trips() const noexcept;
    /// Starts counting anew; who stands where remains.
    void forget();

    /// The same on all ranks. Collective.
    void save(io::Writer& writer) const;
    /// DataError if it is the state of other ladders. Collective.
    void load(const io::Reader& reader);

  private:
    enum End : std::int8_t { none, first, last };

    std::size_t index(std::int64_t ladder, std::int64_t number) const noexcept {
        return static_cast<std::size_t>(ladder * rungs_ + number);
    }
    void decide(std::int64_t turn, std::int64_t ladder, std::int64_t rung, double log_ratio);
    void note_ends(std::int64_t turn);

    std::int64_t ladders_, rungs_;
    rng::Key key_;
    std::vector<std::int64_t> walkers_, places_; ///< [ladder][rung] and [ladder][walker], each the other's inverse
    std::vector<std::int64_t> attempts_;         ///< [pair]
    std::vector<std::int64_t> accepted_;         ///< [ladder][pair]
    std::vector<double> probability_;            ///< [pair], summed over ladders and attempts
    std::vector<std::int8_t> end_;               ///< [ladder][walker]: of which it has seen last, after the first one
    std::vector<std::int64_t> since_;            ///< [ladder][walker]: turn when it left the first rung's side
    std::int64_t trips_ = 0, turns_ = 0, squared_turns_ = 0;
};

} // namespace blockspin::tempering
