#include <blockspin/bounds/bracket.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::bounds {

namespace {

using flow::Side;

/// Is `a` tighter than `b` on the side of both?
bool is_tighter(const Entry& a, const Entry& b) { return a.side == Side::low ? a.value > b.value : a.value < b.value; }

/// Keeps the best entry of each method on either side.
void enter(Bracket& bracket, Entry entry) {
    if (!std::isfinite(entry.value)) return;
    std::optional<double>& best = entry.side == Side::low ? bracket.low : bracket.high;
    if (!best || (entry.side == Side::low ? entry.value > *best : entry.value < *best)) best = entry.value;
    const auto same = std::ranges::find_if(
        bracket.entries, [&](const Entry& each) { return each.method == entry.method && each.side == entry.side; });
    if (same == bracket.entries.end()) {
        bracket.entries.push_back(std::move(entry));
    } else if (is_tighter(entry, *same)) {
        *same = std::move(entry);
    }
}

/// An entry and the foreseen work of the candidate that gave it.
struct Record {
    Entry entry;
    double seconds = 0.0;
};

/// Was everything that this method's last candidate, not its first, gave beaten by other methods for no more work?
/// Methods are tried from small to large, so more work would hardly change that.
bool is_overtaken(const std::vector<Record>& records, const std::string& method) {
    const auto last = std::find_if(records.rbegin(), records.rend(),
                                   [&](const Record& record) { return record.entry.method == method; });
    if (last == records.rend()) return false;
    const bool is_first = std::ranges::none_of(records, [&](const Record& record) {
        return record.entry.method == method && record.seconds != last->seconds;
    });
    if (is_first) return false;
    const auto is_beaten = [&](const Record& mine) {
        return std::ranges::any_of(records, [&](const Record& other) {
            return other.entry.method != method && other.entry.side == mine.entry.side &&
                   other.seconds <= mine.seconds && is_tighter(other.entry, mine.entry);
        });
    };
    return std::ranges::all_of(records, [&](const Record& record) {
        return record.entry.method != method || record.seconds != last->seconds || is_beaten(record);
    });
}

bool is_accurate(const Bracket& bracket, const std::optional<double>& accuracy) {
    if (!accuracy || !bracket.low || !bracket.high) return false;
    return *bracket.high - *bracket.low <= *accuracy * std::abs(0.5 * (*bracket.high + *bracket.low));
}

} // namespace

void BoundsParameters::check(io::Problems& problems) const {
    for (auto method = methods.begin(); method != methods.end(); ++method)
        if (std::find(methods.begin(), method, *method) != method) problems.add("methods", "names a method twice");
}

Bracket bracket(const Interactions& interactions, const BoundsParameters& parameters) {
    Bracket result;
    std::vector<Record> records;
    for (const Candidate& candidate : candidates(interactions, parameters.methods)) {
        if (is_accurate(result, parameters.accuracy)) break;
        const bool affordable = result.seconds + candidate.seconds <= parameters.seconds;
        if (!affordable && result.low && result.high) break;
        if (is_overtaken(records, candidate.method)) continue;
        for (Entry& entry : candidate.evaluate()) {
            if (std::isfinite(entry.value)) records.push_back({entry, candidate.seconds});
            enter(result, std::move(entry));
        }
        result.seconds += candidate.seconds;
    }
    std::ranges::stable_sort(result.entries, [](const Entry& a, const Entry& b) {
        return a.side != b.side ? a.side == Side::low : is_tighter(b, a);
    });
    return result;
}

} // namespace blockspin::bounds
