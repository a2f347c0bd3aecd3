#include <blockspin/mcrg/variational.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/process/run.hpp>
#include <blockspin/rng/address.hpp>

#include "variational_analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::mcrg {

static_assert(process::Process<Variational>);

namespace {

/// Sweeps of a step with the final bias.
constexpr std::int64_t most_sweeps = bundle_size;
/// Largest change of the field on a block spin by one change of the bias, so that a steep gradient far from the
/// minimum does not throw it into another phase.
constexpr double largest_change = 0.5;

/// Key of a study's chains with a bias: streams apart from those of its other chains.
rng::Key key_of(std::uint64_t seed) { return rng::Key(seed ^ 0xC2B2AE3D27D4EB4F); }

std::int64_t steps_of(std::int64_t sweeps) { return (sweeps + most_sweeps - 1) / most_sweeps; }

Operators operators_of(const VariationalTask& task) {
    return operators(task.parameters.blocking(), task.geometry.lattice(), "variational");
}

std::vector<lattice::Geometry> geometries_of(const VariationalTask& task) {
    return level_geometries(task.geometry, task.parameters.blocking(), "variational");
}

std::vector<model::Operator> even_operators(const VariationalTask& task) {
    Operators all = operators_of(task);
    all.all.erase(all.all.begin() + static_cast<std::ptrdiff_t>(all.even), all.all.end());
    return all.all;
}

/// The operators that have couplings, at every point the same.
std::vector<std::string> model_names(const VariationalTask& task) {
    std::vector<std::string> names;
    for (const auto& [name, value] : task.points.front().couplings) names.push_back(name);
    return names;
}

std::vector<model::Operator> model_operators(const VariationalTask& task) {
    std::vector<model::Operator> result;
    for (const std::string& name : model_names(task)) {
        result.push_back(model::Operator::from_name(task.geometry.lattice(), name));
    }
    return result;
}

std::vector<SiteTerms> block_terms(const VariationalTask& task) {
    std::vector<SiteTerms> result;
    const auto geometries = geometries_of(task);
    for (std::size_t level = 1; level < geometries.size(); ++level) {
        result.emplace_back(geometries[level], even_operators(task));
    }
    return result;
}

std::vector<FlipProbabilities> flips(const VariationalTask& task, const SiteTerms& terms) {
    std::vector<FlipProbabilities> result;
    for (const model::Point& point : task.points) {
        std::vector<double> couplings;
        for (const std::string& name : model_names(task)) couplings.push_back(point.coupling(name));
        result.emplace_back(terms, std::move(couplings));
    }
    return result;
}

std::vector<OperatorSums> sums(const VariationalTask& task, std::size_t first_level,
                               const std::vector<model::Operator>& operators) {
    std::vector<OperatorSums> result;
    const auto geometries = geometries_of(task);
    for (std::size_t level = first_level; level < geometries.size(); ++level) {
        result.emplace_back(geometries[level], operators);
    }
    return result;
}

const VariationalTask& checked(const VariationalTask& task) {
    check(task);
    return task;
}

} // namespace

BlockParameters VariationalParameters::blocking() const {
    BlockParameters result{.rule = rule, .p = p, .ties = ties, .factor = factor, .steps = steps};
    result.even = even;
    result.odd = odd;
    result.generate = generate;
    return result;
}

void VariationalParameters::check(io::Problems& problems) const { check_rule(rule, p, problems); }

void check(const VariationalTask& task) {
    for (const model::Point& point : task.points) {
        for (const auto& [name, value] : point.couplings) {
            if (value == 0.0 || model::Operator::from_name(task.geometry.lattice(), name).is_even()) continue;
            throw core::InputError(fmt::format("[variational] the coupling {} mixes even and odd operators", name));
        }
    }
    if (operators_of(task).even == 0) throw core::InputError("[variational] even: names no operator");
    for (int d = 0; d < task.geometry.dimension(); ++d) {
        if (!task.geometry.is_periodic(d)) throw core::InputError("[variational] takes periodic boundaries");
    }
    geometries_of(task);
    const auto chains = static_cast<std::int64_t>(task.points.size()) * task.parameters.steps * task.parameters.chains;
    if (chains > std::int64_t{1} << rng::chain_bits) {
        throw core::InputError("[variational] chains: more than random numbers can be addressed for");
    }
}

