#include <blockspin/stats/jackknife.hpp>

#include "record.hpp"

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::stats {

namespace {

/// A run of consecutive measurements of one chain.
struct Block {
    std::size_t chain;
    std::size_t first;
    std::size_t length;
};

std::size_t block_length(double tau, std::int64_t total) {
    return static_cast<std::size_t>(std::ceil(std::cbrt(4 * tau * tau * static_cast<double>(total))));
}

/// Every chain cut into as many blocks of at least `shortest` as it holds; lengths within a chain differ by at most 1.
std::vector<Block> blocks_of(const Record& record, std::size_t shortest, std::size_t fewest_per_chain) {
    std::vector<Block> blocks;
    for (std::size_t chain = 0; chain < record.size(); ++chain) {
        const std::size_t length = record[chain].size();
        const std::size_t count = std::min(length, std::max(fewest_per_chain, length / shortest));
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t first = i * length / count;
            blocks.push_back({chain, first, (i + 1) * length / count - first});
        }
    }
    return blocks;
}

/// Means of all observables without one block, from the means and the block's own sum of deviations.
std::vector<double> means_without(const Block& block, std::span<const Record> observables,
                                  std::span<const double> means, double total) {
    std::vector<double> result;
    for (std::size_t a = 0; a < observables.size(); ++a) {
        double deviation = 0;
        for (const double x : observables[a][block.chain].subspan(block.first, block.length)) deviation += x - means[a];
        result.push_back(means[a] - deviation / (total - static_cast<double>(block.length)));
    }
    return result;
}

double largest_tau(std::span<const Record> observables) {
    double tau = 0.5;
    for (const Record& record : observables) tau = std::max(tau, gamma_method(std::span(record)).tau_int);
    return tau;
}

/// The functions on all data and without each block in turn.
struct Replicates {
    std::vector<Block> blocks;
    std::vector<double> value;
    std::vector<std::vector<double>> without;
    double total;

    std::size_t size() const { return value.size(); }
    double weight(std::size_t block) const { return total / static_cast<double>(blocks[block].length); } // h_j
};

Replicates replicate(std::span<const Record> observables, const Functions& functions, double tau) {
    const Record& shape = observables.front();
    const std::int64_t total = total_length(shape);
    Replicates r{
        blocks_of(shape, block_length(tau, total), shape.size() > 1 ? 1 : 2), {}, {}, static_cast<double>(total)};
    std::vector<double> means;
    for (const Record& record : observables) means.push_back(mean_of(std::span(record)));
    r.value = functions(means);
    for (const Block& block : r.blocks) {
        r.without.push_back(functions(means_without(block, observables, means, r.total)));
        core::ensure(r.without.back().size() == r.value.size(), "derived quantities do not change in number");
    }
    return r;
}

/// θ_J = Σ_j [θ - (1 - 1/h_j) θ_(-j)], the values with their O(1/n) bias removed.
std::vector<double> unbiased(const Replicates& r) {
    std::vector<double> result = r.value;
    for (std::size_t i = 0; i < r.size(); ++i) {
        for (std::size_t j = 0; j < r.blocks.size(); ++j) {
            result[i] += (1 - 1 / r.weight(j)) * (r.value[i] - r.without[j][i]);
        }
    }
    return result;
}

/// Mean of (p_ji - θ_Ji)(p_jk - θ_Jk) / (h_j - 1) over blocks, with pseudo-values p_j = h_j θ - (h_j - 1) θ_(-j).
std::vector<double> covariance(const Replicates& r, std::span<const double> centre) {
    std::vector<double> result(r.size() * r.size(), 0.0);
    for (std::size_t j = 0; j < r.blocks.size(); ++j) {
        const double others = r.weight(j) - 1;
        const auto deviation = [&](std::size_t i) {
            return r.value[i] - centre[i] + others * (r.value[i] - r.without[j][i]);
        };
        for (std::size_t i = 0; i < r.size(); ++i) {
            for (std::size_t k = 0; k < r.size(); ++k) {
                result[i * r.size() + k] +=
                    deviation(i) * deviation(k) / (others * static_cast<double>(r.blocks.size()));
            }
        }
    }
    return result;
}

} // namespace

Derived jackknife(std::span<const Record> observables, const Functions& functions, Bias bias) {
    require_analysable(observables);
    const double tau = largest_tau(observables);
    const Replicates replicates = replicate(observables, functions, tau);
    const std::vector<double> centre = unbiased(replicates);
    Derived result{{}, covariance(replicates, centre)};
    for (std::size_t i = 0; i < replicates.size(); ++i) {
        const double mean = bias == Bias::corrected ? centre[i] : replicates.value[i];
        const double variance = result.covariance[i * replicates.size() + i];
        result.estimates.push_back({mean, std::sqrt(variance), tau, replicates.total / (2 * tau)});
    }
    return result;
}

Estimate jackknife(std::span<const Record> observables, const Function& function, Bias bias) {
    const auto one = [&](std::span<const double> means) { return std::vector{function(means)}; };
    return jackknife(observables, Functions(one), bias).estimates.front();
}

} // namespace blockspin::stats
