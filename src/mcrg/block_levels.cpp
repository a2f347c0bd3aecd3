#include <blockspin/mcrg/block_levels.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <utility>

namespace blockspin::mcrg {

namespace {

/// The lattice of the block spins.
lattice::Geometry coarser(const lattice::Geometry& fine, int factor) {
    std::vector<std::int64_t> size;
    std::vector<lattice::Boundary> boundaries;
    for (int d = 0; d < fine.dimension(); ++d) {
        const std::int32_t extent = fine.extents()[d];
        if (extent % factor != 0 || extent / factor < 2) {
            throw core::InputError(
                fmt::format("[block] steps: a lattice of {} sites cannot be cut into blocks of {} sites a side, at "
                            "least two along each direction",
                            lattice::to_text(fine.extents(), fine.dimension()), factor));
        }
        size.push_back(extent / factor);
        boundaries.push_back(fine.is_periodic(d) ? lattice::Boundary::periodic : lattice::Boundary::open);
    }
    return {fine.lattice(), size, boundaries};
}

} // namespace

Rule rule(const BlockParameters& parameters) {
    const int factor = static_cast<int>(parameters.factor);
    if (parameters.rule == "decimation") return coarsen::Decimation(factor);
    if (parameters.rule == "kadanoff") return coarsen::KadanoffT(factor, parameters.p.value());
    return coarsen::Majority(factor, parameters.ties == "random" ? coarsen::Tie::random : coarsen::Tie::first_spin);
}

BlockLevels::BlockLevels(const lattice::Geometry& finest, const BlockParameters& parameters,
                         const std::vector<model::Operator>& operators, const rng::Key& key)
    : rule_(rule(parameters)), key_(key), geometries_{finest} {
    if (finest.sublattices() > 1) {
        throw core::InputError("[block] square blocks of a honeycomb do not form a honeycomb");
    }
    const int factor = static_cast<int>(parameters.factor);
    for (std::int64_t step = 0; step < parameters.steps; ++step) {
        geometries_.push_back(coarser(geometries_.back(), factor));
        const lattice::Geometry& fine = geometries_[geometries_.size() - 2];
        blocks_.emplace_back(fine.dimension(), fine.extents(), factor);
    }
    for (const lattice::Geometry& geometry : geometries_) sums_.emplace_back(geometry, operators);
}

void BlockLevels::measure(std::vector<std::int8_t> spins, std::int64_t replica, std::int64_t row,
                          std::span<std::int64_t> sums) const {
    const std::size_t operators = sums_.front().size();
    core::ensure(sums.size() == size() * operators, "one sum per level and operator");
    rng::Address address{.chain = static_cast<std::int32_t>(replica), .step = row};
    for (std::size_t level = 0; level < size(); ++level) {
        sums_[level].evaluate(spins, sums.subspan(level * operators, operators));
        if (level == blocks_.size()) return;
        std::vector<std::int8_t> coarse(static_cast<std::size_t>(blocks_[level].count()));
        address.draw = static_cast<std::int32_t>(level);
        std::visit([&](const auto& kind) { coarsen::apply(kind, blocks_[level], spins, coarse, key_, address); },
                   rule_);
        spins = std::move(coarse);
    }
}

} // namespace blockspin::mcrg
