#include <blockspin/tensor/scan.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/model/onsager.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

namespace blockspin::tensor {

static_assert(process::Process<Scan>);

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Where the numbers of step n begin in Calculation::found: central charge, scaling dimensions.
constexpr std::size_t record = 1 + Scan::dimensions;
std::size_t of_step(int n) { return 1 + record * static_cast<std::size_t>(n - 1); }

Scheme scheme_named(const std::string& name) { return name == "trg" ? Scheme::trg : Scheme::hotrg; }

/// Is a tensor a square after n steps, and how many steps is the last square before?
bool is_square(Scheme scheme, int n) { return scheme == Scheme::trg || n % 2 == 0; }
int steps_between_squares(Scheme scheme) { return scheme == Scheme::trg ? 1 : 2; }

double operations(Scheme scheme, double bond) {
    return scheme == Scheme::trg ? 20 * std::pow(bond, 6) : 2 * std::pow(bond, 7) + 12 * std::pow(bond, 6);
}

Model model_at(const TensorParameters& parameters, const model::Point& point) {
    const double K = point.coupling("nn");
    return {.horizontal = K,
            .vertical = parameters.anisotropy * K,
            .field = point.coupling("field"),
            .states = static_cast<int>(parameters.states)};
}

std::vector<double> calculate(const Model& model, Scheme scheme, int bond, int steps) {
    Coarse coarse = start(site_tensor(model));
    std::vector<double> found{0.0}, leading{ln_transfer_spectrum(coarse, 1).front()};
    for (int n = 1; n <= steps; ++n) {
        coarse = step(coarse, scheme, bond);
        const std::vector<double> levels = ln_transfer_spectrum(coarse, 1 + Scan::dimensions);
        leading.push_back(levels.front());
        const int before = n - steps_between_squares(scheme);
        const bool square = is_square(scheme, n) && before >= 0;
        const double growth = std::ldexp(1.0, n - before);
        const double charge =
            (growth * leading[static_cast<std::size_t>(std::max(before, 0))] - levels.front()) / (growth - 1);
        found.push_back(square ? 6 * std::numbers::inv_pi * charge : none);
        for (std::size_t k = 1; k <= Scan::dimensions; ++k) {
            const bool there = square && k < levels.size() && std::isfinite(levels[k]);
            found.push_back(there ? 0.5 * std::numbers::inv_pi * (levels.front() - levels[k]) : none);
        }
    }
    found.front() = free_energy(coarse);
    return found;
}

io::Row row(const model::Point& point, std::string quantity, io::Kind kind, double value, double error,
            std::string note) {
    return {.section = "tensor",
            .point = point.label,
            .quantity = std::move(quantity),
            .kind = kind,
            .value = value,
            .error = error,
            .note = std::move(note)};
}

} // namespace

void TensorParameters::check(io::Problems& problems) const {
    if (scheme.empty() || std::set(scheme.begin(), scheme.end()).size() != scheme.size())
        problems.add("scheme", "needs schemes, each once");
    if (bond.size() < 2 || std::set(bond.begin(), bond.end()).size() != bond.size())
        problems.add("bond", "needs two numbers of states or more, each once: what changes between them is the error");
    if (states < 0 || states == 1) problems.add("states", "Potts spins have 2 states or more");
    if (!std::isfinite(anisotropy)) problems.add("anisotropy", "is not a finite number");
}

std::string refusal(const lattice::Geometry& geometry, const std::vector<model::Point>& points) {
    const bool simple =
        std::ranges::all_of(points, [](const model::Point& point) { return point.is_nearest_neighbour(); });
    return simple && geometry.lattice() == lattice::Lattice::square
               ? ""
               : "[tensor] knows nearest neighbours and a field on the square lattice";
}

Scan::Scan(const mpi::Communicator& comm, Task task, process::Timers& timers)
    : comm_(comm), task_(std::move(task)), timers_(timers) {
    const TensorParameters& p = task_.parameters;
    for (std::size_t point = 0; point < task_.points.size(); ++point)
        for (std::size_t scheme = 0; scheme < p.scheme.size(); ++scheme)
            for (std::size_t bond = 0; bond < p.bond.size(); ++bond)
                calculations_.push_back(
                    {point, scheme, bond,
                     p.steps * operations(scheme_named(p.scheme[scheme]), static_cast<double>(p.bond[bond]))});
    std::ranges::stable_sort(calculations_, std::greater(), &Calculation::operations);
}

std::size_t Scan::length() const { return of_step(task_.parameters.steps + 1); }

double Scan::operations_left() const noexcept {
    double sum = 0.0;
    for (std::size_t i = done_; i < calculations_.size(); ++i) sum += calculations_[i].operations;
    return sum;
}

void Scan::step() {
    const auto timing = timers_.time("tensors");
    const std::size_t mine = done_ + static_cast<std::size_t>(comm_.rank());
    std::vector<double> found;
    mpi::collectively(comm_, [&] {
        if (mine >= calculations_.size()) return;
        const TensorParameters& p = task_.parameters;
        const Calculation& todo = calculations_[mine];
        found = calculate(model_at(p, task_.points[todo.point]), scheme_named(p.scheme[todo.scheme]),
                          static_cast<int>(p.bond[todo.bond]), p.steps);
    });
    const std::vector<double> all = mpi::all_gather_joined<double>(comm_, found);
    for (auto next = all.begin(); next != all.end(); next += static_cast<std::ptrdiff_t>(length()))
        calculations_[done_++].found.assign(next, next + static_cast<std::ptrdiff_t>(length()));
}

