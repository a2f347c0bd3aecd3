#include <blockspin/sampling/measured.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <utility>

namespace blockspin::sampling {

void Measured::add(const std::string& name, std::size_t width, std::vector<std::int64_t> values) {
    core::ensure(width > 0 && values.size() % (width * replicas_) == 0, "a series holds whole measurements");
    series_.insert_or_assign(name, Series{width, std::move(values)});
}

const Measured::Series& Measured::series(std::string_view name) const {
    const auto found = series_.find(name);
    core::ensure(found != series_.end(), "only series that were measured are asked for");
    return found->second;
}

void Measured::reorder(const std::function<std::int64_t(std::size_t, std::int64_t)>& to) {
    for (auto& [name, series] : series_) {
        const std::size_t row = series.width * replicas_;
        std::vector<std::int64_t> moved(series.values.size());
        std::vector<bool> is_taken(series.values.size() / series.width);
        for (std::size_t n = 0; n * row < series.values.size(); ++n) {
            for (std::size_t r = 0; r < replicas_; ++r) {
                const std::size_t there = static_cast<std::size_t>(to(n, static_cast<std::int64_t>(r)));
                core::ensure(there < replicas_ && !is_taken[n * replicas_ + there], "replicas are reordered");
                is_taken[n * replicas_ + there] = true;
                const auto from = series.values.begin() + static_cast<std::ptrdiff_t>(n * row + r * series.width);
                std::copy_n(from, series.width,
                            moved.begin() + static_cast<std::ptrdiff_t>(n * row + there * series.width));
            }
        }
        series.values = std::move(moved);
    }
}

std::vector<double> Measured::column(std::string_view name, std::int64_t replica, std::size_t number) const {
    const auto& [width, values] = series(name);
    core::ensure(replica >= 0 && replica < replicas() && number < width, "a column lies in its series");
    std::vector<double> column;
    column.reserve(values.size() / (width * replicas_));
    for (std::size_t at = static_cast<std::size_t>(replica) * width + number; at < values.size();
         at += width * replicas_) {
        column.push_back(static_cast<double>(values[at]));
    }
    return column;
}

std::vector<std::span<const std::int64_t>> Measured::rows(std::string_view name, std::int64_t replica) const {
    const auto& [width, values] = series(name);
    core::ensure(replica >= 0 && replica < replicas(), "a replica was measured");
    std::vector<std::span<const std::int64_t>> rows;
    for (std::size_t at = static_cast<std::size_t>(replica) * width; at < values.size(); at += width * replicas_) {
        rows.push_back(std::span(values).subspan(at, width));
    }
    return rows;
}

} // namespace blockspin::sampling
