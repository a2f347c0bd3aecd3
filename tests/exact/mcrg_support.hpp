#pragma once

#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace support {

/// Correlators of one step from weighted pairs of configurations before and after it.
class WeightedPairs {
  public:
    explicit WeightedPairs(int operators) : n_(operators), first_(2 * operators, 1), second_(2 * operators, n_ * 2) {}

    void add(double weight, std::span<const std::int64_t> fine, std::span<const std::int64_t> coarse) {
        std::vector<double> both(coarse.begin(), coarse.end());
        both.insert(both.end(), fine.begin(), fine.end());
        total_ += weight;
        for (int a = 0; a < 2 * n_; ++a) {
            first_(a, 0) += weight * both[a];
            for (int b = 0; b < 2 * n_; ++b) second_(a, b) += weight * both[a] * both[b];
        }
    }

    blockspin::mcrg::Correlators correlators() const {
        blockspin::mcrg::Correlators result{{n_, n_}, {n_, n_}};
        const auto connected = [&](int a, int b) {
            return second_(a, b) / total_ - first_(a, 0) * first_(b, 0) / (total_ * total_);
        };
        for (int a = 0; a < n_; ++a) {
            for (int b = 0; b < n_; ++b) {
                result.coarse(a, b) = connected(a, b);
                result.cross(a, b) = connected(a, n_ + b);
            }
        }
        return result;
    }

  private:
    int n_;
    double total_ = 0;
    blockspin::linalg::Matrix<double> first_, second_;
};

/// The configuration whose spin at site i is bit i of the number.
inline std::vector<std::int8_t> configuration(std::uint32_t number, std::int64_t sites) {
    std::vector<std::int8_t> spins;
    for (std::int64_t site = 0; site < sites; ++site) spins.push_back((number >> site & 1U) != 0 ? 1 : -1);
    return spins;
}

} // namespace support
