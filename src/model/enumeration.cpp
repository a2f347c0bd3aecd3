#include <blockspin/model/enumeration.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/terms.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

namespace blockspin::model {

namespace {

constexpr std::int64_t most_sites = 26;

/// Numbers the vectors (S_1, S_2, …, M) by one integer, S_1 most significant: a flip adds a multiple of each weight.
class Numbering {
  public:
    explicit Numbering(std::vector<std::int64_t> largest) : largest_(std::move(largest)), weights_(largest_.size()) {
        std::int64_t size = 1;
        for (std::size_t i = largest_.size(); i-- > 0;) {
            weights_[i] = size;
            const std::int64_t values = 2 * largest_[i] + 1;
            if (size > std::numeric_limits<std::int64_t>::max() / values) {
                throw core::InputError("too many operators for an enumeration: their values do not fit 63 bits");
            }
            size *= values;
        }
    }
    std::int64_t weight(std::size_t i) const { return weights_[i]; }
    std::int64_t number_of_largest() const {
        std::int64_t number = 0;
        for (std::size_t i = 0; i < largest_.size(); ++i) number += 2 * largest_[i] * weights_[i];
        return number;
    }
    std::vector<std::int64_t> values(std::int64_t number) const {
        std::vector<std::int64_t> values;
        for (std::size_t i = 0; i < largest_.size(); ++i) {
            values.push_back(number / weights_[i] - largest_[i]);
            number %= weights_[i];
        }
        return values;
    }

  private:
    std::vector<std::int64_t> largest_; // of |S_a|, then of |M|
    std::vector<std::int64_t> weights_;
};

/// The current value of every term times its operator's weight, and the terms that change sign with each spin.
struct SignedTerms {
    std::vector<std::int64_t> value;
    std::vector<std::vector<std::size_t>> of_site;
};

void add_terms(SignedTerms& all, const Terms& terms, std::int64_t weight) {
    for (std::size_t t = 0; t < terms.size(); ++t) {
        for (std::size_t site = 0; site < all.of_site.size(); ++site) {
            const bool odd = std::ranges::count(terms[t], static_cast<std::int64_t>(site)) % 2 != 0;
            if (odd) all.of_site[site].push_back(all.value.size());
        }
        all.value.push_back(weight);
    }
}

/// The number after one more flip.
std::int64_t flipped(SignedTerms& terms, std::size_t site, std::int64_t number) {
    for (const std::size_t term : terms.of_site[site]) {
        number -= 2 * terms.value[term];
        terms.value[term] = -terms.value[term];
    }
    return number;
}

DensityOfStates sorted(const std::unordered_map<std::int64_t, std::int64_t>& counts, const Numbering& numbering,
                       std::int64_t sites) {
    std::vector<std::pair<std::int64_t, std::int64_t>> in_order(counts.begin(), counts.end());
    std::ranges::sort(in_order);
    DensityOfStates density{sites, {}};
    for (const auto& [number, count] : in_order) {
        std::vector<std::int64_t> values = numbering.values(number);
        const std::int64_t magnetisation = values.back();
        values.pop_back();
        density.levels.push_back({std::move(values), magnetisation, count});
    }
    return density;
}

} // namespace

DensityOfStates enumerate(const OperatorBasis& basis, const lattice::Geometry& geometry) {
    const std::int64_t sites = geometry.sites();
    if (sites > most_sites) {
        throw core::InputError(fmt::format("{} spins are too many to enumerate: at most {}", sites, most_sites));
    }
    std::vector<Terms> of_operators;
    std::vector<std::int64_t> largest;
    for (const Operator& op : basis) {
        largest.push_back(static_cast<std::int64_t>(of_operators.emplace_back(terms(op, geometry)).size()));
    }
    of_operators.push_back(terms(Operator::from_name(geometry.lattice(), "h"), geometry));
    largest.push_back(sites);
    const Numbering numbering(largest);
    SignedTerms signed_terms{{}, std::vector<std::vector<std::size_t>>(static_cast<std::size_t>(sites))};
    for (std::size_t a = 0; a < of_operators.size(); ++a) add_terms(signed_terms, of_operators[a], numbering.weight(a));

    std::unordered_map<std::int64_t, std::int64_t> counts;
    std::int64_t number = numbering.number_of_largest();
    ++counts[number];
    for (std::uint64_t i = 1; i < std::uint64_t{1} << sites; ++i) {
        number = flipped(signed_terms, static_cast<std::size_t>(std::countr_zero(i)), number);
        ++counts[number];
    }
    return sorted(counts, numbering, sites);
}

namespace {

double exponent(const Level& level, std::span<const double> couplings) {
    double sum = 0;
    for (std::size_t a = 0; a < couplings.size(); ++a) sum += couplings[a] * static_cast<double>(level.sums[a]);
    return sum;
}

void add_moments(ExactAverages& result, const Level& level, std::int64_t sites, double probability) {
    const double m = static_cast<double>(level.magnetisation) / static_cast<double>(sites), m2 = m * m;
    result.abs_m += probability * std::abs(m);
    result.m2 += probability * m2;
    result.m4 += probability * m2 * m2;
    for (std::size_t a = 0; a < result.sums.size(); ++a) {
        result.sums[a] += probability * static_cast<double>(level.sums[a]);
    }
}

/// About the means, which are known by now.
void add_covariance(ExactAverages& result, const Level& level, double probability) {
    const std::size_t size = result.sums.size();
    for (std::size_t a = 0; a < size; ++a) {
        for (std::size_t b = 0; b < size; ++b) {
            result.covariance[a * size + b] += probability * (static_cast<double>(level.sums[a]) - result.sums[a]) *
                                               (static_cast<double>(level.sums[b]) - result.sums[b]);
        }
    }
}

} // namespace

ExactAverages averages(const DensityOfStates& density, std::span<const double> couplings) {
    const std::size_t size = density.levels.front().sums.size();
    if (couplings.size() != size || !std::ranges::all_of(couplings, [](double k) { return std::isfinite(k); })) {
        throw core::InputError("averages need one finite coupling per operator of the density of states");
    }
    std::vector<double> weights;
    for (const Level& level : density.levels) weights.push_back(exponent(level, couplings));
    const double top = std::ranges::max(weights);
    double norm = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = static_cast<double>(density.levels[i].count) * std::exp(weights[i] - top);
        norm += weights[i];
    }
    ExactAverages result;
    result.ln_z = top + std::log(norm);
    result.sums.resize(size);
    result.covariance.resize(size * size);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        add_moments(result, density.levels[i], density.sites, weights[i] / norm);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) add_covariance(result, density.levels[i], weights[i] / norm);
    return result;
}

} // namespace blockspin::model
