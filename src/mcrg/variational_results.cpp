// What a variational flow stores and finds.
#include <blockspin/mcrg/variational.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include "variational_analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace blockspin::mcrg {

void Variational::seal() {
    append_pending();
    if (done()) analyse_all();
}

void Variational::append_pending() {
    const std::size_t row = static_cast<std::size_t>(replicas()) * width(Stage::Kind::measurement);
    const std::uint64_t rows = pending_.size() / row;
    if (rows == 0) return;
    const std::vector<std::uint64_t> shape{rows, static_cast<std::uint64_t>(replicas()), biased_lattices,
                                           operators_.all.size()};
    series_.append(rows, [&](io::Writer& writer) {
        writer.array("operator_sums", shape, std::span<const std::int64_t>(pending_));
    });
    pending_.clear();
}

/// Of one point and number of steps, from the sums [row, replica, lattice, operator] of all.
BiasedSeries Variational::series_of(std::size_t part, const std::vector<std::int64_t>& sums) const {
    const auto chains = static_cast<std::size_t>(task_.parameters.chains), n = operators_.all.size();
    const std::size_t row = static_cast<std::size_t>(replicas()) * biased_lattices * n;
    BiasedSeries series{.chains = chains, .sums = {}, .bias = {}};
    for (std::size_t lattice = 0; lattice < biased_lattices; ++lattice) {
        auto& of_lattice = series.sums.emplace_back(n);
        for (std::size_t chain = part * chains; chain < (part + 1) * chains; ++chain) {
            for (std::size_t at = (chain * biased_lattices + lattice) * n; at < sums.size(); at += row) {
                for (std::size_t a = 0; a < n; ++a) of_lattice[a].push_back(static_cast<double>(sums[at + a]));
            }
        }
    }
    const auto bias = std::span(bias_).subspan(part * operators_.even, operators_.even);
    series.bias.assign(bias.begin(), bias.end());
    return series;
}

Renormalized Variational::analysed(std::size_t part, const std::vector<std::int64_t>& sums) const {
    try {
        return renormalized(series_of(part, sums), operators_, block_terms_[part % levels()],
                            static_cast<int>(task_.parameters.factor));
    } catch (const core::InputError& error) {
        const std::string& label = task_.points[part / levels()].label;
        throw core::InputError(fmt::format("[variational]{}{}, step {}: block spins that do not tell the operators "
                                           "apart ({})",
                                           label.empty() ? "" : " ", label, part % levels() + 1, error.what()));
    }
}

/// Keeps what publish() writes.
void Variational::keep(std::size_t part, const Renormalized& found) {
    const std::size_t n = operators_.all.size(), even = operators_.even;
    for (std::size_t a = 0; a < even; ++a) {
        couplings_[(part * even + a) * 2] = found.coupling(a).mean;
        couplings_[(part * even + a) * 2 + 1] = found.coupling(a).error;
    }
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) {
            if ((a < even) != (b < even)) continue;
            slopes_[((part * n + a) * n + b) * 2] = found.slope(a, b).mean;
            slopes_[((part * n + a) * n + b) * 2 + 1] = found.slope(a, b).error;
        }
    }
}

void Variational::analyse_all() {
    const std::size_t n = operators_.all.size();
    rows_.clear();
    couplings_.assign(parts() * operators_.even * 2, 0);
    slopes_.assign(parts() * n * n * 2, 0);
    mpi::collectively(comm_, [&] {
        if (!comm_.is_root()) return;
        const auto sums = series_.read_all<std::int64_t>("operator_sums");
        for (std::size_t point = 0; point < task_.points.size(); ++point) {
            std::vector<Renormalized> steps;
            for (std::size_t part = point * levels(); part < (point + 1) * levels(); ++part) {
                steps.push_back(analysed(part, sums));
                keep(part, steps.back());
            }
            const model::Point& at = task_.points[point];
            const auto of_point = mcrg::rows(at.label, at.coupling("nn"), operators_, steps);
            rows_.insert(rows_.end(), of_point.begin(), of_point.end());
        }
        const auto compared = differences(rows_, task_.others);
        rows_.insert(rows_.end(), compared.begin(), compared.end());
    });
    mpi::broadcast(comm_, std::span(couplings_));
    mpi::broadcast(comm_, std::span(slopes_));
}

