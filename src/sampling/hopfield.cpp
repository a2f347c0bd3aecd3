#include <blockspin/sampling/hopfield.hpp>

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/draws.hpp>
#include <blockspin/stats/estimate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>

namespace blockspin::sampling {

static_assert(process::Process<HopfieldStudy>);

namespace {

constexpr std::size_t numbers = 6; // of HopfieldFindings

/// Kinds of starts, each with random numbers of its own.
enum Start { from_pattern, from_mixture, from_random };

/// Draws of a unit in a run.
enum Draw : std::int32_t { order, value, kinds_of_draws };

/// Patterns make the bonds; draws below this one belong to those of other models.
constexpr std::int32_t pattern_draw = 64;

double overlap(const std::vector<std::int8_t>& a, const std::vector<std::int8_t>& b) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return static_cast<double>(sum) / static_cast<double>(a.size());
}

/// sign(Σ of three patterns with signs).
std::vector<std::int8_t> mixture(const HopfieldNetwork& network, const std::array<std::int64_t, 3>& which,
                                 const std::array<int, 3>& signs) {
    std::vector<std::int8_t> state(static_cast<std::size_t>(network.units()));
    for (std::size_t i = 0; i < state.size(); ++i) {
        int sum = 0;
        for (std::size_t k = 0; k < 3; ++k) sum += signs[k] * network.pattern(which[k], static_cast<std::int64_t>(i));
        state[i] = sum > 0 ? 1 : -1;
    }
    return state;
}

std::vector<std::int8_t> pattern(const HopfieldNetwork& network, std::int64_t which) {
    std::vector<std::int8_t> state;
    for (std::int64_t i = 0; i < network.units(); ++i) state.push_back(network.pattern(which, i));
    return state;
}

/// Runs of one network.
class Runs {
  public:
    Runs(HopfieldNetwork& network, const HopfieldParameters& parameters, double temperature, std::int32_t number,
         const rng::Key& key)
        : network_(network), parameters_(parameters), temperature_(temperature), number_(number), key_(key) {}

    /// The overlap with `aim` at the end of a run that started from it, with noise.
    double back_to(const std::vector<std::int8_t>& aim, Start kind, std::int64_t start) {
        std::vector<std::int8_t> state = aim;
        for (std::size_t i = 0; i < state.size(); ++i) {
            if (uniform(kind, start, i) < parameters_.noise) state[i] = static_cast<std::int8_t>(-state[i]);
        }
        return run(std::move(state), kind, start, &aim);
    }
    void from_anywhere(std::int64_t start) {
        std::vector<std::int8_t> state(static_cast<std::size_t>(network_.units()));
        for (std::size_t i = 0; i < state.size(); ++i) state[i] = uniform(from_random, start, i) < 0.5 ? 1 : -1;
        run(std::move(state), from_random, start, nullptr);
    }

  private:
    double uniform(Start kind, std::int64_t start, std::size_t unit) const {
        return rng::uniform(key_, {.purpose = rng::Purpose::hot_start,
                                   .chain = number_,
                                   .step = start,
                                   .place = static_cast<std::int64_t>(unit),
                                   .draw = kind});
    }
    /// At T > 0 the mean overlap over the second half of the run.
    double run(std::vector<std::int8_t> state, Start kind, std::int64_t start, const std::vector<std::int8_t>* aim) {
        network_.set(std::move(state));
        const auto number = static_cast<std::int32_t>(start * 3 + kind);
        double sum = 0.0, count = 0.0;
        for (std::int64_t sweep = 0; sweep < parameters_.sweeps; ++sweep) {
            const std::int64_t turned = network_.sweep(temperature_, number, sweep);
            if (temperature_ == 0.0 && turned == 0) break;
            if (aim == nullptr || temperature_ == 0.0 || 2 * sweep < parameters_.sweeps) continue;
            sum += overlap(network_.state(), *aim);
            count += 1.0;
        }
        if (aim == nullptr) return 0.0;
        return count > 0.0 ? sum / count : overlap(network_.state(), *aim);
    }

