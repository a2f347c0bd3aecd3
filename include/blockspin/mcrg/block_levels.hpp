#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/operator_sums.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/model/operator.hpp>
#include <blockspin/net/shared_weights.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::mcrg {

/// Any of the rules that [block] knows.
using Rule = std::variant<coarsen::Majority, coarsen::Decimation, coarsen::KadanoffT, net::HiddenUnitRule>;

/// The rules that [block] asks for: several if p has several values. Errors of learned_rule(); for the others the
/// lattice does not matter.
std::vector<Rule> rules(const BlockParameters& parameters, const lattice::Geometry& finest);

/// Where a configuration comes from: part of the address of all that is drawn for it.
struct Origin {
    std::int64_t replica = 0;
    std::int64_t row = 0;
};

/// The lattice and that of the block spins after every step. InputError if blocks do not tile one of them, if the last
/// is not at least two sites wide, or on the honeycomb, whose square blocks do not form a honeycomb; it names the
/// section.
///
/// Blocks are b sites wide along every axis of the grid of indices: squares, cubes, and on the triangular lattice
/// rhombi, whose corners form a triangular lattice again.
std::vector<lattice::Geometry> level_geometries(const lattice::Geometry& finest, const BlockParameters& parameters,
                                                std::string_view section = "block");

/// A lattice and its coarser copies: level 0 is the one that was sampled, level k has been blocked k times. The coarser
/// ones exist once for every rule; all these lattices are numbered, the finest 0, then rule by rule and level by level.
class BlockLevels {
  public:
    /// Errors of level_geometries() and rules().
    BlockLevels(const lattice::Geometry& finest, const BlockParameters& parameters,
                const std::vector<model::Operator>& operators, const rng::Key& key);

    /// Number of levels: one more than steps.
    std::size_t size() const noexcept { return sums_.size(); }
    std::size_t rules() const noexcept { return rules_.size(); }
    /// Number of lattices, of all rules together.
    std::size_t lattices() const noexcept { return 1 + rules_.size() * blocks_.size(); }
    /// The number of a level's lattice under a rule.
    std::size_t lattice_of(std::size_t rule, std::size_t level) const noexcept {
        return level == 0 ? 0 : rule * blocks_.size() + level;
    }
    const lattice::Geometry& geometry(std::size_t level) const { return geometries_.at(level); }

    /// S_a [configuration][lattice][operator] of configurations of the finest lattice, a bit per site each
    /// (bundle.hpp), and their block spins. What is drawn is addressed by origin and level, the same for every rule.
    /// InternalError for more than 64.
    void measure(std::span<const std::uint8_t> configurations, std::span<const Origin> origins,
                 std::span<std::int64_t> sums) const;

    /// Their block spins after the first `steps` steps under one rule, in the same form.
    std::vector<std::uint8_t> blocked(std::vector<std::uint8_t> configurations, std::span<const Origin> origins,
                                      std::size_t rule, std::size_t steps) const;

  private:
    std::vector<std::uint8_t> coarser(std::span<const std::uint8_t> configurations, std::span<const Origin> origins,
                                      const Rule& rule, std::size_t level) const;
    void measure(std::span<const std::uint8_t> configurations, std::size_t level, std::size_t lattice,
                 std::span<std::int64_t> sums) const;

    std::vector<Rule> rules_;
    rng::Key key_;
    std::vector<lattice::Geometry> geometries_;
    std::vector<OperatorSums> sums_;      ///< of each level
    std::vector<coarsen::Blocks> blocks_; ///< from each level but the last to the next
};

} // namespace blockspin::mcrg