void Variational::publish(io::Writer& writer) const {
    const std::uint64_t points = task_.points.size(), steps = levels(), even = operators_.even,
                        all = operators_.all.size();
    writer.array("couplings", {points, steps, even, 2}, std::span<const double>(couplings_));
    writer.attribute("couplings", "meaning", "K' of block spins and its error [point, step, operator, 2]");
    writer.array("bias", {points, steps, even}, std::span<const double>(bias_));
    writer.attribute("bias", "meaning", "J of the bias potential that was sampled with [point, step, operator]");
    writer.array("slopes", {points, steps, all, all, 2}, std::span<const double>(slopes_));
    writer.attribute("slopes", "meaning",
                     "dK'_a/dK_b, K on the finest lattice, and its error [point, step, operator a, operator b, 2]");
    writer.attribute("slopes", "operators", fmt::format("{}", fmt::join(operators_.names(), ", ")));
    writer.concatenated("operator_sums", series_.segments(), "operator_sums");
    writer.attribute("operator_sums", "meaning",
                     "S_a of chains with a bias [sweep, chain, lattice, operator]; chains by point, step and number; "
                     "lattices: the finest, that before the last step, that of the biased block spins");
}

/// Spins, or the words of blocks, of all chains [chain, number], filled up with zeros.
io::Slab Variational::slab(std::size_t numbers) const {
    return {.shape = {static_cast<std::uint64_t>(replicas()), numbers},
            .offset = {static_cast<std::uint64_t>(first_replica_), 0},
            .count = {chains_.size(), numbers}};
}

std::size_t Variational::words_per_chain() const noexcept {
    std::size_t blocks = 0;
    for (std::size_t level = 1; level <= levels(); ++level) blocks += tree_.sites(level);
    return blocks;
}

void Variational::save(io::Writer& writer) const {
    core::ensure(pending_.empty(), "sums are saved after seal()");
    writer.value("steps_done", steps_done_);
    writer.array("bias", bias_);
    writer.array("summed_bias", summed_bias_);
    const std::size_t sites = tree_.sites(0), blocks = words_per_chain();
    std::vector<std::int8_t> spins;
    std::vector<std::uint32_t> words;
    for (const BiasedChain& chain : chains_) {
        const auto its_spins = chain.spins(0);
        spins.insert(spins.end(), its_spins.begin(), its_spins.end());
        std::vector<std::uint32_t> its_words = chain.words();
        its_words.resize(blocks);
        words.insert(words.end(), its_words.begin(), its_words.end());
    }
    writer.array("spins", slab(sites), std::span<const std::int8_t>(spins));
    writer.array("words", slab(blocks), std::span<const std::uint32_t>(words));
    writer.object("series", series_);
}

void Variational::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done() > steps_total()) reader.refuse("steps_done", "lies beyond the end of the run");
    auto bias = reader.array<double>("bias"), summed_bias = reader.array<double>("summed_bias");
    if (bias.size() != bias_.size()) reader.refuse("bias", "does not hold one number per operator");
    if (summed_bias.size() != bias_.size()) reader.refuse("summed_bias", "does not hold one number per operator");
    bias_ = std::move(bias);
    summed_bias_ = std::move(summed_bias);
    const std::size_t sites = tree_.sites(0), blocks = words_per_chain();
    std::vector<std::int8_t> spins(chains_.size() * sites);
    std::vector<std::uint32_t> words(chains_.size() * blocks);
    reader.array("spins", slab(sites), std::span(spins));
    reader.array("words", slab(blocks), std::span(words));
    mpi::collectively(comm_, [&] {
        const auto is_spin = [](std::int8_t s) { return s == 1 || s == -1; };
        if (!std::ranges::all_of(spins, is_spin)) reader.refuse("spins", "holds values other than +1 and -1");
    });
    for (std::size_t i = 0; i < chains_.size(); ++i) {
        const std::size_t its_words = chains_[i].words().size();
        chains_[i].set(std::span<const std::int8_t>(spins).subspan(i * sites, sites),
                       std::span<const std::uint32_t>(words).subspan(i * blocks, its_words));
    }
    reader.object("series", series_);
    if (series_.rows() != static_cast<std::uint64_t>(measured_rows(steps_done_))) {
        reader.refuse("series", "does not hold as many rows as were measured");
    }
    pending_.clear();
}

} // namespace blockspin::mcrg
