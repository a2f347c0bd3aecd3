#include <blockspin/flow/hierarchical_cell.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

using Link = HierarchicalCell::Link;

constexpr int most_inner_vertices = 8;

/// Gives numbers to names as they come.
class Vertices {
  public:
    int number(std::string_view name) { return numbers_.try_emplace(std::string(name), count()).first->second; }
    int count() const noexcept { return static_cast<int>(numbers_.size()); }

  private:
    std::map<std::string, int> numbers_{{"a", 0}, {"b", 1}};
};

Link bond(std::string_view text, Vertices& vertices) {
    const std::size_t dash = text.find('-');
    const std::string_view from = text.substr(0, dash), to = dash == text.npos ? "" : text.substr(dash + 1);
    if (from.empty() || to.empty() || to.find('-') != to.npos)
        throw core::InputError(
            fmt::format("a bond of a cell is given by its two ends, such as \"a-1\", not '{}'", text));
    if (from == to) throw core::InputError(fmt::format("the bond '{}' of a cell is a loop", text));
    const auto [low, high] = std::minmax({vertices.number(from), vertices.number(to)});
    return {low, high, 1, 1.0};
}

/// Number of bonds from vertex 0 to every vertex; none where there is no way.
std::vector<std::optional<int>> distances(const std::vector<Link>& bonds, int vertices) {
    std::vector<std::optional<int>> distance(static_cast<std::size_t>(vertices));
    distance[0] = 0;
    for (int round = 0; round < vertices; ++round)
        for (const Link& bond : bonds)
            for (const auto& [near, far] : {std::pair(bond.from, bond.to), std::pair(bond.to, bond.from)})
                if (distance[near] && (!distance[far] || *distance[far] > *distance[near] + 1))
                    distance[far] = *distance[near] + 1;
    return distance;
}

int length_of(const std::vector<Link>& bonds, int vertices) {
    const auto distance = distances(bonds, vertices);
    if (std::ranges::any_of(distance, [](const auto& d) { return !d; }))
        throw core::InputError("a cell hangs together, from one terminal, a, to the other, b");
    if (*distance[1] < 2) throw core::InputError("the terminals a and b of a cell are at least two bonds apart");
    return *distance[1];
}

auto ends_and_length(const Link& link) { return std::tuple(link.from, link.to, link.length); }

/// Joins links of equal chains between the same two vertices.
void join_side_by_side(std::vector<Link>& links) {
    std::ranges::sort(links, {}, ends_and_length);
    std::vector<Link> joined;
    for (const Link& link : links) {
        if (!joined.empty() && ends_and_length(joined.back()) == ends_and_length(link))
            joined.back().chains += link.chains;
        else
            joined.push_back(link);
    }
    links = std::move(joined);
}

/// Joins two single chains that meet in a vertex where nothing else ends; false if there are none.
bool join_one_after_another(std::vector<Link>& links, int vertices) {
    for (int vertex = 2; vertex < vertices; ++vertex) {
        const auto ends_here = [&](const Link& link) { return link.from == vertex || link.to == vertex; };
        if (std::ranges::count_if(links, ends_here) != 2) continue;
        const auto first = std::ranges::find_if(links, ends_here);
        const auto second = std::find_if(first + 1, links.end(), ends_here);
        if (first->chains != 1 || second->chains != 1) continue;
        const int one = first->from + first->to - vertex, other = second->from + second->to - vertex;
        if (one == other) continue;
        *first = {std::min(one, other), std::max(one, other), first->length + second->length, 1.0};
        links.erase(second);
        return true;
    }
    return false;
}

/// Numbers the vertices that still have links 2, 3, …; returns how many vertices there are.
int renumbered(std::vector<Link>& links, int vertices) {
    std::vector<int> number(static_cast<std::size_t>(vertices), -1);
    number[0] = 0;
    number[1] = 1;
    int next = 2;
    for (Link& link : links)
        for (int* end : {&link.from, &link.to}) {
            int& known = number[static_cast<std::size_t>(*end)];
            if (known < 0) known = next++;
            *end = known;
        }
    return next;
}

/// The links in an order of their own when vertex v is called names[v].
std::vector<Link> renamed(std::span<const Link> links, const std::vector<int>& names) {
    std::vector<Link> result;
    for (const Link& link : links) {
        const auto [low, high] =
            std::minmax(names[static_cast<std::size_t>(link.from)], names[static_cast<std::size_t>(link.to)]);
        result.push_back({low, high, link.length, link.chains});
    }
    std::ranges::sort(result, {}, ends_and_length);
    return result;
}

/// Is there a way to exchange the terminals, and the other vertices, that leaves the links as they are?
bool looks_the_same_from_both_ends(std::span<const Link> links, int vertices) {
    std::vector<int> names(static_cast<std::size_t>(vertices));
    std::iota(names.begin(), names.end(), 0);
    const std::vector<Link> as_it_is = renamed(links, names);
    std::swap(names[0], names[1]);
    do {
        if (renamed(links, names) == as_it_is) return true;
    } while (std::next_permutation(names.begin() + 2, names.end()));
    return false;
}

} // namespace

HierarchicalCell::HierarchicalCell(std::span<const std::string> bonds) {
    Vertices vertices;
    for (const std::string& text : bonds) links_.push_back(bond(text, vertices));
    vertices_ = vertices.count();
    length_ = length_of(links_, vertices_);
    const auto count = static_cast<double>(links_.size());
    dimension_ = std::log(count) / std::log(length_);
    sites_per_bond_ = (vertices_ - 2) / (count - 1);
    reduce();
    if (vertices_ - 2 > most_inner_vertices)
        throw core::InputError(
            fmt::format("a cell of {} vertices between its terminals: at most {}, not counting those "
                        "inside of chains of equal bonds",
                        vertices_ - 2, most_inner_vertices));
    is_reversible_ = looks_the_same_from_both_ends(links_, vertices_);
}

void HierarchicalCell::reduce() {
    join_side_by_side(links_);
    while (join_one_after_another(links_, vertices_)) join_side_by_side(links_);
    vertices_ = renumbered(links_, vertices_);
}

double HierarchicalCell::smallest_cut() const {
    double smallest = HUGE_VAL;
    for (unsigned side = 0; side < 1U << (vertices_ - 2); ++side) { // bit v − 2: vertex v stays with terminal 0
        const auto stays = [side](int vertex) {
            return vertex == 0 || (vertex > 1 && (side >> (vertex - 2) & 1U) != 0);
        };
        double cut = 0.0;
        for (const Link& link : links_)
            if (stays(link.from) != stays(link.to)) cut += link.chains;
        smallest = std::min(smallest, cut);
    }
    return smallest;
}

HierarchicalCell HierarchicalCell::diamond(int b, double d) {
    if (b < 2) throw core::InputError(fmt::format("chains of {} bonds: at least 2 are needed", b));
    if (!(d >= 1) || !std::isfinite(d))
        throw core::InputError(fmt::format("{} spatial dimensions: at least 1 is needed", d));
    const double branches = std::pow(b, d - 1);
    HierarchicalCell cell;
    cell.links_ = {{0, 1, b, branches}};
    cell.length_ = b;
    cell.dimension_ = d;
    cell.sites_per_bond_ = (b - 1) * branches / (b * branches - 1);
    return cell;
}

} // namespace blockspin::flow
