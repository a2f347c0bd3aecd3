#include "configurations.hpp"

namespace blockspin::app {

StoredConfigurations::StoredConfigurations(const std::filesystem::path& sample_file)
    : reader_(io::Reader::open(sample_file).group("results").group("sample")), shape_(reader_.shape("configurations")) {
}

std::vector<std::uint8_t> StoredConfigurations::read(std::int64_t first_row, std::int64_t rows,
                                                     std::int64_t first_replica, std::int64_t replicas) const {
    const io::Slab slab{.shape = shape_,
                        .offset = {static_cast<std::uint64_t>(first_row), static_cast<std::uint64_t>(first_replica), 0},
                        .count = {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(replicas), shape_[2]}};
    std::vector<std::uint8_t> bytes(slab.count[0] * slab.count[1] * slab.count[2]);
    reader_.raw("configurations", slab, std::as_writable_bytes(std::span(bytes)));
    return bytes;
}

} // namespace blockspin::app
