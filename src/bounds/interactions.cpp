#include <blockspin/bounds/interactions.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <cmath>

namespace blockspin::bounds {

Interactions interactions(const lattice::Geometry& geometry, const model::Point& point) {
    Interactions result{.geometry = geometry, .terms = {}};
    for (const auto& [name, K] : point.couplings) {
        if (!std::isfinite(K)) throw core::InputError(fmt::format("coupling {} is not a finite number", name));
        if (K == 0.0) continue;
        model::Operator op = model::Operator::from_name(geometry.lattice(), name);
        if (op.name() == "nn") {
            result.nn += K;
        } else if (op.name() == "nnn") {
            result.nnn += K;
        } else if (op.name() == "h") {
            result.field += K;
        } else {
            result.others = true;
        }
        result.terms.emplace_back(std::move(op), K);
    }
    return result;
}

} // namespace blockspin::bounds
