#include <blockspin/flow/block_sum.hpp>

#include "block_sum_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/model/energy_table.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

using lattice::Geometry;

constexpr std::int64_t most_blocks = 16;

/// The sites of every block, both x fastest.
std::vector<std::vector<int>> sites_of_blocks(const Geometry& fine, const Geometry& coarse, int b) {
    std::vector<std::vector<int>> sites(static_cast<std::size_t>(coarse.sites()));
    for (std::int64_t site = 0; site < fine.sites(); ++site) {
        lattice::Coordinates at = fine.coordinates(site);
        for (int i = 0; i < fine.dimension(); ++i) at[i] /= b;
        sites[static_cast<std::size_t>(coarse.site(at))].push_back(static_cast<int>(site));
    }
    return sites;
}

std::uint32_t state_of_block(const std::vector<int>& sites, std::size_t configuration) {
    std::uint32_t state = 0;
    for (std::size_t i = 0; i < sites.size(); ++i)
        state |= static_cast<std::uint32_t>(configuration >> sites[i] & 1U) << i;
    return state;
}

/// Adds P(μ|σ) of one configuration σ to `shares`.
class Shares {
  public:
    Shares(const Geometry& fine, const coarsen::RuleTable& rule)
        : blocks_(sites_of_blocks(fine, block_lattice(fine, rule), rule.scale_factor())), up_(rule.probability_up()),
          states_(blocks_.size()), shares_(std::size_t{1} << blocks_.size()) {}
    int size() const noexcept { return static_cast<int>(shares_.size()); }
    void add(std::size_t configuration, std::span<double> shares) {
        for (std::size_t j = 0; j < blocks_.size(); ++j) states_[j] = state_of_block(blocks_[j], configuration);
        share_out(1.0, states_, up_, shares_);
        for (std::size_t mu = 0; mu < shares.size(); ++mu) shares[mu] += shares_[mu];
    }

  private:
    std::vector<std::vector<int>> blocks_;
    std::span<const double> up_;
    std::vector<std::uint32_t> states_;
    std::vector<double> shares_;
};

/// Σ_a K_a S_a of every level.
std::vector<double> exponents(const SpinLevels& levels, std::span<const double> couplings) {
    std::vector<double> result(static_cast<std::size_t>(levels.sums.rows()));
    for (std::size_t l = 0; l < result.size(); ++l) {
        const auto sums = levels.sums.row(static_cast<int>(l));
        result[l] = std::inner_product(sums.begin(), sums.end(), couplings.begin(), 0.0);
    }
    return result;
}

/// How many rows apart are spins that an operator multiplies?
int reach(const model::Operator& op) {
    int reach = 0;
    for (const model::Stencil& image : op.images()) {
        const auto [low, high] = std::ranges::minmax(image.offsets, {}, [](const auto& at) { return at[1]; });
        reach = std::max(reach, high[1] - low[1]);
    }
    return reach;
}

} // namespace

bool reaches_next_row_only(const model::OperatorBasis& basis) {
    return std::ranges::all_of(basis, [](const model::Operator& op) { return reach(op) <= 1; });
}

Geometry block_lattice(const Geometry& fine, const coarsen::RuleTable& rule) {
    const int d = fine.dimension(), b = rule.scale_factor();
    if (rule.dimension() != d)
        throw core::InputError(fmt::format("blocks of {} spins are no blocks in {} dimensions", rule.volume(), d));
    std::vector<std::int64_t> size;
    for (int i = 0; i < d; ++i) {
        if (!fine.is_periodic(i) || fine.sublattices() > 1)
            throw core::InputError("exact summation is for periodic lattices, and not for the honeycomb");
        if (fine.extents()[i] % b != 0)
            throw core::InputError(
                fmt::format("blocks of {} sites do not tile {}", b, lattice::to_text(fine.extents(), d)));
        size.push_back(fine.extents()[i] / b);
    }
    Geometry coarse(fine.lattice(), size);
    if (coarse.sites() <= most_blocks) return coarse;
    throw core::InputError(
        fmt::format("{} block spins have too many configurations: at most {} blocks", coarse.sites(), most_blocks));
}

void share_out(double weight, std::span<const std::uint32_t> states, std::span<const double> up,
               std::span<double> shares) {
    shares[0] = weight;
    for (std::size_t j = 0; j < states.size(); ++j) {
        const std::size_t known = std::size_t{1} << j;
        for (std::size_t mu = 0; mu < known; ++mu) {
            shares[mu + known] = shares[mu] * up[states[j]];
            shares[mu] *= 1 - up[states[j]];
        }
    }
}