    HopfieldNetwork& network_;
    const HopfieldParameters& parameters_;
    double temperature_;
    std::int32_t number_;
    rng::Key key_;
};

/// The overlap with the mixture of the three patterns nearest to the network's state.
double nearest_mixture(const HopfieldNetwork& network) {
    if (network.patterns() < 3) return 0.0;
    std::vector<std::int64_t> by_overlap(static_cast<std::size_t>(network.patterns()));
    std::iota(by_overlap.begin(), by_overlap.end(), 0);
    const auto size = [&](std::int64_t p) { return std::abs(network.overlaps()[static_cast<std::size_t>(p)]); };
    std::ranges::partial_sort(by_overlap, by_overlap.begin() + 3, [&](std::int64_t a, std::int64_t b) {
        return size(a) != size(b) ? size(a) > size(b) : a < b;
    });
    std::array<std::int64_t, 3> which{by_overlap[0], by_overlap[1], by_overlap[2]};
    std::array<int, 3> signs{};
    for (std::size_t k = 0; k < 3; ++k) {
        signs[k] = network.overlaps()[static_cast<std::size_t>(which[k])] < 0 ? -1 : 1;
    }
    return overlap(network.state(), mixture(network, which, signs));
}

HopfieldFindings findings(HopfieldNetwork& network, const HopfieldParameters& parameters, double temperature,
                          std::int32_t number, const rng::Key& key) {
    constexpr double threshold = HopfieldFindings::recall_threshold;
    Runs runs(network, parameters, temperature, number, key);
    HopfieldFindings found;
    const double each = 1.0 / static_cast<double>(parameters.starts);
    for (std::int64_t start = 0; start < parameters.starts; ++start) {
        const std::int64_t first = start % network.patterns();
        const double m = runs.back_to(pattern(network, first), from_pattern, start);
        found.recall += each * m;
        if (m > threshold) found.recalled += each;
        if (network.patterns() >= 3) {
            const std::array<std::int64_t, 3> which{first, (first + 1) % network.patterns(),
                                                    (first + 2) % network.patterns()};
            const double kept = runs.back_to(mixture(network, which, {1, 1, 1}), from_mixture, start);
            found.mixture += each * kept;
            if (kept > threshold) found.mixtures_kept += each;
        }
        runs.from_anywhere(start);
        const auto nearest = std::ranges::max(network.overlaps(), {}, [](std::int32_t sum) { return std::abs(sum); });
        if (std::abs(nearest) > threshold * static_cast<double>(network.units()))
            found.to_pattern += each;
        else if (nearest_mixture(network) > threshold)
            found.to_mixture += each;
    }
    return found;
}

/// Mean and its error over networks.
stats::Estimate mean_of(const std::vector<double>& values) {
    const double n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0.0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {.mean = mean, .error = std::sqrt(squares / (n - 1.0) / n), .n_eff = n};
}

} // namespace

void HopfieldParameters::check(io::Problems& problems) const {
    for (const auto& [name, is_empty] : {std::pair{"units", units.empty()}, std::pair{"loads", loads.empty()},
                                         std::pair{"temperatures", temperatures.empty()}}) {
        if (is_empty) problems.add(name, "names none");
    }
    if (std::ranges::adjacent_find(loads, std::greater_equal<>()) != loads.end()) {
        problems.add("loads", "must rise");
    }
}

HopfieldNetwork::HopfieldNetwork(std::int64_t units, std::int64_t patterns, std::int32_t number, const rng::Key& key)
    : units_(units), patterns_(patterns), number_(number), key_(key),
      values_(static_cast<std::size_t>(units * patterns)), state_(static_cast<std::size_t>(units), 1),
      overlaps_(static_cast<std::size_t>(patterns)) {
    for (std::int64_t p = 0; p < patterns; ++p) {
        for (std::int64_t first = 0; first < units; first += 64) {
            const std::uint64_t word = rng::word64(key, {.purpose = rng::Purpose::random_bond,
                                                         .chain = number,
                                                         .step = p,
                                                         .place = first / 64,
                                                         .draw = pattern_draw});
            for (std::int64_t i = first; i < std::min(units, first + 64); ++i) {
                values_[static_cast<std::size_t>(i * patterns + p)] = (word >> (i - first) & 1) != 0 ? 1 : -1;
            }
        }
    }
    set(state_);
}

std::int8_t HopfieldNetwork::pattern(std::int64_t pattern, std::int64_t unit) const {
    return values_.at(static_cast<std::size_t>(unit * patterns_ + pattern));
}

