#include <blockspin/mapping/small_lattice.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/model/energy_table.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/exact.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/net/update.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/draws.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::mapping {

static_assert(process::Process<SmallLattice>);

namespace {

constexpr double initial_width = 0.01;

/// Machine n draws as training run first_run + n: beyond those of the networks of the same study.
constexpr std::int64_t first_run = std::int64_t{1} << 19;

std::int32_t run_of(std::int64_t machine) { return static_cast<std::int32_t>(first_run + machine); }

/// Row c holds the bits of c.
net::Dataset all_configurations(int sites) {
    const std::size_t bytes = (static_cast<std::size_t>(sites) + 7) / 8;
    std::vector<std::uint8_t> bits;
    for (std::size_t c = 0; c < std::size_t{1} << sites; ++c) {
        for (std::size_t byte = 0; byte < bytes; ++byte) bits.push_back(static_cast<std::uint8_t>(c >> (8 * byte)));
    }
    return {sites, std::move(bits)};
}

std::vector<double> exponentials(std::vector<double> logarithms) {
    for (double& x : logarithms) x = std::exp(x);
    return logarithms;
}

std::vector<double> partial_sums(const std::vector<double>& values) {
    std::vector<double> sums(values.size());
    std::partial_sum(values.begin(), values.end(), sums.begin());
    return sums;
}

} // namespace

void MapParameters::check(io::Problems& problems) const {
    std::int64_t sites = 1;
    for (const std::int64_t extent : size) sites *= std::min<std::int64_t>(extent, net::most_tabulated_units + 1);
    if (size.empty() || size.size() > 4) {
        problems.add("size", "needs one to four directions");
    } else if (sites > net::most_tabulated_units) {
        problems.add("size", fmt::format("too many sites to enumerate: at most {}", net::most_tabulated_units));
    }
    if (hidden.empty()) problems.add("hidden", "needs a number");
    if (method.empty()) problems.add("method", "needs a method");
}

SmallLattice::SmallLattice(const mpi::Communicator& comm, const Task& task, process::Timers& timers)
    : comm_(comm), task_(task), key_(task.seed), timers_(timers),
      energies_(model::energy_table(task.hamiltonian, task.geometry)),
      probability_(exponentials(log_boltzmann_table(energies_))), cumulative_(partial_sums(probability_)),
      configurations_(all_configurations(static_cast<int>(task.geometry.sites()))), self_(mpi::Communicator::self()) {
    const std::int64_t first = machines_total() * comm.rank() / comm.size();
    const std::int64_t end = machines_total() * (comm.rank() + 1) / comm.size();
    for (std::int64_t number = first; number < end; ++number) machines_.push_back(machine(number));
}

std::int64_t SmallLattice::machines_total() const noexcept {
    const MapParameters& p = task_.parameters;
    return static_cast<std::int64_t>(p.method.size() * p.hidden.size()) * p.trainings;
}

SmallLattice::Machine SmallLattice::machine(std::int64_t number) const {
    const MapParameters& p = task_.parameters;
    const auto which = static_cast<std::size_t>(number / p.trainings) % p.hidden.size();
    const auto visible = static_cast<int>(task_.geometry.sites()), hidden = static_cast<int>(p.hidden[which]);
    return {number, net::to_double(net::initial_rbm(visible, hidden, initial_width, key_, run_of(number), 0)),
            net::Rbm<double>(visible, hidden)};
}

net::Gradient<double> SmallLattice::exact_gradient(const Machine& machine) const {
    return net::log_likelihood_gradient(machine.rbm, probability_);
}

/// Of a minibatch that is drawn from P.
net::Gradient<double> SmallLattice::sampled_gradient(const Machine& machine) const {
    const std::int32_t chain = run_of(machine.number);
    rng::Address address{.purpose = rng::Purpose::shuffle, .chain = chain, .step = steps_done_};
    std::vector<std::int64_t> rows;
    for (; address.place < task_.parameters.batch; ++address.place) {
        const double below = rng::uniform(key_, address) * cumulative_.back();
        rows.push_back(std::ranges::upper_bound(cumulative_, below) - cumulative_.begin());
    }
    process::Timers unused;
    net::ContrastiveDivergence divergence(self_, machine.rbm.visible(), machine.rbm.hidden(), 1, unused);
    return net::to_double(divergence.gradient(net::to_float(machine.rbm), configurations_, rows,
                                              {.key = key_, .training = chain, .step = steps_done_}));
}

void SmallLattice::step() {
    const auto timing = timers_.time("machines on a small lattice");
    const MapParameters& p = task_.parameters;
    const net::LearningRule rule{.rate = p.learning_rate, .momentum = p.momentum};
    for (Machine& machine : machines_) {
        const auto kind = static_cast<std::size_t>(machine.number / p.trainings) / p.hidden.size();
        const bool exact = p.method[kind] == "exact-gradient";
        net::update(rule, exact ? exact_gradient(machine) : sampled_gradient(machine), machine.change, machine.rbm);
    }
    ++steps_done_;
}

