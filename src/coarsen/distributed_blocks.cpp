#include <blockspin/coarsen/distributed_blocks.hpp>

namespace blockspin::coarsen {

namespace {

std::vector<lattice::Box> slabs_of_blocks(const mpi::Communicator& comm, int dimension,
                                          const lattice::Coordinates& extents) {
    const std::int64_t sites = lattice::sites({.offset = {0, 0, 0, 0}, .extent = extents});
    const auto most = std::clamp<std::int64_t>(sites / DistributedBlocks::smallest_slab, 1, comm.size());
    return lattice::slabs(extents, dimension, static_cast<int>(most));
}

/// The fine sites of coarse boxes.
std::vector<lattice::Box> refined(std::vector<lattice::Box> boxes, int dimension, int scale_factor) {
    for (lattice::Box& box : boxes) {
        for (int d = 0; d < dimension; ++d) {
            box.offset[d] *= scale_factor;
            box.extent[d] *= scale_factor;
        }
    }
    return boxes;
}

} // namespace

DistributedBlocks::DistributedBlocks(const mpi::Communicator& comm, int dimension, const lattice::Coordinates& extents,
                                     const std::vector<lattice::Box>& domains, int scale_factor)
    : extents_(Blocks(dimension, extents, scale_factor).coarse().extent),
      coarse_(slabs_of_blocks(comm, dimension, extents_)),
      move_(comm, domains, refined(coarse_, dimension, scale_factor)) {
    const auto rank = static_cast<std::size_t>(comm.rank());
    if (rank < coarse_.size()) {
        blocks_.emplace(dimension, extents, refined(coarse_, dimension, scale_factor)[rank], scale_factor);
    }
}

} // namespace blockspin::coarsen
