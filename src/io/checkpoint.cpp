#include <blockspin/io/checkpoint.hpp>

#include "numbered_files.hpp"
#include "settle.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/io/seal.hpp>
#include <blockspin/mpi/agreement.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace blockspin::io {

namespace {

constexpr Format file_format{"checkpoint", 1};
constexpr std::size_t kept = 2;

std::string prefix_of(const std::string& name) { return fmt::format("checkpoint-{}-", name); }

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Where two studies differ first: the section, and the line in each.
std::string first_difference(const std::string& stored, const std::string& present) {
    const auto then = lines_of(stored);
    const auto now = lines_of(present);
    std::string section;
    for (std::size_t i = 0; i < std::max(then.size(), now.size()); ++i) {
        const std::string before = i < then.size() ? then[i] : "(nothing)";
        const std::string after = i < now.size() ? now[i] : "(nothing)";
        if (before != after) {
            return fmt::format("{}the checkpoint has '{}', the study has '{}'",
                               section.empty() ? "" : fmt::format("in {} ", section), before, after);
        }
        if (before.starts_with('[')) section = before;
    }
    return "they differ in their line ends";
}

std::vector<std::string> bit_warnings(const Provenance& stored, const Provenance& present) {
    std::vector<std::string> warnings;
    for (const auto& [key, value] : present) {
        const auto then = stored.find(key);
        if (!may_change_bits(key) || then == stored.end() || then->second == value) continue;
        warnings.push_back(fmt::format("bits may differ from those of an uninterrupted run: {} was '{}', is '{}'", key,
                                       then->second, value));
    }
    return warnings;
}

void write_header(Writer& root, std::uint64_t steps, const std::string& identity, const Provenance& provenance) {
    root.attribute("", "format", file_format.name);
    root.attribute("", "format_version", std::to_string(file_format.version));
    root.value("steps", steps);
    root.text("identity", identity);
    Writer group = root.group("provenance");
    save(provenance, group);
}

struct Header {
    int version = 0;
    std::uint64_t steps = 0;
    std::string identity;
    Provenance provenance;
};

Header read_header(const Reader& root) {
    if (root.attribute("", "format") != file_format.name) root.refuse("", "is not a checkpoint");
    return {root.format_version(), root.value<std::uint64_t>("steps"), root.text("identity"),
            load_provenance(root.group("provenance"))};
}

/// A whole file that is not ours is an error: no older one is then tried.
void require_ours(const Header& header, const std::string& identity, const std::filesystem::path& file) {
    constexpr auto scope = core::Scope::all_ranks;
    if (header.version > file_format.version)
        throw core::DataError(fmt::format("{} was written by a later version of blockspin", file.string()), scope);
    if (header.identity == identity) return;
    throw core::DataError(
        fmt::format("{} belongs to another study: {}", file.string(), first_difference(header.identity, identity)),
        scope);
}

/// An attempt that may fail because of the file: what is wrong with it, or nothing.
template <class Attempt> std::optional<std::string> why_not(Attempt&& attempt) {
    try {
        attempt();
        return std::nullopt;
    } catch (const core::DataError& error) {
        return error.what();
    } catch (const core::IoError& error) {
        return error.what();
    }
}

/// "checkpoint-sample-000042.h5, 1200 steps, seal 0123456789abcdef".
std::string parent_of(const std::filesystem::path& file, std::uint64_t steps) {
    return fmt::format("{}, {} steps, seal {:016x}", file.filename().string(), steps, read_seal(file));
}

void load_together(const Reader& root, const std::function<void(const Reader&)>& load_state) {
    std::exception_ptr failure;
    try {
        load_state(root);
    } catch (...) {
        failure = std::current_exception();
    }
    settle(root.communicator(), failure);
}

} // namespace

CheckpointStore::CheckpointStore(const mpi::Communicator& comm, std::filesystem::path folder, std::string name,
                                 std::string identity, Provenance provenance)
    : comm_(comm.dup()), folder_(std::move(folder)), name_(std::move(name)), identity_(std::move(identity)),
      provenance_(std::move(provenance)) {
    prepare_folder(comm_, folder_, prefix_of(name_));
}

std::vector<std::filesystem::path> CheckpointStore::files() const {
    std::vector<std::filesystem::path> paths;
    for (const std::uint64_t number : numbers_in(comm_, folder_, prefix_of(name_)))
        paths.push_back(folder_ / numbered_name(prefix_of(name_), number));
    return paths;
}

void CheckpointStore::write(std::uint64_t steps, const std::function<void(Writer&)>& save_state) {
    const std::string prefix = prefix_of(name_);
    std::vector<std::uint64_t> numbers = numbers_in(comm_, folder_, prefix);
    const std::uint64_t number = numbers.empty() ? 0 : numbers.back() + 1;
    publish(comm_, folder_ / numbered_name(prefix, number), [&](Writer& root) {
        write_header(root, steps, identity_, provenance_);
        save_state(root);
    });
    if (numbers.size() < kept) return;
    numbers.resize(numbers.size() + 1 - kept);
    remove_numbered(comm_, folder_, prefix, numbers);
}

std::optional<Restored> CheckpointStore::read(const std::function<void(const Reader&)>& load_state) {
    const std::string prefix = prefix_of(name_);
    std::vector<std::uint64_t> numbers = numbers_in(comm_, folder_, prefix);
    if (numbers.empty()) return std::nullopt;
    std::vector<std::uint64_t> unusable;
    std::vector<std::string> reasons;
    for (; !numbers.empty(); numbers.pop_back()) {
        const std::filesystem::path file = folder_ / numbered_name(prefix, numbers.back());
        std::optional<Reader> root;
        Header header;
        auto reason = why_not([&] {
            root = open_sealed(comm_, file);
            header = mpi::collectively(comm_, [&] { return read_header(*root); });
        });
        if (!reason) {
            require_ours(header, identity_, file);
            reason = why_not([&] { load_together(*root, load_state); });
        }
        if (!reason) {
            remove_numbered(comm_, folder_, prefix, unusable);
            const std::string parent = mpi::collectively(comm_, [&] { return parent_of(file, header.steps); });
            Restored restored{header.steps, file, parent, bit_warnings(header.provenance, provenance_)};
            provenance_["parent_checkpoint"] = restored.parent;
            for (const std::string& why : reasons)
                restored.warnings.push_back(fmt::format("{}; continuing from {}", why, file.string()));
            return restored;
        }
        reasons.push_back(*reason);
        unusable.push_back(numbers.back());
    }
    throw core::DataError(fmt::format("no checkpoint is usable: {}", fmt::join(reasons, "; ")), core::Scope::all_ranks);
}

void CheckpointStore::clear() {
    remove_numbered(comm_, folder_, prefix_of(name_), numbers_in(comm_, folder_, prefix_of(name_)));
}

} // namespace blockspin::io
