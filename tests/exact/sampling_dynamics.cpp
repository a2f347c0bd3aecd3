// How slowly updates forget at the critical point: tau_int grows like L^z. Single-spin updates have z = 2.1667(5)
// (Nightingale and Blöte, Phys. Rev. B 62 (2000) 1089); for the energy under Swendsen-Wang, effective exponents between
// these sizes are 0.2 to 0.35 (Baillie and Coddington, Phys. Rev. B 43 (1991) 10617).
#include "sampling_support.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/model/onsager.hpp>
#include <blockspin/sampling/point_series.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <cmath>
#include <cstdlib>

using namespace blockspin;

namespace {

bool long_run() { return std::getenv("BLOCKSPIN_LONG") != nullptr; }

struct Slowness {
    double length;
    double tau;   ///< in sweeps
    double error; ///< of ln tau
};

/// `times` tau_int are sampled in all, given a guess of it.
Slowness slowness(const std::string& update, std::int64_t side, double guess, double times,
                  stats::Record (sampling::PointSeries::*observable)() const) {
    constexpr std::int64_t chains = 4;
    const auto every = std::max<std::int64_t>(1, std::llround(guess / 8));
    const auto measurements = static_cast<std::int64_t>(times * guess / static_cast<double>(every * chains));
    const sampling::Task task{.geometry = {lattice::Lattice::square, {side, side}},
                              .points = {{.label = "", .couplings = {{"nn", model::square_critical_coupling}}}},
                              .parameters = {.update = {update},
                                             .chains = chains,
                                             .start = "cold",
                                             .thermalization = std::llround(20 * guess),
                                             .sweeps = measurements * every,
                                             .measure_every = every,
                                             .measure = {}},
                              .seed = 2000};
    const auto measured = support::sampled(task);
    const sampling::PointSeries series(task, 0, measured);
    const double tau = stats::gamma_method((series.*observable)()).tau_int * static_cast<double>(every);
    // Madras and Sokal, J. Stat. Phys. 50 (1988) 109, with a window of about 6 tau.
    return {static_cast<double>(side), tau, std::sqrt(24 / (times * guess / tau))};
}

struct Exponent {
    double z, error;
};

/// Least squares through (ln L, ln tau).
Exponent exponent(const std::vector<Slowness>& all) {
    double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
    for (const Slowness& each : all) {
        const double weight = 1 / (each.error * each.error), x = std::log(each.length), y = std::log(each.tau);
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
        BOOST_TEST_MESSAGE("L = " << each.length << ": tau_int = " << each.tau << " sweeps, +- " << 100 * each.error
                                  << " %");
    }
    const double determinant = w * wxx - wx * wx;
    return {(w * wxy - wx * wy) / determinant, std::sqrt(w / determinant)};
}

void check(const std::string& update, const std::vector<Slowness>& all, double low, double high, double largest_error) {
    const Exponent found = exponent(all);
    BOOST_TEST_MESSAGE(update << ": z = " << found.z << " +- " << found.error);
    BOOST_TEST_CONTEXT(update << ": z = " << found.z << " +- " << found.error) {
        BOOST_TEST(found.z > low - 3 * found.error);
        BOOST_TEST(found.z < high + 3 * found.error);
        BOOST_TEST(found.error < largest_error);
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(single_spin_updates_slow_down_critically) {
    for (const auto& [update, factor] : {std::pair{"metropolis", 0.35}, std::pair{"heat-bath", 0.8}}) {
        std::vector<Slowness> all;
        for (const std::int64_t side :
             long_run() ? std::vector<std::int64_t>{16, 32, 64, 128} : std::vector<std::int64_t>{8, 16, 32}) {
            const double guess = factor * std::pow(static_cast<double>(side), 2.17);
            all.push_back(
                slowness(update, side, guess, long_run() ? 4000 : 500, &sampling::PointSeries::abs_magnetization));
        }
        check(update, all, 2.17, 2.17, long_run() ? 0.06 : 0.3);
    }
}

BOOST_AUTO_TEST_CASE(swendsen_wang_hardly_slows_down) {
    std::vector<Slowness> all;
    for (const std::int64_t side :
         long_run() ? std::vector<std::int64_t>{16, 32, 64, 128} : std::vector<std::int64_t>{16, 32, 64}) {
        const double guess = 1.6 * std::pow(static_cast<double>(side), 0.29);
        all.push_back(
            slowness("swendsen-wang", side, guess, long_run() ? 40000 : 2000, &sampling::PointSeries::energy));
    }
    check("swendsen-wang", all, 0.2, 0.35, long_run() ? 0.03 : 0.2);
}
