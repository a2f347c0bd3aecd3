#include <blockspin/flow/hypercube.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <boost/math/special_functions/binomial.hpp>
#include <fmt/format.h>

namespace blockspin::flow {

namespace {

void check_dimension(int d, int largest) {
    if (d < 1 || d > largest)
        throw core::InputError(fmt::format("hypercubes of 1 to {} dimensions, not of {}", largest, d));
}

double choose(int n, int k) {
    return k < 0 || k > n
               ? 0.0
               : boost::math::binomial_coefficient<double>(static_cast<unsigned>(n), static_cast<unsigned>(k));
}

/// The mask whose vertices are those of `mask`, moved by `move`.
template <class Move> std::uint32_t moved(std::uint32_t mask, Move&& move) {
    std::uint32_t result = 0;
    for (; mask != 0; mask &= mask - 1) result |= 1u << move(static_cast<unsigned>(std::countr_zero(mask)));
    return result;
}

/// Images of a mask under generators of the hypercube's group: each axis reversed, neighbouring axes exchanged.
std::vector<std::uint32_t> neighbours(std::uint32_t mask, int d) {
    std::vector<std::uint32_t> result;
    for (int axis = 0; axis < d; ++axis) result.push_back(moved(mask, [axis](unsigned v) { return v ^ (1u << axis); }));
    for (int axis = 0; axis + 1 < d; ++axis)
        result.push_back(moved(mask, [axis](unsigned v) {
            const unsigned differ = (v >> axis ^ v >> (axis + 1)) & 1u;
            return v ^ (differ << axis | differ << (axis + 1));
        }));
    return result;
}

/// All masks, by number of bits, then by value: the order in which classes are numbered.
std::vector<std::uint32_t> masks_by_bits(int d) {
    std::vector<std::uint32_t> masks(std::size_t{1} << (1 << d));
    std::iota(masks.begin(), masks.end(), 0u);
    std::ranges::stable_sort(masks, {}, [](std::uint32_t mask) { return std::popcount(mask); });
    return masks;
}

std::vector<int> orbits(int d) {
    constexpr int unseen = -1;
    std::vector<int> labels(std::size_t{1} << (1 << d), unseen);
    int count = 0;
    for (const std::uint32_t first : masks_by_bits(d)) {
        if (labels[first] != unseen) continue;
        std::vector<std::uint32_t> border{first};
        labels[first] = count;
        while (!border.empty()) {
            const std::uint32_t mask = border.back();
            border.pop_back();
            for (const std::uint32_t next : neighbours(mask, d))
                if (std::exchange(labels[next], count) == unseen) border.push_back(next);
        }
        ++count;
    }
    return labels;
}

std::string vertices(std::uint32_t mask) {
    std::string list;
    for (; mask != 0; mask &= mask - 1) list += fmt::format("{}{}", list.empty() ? "" : ",", std::countr_zero(mask));
    return "{" + list + "}";
}

} // namespace

SpinClasses::SpinClasses(int d) {
    spatial_dimension_ = d;
    parameters_ = {"p"};
    typical_parameters_ = {3.0 / spins()};
    pairs_.values = linalg::Matrix<double>(spins() + 1, 1); // by Hamming distance
    for (int distance = 0; distance <= spins(); ++distance) pairs_.values(distance, 0) = spins() - 2 * distance;
}

SpinClasses SpinClasses::totally_symmetric(int d) {
    check_dimension(d, 5);
    SpinClasses classes(d);
    for (int down = 0; down <= classes.spins(); ++down) {
        classes.representatives_.push_back(static_cast<std::uint32_t>((std::uint64_t{1} << down) - 1));
        classes.sizes_.push_back(choose(classes.spins(), down));
    }
    classes.count_combinations();
    classes.name_couplings([](std::uint32_t mask) { return fmt::format("{}-spin", std::popcount(mask)); });
    return classes;
}

SpinClasses SpinClasses::hypercubic(int d) {
    check_dimension(d, 4);
    SpinClasses classes(d);
    classes.labels_ = orbits(d);
    const auto count = static_cast<std::size_t>(std::ranges::max(classes.labels_)) + 1;
    classes.sizes_.assign(count, 0.0);
    classes.representatives_.assign(count, 0);
    for (std::uint32_t mask = 0; mask < classes.labels_.size(); ++mask) {
        double& size = classes.sizes_[classes.labels_[mask]];
        if (size == 0.0) classes.representatives_[classes.labels_[mask]] = mask;
        size += 1.0;
    }
    classes.count_masks();
    classes.name_couplings(vertices);
    return classes;
}

/// Fills functions and pairs configuration by configuration.
void SpinClasses::count_masks() {
    const int n = count(), distances = spins() + 1;
    functions_ = linalg::Matrix<double>(n, n);
    std::vector<double> pairs(functions_.size() * static_cast<std::size_t>(distances));
    for (int r = 0; r < n; ++r) {
        const std::uint32_t here = representative(r);
        for (std::uint32_t mask = 0; mask < labels_.size(); ++mask) {
            const int s = labels_[mask];
            functions_(s, r) += std::popcount(mask & here) % 2 == 0 ? 1.0 : -1.0;
            pairs[(static_cast<std::size_t>(r) * n + s) * distances + std::popcount(mask ^ here)] += 1.0;
        }
    }
    pairs_.of.resize(functions_.size());
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (pairs[i] > 0) pairs_.of[i / distances].push_back({static_cast<int>(i % distances), pairs[i]});
}

/// The same where only numbers of spins matter: by binomial coefficients.
void SpinClasses::count_combinations() {
    const int n = spins();
    functions_ = linalg::Matrix<double>(n + 1, n + 1);
    pairs_.of.resize(functions_.size());
    for (int r = 0; r <= n; ++r)
        for (int s = 0; s <= n; ++s)
            for (int common = std::max(0, r + s - n); common <= std::min(r, s); ++common) {
                const double ways = choose(r, common) * choose(n - r, s - common);
                functions_(s, r) += common % 2 == 0 ? ways : -ways;
                pairs_.of[static_cast<std::size_t>(r) * (n + 1) + s].push_back({r + s - 2 * common, ways});
            }
}

void SpinClasses::name_couplings(const std::function<std::string(std::uint32_t)>& name) {
    projection_ = linalg::Matrix<double>(count(), count());
    for (int c = 0; c < count(); ++c) {
        shells_.push_back(bits(c));
        pairs_.equal.push_back({bits(c), spins() - bits(c)});
        if (c > 0) couplings_.push_back({name(representative(c)), bits(c) % 2 == 0 ? Parity::even : Parity::odd});
        for (int s = 0; s < count(); ++s)
            projection_(c, s) = size(s) * functions_(c, s) / (size(c) * std::ldexp(1.0, spins()));
    }
}

std::vector<double> SpinClasses::per_class(const std::function<double(std::uint32_t)>& u) const {
    check_dimension(spatial_dimension(), 4);
    std::vector<double> result;
    for (const std::uint32_t mask : representatives_) result.push_back(u(mask));
    for (std::uint32_t mask = 0; mask < std::uint32_t{1} << spins(); ++mask) {
        const double expected = result[of(mask)];
        if (!(std::abs(u(mask) - expected) <= 1e-12 * (1 + std::abs(expected))))
            throw core::InputError(fmt::format("the Hamiltonian tells {} from {}, which belong to one class",
                                               vertices(mask), vertices(representative(of(mask)))));
    }
    return result;
}

} // namespace blockspin::flow