void SmallLattice::save(io::Writer& writer) const {
    std::vector<double> mine;
    for (const Machine& machine : machines_) {
        for (const net::Rbm<double>* rbm : {&machine.rbm, &machine.change}) {
            for (const auto part : rbm->parts()) mine.insert(mine.end(), part.begin(), part.end());
        }
    }
    writer.value("steps_done", steps_done_);
    writer.array("parameters_and_changes", mpi::all_gather_joined<double>(comm_, mine));
}

void SmallLattice::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done_ > task_.parameters.updates) reader.refuse("steps_done", "lies beyond the end");
    const std::vector<double> all = reader.array<double>("parameters_and_changes");
    std::size_t length = 0, before = 0;
    for (std::int64_t number = 0; number < machines_total(); ++number) {
        if (!machines_.empty() && number == machines_.front().number) before = length;
        length += 2 * machine(number).rbm.size();
    }
    if (all.size() != length) reader.refuse("parameters_and_changes", "is not of the machines of this study");
    std::span<const double> rest = std::span(all).subspan(before);
    for (Machine& machine : machines_) {
        for (net::Rbm<double>* rbm : {&machine.rbm, &machine.change}) {
            for (const auto part : rbm->parts()) {
                std::ranges::copy(rest.first(part.size()), part.begin());
                rest = rest.subspan(part.size());
            }
        }
    }
}

std::vector<Defect> SmallLattice::defects() const {
    std::vector<double> mine;
    for (const Machine& machine : machines_) {
        const Defect here = defect(machine.rbm, energies_);
        mine.insert(mine.end(), {here.per_site, here.gauge});
    }
    const std::vector<double> joined = mpi::all_gather_joined<double>(comm_, mine);
    std::vector<Defect> all;
    for (std::size_t i = 0; i < joined.size(); i += 2) all.push_back({joined[i], joined[i + 1]});
    return all;
}

namespace {

/// A number that is exact up to the rounding of terms of the given size.
io::Row exact_row(std::string quantity, double value, double size) {
    return {.section = "map",
            .point = {},
            .quantity = std::move(quantity),
            .kind = io::Kind::numerical,
            .unit = {},
            .value = value,
            .error = io::rounding_error(size),
            .note = "one hidden unit per bond: exact, so 0 up to rounding"};
}

/// Mean over trainings, its standard error, and the standard deviation over trainings.
io::Row trained_row(std::string quantity, std::span<const double> values) {
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    io::Row row{.section = "map",
                .point = {},
                .quantity = std::move(quantity),
                .kind = io::Kind::trained,
                .unit = {},
                .value = mean,
                .error = 0.0};
    if (values.size() < 2) return row;
    row.spread = std::sqrt(squares / (count - 1));
    row.error = *row.spread / std::sqrt(count);
    return row;
}

} // namespace

std::vector<io::Row> SmallLattice::results() const {
    const std::vector<Defect> all = defects();
    const MapParameters& p = task_.parameters;
    return mpi::collectively(comm_, [&]() -> std::vector<io::Row> {
        if (!comm_.is_root()) return {};
        const Defect exact = defect(exact_machine(task_.hamiltonian, task_.geometry), energies_);
        std::vector<io::Row> rows{exact_row("defect per site, exact network", exact.per_site, exact.gauge),
                                  exact_row("ln <Tr_h e^T> per site, exact network", exact.gauge, exact.gauge)};
        rows.back().note = "a gauge";
        auto next = all.begin();
        for (const std::string& method : p.method) {
            for (const std::int64_t hidden : p.hidden) {
                std::vector<double> per_site, gauge;
                for (std::int64_t training = 0; training < p.trainings; ++training, ++next) {
                    per_site.push_back(next->per_site);
                    gauge.push_back(next->gauge);
                }
                rows.push_back(trained_row(fmt::format("defect per site, {}, {} hidden", method, hidden), per_site));
                rows.push_back(
                    trained_row(fmt::format("ln <Tr_h e^T> per site, {}, {} hidden", method, hidden), gauge));
                rows.back().note = "a gauge";
            }
        }
        for (io::Row& row : rows) row.point = task_.point;
        return rows;
    });
}

void SmallLattice::publish(io::Writer& writer) const {
    const MapParameters& p = task_.parameters;
    std::vector<double> per_site, gauge;
    for (const Defect& machine : defects()) {
        per_site.push_back(machine.per_site);
        gauge.push_back(machine.gauge);
    }
    const std::vector<std::uint64_t> shape{p.method.size(), p.hidden.size(), static_cast<std::uint64_t>(p.trainings)};
    writer.array("defect", shape, std::span<const double>(per_site));
    writer.array("gauge", shape, std::span<const double>(gauge));
    writer.array("hidden", p.hidden);
    writer.attribute("defect", "meaning", "KL(P||p_RBM) / N [method, hidden, training]");
    writer.attribute("gauge", "meaning", "ln <Tr_h e^T> / N [method, hidden, training]");
}

} // namespace blockspin::mapping
