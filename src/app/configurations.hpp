#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <blockspin/io/reader.hpp>

namespace blockspin::app {

/// The configurations that [sample] has published: [configuration, replica, ⌈N/8⌉], x fastest, little bit order, 1 =
/// +1. For the calling rank alone.
class StoredConfigurations {
  public:
    /// DataError if the file holds none.
    explicit StoredConfigurations(const std::filesystem::path& sample_file);

    /// Configurations of every replica.
    std::int64_t rows() const noexcept { return static_cast<std::int64_t>(shape_[0]); }
    /// A range of rows of a range of replicas, as [row, replica, byte]. DataError if a segment is missing or damaged.
    std::vector<std::uint8_t> read(std::int64_t first_row, std::int64_t rows, std::int64_t first_replica,
                                   std::int64_t replicas) const;

  private:
    io::Reader reader_;
    std::vector<std::uint64_t> shape_;
};

} // namespace blockspin::app