void Scan::save(io::Writer& writer) const {
    std::vector<double> all;
    for (std::size_t i = 0; i < done_; ++i)
        all.insert(all.end(), calculations_[i].found.begin(), calculations_[i].found.end());
    writer.array("found", all);
}

void Scan::load(const io::Reader& reader) {
    const std::vector<double> all = reader.array<double>("found");
    if (all.size() % length() != 0 || all.size() / length() > calculations_.size())
        reader.refuse("found", "is not of the calculations of this study");
    done_ = all.size() / length();
    for (std::size_t i = 0; i < done_; ++i) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * length());
        calculations_[i].found.assign(first, first + static_cast<std::ptrdiff_t>(length()));
    }
}

const Calculation& Scan::at(std::size_t point, std::size_t scheme, std::size_t bond) const {
    const auto found = std::ranges::find_if(calculations_, [&](const Calculation& each) {
        return each.point == point && each.scheme == scheme && each.bond == bond;
    });
    core::ensure(found != calculations_.end(), "every combination is calculated");
    return *found;
}

std::optional<std::size_t> Scan::next_smaller(std::size_t bond) const {
    const std::vector<std::int64_t>& all = task_.parameters.bond;
    std::optional<std::size_t> found;
    for (std::size_t b = 0; b < all.size(); ++b)
        if (all[b] < all[bond] && (!found || all[b] > all[*found])) found = b;
    return found;
}

void Scan::add_rows(std::vector<io::Row>& rows, const Calculation& calculation) const {
    const std::optional<std::size_t> smaller = next_smaller(calculation.bond);
    if (!smaller) return; // only there to tell the accuracy of the others
    const TensorParameters& p = task_.parameters;
    const Calculation& before = at(calculation.point, calculation.scheme, *smaller);
    const std::string which = fmt::format("({}, χ = {})", p.scheme[calculation.scheme], p.bond[calculation.bond]);
    const auto add = [&](std::string_view name, std::size_t place, std::string note) {
        const double value = calculation.found[place], change = std::abs(value - before.found[place]);
        if (!std::isfinite(change)) return;
        rows.push_back(row(task_.points[calculation.point], fmt::format("{} {}", name, which), io::Kind::numerical,
                           value, change, std::move(note)));
    };
    add("f", 0, fmt::format("torus of 2^{} sites", p.steps));
    // Early enough that truncation has not taken the tensors from the fixed point, late enough for corrections to fade.
    constexpr int early = 10;
    if (p.steps < early) return;
    constexpr std::array names{"c", "x_1", "x_2"};
    for (std::size_t k = 0; k < names.size(); ++k)
        add(names[k], of_step(early) + k, "from the transfer matrix at step 10, meaningful at a critical point");
}

std::vector<io::Row> Scan::results() const {
    std::vector<io::Row> rows;
    const TensorParameters& p = task_.parameters;
    for (std::size_t point = 0; point < task_.points.size(); ++point) {
        for (std::size_t scheme = 0; scheme < p.scheme.size(); ++scheme)
            for (std::size_t bond = 0; bond < p.bond.size(); ++bond) add_rows(rows, at(point, scheme, bond));
        const model::Point& here = task_.points[point];
        if (p.states == 0 && p.anisotropy == 1.0 && here.coupling("field") == 0.0) {
            const double exact = model::onsager(here.coupling("nn")).free_energy;
            rows.push_back(
                row(here, "f", io::Kind::exact, exact, io::rounding_error(exact), "Onsager 1944, infinite lattice"));
        }
    }
    return rows;
}

void Scan::publish(io::Writer& writer) const {
    const TensorParameters& p = task_.parameters;
    std::vector<double> f, charge, scaling;
    for (std::size_t point = 0; point < task_.points.size(); ++point)
        for (std::size_t scheme = 0; scheme < p.scheme.size(); ++scheme)
            for (std::size_t bond = 0; bond < p.bond.size(); ++bond) {
                const std::vector<double>& found = at(point, scheme, bond).found;
                f.push_back(found.front());
                for (int n = 1; n <= p.steps; ++n) {
                    const auto first = found.begin() + static_cast<std::ptrdiff_t>(of_step(n));
                    charge.push_back(*first);
                    scaling.insert(scaling.end(), first + 1, first + static_cast<std::ptrdiff_t>(record));
                }
            }
    const auto steps = static_cast<std::uint64_t>(p.steps);
    std::vector<std::uint64_t> shape{task_.points.size(), p.scheme.size(), p.bond.size()};
    writer.array("f", shape, std::span<const double>(f));
    shape.push_back(steps);
    writer.array("central_charge", shape, std::span<const double>(charge));
    shape.push_back(dimensions);
    writer.array("scaling_dimensions", shape, std::span<const double>(scaling));
    writer.array("bond", p.bond);
    writer.attribute("f", "meaning", "ln Z per site [point, scheme, bond]");
    writer.attribute("central_charge", "meaning",
                     "c as the transfer matrix of each step has it [point, scheme, bond, step]; no number: no square");
    writer.attribute("scaling_dimensions", "meaning",
                     "x_1, x_2, … as the transfer matrix of each step has them [point, scheme, bond, step, which]");
    writer.attribute("bond", "meaning", "largest number of states of a bond");
}

} // namespace blockspin::tensor
