#include <blockspin/io/results.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace blockspin::io {

namespace {

constexpr std::size_t columns = 9;
using Line = std::array<std::string, columns>;

const Line headings{"section", "point", "quantity", "kind", "value", "unit", "spread", "tau_int", "n_eff"};
constexpr std::array<bool, columns> is_number{false, false, false, false, true, false, true, true, true};

std::string optional_text(const std::optional<double>& number) { return number ? fmt::format("{:.3g}", *number) : ""; }

/// Three digits, without an exponent.
std::string count_text(const std::optional<double>& number) {
    return number ? fmt::format("{:.{}f}", *number, *number < 100 ? 1 : 0) : "";
}

Line line_of(const Row& row) {
    return {row.section,
            row.point,
            row.quantity,
            std::string(name_of(row.kind)),
            row.error ? with_error(row.value, *row.error) : fmt::format("{:.12g}", row.value),
            row.unit,
            optional_text(row.spread),
            optional_text(row.tau_int),
            count_text(row.n_eff)};
}

/// Characters as a terminal shows them: UTF-8 continuation bytes take no place.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string aligned(const std::string& text, std::size_t width, bool to_the_right) {
    const std::string space(width - width_of(text), ' ');
    return to_the_right ? space + text : text + space;
}

std::array<std::size_t, columns> widths_of(const std::vector<Line>& lines) {
    std::array<std::size_t, columns> widths{};
    for (std::size_t i = 0; i < columns; ++i) {
        const bool is_used = std::ranges::any_of(lines, [&](const Line& line) { return !line[i].empty(); });
        if (!is_used) continue; // an empty column is not shown
        widths[i] = width_of(headings[i]);
        for (const Line& line : lines) widths[i] = std::max(widths[i], width_of(line[i]));
    }
    return widths;
}

std::string shown(const Line& line, const std::array<std::size_t, columns>& widths, const std::string& note) {
    std::string text;
    for (std::size_t i = 0; i < columns; ++i) {
        if (widths[i] > 0) text += aligned(line[i], widths[i], is_number[i]) + "  ";
    }
    text += note;
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
}

} // namespace

std::string with_error(double value, double error) {
    if (!(error > 0) || !std::isfinite(error) || !std::isfinite(value)) return fmt::format("{:.12g}", value);
    // Two digits of the error, rounded first: 0.0996 becomes 0.10, one place fewer.
    const std::string scientific = fmt::format("{:.1e}", error);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    const int decimals = 1 - exponent;
    const int value_exponent = value == 0 ? exponent : static_cast<int>(std::floor(std::log10(std::abs(value))));
    const int top = std::max(value_exponent, exponent);
    if (top > 6 || top < -4) { // 1.234(12)e-07
        const double scale = std::pow(10.0, top);
        return fmt::format("{}e{:+03d}", with_error(value / scale, error / scale), top);
    }
    if (decimals <= 0) {
        const double unit = std::pow(10.0, -decimals);
        return fmt::format("{:.0f}({:.0f})", std::round(value / unit) * unit, std::round(error / unit) * unit);
    }
    constexpr int digits = std::numeric_limits<double>::max_digits10 + 5;
    const double in_last_places = std::round(error * std::pow(10.0, decimals));
    if (error >= 1) return fmt::format("{:.{}f}({:.{}f})", value, decimals, error, decimals);
    return fmt::format("{:.{}f}({:.0f})", value, std::min(decimals, digits), in_last_places);
}

std::string to_table(const Results& results) {
    check(results);
    std::vector<Line> lines;
    for (const Row& row : results.rows) lines.push_back(line_of(row));
    const auto widths = widths_of(lines);
    std::string table = shown(headings, widths, "");
    for (std::size_t i = 0; i < lines.size(); ++i) table += shown(lines[i], widths, results.rows[i].note);
    return table;
}

} // namespace blockspin::io
