#include <blockspin/flow/kadanoff_groups.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <numeric>

namespace blockspin::flow {

namespace {

/// Permutations of the cells of a rectangle, cell = x + width y, by its reflections, and by its turns if it is a
/// square.
std::vector<std::vector<int>> symmetries(int width, int height) {
    std::vector<std::vector<int>> all;
    for (int number = 0; number < (width == height ? 8 : 4); ++number) {
        std::vector<int> to;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const int u = (number & 1) != 0 ? width - 1 - x : x, v = (number & 2) != 0 ? height - 1 - y : y;
                to.push_back((number & 4) != 0 ? v + width * u : u + width * v);
            }
        }
        all.push_back(std::move(to));
    }
    return all;
}

std::uint32_t permuted(std::uint32_t mask, const std::vector<int>& to) {
    std::uint32_t result = 0;
    for (; mask != 0; mask &= mask - 1) result |= 1u << to[static_cast<std::size_t>(std::countr_zero(mask))];
    return result;
}

/// The class of every mask under the symmetries and reversal, and the smallest mask of each class.
struct Classes {
    std::vector<int> of;
    std::vector<std::uint32_t> representatives;
};

Classes classes(int width, int height) {
    const auto group = symmetries(width, height);
    const std::uint32_t count = 1u << (width * height);
    Classes result{std::vector<int>(count, -1), {}};
    for (std::uint32_t mask = 0; mask < count; ++mask) {
        if (result.of[mask] >= 0) continue;
        for (const std::vector<int>& to : group) {
            const std::uint32_t image = permuted(mask, to);
            result.of[image] = result.of[count - 1 - image] = static_cast<int>(result.representatives.size());
        }
        result.representatives.push_back(mask);
    }
    return result;
}

/// The cells of a rectangle at (x, y), as a mask of the group.
std::uint32_t cells(int x, int y, int across, int up, int width) {
    std::uint32_t mask = 0;
    for (int v = 0; v < up; ++v)
        for (int u = 0; u < across; ++u) mask |= 1u << (x + u + width * (y + v));
    return mask;
}

/// The bits of `state` in such a rectangle, x fastest.
std::uint32_t window(std::uint32_t state, int x, int y, int across, int up, int width) {
    std::uint32_t result = 0;
    for (int v = 0; v < up; ++v) result |= (state >> (x + width * (y + v)) & ((1u << across) - 1)) << (across * v);
    return result;
}

/// Least mask that a cluster becomes when it is pushed into the corner, in any orientation; 0 if it is wider than 3.
std::uint32_t shape(std::uint32_t cluster, int width, int height) {
    std::uint32_t least = ~0u;
    for (const std::vector<int>& to : symmetries(width, height)) {
        std::uint32_t image = permuted(cluster, to);
        while ((image & cells(0, 0, 1, height, width)) == 0) image >>= 1;
        while ((image & cells(0, 0, width, 1, width)) == 0) image >>= width;
        if ((image & ~cells(0, 0, std::min(width, 3), std::min(height, 3), width)) != 0) return 0;
        least = std::min(least, image);
    }
    return least;
}

double product(std::uint32_t state, std::uint32_t cluster) {
    return std::popcount(state & cluster) % 2 == 0 ? 1.0 : -1.0;
}

double mean_product(std::uint32_t state, const std::vector<std::uint32_t>& clusters) {
    double sum = 0.0;
    for (const std::uint32_t cluster : clusters) sum += product(state, cluster);
    return sum / static_cast<double>(clusters.size());
}

} // namespace

SpinGroup::SpinGroup(int width, int height) : width_(width), height_(height) {
    if (width < 2 || height < 2 || width % 2 != 0 || height % 2 != 0 || width * height > 16)
        throw core::InputError("a group has an even number of rows and columns, and 16 spins at most");
    Classes of_images = classes(width / 2 + 1, height / 2 + 1);
    images_ = std::move(of_images.representatives);
    image_classes_ = std::move(of_images.of);
    add_states();
    add_moved_terms();
}

void SpinGroup::add_states() {
    const int across = width_ / 2 + 1, up = height_ / 2 + 1;
    std::vector<std::uint32_t> blocks(static_cast<std::size_t>(across * up), 0);
    for (int cell = 0; cell < spins(); ++cell)
        blocks[(cell % width_ + 1) / 2 + across * ((cell / width_ + 1) / 2)] |= 1u << cell;
    for (const std::uint32_t block : blocks) block_spins_.push_back(std::popcount(block));
    Classes found = classes(width_, height_);
    representatives_ = std::move(found.representatives);
    for (const std::uint32_t state : representatives_) {
        State entry{};
        for (int y = 0; y + up <= height_; ++y)
            for (int x = 0; x + across <= width_; ++x)
                entry.windows.push_back(image_classes_[window(state, x, y, across, up, width_)]);
        for (int y = 0; y + 1 < height_; ++y)
            for (int x = 0; x + 1 < width_; ++x)
                entry.plaquettes[std::abs(2 - std::popcount(state & cells(x, y, 2, 2, width_)))] +=
                    1.0 / ((width_ - 1) * (height_ - 1));
        for (const std::uint32_t block : blocks)
            entry.ordered += std::abs(std::popcount(block) - 2 * std::popcount(state & block));
        states_.push_back(std::move(entry));
    }
    std::map<std::pair<int, int>, double> counts;
    for (std::uint32_t state = 0; state < found.of.size(); ++state) {
        int magnetisations = 0;
        for (const std::uint32_t block : blocks)
            magnetisations = magnetisations * (std::popcount(block) + 1) + std::popcount(state & block);
        counts[{magnetisations, found.of[state]}] += 1.0;
    }
    for (const auto& [key, count] : counts) bins_.push_back({key.first, key.second, count});
}

void SpinGroup::add_moved_terms() {
    std::map<std::uint32_t, std::map<std::uint32_t, std::vector<std::uint32_t>>> places; // of each shape, by class
    const auto group = symmetries(width_, height_);
    for (std::uint32_t cluster = 1; cluster < 1u << spins(); ++cluster) {
        if (std::popcount(cluster) != 2 && std::popcount(cluster) != 4) continue;
        const std::uint32_t form = shape(cluster, width_, height_);
        if (form == 0) continue;
        std::uint32_t first = cluster;
        for (const std::vector<int>& to : group) first = std::min(first, permuted(cluster, to));
        places[form][first].push_back(cluster);
    }
    for (const auto& [form, classes] : places) moved_terms_ += static_cast<int>(classes.size()) - 1;
    moved_ = linalg::Matrix<double>(static_cast<int>(states_.size()), moved_terms_);
    for (int c = 0; c < moved_.rows(); ++c) {
        int term = 0;
        for (const auto& [form, classes] : places)
            for (auto each = std::next(classes.begin()); each != classes.end(); ++each)
                moved_(c, term++) = mean_product(representatives_[c], each->second) -
                                    mean_product(representatives_[c], classes.begin()->second);
    }
}

} // namespace blockspin::flow
