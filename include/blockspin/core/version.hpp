#pragma once

#include <string_view>

namespace blockspin::core {

/// What this binary was built from and how; goes into the provenance of every file.
struct Version {
    std::string_view number;     ///< semantic version, "0.1.0"
    std::string_view revision;   ///< git commit, with "+dirty" where the tree had changes, or "unknown"
    std::string_view compiler;   ///< name and version
    std::string_view flags;      ///< compiler flags of the build type
    std::string_view build_type; ///< CMake build type
};

/// Of this binary; the revision is read anew at every build.
Version version() noexcept;

} // namespace blockspin::core
