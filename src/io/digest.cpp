#include <blockspin/io/digest.hpp>

#include "file_reader.hpp"
#include "posix_file.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/seal.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace blockspin::io {

namespace {

class Sha256 {
  public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }
    void add(std::span<const std::byte> bytes) {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }
    /// With the length in front, so that no two lists of texts run into the same bytes.
    void add(std::string_view text) {
        const std::string length = fmt::format("{}:", text.size());
        add(std::as_bytes(std::span(length)));
        add(std::as_bytes(std::span(text)));
    }
    std::string hexadecimal() {
        std::array<unsigned char, 32> hash{};
        require(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1);
        return fmt::format("{:02x}", fmt::join(hash, ""));
    }

  private:
    static void require(bool success) {
        if (!success) throw core::InternalError("SHA-256 is not available");
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// Where a dataset is that is known under a path of the first file.
struct Place {
    Reader group;
    std::string name;
};

/// Finds every dataset under a group, in this file and in those that it links to.
class Walk {
  public:
    Reader open(const std::filesystem::path& file) {
        require_present(file);
        if (!opened_.contains(file)) {
            verify_seal(file);
            opened_.emplace(file, Reader::open(file));
        }
        return opened_.at(file);
    }
    void visit(const Reader& group, const std::string& path, int depth) {
        if (depth > deepest) group.refuse("", "links lead round in a circle");
        for (const std::string& name : group.names()) object(group, name, fmt::format("{}/{}", path, name), depth);
    }
    const std::map<std::string, Place>& places() const { return places_; }

  private:
    static constexpr int deepest = 64;

    void object(const Reader& group, const std::string& name, const std::string& path, int depth) {
        if (const auto link = group.external_target(name)) {
            const Reader other = open(folder_of(group.file()) / link->first);
            const auto [parent, last] = split(link->second);
            target(parent.empty() ? other : other.group(parent), last, path, depth);
        } else {
            target(group, name, path, depth);
        }
    }
    /// An empty name is the root group of a linked file.
    void target(const Reader& group, const std::string& name, const std::string& path, int depth) {
        if (name.empty()) return visit(group, path, depth + 1);
        if (!group.has(name)) group.refuse(name, "is missing");
        if (group.external_target(name)) return object(group, name, path, depth + 1);
        if (group.is_group(name)) return visit(group.group(name), path, depth + 1);
        places_.emplace(path, Place{group, name});
    }
    /// "/a/b/c" -> ("a/b", "c").
    static std::pair<std::string, std::string> split(const std::string& path) {
        const std::string relative = path.starts_with('/') ? path.substr(1) : path;
        const std::size_t slash = relative.rfind('/');
        if (slash == std::string::npos) return {"", relative};
        return {relative.substr(0, slash), relative.substr(slash + 1)};
    }

    std::map<std::filesystem::path, Reader> opened_;
    std::map<std::string, Place> places_;
};

void add_dataset(Sha256& hash, const Place& place) {
    const auto type = place.group.type(place.name);
    const auto shape = place.group.shape(place.name);
    hash.add(type ? name_of(*type) : "text");
    hash.add(to_text(shape));
    if (!type) return hash.add(place.group.text(place.name));
    read_in_pieces(Slab::whole(shape), size_of(*type), [&](const Slab& slab, std::span<std::byte> bytes) {
        place.group.raw(place.name, slab, bytes);
        hash.add(std::span<const std::byte>(bytes));
    });
}

} // namespace

std::string digest(const std::filesystem::path& file, std::string_view group) {
    Walk walk;
    const Reader root = walk.open(file);
    const std::string name(group.substr(group.starts_with('/') ? 1 : 0));
    walk.visit(name.empty() ? root : root.group(name), name.empty() ? "" : "/" + name, 0);
    Sha256 hash;
    for (const auto& [path, place] : walk.places()) {
        hash.add(path);
        add_dataset(hash, place);
    }
    return hash.hexadecimal();
}

void external_link(Writer& writer, std::string_view name, const std::string& file, const std::string& path) {
    writer.external_link(name, file, path);
}

} // namespace blockspin::io
