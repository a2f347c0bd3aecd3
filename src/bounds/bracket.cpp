#include <blockspin/bounds/bracket.hpp>

#include <blockspin/core/check.hpp>

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

bool is_accurate(const Bracket& bracket, const std::optional<double>& accuracy) {
    if (!accuracy || !bracket.low || !bracket.high) return false;
    return *bracket.high - *bracket.low <= *accuracy * std::abs(0.5 * (*bracket.high + *bracket.low));
}

} // namespace

void BoundsParameters::check(io::Problems& problems) const {
    for (auto method = methods.begin(); method != methods.end(); ++method)
        if (std::find(methods.begin(), method, *method) != method) problems.add("methods", "names a method twice");
}

Search::Search(const Interactions& interactions, const BoundsParameters& parameters)
    : parameters_(parameters), candidates_(candidates(interactions, parameters.methods)),
      tried_(candidates_.size(), false) {
    choose();
}

const Candidate& Search::next() const {
    core::ensure(!done(), "a search that is not at its end has a next candidate");
    return candidates_[next_];
}

/// Was everything that this method's last candidate, not its first, gave beaten by other methods for no more work?
/// Methods are tried from small to large, so more work would hardly change that.
bool Search::is_overtaken(const std::string& method) const {
    const auto last = std::find_if(records_.rbegin(), records_.rend(),
                                   [&](const Record& record) { return record.entry.method == method; });
    if (last == records_.rend()) return false;
    const bool is_first = std::ranges::none_of(records_, [&](const Record& record) {
        return record.entry.method == method && record.seconds != last->seconds;
    });
    if (is_first) return false;
    const auto is_beaten = [&](const Record& mine) {
        return std::ranges::any_of(records_, [&](const Record& other) {
            return other.entry.method != method && other.entry.side == mine.entry.side &&
                   other.seconds <= mine.seconds && is_tighter(other.entry, mine.entry);
        });
    };
    return std::ranges::all_of(records_, [&](const Record& record) {
        return record.entry.method != method || record.seconds != last->seconds || is_beaten(record);
    });
}

/// Did this method's last candidate tighten what it had given before by next to nothing, as the bracket is now? The
/// next one may be worth its work again when others have made the bracket narrower.
bool Search::has_converged(const std::string& method) const {
    if (!bracket_.low || !bracket_.high) return false;
    const double little = 2e-3 * (*bracket_.high - *bracket_.low);
    bool found = false;
    for (const Side side : {Side::low, Side::high}) {
        std::vector<double> values; // the best so far after each candidate
        for (const Record& record : records_) {
            if (record.entry.method != method || record.entry.side != side) continue;
            const bool is_better = values.empty() || (side == Side::low ? record.entry.value > values.back()
                                                                        : record.entry.value < values.back());
            values.push_back(is_better ? record.entry.value : values.back());
        }
        if (values.empty()) continue;
        if (values.size() < 2 || std::abs(values.back() - values[values.size() - 2]) >= little) return false;
        found = true;
    }
    return found;
}

bool Search::is_affordable(double seconds) const { return bracket_.seconds + seconds <= parameters_.seconds; }

/// Is there a larger candidate of the same method that can be afforded, but not after this one?
bool Search::gives_way(std::size_t candidate) const {
    const Candidate& small = candidates_[candidate];
    for (std::size_t i = candidate + 1; i < candidates_.size(); ++i)
        if (!tried_[i] && candidates_[i].method == small.method && is_affordable(candidates_[i].seconds) &&
            !is_affordable(small.seconds + candidates_[i].seconds))
            return true;
    return false;
}

/// Is a candidate worth its work?
bool Search::is_promising(std::size_t candidate) const {
    const Candidate& each = candidates_[candidate];
    const bool has_both = bracket_.low && bracket_.high;
    if (!is_affordable(each.seconds)) { // a side that is still without a bound may come from a method not yet tried
        const auto is_of_this = [&](const Record& record) { return record.entry.method == each.method; };
        if (has_both || std::ranges::any_of(records_, is_of_this)) return false;
    }
    if (has_both && !parameters_.accuracy && gives_way(candidate)) return false;
    return !is_overtaken(each.method) && !has_converged(each.method);
}

/// The cheapest of all that are promising, or the end.
void Search::choose() {
    next_ = 0;
    if (is_accurate(bracket_, parameters_.accuracy)) next_ = candidates_.size();
    while (!done() && (tried_[next_] || !is_promising(next_))) ++next_;
}

void Search::enter(std::vector<Entry> entries) {
    for (const Entry& entry : entries) {
        if (std::isfinite(entry.value)) records_.push_back({entry, next().seconds});
        bounds::enter(bracket_, entry);
    }
    entered_.push_back(std::move(entries));
    bracket_.seconds += next().seconds;
    tried_[next_] = true;
    choose();
}

std::size_t Search::passed() const noexcept { return done() ? size() : entered_.size(); }

double Search::seconds_left() const noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < candidates_.size() && !done(); ++i)
        if (!tried_[i]) sum += candidates_[i].seconds;
    return std::min(sum, std::max(0.0, parameters_.seconds - bracket_.seconds));
}

double Search::bytes_at_most() const noexcept {
    double most = 0.0;
    for (std::size_t i = 0; i < candidates_.size(); ++i)
        if (!tried_[i] && candidates_[i].seconds <= seconds_left()) most = std::max(most, candidates_[i].bytes);
    return most;
}

Bracket Search::bracket() const {
    Bracket result = bracket_;
    std::ranges::stable_sort(result.entries, [](const Entry& a, const Entry& b) {
        return a.side != b.side ? a.side == Side::low : is_tighter(b, a);
    });
    return result;
}

Bracket bracket(const Interactions& interactions, const BoundsParameters& parameters) {
    Search search(interactions, parameters);
    while (!search.done()) search.enter(search.next().evaluate());
    return search.bracket();
}

} // namespace blockspin::bounds
