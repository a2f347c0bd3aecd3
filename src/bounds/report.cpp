#include <blockspin/bounds/report.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/onsager.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::bounds {

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

} // namespace

std::vector<std::string> refusals(const lattice::Geometry& geometry, std::span<const model::Point> points,
                                  const BoundsParameters& parameters) {
    std::vector<std::string> sentences;
    for (const std::string& method : parameters.methods) {
        std::string sentence;
        const bool holds_somewhere = std::ranges::any_of(points, [&](const model::Point& point) {
            sentence = refusal(interactions(geometry, point), method);
            return sentence.empty();
        });
        if (!holds_somewhere) sentences.push_back(sentence);
    }
    return sentences;
}

Report report(const mpi::Communicator& comm, const lattice::Geometry& geometry, std::span<const model::Point> points,
              const BoundsParameters& parameters) {
    const auto refused = refusals(geometry, points, parameters);
    if (!refused.empty()) throw core::InputError(refused.front());
    const auto owner = [&](std::size_t i) { return static_cast<int>(i % static_cast<std::size_t>(comm.size())); };
    std::vector<std::string> texts(points.size());
    std::vector<double> ends(2 * points.size(), 0.0);
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    mpi::collectively(comm, [&] {
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (owner(i) != comm.rank()) continue;
            const Interactions couplings = interactions(geometry, points[i]);
            const Bracket found = bracket(couplings, parameters);
            texts[i] = io::to_json({"bounds", rows_of(points[i], couplings, found)});
            ends[2 * i] = found.low.value_or(none);
            ends[2 * i + 1] = found.high.value_or(none);
        }
    });
    Report result;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::vector<io::Row> rows =
            io::results_from_json(mpi::broadcast(comm, texts[i], owner(i)), "bounds").rows;
        result.rows.insert(result.rows.end(), rows.begin(), rows.end());
        mpi::broadcast(comm, std::span(ends).subspan(2 * i, 2), owner(i));
        result.points.push_back({ends[2 * i], ends[2 * i + 1]});
    }
    return result;
}

} // namespace blockspin::bounds
