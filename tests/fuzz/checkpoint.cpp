// The newest checkpoint holds any bytes (the first byte of the input is even), or is a whole file with any objects in
// it (odd). It is passed over with a warning, and the older one comes back, or it is refused as bad data; it is loaded
// only if it is the file that was written.
#include <blockspin/core/error.hpp>
#include <blockspin/io/checkpoint.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/communicator.hpp>

#include "memory_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <span>

using namespace blockspin;

namespace {

/// A state with a number, numbers and a text.
struct State {
    static constexpr std::string_view format = "fuzzed";
    static constexpr int format_version = 1;

    std::int64_t number = 3;
    std::vector<double> numbers{1.0, 2.0, 4.0};
    std::string words = "words";

    bool operator==(const State&) const = default;
    void save(io::Writer& writer) const {
        writer.value("number", number);
        writer.array("numbers", numbers);
        writer.text("words", words);
    }
    void load(const io::Reader& reader) {
        State read{reader.value<std::int64_t>("number"), reader.array<double>("numbers"), reader.text("words")};
        if (read.numbers.size() != 3) reader.refuse("numbers", "are not three");
        *this = std::move(read);
    }
};

const mpi::Communicator& alone() {
    static int argc = 0;
    static char** argv = nullptr;
    static const mpi::Environment environment(argc, argv);
    static const mpi::Communicator comm = mpi::Communicator::self();
    return comm;
}

/// The bytes of the input, one choice after the other; zeros behind its end.
class Choices {
  public:
    explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    std::uint8_t next() {
        if (bytes_.empty()) return 0;
        const std::uint8_t byte = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return byte;
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

/// An object of some kind under this name, or none.
void write_something(io::Writer& writer, std::string_view name, Choices& choices) {
    const std::vector<std::uint8_t> few(choices.next() % 5, 7);
    switch (choices.next() % 8) {
    case 0:
        return;
    case 1:
        return writer.value(name, std::int64_t{choices.next()});
    case 2:
        return writer.value(name, static_cast<double>(choices.next()));
    case 3:
        return writer.array(name, few);
    case 4:
        return writer.array(name, std::vector<double>(few.begin(), few.end()));
    case 5:
        return writer.text(name, std::string(few.begin(), few.end()));
    case 6:
        return writer.value(name, std::uint64_t{choices.next()});
    default:
        writer.group(name);
    }
}

void write_state(io::Writer& root, Choices& choices) {
    io::Writer group = root.group("state");
    const std::uint8_t tags = choices.next();
    if (tags & 1) group.attribute("", "format", tags & 2 ? "fuzzed" : "other");
    if (tags & 4)
        group.attribute("", "format_version", tags & 8 ? "1" : std::string(1, static_cast<char>(choices.next())));
    for (const char* name : {"number", "numbers", "words"}) write_something(group, name, choices);
}

void write_whole_file(const std::filesystem::path& file, Choices choices) {
    io::publish(alone(), file, [&](io::Writer& root) {
        const std::uint8_t header = choices.next();
        if (header & 1) root.attribute("", "format", header & 2 ? "checkpoint" : "segments");
        if (header & 4) root.attribute("", "format_version", "1");
        if (header & 8)
            root.value("steps", std::uint64_t{9});
        else
            write_something(root, "steps", choices);
        if (header & 16)
            root.text("identity", "study");
        else
            write_something(root, "identity", choices);
        if (header & 32) root.group("provenance");
        if (header & 64) write_state(root, choices);
    });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const std::filesystem::path folder = fmt::format("/dev/shm/blockspin-fuzz-{}", getpid());
    io::CheckpointStore store(alone(), folder, "fuzz", "study");
    store.clear();
    store.save(State(), 5);
    const std::filesystem::path newest = folder / "checkpoint-fuzz-000001.h5";
    if (data[0] % 2 == 0)
        std::ofstream(newest, std::ios::binary)
            .write(reinterpret_cast<const char*>(data) + 1, static_cast<std::streamsize>(size - 1));
    else
        write_whole_file(newest, Choices({data + 1, size - 1}));
    State loaded{0, {}, ""};
    try {
        const auto restored = store.load(loaded);
        fuzz::require(restored.has_value());
        if (restored->file == newest) {
            fuzz::require(restored->steps <= 255 && loaded.numbers.size() == 3);
        } else {
            fuzz::require(restored->steps == 5 && restored->warnings.size() == 1 && loaded == State());
        }
    } catch (const core::DataError&) { // a whole file of another study
    }
    return 0;
}
