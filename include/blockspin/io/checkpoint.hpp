#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/checkpointable.hpp>
#include <blockspin/io/provenance.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::io {

/// What a checkpoint brought back.
struct Restored {
    std::uint64_t steps = 0;           ///< as given to save()
    std::filesystem::path file;        ///< the checkpoint that was used
    std::string parent;                ///< its name, its steps and the hash of its seal, for the provenance
    std::vector<std::string> warnings; ///< for the user: an unusable newer file, bits that may differ
};

/// The last two checkpoints of one computation, FOLDER/checkpoint-NAME-000042.h5 (numbered by save()).
class CheckpointStore {
  public:
    /// `identity` is the text of the study that a checkpoint must belong to, one key per line, without the keys that
    /// may change on a restart (to_identity). Makes the folder and removes what killed runs left half-written.
    /// Collective.
    CheckpointStore(const mpi::Communicator& comm, std::filesystem::path folder, std::string name, std::string identity,
                    Provenance provenance = {});

    /// Publishes a new checkpoint, then removes all but the last two. Collective.
    template <Checkpointable T> void save(const T& state, std::uint64_t steps) {
        write(steps, [&](Writer& writer) { writer.object("state", state); });
    }

    /// Loads the newest checkpoint that is whole and loads, removes the newer ones that are not, and says so in the
    /// warnings. Empty if there is no checkpoint; DataError if there are some but none is usable, or if the newest
    /// whole one belongs to another study (the first difference is named). Later checkpoints name this one as their
    /// parent_checkpoint. Collective.
    template <Checkpointable T> std::optional<Restored> load(T& state) {
        return read([&](const Reader& reader) { reader.object("state", state); });
    }

    /// Removes every checkpoint of this computation. Collective.
    void clear();

    /// The checkpoints that are there, oldest first; of rank 0, the same on all. Collective.
    std::vector<std::filesystem::path> files() const;

  private:
    void write(std::uint64_t steps, const std::function<void(Writer&)>& save_state);
    std::optional<Restored> read(const std::function<void(const Reader&)>& load_state);

    mpi::Communicator comm_;
    std::filesystem::path folder_;
    std::string name_;
    std::string identity_;
    Provenance provenance_;
};

} // namespace blockspin::io
