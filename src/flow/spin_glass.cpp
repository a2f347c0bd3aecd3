#include <blockspin/flow/spin_glass.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace blockspin::flow {

namespace {

/// artanh(tanh a tanh b), or its limit for strong bonds, min(|a|, |b|) with the sign of ab.
double in_chain(double a, double b, bool is_cold) {
    const double x = std::abs(a), y = std::abs(b);
    double magnitude = std::min(x, y);
    if (!is_cold) magnitude += 0.5 * std::log((1 + std::exp(-2 * (x + y))) / (1 + std::exp(-2 * std::abs(x - y))));
    return std::copysign(magnitude, a * b);
}

/// ∂/∂a of artanh(tanh a tanh b).
double chain_slope(double a, double b) { return std::sinh(2 * b) / (std::cosh(2 * a) + std::cosh(2 * b)); }

/// The bonds that a new one is made of, one after the other. Each of n is drawn as the high part of a product with 32
/// random bits: evenly to n/2^32.
class Parents {
  public:
    Parents(const rng::Key& key, const rng::Address& first, std::size_t n) : key_(key), address_(first), n_(n) {}

    std::size_t next() {
        if (used_ == block_.size()) {
            block_ = rng::bits(key_, address_);
            ++address_.draw;
            used_ = 0;
        }
        return static_cast<std::size_t>(std::uint64_t{block_[used_++]} * n_ >> 32);
    }

  private:
    const rng::Key& key_;
    rng::Address address_;
    std::uint64_t n_;
    rng::Block block_{};
    std::size_t used_ = std::tuple_size_v<rng::Block>;
};

double bond_at_quantile(const SpinGlass& glass, double composition, double quantile) {
    if (glass.disorder == Disorder::plus_minus) return quantile < composition ? 1.0 : -1.0;
    return composition + boost::math::quantile(boost::math::normal(), quantile);
}

} // namespace

int SpinGlass::chains() const { return static_cast<int>(std::lround(std::pow(scale_factor, spatial_dimension - 1))); }

double nishimori_composition(Disorder disorder, double temperature) {
    return disorder == Disorder::plus_minus ? 1 / (1 + std::exp(-2 / temperature)) : 1 / temperature;
}

BondPopulation::BondPopulation(const SpinGlass& glass, const GlassModel& model, int number)
    : glass_(glass), is_cold_(model.temperature == 0.0), number_(number) {
    const double unit = is_cold_ ? 1.0 : 1 / model.temperature;
    for (int i = 0; i < glass.population; ++i)
        bonds_.push_back(unit * bond_at_quantile(glass, model.composition, (i + 0.5) / glass.population));
    measure();
}

void BondPopulation::advance(const mpi::Communicator& comm) {
    const auto n = static_cast<std::int64_t>(bonds_.size());
    const std::int64_t first = n * comm.rank() / comm.size(), last = n * (comm.rank() + 1) / comm.size();
    const bool is_traced = !slopes_.empty();
    const rng::Key key(glass_.seed);
    std::vector<double> bonds(static_cast<std::size_t>(last - first), 0.0), slopes(is_traced ? bonds.size() : 0, 0.0);
#pragma omp parallel for schedule(static)
    for (std::int64_t bond = first; bond < last; ++bond) {
        Parents parents(key, {rng::Purpose::bond_parent, number_, level_, bond, 0}, bonds_.size());
        for (int chain = 0; chain < glass_.chains(); ++chain) {
            const std::size_t head = parents.next();
            double value = bonds_[head], slope = is_traced ? slopes_[head] : 0.0;
            for (int link = 1; link < glass_.scale_factor; ++link) {
                const std::size_t parent = parents.next();
                const double other = bonds_[parent];
                if (is_traced) slope = chain_slope(value, other) * slope + chain_slope(other, value) * slopes_[parent];
                value = in_chain(value, other, is_cold_);
            }
            bonds[bond - first] += value;
            if (is_traced) slopes[bond - first] += slope;
        }
    }
    bonds_ = mpi::all_gather_joined<double>(comm, bonds);
    if (is_traced) slopes_ = mpi::all_gather_joined<double>(comm, slopes);
    ++level_;
    measure();
}

void BondPopulation::rescale(double factor) {
    for (double& bond : bonds_) bond *= factor;
    measure();
}

void BondPopulation::trace() {
    slopes_ = bonds_;
    measure();
}

void BondPopulation::measure() {
    const auto n = static_cast<double>(bonds_.size());
    double sum = 0.0, squares = 0.0, products = 0.0;
    for (const double bond : bonds_) sum += bond;
    mean_ = sum / n;
    for (std::size_t i = 0; i < bonds_.size(); ++i) {
        const double deviation = bonds_[i] - mean_;
        squares += deviation * deviation;
        if (!slopes_.empty()) products += deviation * slopes_[i];
    }
    width_ = std::sqrt(squares / n);
    width_slope_ = width_ > 0 ? products / (n * width_) : 0.0;
}

} // namespace blockspin::flow
