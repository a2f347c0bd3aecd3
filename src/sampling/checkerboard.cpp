#include <blockspin/sampling/checkerboard.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

namespace blockspin::sampling {

Checkerboard::Checkerboard(const lattice::Geometry& geometry, const std::vector<SpinRule>& rules, rng::Purpose purpose,
                           const rng::Key& key, const char* name)
    : name_(name), bytes_(geometry, rules, purpose, key) {
    if (!geometry.colouring_is_consistent()) {
        throw core::InputError(fmt::format("[model] size: the {0} update changes one of {1} sublattices after the "
                                           "other; periodic sides must be multiples of {1}, unlike {2}",
                                           name, geometry.colours(),
                                           lattice::to_text(geometry.extents(), geometry.dimension())));
    }
}

void Checkerboard::sweep(Replicas& replicas, std::int64_t step, process::Timers& timers) const {
    bytes_(replicas, step, timers, name_);
}

} // namespace blockspin::sampling