BlockSum block_sum_of(Geometry lattice, std::vector<std::vector<double>> weights, std::span<const double> shifts) {
    BlockSum result{std::move(lattice), std::move(weights[0])};
    std::vector<double>& log = result.log_weights;
    for (std::size_t a = 1; a < weights.size(); ++a) {
        for (std::size_t mu = 0; mu < log.size(); ++mu) weights[a][mu] /= log[mu];
        result.slopes.push_back(std::move(weights[a]));
    }
    for (std::size_t mu = 0; mu < log.size(); ++mu) {
        log[mu] = shifts[mu] + std::log(log[mu]);
        if (!std::isfinite(log[mu]))
            throw core::InputError(fmt::format("configuration {} of the block spins has no weight, so their couplings "
                                               "are infinite: another rule or weaker couplings are needed",
                                               mu));
    }
    const double top = std::ranges::max(log);
    double sum = 0;
    for (const double x : log) sum += std::exp(x - top);
    result.ln_z = top + std::log(sum);
    return result;
}

SpinLevels spin_levels(const model::OperatorBasis& basis, const Geometry& geometry, const coarsen::RuleTable& rule) {
    Shares shares(geometry, rule);
    std::vector<std::vector<double>> tables;
    for (const model::Operator& op : basis) tables.push_back(model::sum_table(op, geometry));
    std::map<std::vector<double>, std::vector<double>> levels;
    std::vector<double> sums(basis.size());
    for (std::size_t c = 0; c < std::size_t{1} << geometry.sites(); ++c) {
        for (std::size_t a = 0; a < sums.size(); ++a) sums[a] = tables[a][c];
        std::vector<double>& of_level = levels[sums];
        of_level.resize(static_cast<std::size_t>(shares.size()));
        shares.add(c, of_level);
    }
    const int count = static_cast<int>(levels.size());
    SpinLevels result{{count, static_cast<int>(sums.size())}, {count, shares.size()}};
    int l = 0;
    for (const auto& [of_operators, of_mus] : levels) {
        std::ranges::copy(of_operators, result.sums.row(l).begin());
        std::ranges::copy(of_mus, result.shares.row(l++).begin());
    }
    return result;
}

BlockSum block_sum(const SpinLevels& levels, const Geometry& blocks, std::span<const double> couplings, Slopes slopes) {
    const std::vector<double> exponent = exponents(levels, couplings);
    const auto mus = static_cast<std::size_t>(levels.shares.cols());
    const std::size_t derivatives = slopes == Slopes::all ? couplings.size() : 0;
    std::vector<double> tops(mus, -std::numeric_limits<double>::infinity());
    std::vector<std::vector<double>> sums(1 + derivatives, std::vector<double>(mus, 0.0));
    const auto for_each_share = [&](auto&& visit) {
        for (std::size_t l = 0; l < exponent.size(); ++l)
            for (std::size_t mu = 0; mu < mus; ++mu)
                if (const double share = levels.shares(static_cast<int>(l), static_cast<int>(mu)); share > 0)
                    visit(l, mu, share);
    };
    for_each_share([&](std::size_t l, std::size_t mu, double) { tops[mu] = std::max(tops[mu], exponent[l]); });
    for_each_share([&](std::size_t l, std::size_t mu, double share) {
        const double weight = share * std::exp(exponent[l] - tops[mu]);
        sums[0][mu] += weight;
        for (std::size_t a = 0; a < derivatives; ++a)
            sums[1 + a][mu] += levels.sums(static_cast<int>(l), static_cast<int>(a)) * weight;
    });
    return block_sum_of(blocks, std::move(sums), tops);
}

BlockSum block_sum_by_enumeration(const model::Hamiltonian& hamiltonian, const Geometry& geometry,
                                  const coarsen::RuleTable& rule, Slopes slopes) {
    return block_sum(spin_levels(hamiltonian.basis(), geometry, rule), block_lattice(geometry, rule),
                     hamiltonian.couplings(), slopes);
}

BlockSum block_sum(const BlockSum& before, const coarsen::RuleTable& rule) {
    Shares shares(before.lattice, rule);
    const int count = static_cast<int>(before.log_weights.size());
    SpinLevels levels{{count, 1, before.log_weights}, {count, shares.size()}};
    for (int c = 0; c < count; ++c) shares.add(static_cast<std::size_t>(c), levels.shares.row(c));
    return block_sum(levels, block_lattice(before.lattice, rule), std::vector{1.0}, Slopes::none);
}

BlockSum block_sum(const mpi::Communicator& comm, const model::Hamiltonian& hamiltonian, const Geometry& geometry,
                   const coarsen::RuleTable& rule, Slopes slopes) {
    const bool by_rows = geometry.sites() > quickly_enumerated_sites && geometry.dimension() == 2 &&
                         reaches_next_row_only(hamiltonian.basis());
    if (by_rows) return block_sum_by_rows(comm, hamiltonian, geometry, rule, slopes);
    return block_sum_by_enumeration(hamiltonian, geometry, rule, slopes);
}

} // namespace blockspin::flow