void HopfieldNetwork::set(std::vector<std::int8_t> state) {
    state_ = std::move(state);
    std::ranges::fill(overlaps_, 0);
    for (std::size_t i = 0; i < state_.size(); ++i) {
        const std::int8_t* const row = &values_[i * overlaps_.size()];
        for (std::size_t p = 0; p < overlaps_.size(); ++p) overlaps_[p] += row[p] * state_[i];
    }
}

std::int64_t HopfieldNetwork::field(std::int64_t unit) const {
    const std::int8_t* const row = &values_[static_cast<std::size_t>(unit * patterns_)];
    std::int64_t sum = 0;
    for (std::size_t p = 0; p < overlaps_.size(); ++p) sum += row[p] * overlaps_[p];
    return sum - patterns_ * state_[static_cast<std::size_t>(unit)];
}

void HopfieldNetwork::turn(std::int64_t unit) {
    std::int8_t& state = state_[static_cast<std::size_t>(unit)];
    state = static_cast<std::int8_t>(-state);
    const std::int8_t* const row = &values_[static_cast<std::size_t>(unit * patterns_)];
    for (std::size_t p = 0; p < overlaps_.size(); ++p) overlaps_[p] += 2 * row[p] * state;
}

std::int64_t HopfieldNetwork::sweep(double temperature, std::int32_t run, std::int64_t sweep) {
    const rng::Address address{
        .purpose = rng::Purpose::heat_bath, .chain = number_, .step = sweep, .draw = run * kinds_of_draws};
    rng::Address of_order = address, of_value = address;
    of_order.draw += order;
    of_value.draw += value;
    std::int64_t turned = 0;
    for (const std::int64_t unit : rng::permutation(key_, of_order, units_)) {
        const std::int64_t field = this->field(unit);
        bool is_up = state_[static_cast<std::size_t>(unit)] > 0;
        if (temperature > 0.0) {
            of_value.place = unit;
            const double h = static_cast<double>(field) / static_cast<double>(units_);
            is_up = rng::uniform(key_, of_value) < 1.0 / (1.0 + std::exp(-2.0 * h / temperature));
        } else if (field != 0) {
            is_up = field > 0;
        }
        if (is_up == (state_[static_cast<std::size_t>(unit)] > 0)) continue;
        turn(unit);
        ++turned;
    }
    return turned;
}

HopfieldStudy::HopfieldStudy(const mpi::Communicator& comm, const HopfieldParameters& parameters, std::uint64_t seed,
                             process::Timers& timers)
    : comm_(comm), parameters_(parameters), key_(seed), timers_(timers) {
    for (const std::int64_t units : parameters.units) {
        for (const double temperature : parameters.temperatures) {
            for (const double load : parameters.loads) {
                const auto patterns = std::max<std::int64_t>(1, std::llround(load * static_cast<double>(units)));
                points_.push_back({units, temperature, load, patterns});
            }
        }
    }
}

void HopfieldStudy::step() {
    const auto timing = timers_.time("associative memory");
    const std::size_t number = steps_done();
    const Point& point = points_[number];
    std::vector<double> found(static_cast<std::size_t>(parameters_.networks) * numbers);
    const std::int64_t rank = comm_.rank(), ranks = comm_.size(), networks = parameters_.networks;
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t n = rank; n < networks; n += ranks) {
        // The same patterns at every temperature, and at a larger load some more.
        const auto address = static_cast<std::int32_t>(n);
        HopfieldNetwork network(point.units, point.patterns, address, key_);
        const HopfieldFindings f = findings(network, parameters_, point.temperature, address, key_);
        const std::array<double, numbers> all{f.recall,        f.recalled,   f.mixture,
                                              f.mixtures_kept, f.to_pattern, f.to_mixture};
        std::ranges::copy(all, found.begin() + n * static_cast<std::int64_t>(numbers));
    }
    // Each number is that of one rank, others have 0: no sum is rounded.
    std::vector<double> all(found);
    MPI_Allreduce(found.data(), all.data(), static_cast<int>(found.size()), MPI_DOUBLE, MPI_SUM, comm_.native());
    findings_.insert(findings_.end(), all.begin(), all.end());
}

std::uint64_t HopfieldStudy::steps_done() const noexcept {
    return findings_.size() / numbers / static_cast<std::size_t>(parameters_.networks);
}

std::uint64_t HopfieldStudy::steps_total() const noexcept { return points_.size(); }

