#include <blockspin/sampling/checkerboard.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/sampling/strip_update.hpp>
#include <blockspin/sampling/task.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace blockspin::sampling {

namespace {

std::variant<ByteSweep, PackedSweep> make_sweep(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules,
                                                rng::Purpose purpose, const rng::Key& key) {
    if (checkerboard_representation(geometry) == Representation::bits)
        return PackedSweep(rules, packed_tiles(geometry), purpose, key);
    return ByteSweep(geometry, rules, purpose, key);
}

} // namespace

Representation checkerboard_representation(const lattice::Geometry& geometry) noexcept {
    if (!is_packable(geometry)) return Representation::bytes;
    const lattice::Coordinates tile = packed_tiles(geometry).sites();
    std::int64_t tiles = 1;
    for (int d = 0; d < geometry.dimension(); ++d) tiles *= (geometry.extents()[d] + tile[d] - 1) / tile[d];
    return tiles >= 8 ? Representation::bits : Representation::bytes;
}

bool has_checkerboard_update(const Task& task) {
    return !task.disorder && !needs_stencil(task) && !strip_plan(task) &&
           std::ranges::any_of(task.parameters.update,
                               [](const std::string& name) { return name == "metropolis" || name == "heat-bath"; });
}

DomainRules checkerboard_domains(const lattice::Geometry& geometry) noexcept {
    if (checkerboard_representation(geometry) == Representation::bytes) return {};
    return {.granularity = packed_tiles(geometry).sites(), .contiguous = PackedLayout::contiguous};
}

Checkerboard::Checkerboard(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
                           const rng::Key& key, const char* name)
    : name_(name), sweep_(make_sweep(geometry, rules, purpose, key)) {
    if (!geometry.colouring_is_consistent()) {
        throw core::InputError(fmt::format("[model] size: the {0} update changes one of {1} sublattices after the "
                                           "other; periodic sides must be multiples of {1}, unlike {2}",
                                           name, geometry.colours(),
                                           lattice::to_text(geometry.extents(), geometry.dimension())));
    }
}

void Checkerboard::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) {
    std::visit([&](auto& sweep) { sweep(replicas, step, timers, name_); }, sweep_);
}

} // namespace blockspin::sampling
