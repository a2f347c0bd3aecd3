#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// Where and with what something was computed: texts by name. Callers add what only they know (simd_target, blas,
/// blas_core, nlopt, layout, parent_checkpoint).
using Provenance = std::map<std::string, std::string>;

/// Version, revision, compiler, flags, libraries as loaded, processor, ranks, threads, hosts, Slurm job, date (UTC) and
/// seed of this run;
/// the same on every rank. Collective.
Provenance provenance(const mpi::Communicator& comm, std::optional<std::uint64_t> seed = std::nullopt);

/// Can a difference in this entry change the bits of a result (simd_target, blas_core, blas, nlopt, compiler, flags,
/// libc, build_type, revision, version)? The others, such as ranks and date, must not.
bool may_change_bits(std::string_view key);

/// Writes every entry as a text into the group. Collective.
void save(const Provenance& provenance, Writer& group);
/// Reads what save() has written.
Provenance load_provenance(const Reader& group);

/// Now, as 2025-01-31T12:00:00Z.
std::string utc_now();

} // namespace blockspin::io
