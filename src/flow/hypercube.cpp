#include <blockspin/flow/hypercube.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

void check_dimension(int d) {
    if (d < 1 || d > 4) throw core::InputError(fmt::format("hypercubes of 1 to 4 dimensions, not of {}", d));
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

SpinClasses SpinClasses::totally_symmetric(int d) {
    check_dimension(d);
    std::vector<int> labels(std::size_t{1} << (1 << d));
    for (std::uint32_t mask = 0; mask < labels.size(); ++mask) labels[mask] = std::popcount(mask);
    return {d, std::move(labels), [](std::uint32_t mask) { return fmt::format("{}-spin", std::popcount(mask)); }};
}

SpinClasses SpinClasses::hypercubic(int d) {
    check_dimension(d);
    return {d, orbits(d), vertices};
}

SpinClasses::SpinClasses(int d, std::vector<int> labels, const std::function<std::string(std::uint32_t)>& name)
    : spatial_dimension_(d), labels_(std::move(labels)) {
    members_.resize(static_cast<std::size_t>(std::ranges::max(labels_)) + 1);
    for (std::uint32_t mask = 0; mask < labels_.size(); ++mask) members_[labels_[mask]].push_back(mask);
    for (int c = 1; c < count(); ++c)
        couplings_.push_back({name(representative(c)), bits(c) % 2 == 0 ? Parity::even : Parity::odd});
    tabulate();
}

void SpinClasses::tabulate() {
    product_sums_ = linalg::Matrix<double>(count(), count());
    distances_.assign(product_sums_.size() * static_cast<std::size_t>(spins() + 1), 0);
    for (int r = 0; r < count(); ++r) {
        const std::uint32_t here = representative(r);
        for (std::uint32_t mask = 0; mask < labels_.size(); ++mask) {
            const int s = labels_[mask];
            product_sums_(s, r) += std::popcount(mask & here) % 2 == 0 ? 1.0 : -1.0;
            ++distances_[(static_cast<std::size_t>(r) * count() + s) * (spins() + 1) + std::popcount(mask ^ here)];
        }
    }
}

int SpinClasses::bits(int c) const { return std::popcount(representative(c)); }

std::span<const std::int32_t> SpinClasses::at_distance(int r, int s) const {
    const auto distances = static_cast<std::size_t>(spins() + 1);
    return std::span(distances_).subspan((static_cast<std::size_t>(r) * count() + s) * distances, distances);
}

std::vector<double> SpinClasses::values(std::span<const double> couplings) const {
    std::vector<double> all{0.0}, result(members_.size());
    all.insert(all.end(), couplings.begin(), couplings.end());
    linalg::gemv(linalg::Op::transpose, 1.0, product_sums_, all, 0.0, result);
    return result;
}

std::vector<double> SpinClasses::expansion(std::span<const double> values) const {
    std::vector<double> weighted(members_.size()), result(members_.size());
    for (int s = 0; s < count(); ++s) weighted[s] = size(s) * values[s];
    linalg::gemv(linalg::Op::none, 1.0, product_sums_, weighted, 0.0, result);
    for (int a = 0; a < count(); ++a) result[a] /= size(a) * static_cast<double>(labels_.size());
    return result;
}

std::vector<double> SpinClasses::per_class(const std::function<double(std::uint32_t)>& u) const {
    std::vector<double> result;
    for (int c = 0; c < count(); ++c) {
        const double value = u(representative(c));
        for (const std::uint32_t mask : members_[c])
            if (!(std::abs(u(mask) - value) <= 1e-12 * (1 + std::abs(value))))
                throw core::InputError(fmt::format("the Hamiltonian tells {} from {}, which belong to one class",
                                                   vertices(mask), vertices(representative(c))));
        result.push_back(value);
    }
    return result;
}

} // namespace blockspin::flow