std::vector<double> HopfieldStudy::values(std::size_t point, std::size_t number) const {
    const auto networks = static_cast<std::size_t>(parameters_.networks);
    std::vector<double> all;
    for (std::size_t n = 0; n < networks; ++n) all.push_back(findings_[(point * networks + n) * numbers + number]);
    return all;
}

std::vector<io::Row> HopfieldStudy::rows_of(std::size_t at) const {
    const Point& point = points_[at];
    const std::string text = fmt::format("N = {}, T = {}, {} patterns", point.units, point.temperature, point.patterns);
    constexpr std::array<const char*, numbers> names{"recall overlap",
                                                     "share recalled",
                                                     "mixture overlap",
                                                     "share of mixtures kept",
                                                     "random starts that end in a pattern",
                                                     "random starts that end in a mixture of three"};
    std::vector<io::Row> rows;
    for (std::size_t number = 0; number < numbers; ++number) {
        if (point.patterns < 3 && (number == 2 || number == 3 || number == 5)) continue;
        const stats::Estimate mean = mean_of(values(at, number));
        rows.push_back({.section = "hopfield",
                        .point = text,
                        .quantity = names[number],
                        .kind = io::Kind::sampled,
                        .value = mean.mean,
                        .error = mean.error,
                        .n_eff = mean.n_eff,
                        .note = fmt::format("alpha = {}, {} networks", point.load, parameters_.networks)});
    }
    return rows;
}

void HopfieldStudy::add_capacity(std::size_t first, std::vector<io::Row>& rows) const {
    constexpr std::size_t recalled = 1;
    for (std::size_t k = 0; k + 1 < parameters_.loads.size(); ++k) {
        const stats::Estimate low = mean_of(values(first + k, recalled)),
                              high = mean_of(values(first + k + 1, recalled));
        if (!(low.mean >= 0.5 && high.mean < 0.5)) continue;
        const double width = parameters_.loads[k + 1] - parameters_.loads[k], fall = low.mean - high.mean;
        const double share = (low.mean - 0.5) / fall;
        // To first order in the errors of both shares, which are of the same networks: at most their sum.
        const double error = width / fall * ((1.0 - share) * low.error + share * high.error);
        const Point& point = points_[first];
        rows.push_back(
            {.section = "hopfield",
             .point = fmt::format("N = {}, T = {}", point.units, point.temperature),
             .quantity = "capacity",
             .kind = io::Kind::sampled,
             .value = parameters_.loads[k] + share * width,
             .error = error,
             .n_eff = low.n_eff,
             .note = fmt::format("load at which half of the patterns are recalled (overlap above {}); linear "
                                 "between the loads {} and {}",
                                 HopfieldFindings::recall_threshold, parameters_.loads[k], parameters_.loads[k + 1])});
        return;
    }
}

std::vector<io::Row> HopfieldStudy::results() const {
    std::vector<io::Row> rows;
    for (std::size_t at = 0; at < points_.size(); ++at) {
        const auto here = rows_of(at);
        rows.insert(rows.end(), here.begin(), here.end());
        if ((at + 1) % parameters_.loads.size() == 0) add_capacity(at + 1 - parameters_.loads.size(), rows);
    }
    return rows;
}

void HopfieldStudy::save(io::Writer& writer) const { writer.array("findings", findings_); }

void HopfieldStudy::load(const io::Reader& reader) {
    findings_ = reader.array<double>("findings");
    const std::size_t of_point = static_cast<std::size_t>(parameters_.networks) * numbers;
    if (findings_.size() % of_point != 0 || findings_.size() / of_point > points_.size()) {
        reader.refuse("findings", "is not of the points of this study");
    }
}

void HopfieldStudy::publish(io::Writer& writer) const {
    std::vector<std::int64_t> units, patterns;
    std::vector<double> temperatures;
    for (const Point& point : points_) {
        units.push_back(point.units);
        patterns.push_back(point.patterns);
        temperatures.push_back(point.temperature);
    }
    writer.array("units", units);
    writer.array("patterns", patterns);
    writer.array("temperature", temperatures);
    writer.array("findings", {points_.size(), static_cast<std::uint64_t>(parameters_.networks), numbers},
                 std::span<const double>(findings_));
    writer.attribute("findings", "meaning",
                     "of [point, network]: recall overlap, share recalled, mixture overlap, share of mixtures kept, "
                     "share of random starts that end in a pattern, in a mixture of three");
}

} // namespace blockspin::sampling
