#include <blockspin/bounds/scan.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/onsager.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <sstream>

namespace blockspin::bounds {

static_assert(process::Process<Scan>);

namespace {

io::Row row(const std::string& point, std::string quantity, io::Kind kind, double value, std::string note) {
    return {.section = "bounds",
            .point = point,
            .quantity = std::move(quantity),
            .kind = kind,
            .value = value,
            .error = io::rounding_error(value),
            .note = std::move(note)};
}

std::vector<io::Row> rows_of(const model::Point& point, const Interactions& interactions, const Bracket& bracket) {
    std::vector<io::Row> rows;
    for (const Entry& entry : bracket.entries) {
        const char* side = entry.side == flow::Side::low ? "least" : "most";
        rows.push_back(row(point.label, fmt::format("f at {} ({})", side, entry.method), io::Kind::bound, entry.value,
                           fmt::format("{}; infinite lattice, {}", entry.detail, entry.holds)));
        rows.back().error.reset(); // its rounding is in the bound
    }
    if (bracket.low && bracket.high) {
        rows.push_back(row(point.label, "width of the bracket", io::Kind::bound, *bracket.high - *bracket.low,
                           fmt::format("{:.1e} of f", (*bracket.high - *bracket.low) / std::abs(*bracket.high))));
    }
    if (interactions.geometry.lattice() == lattice::Lattice::square && interactions.is_simple() &&
        interactions.field == 0.0) {
        rows.push_back(row(point.label, "f", io::Kind::exact, model::onsager(interactions.nn).free_energy,
                           "Onsager 1944, infinite lattice"));
    }
    return rows;
}

/// What several candidates gave, as numbers and text that can be sent and stored.
struct Packed {
    std::vector<std::int64_t> counts; ///< entries of each candidate
    std::vector<std::int64_t> sides;  ///< of each entry: 0 low, 1 high
    std::vector<double> values;
    std::string texts; ///< three lines for each entry: method, detail, what it holds for

    void add(const std::vector<Entry>& entries) {
        counts.push_back(static_cast<std::int64_t>(entries.size()));
        for (const Entry& entry : entries) {
            sides.push_back(entry.side == flow::Side::low ? 0 : 1);
            values.push_back(entry.value);
            for (const std::string* text : {&entry.method, &entry.detail, &entry.holds}) texts += *text + "\n";
        }
    }
};

/// The same, candidate by candidate; nothing if its parts do not fit together.
std::optional<std::vector<std::vector<Entry>>> unpacked(const Packed& packed) {
    std::istringstream lines(packed.texts);
    std::vector<std::vector<Entry>> result;
    std::size_t next = 0;
    for (const std::int64_t count : packed.counts) {
        auto& entries = result.emplace_back();
        for (std::int64_t i = 0; i < count; ++i, ++next) {
            Entry entry;
            if (next >= packed.values.size() || next >= packed.sides.size() || !std::getline(lines, entry.method) ||
                !std::getline(lines, entry.detail) || !std::getline(lines, entry.holds))
                return std::nullopt;
            entry.side = packed.sides[next] == 0 ? flow::Side::low : flow::Side::high;
            entry.value = packed.values[next];
            entries.push_back(std::move(entry));
        }
    }
    if (next != packed.values.size() || next != packed.sides.size()) return std::nullopt;
    return result;
}

/// Those of all ranks. Collective.
Packed gathered(const mpi::Communicator& comm, const Packed& mine) {
    const std::vector<char> texts = mpi::all_gather_joined<char>(comm, mine.texts);
    return {.counts = mpi::all_gather_joined<std::int64_t>(comm, mine.counts),
            .sides = mpi::all_gather_joined<std::int64_t>(comm, mine.sides),
            .values = mpi::all_gather_joined<double>(comm, mine.values),
            .texts = {texts.begin(), texts.end()}};
}

} // namespace

std::vector<std::string> refusals(const Task& task) {
    std::vector<std::string> sentences;
    for (const std::string& method : task.parameters.methods) {
        std::string sentence;
        const bool holds_somewhere = std::ranges::any_of(task.points, [&](const model::Point& point) {
            sentence = refusal(interactions(task.geometry, point), method);
            return sentence.empty();
        });
        if (!holds_somewhere) sentences.push_back(sentence);
    }
    return sentences;
}

Scan::Scan(const mpi::Communicator& comm, Task task, process::Timers& timers)
    : comm_(comm), task_(std::move(task)), timers_(timers) {
    const auto refused = refusals(task_);
    if (!refused.empty()) throw core::InputError(refused.front());
    for (const model::Point& point : task_.points) interactions_.push_back(interactions(task_.geometry, point));
    searches_ = searches_at_start();
}

std::vector<Search> Scan::searches_at_start() const {
    std::vector<Search> searches;
    for (const Interactions& each : interactions_) searches.emplace_back(each, task_.parameters);
    return searches;
}

void Scan::step() {
    const auto timing = timers_.time("bounds");
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < searches_.size(); ++i)
        if (!searches_[i].done()) open.push_back(i);
    std::ranges::stable_sort(open, {}, [&](std::size_t i) { return searches_[i].entered().size(); });
    open.resize(std::min(open.size(), static_cast<std::size_t>(comm_.size())));
    Packed mine;
    mpi::collectively(comm_, [&] {
        const auto rank = static_cast<std::size_t>(comm_.rank());
        if (rank < open.size()) mine.add(searches_[open[rank]].next().evaluate());
    });
    const auto all = unpacked(gathered(comm_, mine));
    core::ensure(all && all->size() == open.size(), "every rank sent what it found");
    for (std::size_t k = 0; k < open.size(); ++k) searches_[open[k]].enter((*all)[k]);
}