std::string placement(const VariationalTask& task, int ranks, int threads) {
    const VariationalParameters& p = task.parameters;
    const std::int64_t chains = static_cast<std::int64_t>(task.points.size()) * p.steps * p.chains;
    const std::int64_t sweeps = p.iterations * p.sweeps_per_iteration + p.thermalization + p.sweeps;
    std::int64_t idle = 0;
    for (int rank = 0; rank < ranks; ++rank) {
        const std::int64_t its_chains = chains * (rank + 1) / ranks - chains * rank / ranks;
        idle += std::max<std::int64_t>(0, threads - its_chains);
    }
    return fmt::format("{} chains of {} sweeps, each a whole lattice on one thread{}", chains, sweeps,
                       idle > 0 ? fmt::format("; {} of {} threads have none", idle, ranks * threads) : "");
}

bool determines_the_same(const BlockParameters& block, const VariationalTask& task) {
    const VariationalParameters& p = task.parameters;
    const bool is_same_rule = block.rule == p.rule && block.p == p.p && block.factor == p.factor &&
                              (block.rule != "majority" || block.ties == p.ties);
    const std::vector<model::Operator> mine = even_operators(task);
    const auto has = [&](const std::string& name) {
        return std::ranges::find(mine, model::Operator::from_name(task.geometry.lattice(), name)) != mine.end();
    };
    return is_same_rule && mine.size() == block.couplings.size() && std::ranges::all_of(block.couplings, has);
}

Variational::Variational(const mpi::Communicator& comm, const VariationalTask& task,
                         const std::filesystem::path& folder, process::Timers& timers)
    : comm_(comm), task_(checked(task)), timers_(timers), operators_(operators_of(task)),
      tree_(geometries_of(task), rules(task.parameters.blocking(), task.geometry).front()),
      terms_(task.geometry, model_operators(task)), block_terms_(block_terms(task)), flips_(flips(task, terms_)),
      sums_(sums(task, 0, operators_.all)), gradients_(sums(task, 1, even_operators(task))),
      first_replica_(replicas() * comm.rank() / comm.size()), series_(comm, folder, "variational-operators"),
      bias_(parts() * operators_.even), summed_bias_(bias_.size()) {
    const std::int64_t end = replicas() * (comm.rank() + 1) / comm.size();
    for (std::int64_t replica = first_replica_; replica < end; ++replica) {
        chains_.emplace_back(tree_, level_of(replica), static_cast<std::int32_t>(replica), key_of(task.seed));
    }
}

std::uint64_t Variational::steps_total() const noexcept {
    const VariationalParameters& p = task_.parameters;
    return static_cast<std::uint64_t>(p.iterations + steps_of(p.thermalization) + steps_of(p.sweeps));
}

Variational::Stage Variational::stage() const noexcept {
    const VariationalParameters& p = task_.parameters;
    if (steps_done_ < p.iterations) {
        return {Stage::Kind::iteration, steps_done_ * p.sweeps_per_iteration, p.sweeps_per_iteration};
    }
    const std::int64_t first = p.iterations * p.sweeps_per_iteration;
    std::int64_t done = (steps_done_ - p.iterations) * most_sweeps;
    if (done < p.thermalization) {
        return {Stage::Kind::thermalization, first + done, std::min(most_sweeps, p.thermalization - done)};
    }
    done -= steps_of(p.thermalization) * most_sweeps;
    return {Stage::Kind::measurement, first + p.thermalization + done, std::min(most_sweeps, p.sweeps - done)};
}

std::int64_t Variational::measured_rows(std::int64_t steps) const noexcept {
    const VariationalParameters& p = task_.parameters;
    const std::int64_t done = (steps - p.iterations - steps_of(p.thermalization)) * most_sweeps;
    return std::clamp<std::int64_t>(done, 0, p.sweeps);
}

Variational::Measured Variational::measured_levels(std::int64_t replica, Stage::Kind kind) const {
    const std::size_t level = level_of(replica);
    if (kind == Stage::Kind::thermalization) return {};
    if (kind == Stage::Kind::iteration) return {{level, &gradients_[level - 1]}};
    return {{0, sums_.data()}, {level - 1, &sums_[level - 1]}, {level, &sums_[level]}};
}

/// Sums of one chain and sweep.
std::size_t Variational::width(Stage::Kind kind) const noexcept {
    if (kind == Stage::Kind::thermalization) return 0;
    return kind == Stage::Kind::iteration ? operators_.even : biased_lattices * operators_.all.size();
}

