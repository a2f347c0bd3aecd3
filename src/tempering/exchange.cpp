#include <blockspin/tempering/exchange.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/io/checkpointable.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace blockspin::tempering {

static_assert(io::Checkpointable<Exchange>);

Exchange::Exchange(std::int64_t ladders, std::int64_t rungs, const rng::Key& key)
    : ladders_(ladders), rungs_(rungs), key_(key) {
    core::ensure(ladders >= 1 && rungs >= 2, "a ladder has two rungs or more");
    for (std::int64_t ladder = 0; ladder < ladders; ++ladder) {
        for (std::int64_t rung = 0; rung < rungs; ++rung) walkers_.push_back(rung);
    }
    places_ = walkers_;
    forget();
}

void Exchange::forget() {
    attempts_.assign(static_cast<std::size_t>(rungs_), 0);
    probability_.assign(static_cast<std::size_t>(rungs_), 0.0);
    accepted_.assign(walkers_.size(), 0);
    end_.assign(walkers_.size(), none);
    since_.assign(walkers_.size(), 0);
    trips_ = turns_ = squared_turns_ = 0;
}

void Exchange::decide(std::int64_t turn, std::int64_t ladder, std::int64_t rung, double log_ratio) {
    const double probability = std::min(1.0, std::exp(log_ratio));
    const double word = rng::uniform(key_, {.purpose = rng::Purpose::tempering_swap,
                                            .chain = static_cast<std::int32_t>(ladder),
                                            .step = turn,
                                            .place = rung});
    if (ladder == 0) ++attempts_[static_cast<std::size_t>(rung)];
    probability_[static_cast<std::size_t>(rung)] += probability;
    if (!(word < probability)) return;
    ++accepted_[index(ladder, rung)];
    std::swap(walkers_[index(ladder, rung)], walkers_[index(ladder, rung + 1)]);
    places_[index(ladder, walker(ladder, rung))] = rung;
    places_[index(ladder, walker(ladder, rung + 1))] = rung + 1;
}

void Exchange::note_ends(std::int64_t turn) {
    for (std::int64_t ladder = 0; ladder < ladders_; ++ladder) {
        const std::size_t at_first = index(ladder, walker(ladder, 0)),
                          at_last = index(ladder, walker(ladder, rungs_ - 1));
        if (end_[at_first] == last) {
            const std::int64_t turns = turn - since_[at_first];
            ++trips_;
            turns_ += turns;
            squared_turns_ += turns * turns;
        }
        if (end_[at_first] != first) since_[at_first] = turn;
        end_[at_first] = first;
        if (end_[at_last] == first) end_[at_last] = last;
    }
}

std::vector<double> Exchange::acceptance() const {
    std::vector<double> means;
    for (std::size_t pair = 0; pair + 1 < attempts_.size(); ++pair) {
        const double n = static_cast<double>(attempts_[pair] * ladders_);
        means.push_back(n > 0 ? probability_[pair] / n : 0.0);
    }
    return means;
}

RoundTrips Exchange::round_trips() const noexcept {
    if (trips_ == 0) return {};
    const double n = static_cast<double>(trips_), mean = static_cast<double>(turns_) / n;
    const double variance = std::max(0.0, static_cast<double>(squared_turns_) / n - mean * mean);
    return {trips_, mean, trips_ > 1 ? std::sqrt(variance / (n - 1.0)) : mean};
}

void Exchange::save(io::Writer& writer) const {
    writer.array("walkers", walkers_);
    writer.array("attempts", attempts_);
    writer.array("accepted", accepted_);
    writer.array("probability", probability_);
    writer.array("end", end_);
    writer.array("since", since_);
    writer.array("trips", std::vector<std::int64_t>{trips_, turns_, squared_turns_});
}

void Exchange::load(const io::Reader& reader) {
    walkers_ = reader.array<std::int64_t>("walkers");
    attempts_ = reader.array<std::int64_t>("attempts");
    accepted_ = reader.array<std::int64_t>("accepted");
    probability_ = reader.array<double>("probability");
    end_ = reader.array<std::int8_t>("end");
    since_ = reader.array<std::int64_t>("since");
    const auto trips = reader.array<std::int64_t>("trips");
    const auto rungs = static_cast<std::size_t>(rungs_), all = static_cast<std::size_t>(ladders_) * rungs;
    for (const std::size_t size : {walkers_.size(), accepted_.size(), end_.size(), since_.size()}) {
        if (size != all) reader.refuse("walkers", "belongs to other ladders");
    }
    if (attempts_.size() != rungs || probability_.size() != rungs || trips.size() != 3) {
        reader.refuse("attempts", "belongs to another ladder");
    }
    trips_ = trips[0];
    turns_ = trips[1];
    squared_turns_ = trips[2];
    places_.assign(all, -1);
    for (std::size_t at = 0; at < all; ++at) {
        const std::int64_t walker = walkers_[at];
        if (walker < 0 || walker >= rungs_) reader.refuse("walkers", "names a walker that does not exist");
        places_[at / rungs * rungs + static_cast<std::size_t>(walker)] = static_cast<std::int64_t>(at % rungs);
    }
    if (std::ranges::find(places_, -1) != places_.end()) reader.refuse("walkers", "names a walker twice");
}

} // namespace blockspin::tempering
