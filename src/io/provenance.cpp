#include <blockspin/io/provenance.hpp>

#include <blockspin/core/version.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <xxhash.h>
#include <zlib.h>

#include <gnu/libc-version.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <set>

namespace blockspin::io {

namespace {

std::string mpi_version() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    const std::string full(text.data(), static_cast<std::size_t>(length));
    return full.substr(0, full.find_first_of(",\n"));
}

std::string hdf5_version() {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return fmt::format("HDF5 {}.{}.{}", major, minor, release);
}

/// Versions of the libraries that were loaded; that of xxHash follows from its number, such as 801 for 0.8.1.
std::string other_libraries() {
    const unsigned xxhash = XXH_versionNumber();
    return fmt::format("zlib {}, {}, xxHash {}.{}.{}", zlibVersion(), OpenSSL_version(OPENSSL_VERSION), xxhash / 10000,
                       xxhash / 100 % 100, xxhash % 100);
}

/// The processor of this rank as Linux names it.
std::string processor() {
    std::ifstream stream("/proc/cpuinfo");
    for (std::string line; std::getline(stream, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown";
}

std::size_t count_hosts(const mpi::Communicator& comm) {
    std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
    int length = 0;
    MPI_Get_processor_name(name.data(), &length);
    const auto all = mpi::all_gather_joined<char>(comm, name);
    std::set<std::string> distinct;
    for (std::size_t i = 0; i < all.size(); i += name.size()) distinct.emplace(&all[i]);
    return distinct.size();
}

std::string environment(const char* name, std::string otherwise) {
    const char* value = std::getenv(name);
    return value ? value : std::move(otherwise);
}

} // namespace

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

Provenance provenance(const mpi::Communicator& comm, std::optional<std::uint64_t> seed) {
    const core::Version version = core::version();
    Provenance entries{{"version", std::string(version.number)},
                       {"revision", std::string(version.revision)},
                       {"compiler", std::string(version.compiler)},
                       {"flags", std::string(version.flags)},
                       {"build_type", std::string(version.build_type)},
                       {"mpi", mpi_version()},
                       {"hdf5", hdf5_version()},
                       {"libc", fmt::format("glibc {}", gnu_get_libc_version())},
                       {"libraries", other_libraries()},
                       {"processor", mpi::broadcast(comm, processor())},
                       {"ranks", std::to_string(comm.size())},
                       {"hosts", std::to_string(count_hosts(comm))},
                       {"threads", mpi::broadcast(comm, environment("OMP_NUM_THREADS", "not set"))},
                       {"date", mpi::broadcast(comm, utc_now())}};
    constexpr std::pair<const char*, const char*> slurm[] = {{"slurm_job", "SLURM_JOB_ID"},
                                                             {"slurm_array_job", "SLURM_ARRAY_JOB_ID"},
                                                             {"slurm_array_task", "SLURM_ARRAY_TASK_ID"},
                                                             {"slurm_restart_count", "SLURM_RESTART_COUNT"},
                                                             {"slurm_nodes", "SLURM_JOB_NODELIST"}};
    for (const auto& [key, variable] : slurm) {
        const std::string value = mpi::broadcast(comm, environment(variable, ""));
        if (!value.empty()) entries[key] = value;
    }
    if (seed) entries["seed"] = std::to_string(*seed);
    return entries;
}

bool may_change_bits(std::string_view key) {
    constexpr std::array<std::string_view, 10> keys{"nlopt", "simd_target", "blas",     "blas_core", "compiler",
                                                    "flags", "build_type",  "revision", "version",   "libc"};
    return std::ranges::find(keys, key) != keys.end();
}

void save(const Provenance& provenance, Writer& group) {
    for (const auto& [key, value] : provenance) group.text(key, value);
}

Provenance load_provenance(const Reader& group) {
    Provenance entries;
    for (const std::string& key : group.names()) entries[key] = group.text(key);
    return entries;
}

} // namespace blockspin::io
