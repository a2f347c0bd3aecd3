#include <blockspin/mcrg/coupling_flow.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/estimate_row.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/stats/gamma_method.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blockspin::mcrg {

static_assert(process::Process<CouplingFlow>);

namespace {

/// Newton's method: passes over a sixteenth of the rows, then two over all of them. The first of these starts within
/// the statistical error of the solution, the last gives the fluctuations.
constexpr std::int64_t first_passes = 6, passes = first_passes + 2, share = 16;
/// A coupling that is larger, or that the last step of Newton's method still moves by more than so many errors, means
/// that the pseudo-likelihood has no maximum at any finite one: nearly all block spins follow their fields.
constexpr double largest_coupling = 10, largest_shift = 5;
constexpr double undetermined = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t spins_per_step = std::int64_t{1} << 23;

/// The operators whose couplings are wanted.
std::vector<model::Operator> wanted(const Task& task) {
    BlockParameters named;
    named.even = task.parameters.couplings;
    named.odd.emplace();
    return operators(named, task.geometry.lattice()).all;
}

std::vector<LocalFields> fields(const Task& task) {
    std::vector<LocalFields> result;
    const auto geometries = level_geometries(task.geometry, task.parameters);
    for (std::size_t level = 1; level < geometries.size(); ++level)
        result.emplace_back(geometries[level], wanted(task));
    return result;
}

/// Residuals F·(σ − tanh K·F) and the upper half of Σ F F sech², of one configuration.
void add_equations(const LocalFields& fields, std::span<const std::int8_t> spins, std::span<const double> couplings,
                   std::span<double> out) {
    const std::size_t sites = spins.size(), n = couplings.size();
    std::vector<std::int16_t> field(n * sites);
    fields.evaluate(spins, field);
    std::vector<double> exponent(sites), deviation(sites), slope(sites), weighted(sites);
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t l = 0; l < sites; ++l) exponent[l] += couplings[a] * field[a * sites + l];
    }
    for (std::size_t l = 0; l < sites; ++l) {
        const double mean = std::tanh(exponent[l]);
        deviation[l] = spins[l] - mean;
        slope[l] = 1 - mean * mean;
    }
    auto next = out.begin() + static_cast<std::ptrdiff_t>(n);
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t l = 0; l < sites; ++l) {
            out[a] += field[a * sites + l] * deviation[l];
            weighted[l] = field[a * sites + l] * slope[l];
        }
        for (std::size_t b = a; b < n; ++b, ++next) {
            for (std::size_t l = 0; l < sites; ++l) *next += weighted[l] * field[b * sites + l];
        }
    }
}

} // namespace

void check_couplings(const Task& task) {
    if (task.parameters.p.size() > 1) {
        throw core::InputError("[block] couplings: they are determined under one rule, so p must be a single number");
    }
    fields(task);
}

CouplingFlow::CouplingFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
                           process::Timers& timers)
    : comm_(comm), task_(task), timers_(timers), configurations_(std::move(configurations)), operators_(wanted(task)),
      n_(operators_.size()),
      blocks_(mpi::collectively(
          comm, [&] { return BlockLevels(task.geometry, task.parameters, operators_, rng::Key(task.seed)); })),
      fields_(fields(task)),
      rows_per_step_(std::clamp<std::int64_t>(spins_per_step / (task.geometry.sites() * configurations_.replicas), 1,
                                              configurations_.rows)),
      couplings_(task.points.size() * static_cast<std::size_t>(levels()) * n_), sums_(width()) {
    check(task);
    check_couplings(task);
}

std::int64_t CouplingFlow::rows_of_pass(std::int64_t pass) const noexcept {
    return pass < first_passes ? (configurations_.rows + share - 1) / share : configurations_.rows;
}

std::int64_t CouplingFlow::steps_of_pass(std::int64_t pass) const noexcept {
    return (rows_of_pass(pass) + rows_per_step_ - 1) / rows_per_step_;
}

std::int64_t CouplingFlow::steps_of_part() const noexcept {
    return first_passes * steps_of_pass(0) + (passes - first_passes) * steps_of_pass(first_passes);
}

std::uint64_t CouplingFlow::steps_total() const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(task_.points.size()) * levels() * steps_of_part());
}