std::uint64_t Scan::steps_done() const noexcept {
    std::uint64_t sum = 0;
    for (const Search& search : searches_) sum += search.passed();
    return sum;
}

std::uint64_t Scan::steps_total() const noexcept {
    std::uint64_t sum = 0;
    for (const Search& search : searches_) sum += search.size();
    return sum;
}

double Scan::seconds_left() const noexcept {
    double sum = 0.0;
    for (const Search& search : searches_) sum += search.seconds_left();
    return sum;
}

double Scan::bytes_at_most() const noexcept {
    double most = 0.0;
    for (const Search& search : searches_) most = std::max(most, search.bytes_at_most());
    return most;
}

void Scan::save(io::Writer& writer) const {
    Packed packed;
    std::vector<std::int64_t> entered;
    for (const Search& search : searches_) {
        entered.push_back(static_cast<std::int64_t>(search.entered().size()));
        for (const auto& entries : search.entered()) packed.add(entries);
    }
    writer.array("entered", entered);
    writer.array("counts", packed.counts);
    writer.array("sides", packed.sides);
    writer.array("values", packed.values);
    writer.text("texts", packed.texts);
}

void Scan::load(const io::Reader& reader) {
    const auto entered = reader.array<std::int64_t>("entered");
    const auto all = unpacked({.counts = reader.array<std::int64_t>("counts"),
                               .sides = reader.array<std::int64_t>("sides"),
                               .values = reader.array<double>("values"),
                               .texts = reader.text("texts")});
    const auto total = std::accumulate(entered.begin(), entered.end(), std::int64_t{0});
    if (entered.size() != searches_.size() || !all || total != static_cast<std::int64_t>(all->size()))
        reader.refuse("entered", "is not of the points of this study");
    searches_ = searches_at_start();
    auto next = all->begin();
    for (std::size_t i = 0; i < searches_.size(); ++i) {
        for (std::int64_t k = 0; k < entered[i]; ++k) {
            if (searches_[i].done()) reader.refuse("entered", "has more bounds than this study tries");
            searches_[i].enter(*next++);
        }
    }
}

std::vector<io::Row> Scan::results() const {
    std::vector<io::Row> rows;
    for (std::size_t i = 0; i < searches_.size(); ++i) {
        const std::vector<io::Row> more = rows_of(task_.points[i], interactions_[i], searches_[i].bracket());
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

void Scan::publish(io::Writer& writer) const {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> low, high;
    for (const Search& search : searches_) {
        const Bracket found = search.bracket();
        low.push_back(found.low.value_or(none));
        high.push_back(found.high.value_or(none));
    }
    writer.array("low", low);
    writer.array("high", high);
    writer.attribute("low", "meaning", "best lower bound on f = ln Z per site of the infinite lattice [point]");
    writer.attribute("high", "meaning", "best upper bound on f = ln Z per site of the infinite lattice [point]");
}

} // namespace blockspin::bounds
