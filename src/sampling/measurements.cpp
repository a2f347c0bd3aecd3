#include <blockspin/sampling/measurements.hpp>

#include <numeric>

namespace blockspin::sampling {

namespace {

/// Σ_x row[x] partner[x] over every second site (stride 2) or every site (stride 1) of a row.
std::int64_t row_product(std::span<const Spin> row, const Spin* partner, std::size_t first, std::size_t stride) {
    std::int64_t sum = 0;
    for (std::size_t x = first; x < row.size(); x += stride) sum += row[x] * partner[x];
    return sum;
}

} // namespace

std::int64_t bond_sum(const Replicas& replicas, std::int64_t i) {
    const lattice::Geometry& geometry = replicas.geometry();
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const auto kinds = static_cast<std::size_t>(geometry.sublattices());
    std::int64_t sum = 0;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        lattice::Coordinates global{};
        for (int d = 0; d < lattice::max_dimension; ++d) global[d] = corner[d] + at[d];
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        for (std::size_t kind = 0; kind < kinds; ++kind, ++global[0]) {
            for (const lattice::Coordinates& offset : geometry.bond_offsets(geometry.sublattice(global))) {
                std::ptrdiff_t distance = 0;
                for (int d = 0; d < lattice::max_dimension; ++d) distance += offset[d] * field.stride(d);
                sum += row_product(row, row.data() + distance, kind, kinds);
            }
        }
    });
    return sum;
}

std::int64_t spin_sum(const Replicas& replicas, std::int64_t i) {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    std::int64_t sum = 0;
    lattice::for_each_row(interior(field.layout()), [&](const lattice::Coordinates& at) {
        for (const Spin spin : field.row(at[1], at[2], at[3])) sum += spin;
    });
    return sum;
}

} // namespace blockspin::sampling
