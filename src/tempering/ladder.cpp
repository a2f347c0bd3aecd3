#include <blockspin/tempering/ladder.hpp>

#include <blockspin/core/check.hpp>

#include <boost/math/special_functions/erf.hpp>

#include <algorithm>
#include <cmath>

namespace blockspin::tempering {

namespace {

/// Probabilities nearer to 0 or 1 say nothing more about distances.
constexpr double least_probability = 1e-4;

/// To six digits of the length of the ladder, a decimal number.
double rounded(double value, double length) {
    const double digits = std::pow(10.0, 6.0 - std::ceil(std::log10(std::abs(length))));
    return std::round(value * digits) / digits;
}

} // namespace

std::vector<double> equalised(std::span<const double> rungs, std::span<const double> acceptance) {
    core::ensure(rungs.size() >= 2 && acceptance.size() + 1 == rungs.size(), "a ladder has pairs of rungs");
    std::vector<double> position{0.0}; // of the rungs, in units in which energies have variance 1
    for (const double p : acceptance) {
        const double distance = boost::math::erfc_inv(std::clamp(p, least_probability, 1.0 - least_probability));
        position.push_back(position.back() + distance);
    }
    std::vector<double> moved(rungs.begin(), rungs.end());
    const double length = rungs.back() - rungs.front();
    for (std::size_t k = 1; k + 1 < rungs.size(); ++k) {
        const double wanted = position.back() * static_cast<double>(k) / static_cast<double>(acceptance.size());
        const auto above = std::ranges::upper_bound(position, wanted);
        const auto pair = std::min(static_cast<std::size_t>(above - position.begin()), acceptance.size()) - 1;
        const double share = (wanted - position[pair]) / (position[pair + 1] - position[pair]);
        moved[k] = rounded(rungs[pair] + share * (rungs[pair + 1] - rungs[pair]), length);
    }
    return moved;
}

} // namespace blockspin::tempering