/// The sweeps of one chain of this rank, and its sums [sweep][level][operator].
void Variational::advance(std::size_t chain, const Stage& stage, std::span<std::int64_t> sums) {
    const std::int64_t replica = first_replica_ + static_cast<std::int64_t>(chain);
    const std::size_t part = part_of(replica), level = level_of(replica), even = operators_.even;
    const BiasedWeight weight{.model = flips_[part / levels()],
                              .block_terms = block_terms_[level - 1],
                              .bias = std::span<const double>(bias_).subspan(part * even, even)};
    const Measured measured = measured_levels(replica, stage.kind);
    std::vector<std::vector<std::uint8_t>> configurations(measured.size());
    for (std::int64_t sweep = 0; sweep < stage.sweeps; ++sweep) {
        chains_[chain].sweep(weight, stage.first_sweep + sweep);
        for (std::size_t i = 0; i < measured.size(); ++i) {
            const auto spins = chains_[chain].spins(measured[i].first);
            const std::size_t size = bytes_for(static_cast<std::int64_t>(spins.size()));
            configurations[i].resize(configurations[i].size() + size);
            pack(spins, std::span(configurations[i]).last(size));
        }
    }
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const auto [of_level, operator_sums] = measured[i];
        const std::size_t n = operator_sums->size();
        std::vector<std::int64_t> found(static_cast<std::size_t>(stage.sweeps) * n);
        const auto sites = static_cast<std::int64_t>(tree_.sites(of_level));
        operator_sums->evaluate(bundled(configurations[i], sites), found);
        for (std::size_t j = 0; j < found.size(); ++j) {
            sums[j / n * width(stage.kind) + i * n + j % n] = found[j];
        }
    }
}

void Variational::step() {
    const Stage now = stage();
    const std::size_t size = static_cast<std::size_t>(now.sweeps) * width(now.kind);
    std::vector<std::int64_t> mine(chains_.size() * size);
    {
        const auto timing = timers_.time("biased chains");
#pragma omp parallel for schedule(dynamic)
        for (std::size_t chain = 0; chain < chains_.size(); ++chain) {
            advance(chain, now, std::span(mine).subspan(chain * size, size));
        }
    }
    const auto timing = timers_.time("gathering of sums", process::Activity::communicate);
    const auto all = mpi::all_gather_joined(comm_, std::span<const std::int64_t>(mine));
    ++steps_done_;
    if (now.kind == Stage::Kind::iteration) change_bias(all);
    if (now.kind != Stage::Kind::measurement) return;
    const std::size_t row = width(now.kind);
    for (std::size_t sweep = 0; sweep < static_cast<std::size_t>(now.sweeps); ++sweep) {
        for (std::size_t at = sweep * row; at < all.size(); at += size) {
            pending_.insert(pending_.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                            all.begin() + static_cast<std::ptrdiff_t>(at + row));
        }
    }
}

/// After an iteration whose sums are [replica][sweep][operator].
void Variational::change_bias(const std::vector<std::int64_t>& sums) {
    const VariationalParameters& p = task_.parameters;
    const std::size_t n = operators_.even, of_part = sums.size() / parts();
    for (std::size_t part = 0; part < parts(); ++part) {
        const SiteTerms& terms = block_terms_[part % levels()];
        std::vector<std::int64_t> total(n);
        for (std::size_t i = 0; i < of_part; ++i) total[i % n] += sums[part * of_part + i];
        std::vector<double> change;
        double field = 0;
        for (std::size_t a = 0; a < n; ++a) {
            const double mean = static_cast<double>(total[a]) * static_cast<double>(n) / static_cast<double>(of_part);
            const double variance = terms.free_variance(a);
            change.push_back(variance > 0 ? p.step_size * (mean - terms.free_mean(a)) / variance : 0);
            field += std::abs(change.back()) * terms.most(a);
        }
        const double factor = std::min(1.0, largest_change / std::max(field, largest_change));
        for (std::size_t a = 0; a < n; ++a) bias_[part * n + a] += factor * change[a];
    }
    const std::int64_t first_counted = p.iterations / 2;
    if (steps_done_ <= first_counted) return;
    for (std::size_t i = 0; i < bias_.size(); ++i) summed_bias_[i] += bias_[i];
    if (steps_done_ < p.iterations) return;
    for (std::size_t i = 0; i < bias_.size(); ++i) {
        bias_[i] = summed_bias_[i] / static_cast<double>(p.iterations - first_counted);
    }
}

} // namespace blockspin::mcrg
