#include <blockspin/flow/nishimori_point.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::flow {

namespace {

/// The composition without a mean.
double balanced(Disorder disorder) { return disorder == Disorder::plus_minus ? 0.5 : 0.0; }

/// Bonds of size K alone shrink below chains^{-1/(b−1)}, where chains K^b = K.
double weakest_growing(const SpinGlass& glass) { return std::pow(glass.chains(), -1.0 / (glass.scale_factor - 1)); }

/// A temperature at which a composition is a paramagnet.
double hottest(const SpinGlass& glass, double composition) { return 2 * (1 + composition) / weakest_growing(glass); }

/// Mean and error of independent values, each of them known to ± `width`/2.
stats::Estimate estimate(const std::vector<double>& values, double width = 0.0) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double spread = n > 1 ? squares / (n * (n - 1)) : 0.0;
    return {.mean = mean, .error = std::sqrt(spread + width * width / 12), .n_eff = n};
}

/// Brings a population without a mean to its unstable fixed point and keeps it there, step by step.
void advance_in_place(const mpi::Communicator& comm, BondPopulation& population) {
    const double before = population.width();
    population.advance(comm);
    const double growth = std::clamp(population.width() / before, 0.5, 2.0);
    population.rescale(1 / (growth * growth));
}

} // namespace

GlassPhase phase(const mpi::Communicator& comm, const SpinGlass& glass, const GlassModel& model, int number) {
    constexpr int patience = 200;
    constexpr double strong = 20.0, alike = 10.0, random = 0.05;
    const double weak = 0.1 * weakest_growing(glass);
    BondPopulation population(glass, model, number);
    for (int level = 0; level < patience; ++level) {
        const double mean = std::abs(population.mean()), width = population.width();
        if (std::max(mean, width) < weak) return GlassPhase::paramagnet;
        if (std::max(mean, width) > strong) {
            if (mean > alike * width) return GlassPhase::ferromagnet;
            if (mean < random * width) return GlassPhase::spin_glass;
        }
        population.advance(comm);
    }
    return GlassPhase::undecided;
}

std::optional<stats::Estimate> boundary(const Beyond& beyond, double low, double high, int populations) {
    constexpr int halvings = 18;
    std::vector<double> found;
    for (int number = 0; number < populations; ++number) {
        if (beyond(low, number) || !beyond(high, number)) return std::nullopt;
        double here = low, there = high;
        for (int n = 0; n < halvings; ++n) {
            const double middle = std::midpoint(here, there);
            (beyond(middle, number) ? there : here) = middle;
        }
        found.push_back(std::midpoint(here, there));
    }
    return estimate(found, std::ldexp(high - low, -halvings));
}

std::optional<stats::Estimate> critical_temperature(const mpi::Communicator& comm, const SpinGlass& glass,
                                                    double composition, int populations) {
    const auto is_paramagnet = [&](double temperature, int number) {
        return phase(comm, glass, {composition, temperature}, number) == GlassPhase::paramagnet;
    };
    return boundary(is_paramagnet, 0.0, hottest(glass, composition), populations);
}

std::optional<stats::Estimate> critical_composition(const mpi::Communicator& comm, const SpinGlass& glass,
                                                    double temperature, int populations) {
    const auto is_ferromagnet = [&](double composition, int number) {
        return phase(comm, glass, {composition, temperature}, number) == GlassPhase::ferromagnet;
    };
    const double high = glass.disorder == Disorder::plus_minus ? 1.0 : 4 * (1 + temperature);
    return boundary(is_ferromagnet, balanced(glass.disorder), high, populations);
}

std::optional<stats::Estimate> multicritical_temperature(const mpi::Communicator& comm, const SpinGlass& glass,
                                                         int populations) {
    const auto is_paramagnet = [&](double temperature, int number) {
        const GlassModel model{nishimori_composition(glass.disorder, temperature), temperature};
        return phase(comm, glass, model, number) == GlassPhase::paramagnet;
    };
    constexpr double coldest = 0.05;
    return boundary(is_paramagnet, coldest, hottest(glass, 1.0), populations);
}

