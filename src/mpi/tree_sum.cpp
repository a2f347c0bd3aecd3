#include <blockspin/mpi/tree_sum.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace blockspin::mpi {

namespace {

using Row = std::vector<double>;

void add(Row& left, std::span<const double> right) {
    for (std::size_t i = 0; i < left.size(); ++i) left[i] += right[i];
}

/// Sum of 2^level consecutive rows, pairwise.
Row pairwise(std::span<const double> rows, std::size_t width) {
    if (rows.size() == width) return Row(rows.begin(), rows.end());
    const std::size_t half = rows.size() / width / 2 * width;
    Row sum = pairwise(rows.first(half), width);
    add(sum, pairwise(rows.subspan(half), width));
    return sum;
}

/// Number of terms in the largest tree node that begins at `first` and ends at or before `end`.
std::int64_t largest_node(std::int64_t first, std::int64_t end) {
    const auto fits = std::bit_floor(static_cast<std::uint64_t>(end - first));
    const auto aligned = first == 0 ? fits : std::uint64_t{1} << std::countr_zero(static_cast<std::uint64_t>(first));
    return static_cast<std::int64_t>(std::min(fits, aligned));
}

using Nodes = std::map<std::int64_t, std::pair<std::int64_t, Row>>; // first term -> (number of terms, sum)

/// Joins neighbouring nodes level by level. A right sibling that lies beyond the last term is empty, so an
/// unpaired left node rises unchanged.
Row join(Nodes nodes, std::size_t width) {
    if (nodes.empty()) return Row(width, 0.0);
    core::ensure(nodes.begin()->first == 0, "tree_sum: terms are numbered from 0");
    for (std::int64_t size = 1; nodes.size() > 1; size *= 2) {
        core::ensure(size < std::int64_t{1} << 62, "tree_sum: every term is held by one rank");
        for (auto left = nodes.begin(); left != nodes.end(); ++left) {
            if (left->first % (2 * size) != 0 || left->second.first > size) continue;
            const auto right = std::next(left);
            if (right == nodes.end() || right->first != left->first + size) continue;
            add(left->second.second, right->second.second);
            left->second.first = 2 * size;
            nodes.erase(right);
        }
    }
    return nodes.begin()->second.second;
}

} // namespace

std::vector<double> tree_sum(const Communicator& comm, std::int64_t first, std::span<const double> rows,
                             std::size_t width) {
    core::ensure(width > 0 && rows.size() % width == 0, "tree_sum: whole rows");
    const std::int64_t end = first + static_cast<std::int64_t>(rows.size() / width);
    std::vector<std::int64_t> places;
    std::vector<double> sums;
    for (std::int64_t at = first; at < end;) {
        const std::int64_t terms = largest_node(at, end);
        const Row sum = pairwise(
            rows.subspan(static_cast<std::size_t>(at - first) * width, static_cast<std::size_t>(terms) * width), width);
        places.insert(places.end(), {at, terms});
        sums.insert(sums.end(), sum.begin(), sum.end());
        at += terms;
    }
    const std::vector<std::int64_t> all_places = all_gather_joined<std::int64_t>(comm, places);
    const std::vector<double> all_sums = all_gather_joined<double>(comm, sums);
    Nodes nodes;
    for (std::size_t i = 0; i < all_places.size() / 2; ++i) {
        const auto row = std::span(all_sums).subspan(i * width, width);
        nodes.emplace(all_places[2 * i], std::pair(all_places[2 * i + 1], Row(row.begin(), row.end())));
    }
    return join(std::move(nodes), width);
}

} // namespace blockspin::mpi
