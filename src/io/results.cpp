#include <blockspin/io/results.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace blockspin::io {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view results_schema = "blockspin-results-1";
constexpr std::array<std::string_view, 5> kinds{"exact", "bound", "sampled", "trained", "numerical"};

void require(bool condition, const Row& row, std::string_view what) {
    if (condition) return;
    throw core::InternalError(fmt::format("result '{}' of [{}] {}: {}", row.quantity, row.section, row.point, what));
}

bool is_finite(const std::optional<double>& number) { return !number || std::isfinite(*number); }

void check(const Row& row) {
    const bool needs_error = row.kind == Kind::sampled || row.kind == Kind::trained;
    require(std::isfinite(row.value), row, "the value is not finite");
    require(!needs_error || row.error, row, "a sampled or trained value has no error");
    require(is_finite(row.error) && row.error.value_or(0) >= 0, row, "the error is not a finite, positive number");
    require(is_finite(row.spread) && is_finite(row.tau_int) && is_finite(row.n_eff), row, "a column is not finite");
}

Json json_of(const Row& row) {
    Json json{{"section", row.section},    {"point", row.point}, {"quantity", row.quantity},
              {"kind", name_of(row.kind)}, {"unit", row.unit},   {"value", row.value}};
    const auto add = [&](const char* key, const std::optional<double>& number) {
        if (number) json[key] = *number;
    };
    add("error", row.error);
    add("spread", row.spread);
    add("tau_int", row.tau_int);
    add("n_eff", row.n_eff);
    if (!row.note.empty()) json["note"] = row.note;
    return json;
}

Kind kind_of(const std::string& name) {
    const auto at = std::ranges::find(kinds, name);
    if (at == kinds.end()) throw core::DataError(fmt::format("there is no kind '{}' of result", name));
    return static_cast<Kind>(at - kinds.begin());
}

Row row_of(const Json& json) {
    const auto number = [&](const char* key) -> std::optional<double> {
        return json.contains(key) ? std::optional(json.at(key).get<double>()) : std::nullopt;
    };
    return {.section = json.at("section"),
            .point = json.at("point"),
            .quantity = json.at("quantity"),
            .kind = kind_of(json.at("kind")),
            .unit = json.at("unit"),
            .value = json.at("value").get<double>(),
            .error = number("error"),
            .spread = number("spread"),
            .tau_int = number("tau_int"),
            .n_eff = number("n_eff"),
            .note = json.value("note", "")};
}

} // namespace

std::string_view name_of(Kind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

void check(const Results& results) {
    for (const Row& row : results.rows) check(row);
}

std::string to_json(const Results& results) {
    check(results);
    Json rows = Json::array();
    for (const Row& row : results.rows) rows.push_back(json_of(row));
    return Json{{"schema", results_schema}, {"study", results.study}, {"rows", rows}}.dump(1) + "\n";
}

Results results_from_json(std::string_view text, std::string_view file) {
    try {
        const Json json = Json::parse(text);
        if (json.at("schema").get<std::string>() != results_schema)
            throw core::DataError(fmt::format("is not of schema {}", results_schema));
        Results results{.study = json.at("study"), .rows = {}};
        for (const Json& row : json.at("rows")) results.rows.push_back(row_of(row));
        return results;
    } catch (const Json::exception& error) {
        throw core::DataError(fmt::format("{}: {}", file, error.what()));
    } catch (const core::DataError& error) {
        throw core::DataError(fmt::format("{}: {}", file, error.what()));
    }
}

} // namespace blockspin::io