CouplingFlow::Place CouplingFlow::place() const noexcept {
    Place place{.part = steps_done_ / steps_of_part(), .pass = 0, .first_row = 0, .end_row = 0, .ends_pass = false};
    std::int64_t step = steps_done_ % steps_of_part();
    while (step >= steps_of_pass(place.pass)) step -= steps_of_pass(place.pass++);
    place.first_row = step * rows_per_step_;
    place.end_row = std::min(place.first_row + rows_per_step_, rows_of_pass(place.pass));
    place.ends_pass = step + 1 == steps_of_pass(place.pass);
    return place;
}

std::vector<double> CouplingFlow::equations(std::int64_t part, std::int64_t first_row, std::int64_t end_row) const {
    if (first_row == end_row) return {};
    const std::int64_t replicas = configurations_.replicas,
                       chains = replicas / static_cast<std::int64_t>(task_.points.size());
    const std::int64_t first_chain = part / levels() * chains, count = (end_row - first_row) * chains;
    const auto level = static_cast<std::size_t>(part % levels() + 1);
    const std::size_t bytes = bytes_for(task_.geometry.sites());
    const std::vector<std::uint8_t> packed = configurations_.read(first_row, end_row - first_row);
    const std::span couplings = std::span(couplings_).subspan(static_cast<std::size_t>(part) * n_, n_);
    if (std::isnan(couplings.front())) return std::vector<double>(static_cast<std::size_t>(count) * width());
    const std::int64_t sites = blocks_.geometry(level).sites();
    std::vector<double> result(static_cast<std::size_t>(count) * width());
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i) {
        const Origin origin{first_chain + i % chains, first_row + i / chains};
        const auto at = static_cast<std::size_t>(i / chains * replicas + origin.replica) * bytes;
        const auto blocks = blocks_.blocked({packed.data() + at, packed.data() + at + bytes}, {&origin, 1}, 0, level);
        add_equations(fields_[level - 1], unpacked(blocks, sites), couplings,
                      std::span(result).subspan(static_cast<std::size_t>(i) * width(), width()));
    }
    return result;
}

void CouplingFlow::step() {
    const Place at = place();
    const std::int64_t rows = at.end_row - at.first_row;
    const auto start_of = [&](std::int64_t rank) { return at.first_row + rows * rank / comm_.size(); };
    const auto mine = mpi::collectively(comm_, [&] {
        const auto timing = timers_.time("fields of block spins");
        return equations(at.part, start_of(comm_.rank()), start_of(comm_.rank() + 1));
    });
    add(mpi::all_gather_joined(comm_, std::span(mine)), at);
    if (at.ends_pass) finish_pass(at);
    ++steps_done_;
}

/// In the order of configurations, so that the sums do not depend on the layout.
void CouplingFlow::add(const std::vector<double>& equations, const Place& place) {
    for (std::size_t i = 0; i < equations.size(); ++i) {
        sums_[i % width()] += equations[i];
        if (place.pass + 1 == passes && i % width() < n_) shifts_.push_back(equations[i]);
    }
}

/// Where block spins do not tell the operators apart, the couplings become NaN and stay so.
void CouplingFlow::finish_pass(const Place& place) {
    const int n = static_cast<int>(n_);
    const auto at = static_cast<std::size_t>(place.part) * n_;
    linalg::Matrix<double> jacobian(n, n), residual(n, 1);
    auto next = sums_.begin() + n;
    for (int a = 0; a < n; ++a) {
        residual(a, 0) = sums_[static_cast<std::size_t>(a)];
        for (int b = a; b < n; ++b) jacobian(a, b) = jacobian(b, a) = *next++;
    }
    try {
        if (place.pass + 1 == passes && !std::isnan(couplings_[at])) solve_shifts(jacobian, place);
        if (place.pass + 1 < passes && !std::isnan(couplings_[at])) {
            const auto shift = linalg::solve(jacobian, residual);
            for (int a = 0; a < n; ++a) couplings_[at + static_cast<std::size_t>(a)] += shift(a, 0);
        }
    } catch (const linalg::NumericalError&) {
        std::fill_n(couplings_.begin() + static_cast<std::ptrdiff_t>(at), n_, undetermined);
    }
    std::ranges::fill(sums_, 0.0);
}