stats::Estimate stiffness_exponent(const mpi::Communicator& comm, const SpinGlass& glass, int populations) {
    constexpr int settling = 8, levels = 24;
    SpinGlass continuous = glass;
    continuous.disorder = Disorder::gaussian; // bonds that are multiples of a unit end at another fixed point
    std::vector<double> found;
    for (int number = 0; number < populations; ++number) {
        BondPopulation population(continuous, {0.0, 0.0}, number);
        for (int level = 0; level < settling; ++level) population.advance(comm);
        const double before = population.width();
        for (int level = 0; level < levels; ++level) population.advance(comm);
        found.push_back(std::log(population.width() / before) / (levels * std::log(glass.scale_factor)));
    }
    return estimate(found);
}

GlassTransition glass_transition(const mpi::Communicator& comm, const SpinGlass& glass, int populations) {
    // The slopes of single bonds grow faster than their mean effect, at random: traced too long, they drown it.
    constexpr int settling = 60, turning = 6, levels = 8, traces = 5;
    std::vector<double> widths, exponents;
    for (int number = 0; number < populations; ++number) {
        BondPopulation population(glass, {balanced(glass.disorder), 1.0}, number);
        for (int level = 0; level < settling; ++level) advance_in_place(comm, population);
        double growth = 0.0, sum = 0.0;
        for (int trace = 0; trace < traces; ++trace) {
            population.trace();
            for (int level = 0; level < turning; ++level) advance_in_place(comm, population);
            const double before = population.width_slope();
            for (int level = 0; level < levels; ++level) {
                advance_in_place(comm, population);
                sum += population.width();
            }
            growth += std::log(population.width_slope() / before);
        }
        widths.push_back(sum / (traces * levels));
        exponents.push_back(growth / (traces * levels * std::log(glass.scale_factor)));
    }
    return {estimate(widths), estimate(exponents)};
}

namespace {

/// Central differences of mean and width between two models, level by level.
struct Differences {
    std::vector<double> mean, width;
};

Differences differences(const mpi::Communicator& comm, const SpinGlass& glass, const GlassModel& below,
                        const GlassModel& above, int number, int levels) {
    BondPopulation low(glass, below, number), high(glass, above, number);
    Differences found;
    for (int level = 0; level < levels; ++level) {
        low.advance(comm);
        high.advance(comm);
        found.mean.push_back(high.mean() - low.mean());
        found.width.push_back(high.width() - low.width());
    }
    return found;
}

} // namespace

std::optional<NishimoriPoint> nishimori_point(const mpi::Communicator& comm, const SpinGlass& glass, int populations) {
    constexpr int settling = 3, levels = 5; // later the fluctuations of a population carry it away
    constexpr double step = 1e-4;
    SpinGlass continuous = glass;
    continuous.disorder = Disorder::gaussian;
    std::vector<double> along, sum, other;
    for (int number = 0; number < populations; ++number) {
        const auto is_paramagnet = [&](double temperature, int) {
            return phase(comm, continuous, {1 / temperature, temperature}, number) == GlassPhase::paramagnet;
        };
        const auto found = boundary(is_paramagnet, 0.05, hottest(glass, 1.0), 1);
        if (!found) return std::nullopt;
        const double T = found->mean, low = T * (1 - step), high = T * (1 + step);
        const Differences line =
            differences(comm, continuous, {1 / low, low}, {1 / high, high}, number, settling + levels);
        const Differences heat = differences(comm, continuous, {1 / T, low}, {1 / T, high}, number, settling + levels);
        const auto area = [&](std::size_t n) { return line.mean[n] * heat.width[n] - line.width[n] * heat.mean[n]; };
        constexpr std::size_t first = settling - 1, last = first + levels;
        const double scale = levels * std::log(glass.scale_factor);
        along.push_back(std::log(std::abs(line.mean[last] / line.mean[first])) / scale);
        sum.push_back(std::log(std::abs(area(last) / area(first))) / scale);
        other.push_back(sum.back() - along.back());
    }
    return NishimoriPoint{estimate(along), estimate(sum), estimate(other)};
}

GlassFlow glass_flow(const mpi::Communicator& comm, const SpinGlass& glass, const GlassModel& model, int levels,
                     int populations) {
    GlassFlow flow{std::vector<double>(levels + 1, 0.0), std::vector<double>(levels + 1, 0.0)};
    for (int number = 0; number < populations; ++number) {
        BondPopulation population(glass, model, number);
        for (int level = 0; level <= levels; ++level) {
            if (level > 0) population.advance(comm);
            flow.mean[level] += population.mean() / populations;
            flow.width[level] += population.width() / populations;
        }
    }
    return flow;
}

} // namespace blockspin::flow
