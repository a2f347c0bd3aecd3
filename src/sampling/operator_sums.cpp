#include <blockspin/sampling/operator_sums.hpp>

#include "strip_sums.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace blockspin::sampling {

namespace {

/// The sum of one image's products over all its positions along a row.
std::int64_t row_sum(const lattice::Geometry& geometry, const lattice::Field<Spin>& field,
                     const lattice::Coordinates& first, const lattice::Coordinates& global, std::int32_t length,
                     const model::Stencil& image) {
    thread_local std::vector<std::int8_t> products;
    products.assign(static_cast<std::size_t>(length), 1);
    const Spin* const row = field.values().data() + field.position(first);
    for (const lattice::Coordinates& offset : image.offsets) {
        std::ptrdiff_t distance = 0;
        for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
        for (std::size_t x = 0; x < products.size(); ++x) {
            products[x] = static_cast<std::int8_t>(products[x] * row[distance + static_cast<std::ptrdiff_t>(x)]);
        }
    }
    if (geometry.sublattices() == 1) return sampling::row_sum(products);
    std::int64_t sum = 0; // over the sites of the image's kind
    for (auto x = static_cast<std::size_t>(geometry.sublattice(global) == image.sublattice ? 0 : 1);
         x < products.size(); x += 2) {
        sum += products[x];
    }
    return sum;
}

} // namespace

Measurement operator_sums(const model::OperatorBasis& basis) {
    const auto add = [basis](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                             std::span<std::int64_t> sums) {
        const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
        lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
            lattice::Coordinates global{};
            for (int d = 0; d < lattice::max_dimension; ++d) {
                global[d] = replicas.decomposition().box().offset[d] + at[d];
            }
            for (std::size_t op = 0; op < basis.size(); ++op) {
                for (const model::Stencil& image : basis[op].images()) {
                    sums[op] += row_sum(replicas.geometry(), field, at, global, part.extent[0], image);
                }
            }
        });
    };
    const auto add_strips = [basis](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                    std::span<std::int64_t> sums) {
        const StripSpins& spins = replicas.strips()[static_cast<std::size_t>(i)];
        for (std::size_t op = 0; op < basis.size(); ++op) {
            for (const model::Stencil& image : basis[op].images()) {
                sums[op] += product_sum(replicas.geometry(), spins, part, image.sublattice, image.offsets);
            }
        }
    };
    const auto strips_suffice = [basis](const Replicas& replicas) {
        const StripPlan& plan = replicas.strips().front().layout().plan();
        return std::ranges::all_of(basis, [&](const model::Operator& op) {
            return std::ranges::all_of(op.images(), [&](const model::Stencil& image) {
                return std::ranges::all_of(image.offsets, [&](const auto& offset) { return reaches(plan, offset); });
            });
        });
    };
    return {.quantity = {.name = "operator_sum",
                         .meaning = fmt::format("sums of the operators {}", fmt::join(basis.names(), ", ")),
                         .width = basis.size()},
            .add = add,
            .add_strips = add_strips,
            .strips_suffice = strips_suffice};
}

} // namespace blockspin::sampling
