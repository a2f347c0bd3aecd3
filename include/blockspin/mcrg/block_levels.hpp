#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/coarsen/rules.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/mcrg/operator_sums.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/model/operator.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::mcrg {

/// Any of the rules that [block] knows.
using Rule = std::variant<coarsen::Majority, coarsen::Decimation, coarsen::KadanoffT>;

/// The rule that [block] asks for.
Rule rule(const BlockParameters& parameters);

/// A lattice and its coarser copies: level 0 is the one that was sampled, level k has been blocked k times.
class BlockLevels {
  public:
    /// InputError if blocks do not tile a level, if the last one is not at least two sites wide, or on the honeycomb,
    /// whose square blocks do not form a honeycomb.
    BlockLevels(const lattice::Geometry& finest, const BlockParameters& parameters,
                const std::vector<model::Operator>& operators, const rng::Key& key);

    /// Number of levels: one more than steps.
    std::size_t size() const noexcept { return sums_.size(); }
    const lattice::Geometry& geometry(std::size_t level) const { return geometries_.at(level); }

    /// S_a [level][operator] of a configuration of the finest lattice and its block spins. What is drawn is addressed
    /// by replica, row and level.
    void measure(std::vector<std::int8_t> spins, std::int64_t replica, std::int64_t row,
                 std::span<std::int64_t> sums) const;

  private:
    Rule rule_;
    rng::Key key_;
    std::vector<lattice::Geometry> geometries_;
    std::vector<OperatorSums> sums_;      ///< of each level
    std::vector<coarsen::Blocks> blocks_; ///< from each level but the last to the next
};

} // namespace blockspin::mcrg
