#include <blockspin/mcrg/block_levels.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/mcrg/learned_rule.hpp>

#include <fmt/format.h>

#include <utility>

namespace blockspin::mcrg {

namespace {

/// The lattice of the block spins.
lattice::Geometry coarser(const lattice::Geometry& fine, int factor, std::string_view section) {
    std::vector<std::int64_t> size;
    std::vector<lattice::Boundary> boundaries;
    for (int d = 0; d < fine.dimension(); ++d) {
        const std::int32_t extent = fine.extents()[d];
        if (extent % factor != 0 || extent / factor < 2) {
            throw core::InputError(
                fmt::format("[{}] steps: a lattice of {} sites cannot be cut into blocks of {} sites a side, at "
                            "least two along each direction",
                            section, lattice::to_text(fine.extents(), fine.dimension()), factor));
        }
        size.push_back(extent / factor);
        boundaries.push_back(fine.is_periodic(d) ? lattice::Boundary::periodic : lattice::Boundary::open);
    }
    return {fine.lattice(), size, boundaries};
}

} // namespace

std::vector<Rule> rules(const BlockParameters& parameters, const lattice::Geometry& finest) {
    const int factor = static_cast<int>(parameters.factor);
    if (parameters.rule == "learned") return {learned_rule(parameters, finest)};
    if (parameters.rule == "decimation") return {coarsen::Decimation(factor)};
    if (parameters.rule == "majority") {
        return {
            coarsen::Majority(factor, parameters.ties == "random" ? coarsen::Tie::random : coarsen::Tie::first_spin)};
    }
    std::vector<Rule> rules;
    for (const double p : parameters.p) rules.emplace_back(coarsen::KadanoffT(factor, p));
    return rules;
}

std::vector<lattice::Geometry> level_geometries(const lattice::Geometry& finest, const BlockParameters& parameters,
                                                std::string_view section) {
    if (finest.lattice() == lattice::Lattice::honeycomb) {
        throw core::InputError(fmt::format("[{}] square blocks of a honeycomb do not form a honeycomb", section));
    }
    std::vector<lattice::Geometry> result{finest};
    for (std::int64_t step = 0; step < parameters.steps; ++step) {
        result.push_back(coarser(result.back(), static_cast<int>(parameters.factor), section));
    }
    return result;
}

BlockLevels::BlockLevels(const lattice::Geometry& finest, const BlockParameters& parameters,
                         const std::vector<model::Operator>& operators, const rng::Key& key)
    : rules_(mcrg::rules(parameters, finest)), key_(key), geometries_(level_geometries(finest, parameters)) {
    for (const lattice::Geometry& geometry : geometries_) {
        sums_.emplace_back(geometry, operators);
        if (sums_.size() == geometries_.size()) break;
        blocks_.emplace_back(geometry.dimension(), geometry.extents(), static_cast<int>(parameters.factor));
    }
}

std::vector<std::uint8_t> BlockLevels::coarser(std::span<const std::uint8_t> configurations,
                                               std::span<const Origin> origins, const Rule& rule,
                                               std::size_t level) const {
    const std::int64_t sites = geometries_[level].sites();
    const std::size_t fine = bytes_for(sites), size = bytes_for(blocks_[level].count());
    std::vector<std::uint8_t> result(origins.size() * size);
    std::vector<std::int8_t> coarse(static_cast<std::size_t>(blocks_[level].count()));
    for (std::size_t i = 0; i < origins.size(); ++i) {
        const std::vector<std::int8_t> spins = unpacked(configurations.subspan(i * fine, fine), sites);
        const rng::Address address{.chain = static_cast<std::int32_t>(origins[i].replica),
                                   .step = origins[i].row,
                                   .draw = static_cast<std::int32_t>(level)};
        std::visit([&](const auto& kind) { coarsen::apply(kind, blocks_[level], spins, coarse, key_, address); }, rule);
        pack(coarse, std::span(result).subspan(i * size, size));
    }
    return result;
}

void BlockLevels::measure(std::span<const std::uint8_t> configurations, std::size_t level, std::size_t lattice,
                          std::span<std::int64_t> sums) const {
    const std::size_t operators = sums_[level].size(), size = lattices() * operators;
    std::vector<std::int64_t> found(sums.size() / lattices());
    sums_[level].evaluate(bundled(configurations, geometries_[level].sites()), found);
    for (std::size_t i = 0; i < found.size(); ++i) {
        sums[i / operators * size + lattice * operators + i % operators] = found[i];
    }
}

void BlockLevels::measure(std::span<const std::uint8_t> configurations, std::span<const Origin> origins,
                          std::span<std::int64_t> sums) const {
    core::ensure(sums.size() == origins.size() * lattices() * sums_.front().size() &&
                     configurations.size() == origins.size() * bytes_for(geometries_.front().sites()),
                 "one sum per configuration, lattice and operator");
    measure(configurations, 0, 0, sums);
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        std::vector<std::uint8_t> spins(configurations.begin(), configurations.end());
        for (std::size_t level = 1; level < size(); ++level) {
            spins = coarser(spins, origins, rules_[rule], level - 1);
            measure(spins, level, lattice_of(rule, level), sums);
        }
    }
}

std::vector<std::uint8_t> BlockLevels::blocked(std::vector<std::uint8_t> configurations,
                                               std::span<const Origin> origins, std::size_t rule,
                                               std::size_t steps) const {
    for (std::size_t level = 0; level < steps; ++level) {
        configurations = coarser(configurations, origins, rules_.at(rule), level);
    }
    return configurations;
}

} // namespace blockspin::mcrg