/// The shift of the last pass, of each configuration instead of their mean.
void CouplingFlow::solve_shifts(const linalg::Matrix<double>& jacobian, const Place& place) {
    const std::int64_t chains = configurations_.replicas / static_cast<std::int64_t>(task_.points.size());
    const std::int64_t configurations = rows_of_pass(place.pass) * chains;
    const std::size_t first = shifts_.size() - static_cast<std::size_t>(configurations) * n_;
    linalg::Matrix<double> residuals(static_cast<int>(n_), static_cast<int>(configurations));
    for (std::size_t i = first; i < shifts_.size(); ++i) {
        residuals(static_cast<int>((i - first) % n_), static_cast<int>((i - first) / n_)) =
            shifts_[i] * static_cast<double>(configurations);
    }
    const auto shifts = linalg::solve(jacobian, residuals);
    for (std::size_t i = first; i < shifts_.size(); ++i) {
        shifts_[i] = shifts(static_cast<int>((i - first) % n_), static_cast<int>((i - first) / n_));
    }
}

void CouplingFlow::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    writer.array("couplings", couplings_);
    writer.array("sums", sums_);
    writer.array("shifts", shifts_);
}

void CouplingFlow::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done() > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    auto couplings = reader.array<double>("couplings"), sums = reader.array<double>("sums");
    if (couplings.size() != couplings_.size()) reader.refuse("couplings", "does not hold one number per operator");
    if (sums.size() != sums_.size()) reader.refuse("sums", "does not hold the sums of a pass");
    couplings_ = std::move(couplings);
    sums_ = std::move(sums);
    shifts_ = reader.array<double>("shifts");
}

/// The couplings of one point and level; none unless all of them are bounded.
std::vector<stats::Estimate> CouplingFlow::estimates(std::size_t part) const {
    const std::size_t chains = static_cast<std::size_t>(configurations_.replicas) / task_.points.size();
    const auto rows = static_cast<std::size_t>(configurations_.rows);
    std::vector<stats::Estimate> result;
    for (std::size_t a = 0; a < n_; ++a) {
        const double before = couplings_[part * n_ + a];
        if (std::isnan(before)) return {};
        std::vector<double> series; // chain after chain
        for (std::size_t chain = 0; chain < chains; ++chain) {
            for (std::size_t row = 0; row < rows; ++row) {
                series.push_back(before + shifts_[((part * rows + row) * chains + chain) * n_ + a]);
            }
        }
        stats::Record record;
        for (std::size_t chain = 0; chain < chains; ++chain) {
            record.push_back(std::span<const double>(series).subspan(chain * rows, rows));
        }
        result.push_back(stats::gamma_method(record));
        const stats::Estimate& now = result.back();
        const bool converges = std::abs(now.mean - before) <= largest_shift * now.error;
        if (!converges || std::abs(now.mean) > largest_coupling) return {};
    }
    return result;
}

std::vector<io::Row> CouplingFlow::results() const {
    std::vector<io::Row> result;
    const auto steps = static_cast<std::size_t>(levels());
    for (std::size_t part = 0; part < task_.points.size() * steps; ++part) {
        const std::vector<stats::Estimate> found = estimates(part);
        for (std::size_t a = 0; a < found.size(); ++a) {
            result.push_back(
                process::estimate_row("couplings", task_.points[part / steps].label,
                                      fmt::format("K({}), step {}", operators_[a].name(), part % steps + 1), found[a]));
        }
    }
    return result;
}

void CouplingFlow::publish(io::Writer& writer) const {
    std::vector<double> values;
    for (std::size_t part = 0; part < couplings_.size() / n_; ++part) {
        const std::vector<stats::Estimate> found = estimates(part);
        for (std::size_t a = 0; a < n_; ++a) values.push_back(found.empty() ? undetermined : found[a].mean);
    }
    writer.array("couplings", {task_.points.size(), static_cast<std::uint64_t>(levels()), n_},
                 std::span<const double>(values));
    writer.attribute("couplings", "meaning", "K' of block spins, NaN where it is not bounded [point, step, operator]");
}

} // namespace blockspin::mcrg
