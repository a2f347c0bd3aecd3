#include "numbered_files.hpp"

#include "posix_file.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace blockspin::io {

namespace {

std::optional<std::uint64_t> number_of(const std::string& name, const std::string& prefix) {
    std::uint64_t number = 0;
    if (!name.starts_with(prefix)) return std::nullopt;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (name != numbered_name(prefix, number)) return std::nullopt; // another name that begins alike
    return number;
}

std::vector<std::uint64_t> list(const std::filesystem::path& folder, const std::string& prefix) {
    std::vector<std::uint64_t> numbers;
    try {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (const auto number = number_of(entry.path().filename().string(), prefix)) numbers.push_back(*number);
        }
    } catch (const std::filesystem::filesystem_error& error) {
        throw core::IoError(fmt::format("cannot list {}: {}", folder.string(), error.code().message()));
    }
    std::ranges::sort(numbers);
    return numbers;
}

void remove_temporaries(const std::filesystem::path& folder, const std::string& prefix) {
    std::vector<std::filesystem::path> leftovers;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::filesystem::path whole = entry.path();
        whole.replace_extension(); // without the last extension, which temporary_of() adds
        if (number_of(whole.filename().string(), prefix) && temporary_of(whole) == entry.path())
            leftovers.push_back(entry.path());
    }
    for (const auto& file : leftovers) remove_file(file);
}

} // namespace

std::string numbered_name(std::string_view prefix, std::uint64_t number) {
    return fmt::format("{}{:06}.h5", prefix, number);
}

std::vector<std::uint64_t> numbers_in(const mpi::Communicator& comm, const std::filesystem::path& folder,
                                      const std::string& prefix) {
    std::vector<std::uint64_t> numbers =
        mpi::collectively(comm, [&] { return comm.is_root() ? list(folder, prefix) : std::vector<std::uint64_t>{}; });
    numbers.resize(mpi::broadcast(comm, static_cast<std::uint64_t>(numbers.size())));
    mpi::broadcast(comm, std::span(numbers));
    return numbers;
}

void remove_numbered(const mpi::Communicator& comm, const std::filesystem::path& folder, const std::string& prefix,
                     const std::vector<std::uint64_t>& numbers) {
    mpi::collectively(comm, [&] {
        if (!comm.is_root() || numbers.empty()) return;
        for (const std::uint64_t number : numbers) remove_file(folder / numbered_name(prefix, number));
        sync_file(folder);
    });
}

void prepare_folder(const mpi::Communicator& comm, const std::filesystem::path& folder, const std::string& prefix) {
    mpi::collectively(comm, [&] {
        if (!comm.is_root()) return;
        make_folder(folder);
        remove_temporaries(folder, prefix);
    });
}

} // namespace blockspin::io
