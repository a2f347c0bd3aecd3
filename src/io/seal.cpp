#include <blockspin/io/seal.hpp>

#include "hash.hpp"
#include "posix_file.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace blockspin::io {

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t block_bytes = 1 << 20;
constexpr std::uint64_t seal_version = 1;
constexpr std::string_view magic = "blockspin sealed"; // the last 16 bytes of the file
constexpr std::uint64_t footer_bytes = 5 * 8 + magic.size();

std::uint64_t blocks_of(std::uint64_t payload) { return payload / block_bytes + (payload % block_bytes != 0 ? 1 : 0); }

/// Numbers of a seal are little-endian on every machine.
void append(Bytes& bytes, std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<std::byte>(number >> shift));
}

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t index) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) number = number << 8 | std::to_integer<std::uint64_t>(bytes[8 * index + i]);
    return number;
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view reason) {
    throw core::DataError(fmt::format("{} is damaged: {}", file.string(), reason));
}

std::vector<std::uint64_t> block_hashes(const PosixFile& file, std::uint64_t payload, std::uint64_t first,
                                        std::uint64_t end) {
    std::vector<std::uint64_t> hashes;
    Bytes block(std::min(block_bytes, payload));
    for (std::uint64_t i = first; i < end; ++i) {
        const auto piece = std::span(block).first(std::min(block_bytes, payload - i * block_bytes));
        file.read(i * block_bytes, piece);
        hashes.push_back(xxh3(piece));
    }
    return hashes;
}

/// First block of a rank when they share `blocks` evenly.
std::uint64_t share(const mpi::Communicator& comm, std::uint64_t blocks, int rank) {
    return blocks * static_cast<std::uint64_t>(rank) / static_cast<std::uint64_t>(comm.size());
}

struct Seal {
    std::uint64_t payload = 0;
    std::vector<std::uint64_t> hashes;
    std::uint64_t own_hash = 0;
};

Seal load_seal(const std::filesystem::path& path, const PosixFile& file) {
    const std::uint64_t size = file.size();
    if (size < footer_bytes) refuse(path, "it is too short to have been completed");
    Bytes footer(footer_bytes);
    file.read(size - footer_bytes, footer);
    if (!std::ranges::equal(std::span(footer).last(magic.size()), std::as_bytes(std::span(magic))))
        refuse(path, "it does not end with a seal (cut short, or changed since it was published)");
    Seal seal{.payload = number_at(footer, 2), .hashes = {}, .own_hash = number_at(footer, 4)};
    const std::uint64_t blocks = number_at(footer, 3);
    const bool is_consistent = number_at(footer, 0) == seal_version && number_at(footer, 1) == block_bytes &&
                               blocks == blocks_of(seal.payload) && seal.payload < size && blocks < size / 8 &&
                               size == seal.payload + 8 * blocks + footer_bytes;
    if (!is_consistent) refuse(path, "its length does not fit its seal");
    Bytes sealed(8 * blocks);
    file.read(seal.payload, sealed);
    for (std::uint64_t i = 0; i < blocks; ++i) seal.hashes.push_back(number_at(sealed, i));
    sealed.insert(sealed.end(), footer.begin(), footer.begin() + 4 * 8);
    if (xxh3(sealed) != seal.own_hash) refuse(path, "its seal does not match its own checksum");
    return seal;
}

void compare(const std::filesystem::path& path, const PosixFile& file, const Seal& seal, std::uint64_t first,
             std::uint64_t end) {
    const auto found = block_hashes(file, seal.payload, first, end);
    for (std::uint64_t i = first; i < end; ++i) {
        if (found[i - first] != seal.hashes[i])
            refuse(path, fmt::format("block {} of {} (bytes from {}) does not match its checksum", i + 1,
                                     seal.hashes.size(), i * block_bytes));
    }
}

} // namespace

std::uint64_t seal(const mpi::Communicator& comm, const std::filesystem::path& path) {
    const std::uint64_t payload =
        mpi::collectively(comm, [&] { return PosixFile(path, PosixFile::Mode::read).size(); });
    const std::uint64_t blocks = blocks_of(payload);
    const auto mine = mpi::collectively(comm, [&] {
        const PosixFile file(path, PosixFile::Mode::read);
        return block_hashes(file, payload, share(comm, blocks, comm.rank()), share(comm, blocks, comm.rank() + 1));
    });
    const auto hashes = mpi::all_gather_joined<std::uint64_t>(comm, mine);
    Bytes trailer;
    for (const std::uint64_t hash : hashes) append(trailer, hash);
    for (const std::uint64_t number : {seal_version, block_bytes, payload, blocks}) append(trailer, number);
    const std::uint64_t own_hash = xxh3(trailer);
    append(trailer, own_hash);
    std::ranges::copy(std::as_bytes(std::span(magic)), std::back_inserter(trailer));
    mpi::collectively(comm, [&] {
        if (!comm.is_root()) return;
        PosixFile file(path, PosixFile::Mode::append);
        file.write(trailer);
    });
    return own_hash;
}

std::uint64_t verify_seal(const std::filesystem::path& path) {
    const PosixFile file(path, PosixFile::Mode::read);
    const Seal seal = load_seal(path, file);
    compare(path, file, seal, 0, seal.hashes.size());
    return seal.own_hash;
}

std::uint64_t verify_seal(const mpi::Communicator& comm, const std::filesystem::path& path) {
    return mpi::collectively(comm, [&] {
        const PosixFile file(path, PosixFile::Mode::read);
        const Seal seal = load_seal(path, file);
        const std::uint64_t blocks = seal.hashes.size();
        compare(path, file, seal, share(comm, blocks, comm.rank()), share(comm, blocks, comm.rank() + 1));
        return seal.own_hash;
    });
}

std::uint64_t read_seal(const std::filesystem::path& path) {
    return load_seal(path, PosixFile(path, PosixFile::Mode::read)).own_hash;
}

} // namespace blockspin::io
