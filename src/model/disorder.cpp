#include <blockspin/model/disorder.hpp>

#include <blockspin/rng/draws.hpp>

#include <cmath>

namespace blockspin::model {

namespace {

/// Normal bonds are multiples of 2^-24. Those of the largest allowed mean and width stay below 2^31 of them.
constexpr int fraction_bits = 24;

} // namespace

void DisorderParameters::check(io::Problems& problems) const {
    if (is_plus_minus()) {
        if (mean) problems.add("mean", "only for distribution = \"gaussian\"");
        if (width) problems.add("width", "only for distribution = \"gaussian\"");
    } else if (antiferromagnetic) {
        problems.add("antiferromagnetic", "only for distribution = \"plus-minus\"");
    }
}

Disorder::Disorder(const DisorderParameters& parameters, std::uint64_t study_seed)
    : parameters_(parameters), key_(parameters.seed.value_or(study_seed)) {}

double Disorder::unit() const noexcept { return parameters_.is_plus_minus() ? 1.0 : std::ldexp(1.0, -fraction_bits); }

std::int32_t Disorder::bond(std::int64_t sample, std::int64_t site, int direction) const {
    const rng::Address address{.purpose = rng::Purpose::random_bond,
                               .chain = static_cast<std::int32_t>(sample),
                               .place = site,
                               .draw = 1 + direction}; // 0: both bonds of a site of [[flow]] random-bonds
    if (parameters_.is_plus_minus()) return rng::uniform(key_, address) < parameters_.probability() ? -1 : 1;
    const double normal = rng::normal(key_, address)[0];
    const double bond = parameters_.mean_bond() + parameters_.bond_width() * normal;
    return static_cast<std::int32_t>(std::lround(std::ldexp(bond, fraction_bits)));
}

std::optional<double> Disorder::nishimori_coupling() const {
    if (!parameters_.is_plus_minus()) {
        if (parameters_.mean_bond() < 0.0) return std::nullopt;
        return parameters_.mean_bond() / (parameters_.bond_width() * parameters_.bond_width());
    }
    const double p = parameters_.probability();
    if (p == 0.0 || p > 0.5) return std::nullopt;
    return std::log((1.0 - p) / p) / 2.0;
}

double Disorder::nishimori_energy() const {
    return parameters_.is_plus_minus() ? 2.0 * parameters_.probability() - 1.0 : -parameters_.mean_bond();
}

} // namespace blockspin::model
