#include <blockspin/io/segments.hpp>

#include "numbered_files.hpp"
#include "posix_file.hpp"
#include "reading.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/core/version.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blockspin::io {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view message) {
    throw core::DataError(fmt::format("{}: {}", file.string(), message));
}

std::string prefix_of(const std::string& name) { return name + "-"; }

} // namespace

SegmentStore::SegmentStore(const mpi::Communicator& comm, std::filesystem::path folder, std::string name)
    : comm_(comm.dup()), folder_(std::move(folder)), name_(std::move(name)) {
    prepare_folder(comm_, folder_, prefix_of(name_));
}

std::string SegmentStore::file_name(std::uint64_t number) const { return numbered_name(prefix_of(name_), number); }

std::uint64_t SegmentStore::rows() const noexcept {
    return segments_.empty() ? 0 : segments_.back().first_row + segments_.back().rows;
}

void SegmentStore::append(std::uint64_t rows, const std::function<void(Writer&)>& write) {
    core::ensure(rows > 0, "a segment holds at least one row");
    const std::string file = file_name(segments_.size());
    const std::uint64_t first = this->rows();
    const std::uint64_t own_hash = publish(comm_, folder_ / file, [&](Writer& root) {
        root.attribute("", "format", format);
        root.attribute("", "format_version", std::to_string(format_version));
        root.attribute("", "first_row", std::to_string(first));
        root.attribute("", "written_by",
                       fmt::format("blockspin {} ({})", core::version().number, core::version().revision));
        write(root);
    });
    segments_.push_back({file, first, rows, own_hash});
}

void SegmentStore::clear() {
    segments_.clear();
    remove_unlisted();
}

void SegmentStore::save(Writer& writer) const {
    std::vector<std::uint64_t> rows;
    std::vector<std::uint64_t> seals;
    for (const Segment& segment : segments_) {
        rows.push_back(segment.rows);
        seals.push_back(segment.seal);
    }
    writer.array("rows", rows);
    writer.array("seals", seals);
}

void SegmentStore::load(const Reader& reader) {
    const auto rows = reader.array<std::uint64_t>("rows");
    const auto seals = reader.array<std::uint64_t>("seals");
    if (rows.size() != seals.size()) reader.refuse("seals", "has another length than the list of rows");
    std::vector<Segment> listed;
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        listed.push_back({file_name(i), first, rows[i], seals[i]});
        first += rows[i];
    }
    verify(listed);
    segments_ = std::move(listed);
    remove_unlisted();
}

void SegmentStore::verify(const std::vector<Segment>& segments) const {
    for (const Segment& segment : segments) {
        const std::filesystem::path path = folder_ / segment.file;
        mpi::collectively(comm_, [&] { require_present(path); });
        if (verify_seal(comm_, path) != segment.seal)
            throw core::DataError(
                fmt::format("{}: is whole, but not the segment that the checkpoint lists", path.string()),
                core::Scope::all_ranks);
    }
}

void SegmentStore::remove_unlisted() const {
    std::vector<std::uint64_t> numbers = numbers_in(comm_, folder_, prefix_of(name_));
    std::erase_if(numbers, [&](std::uint64_t number) { return number < segments_.size(); });
    remove_numbered(comm_, folder_, prefix_of(name_), numbers);
}

std::uint64_t SegmentStore::row_elements(std::string_view dataset) const {
    if (segments_.empty()) return 0;
    const std::filesystem::path path = folder_ / segments_.front().file;
    require_present(path);
    const auto shape = Reader::open(path).shape(dataset);
    if (shape.empty()) refuse(path, fmt::format("{} has no rows", dataset));
    return Slab::whole(shape).row_elements();
}

void SegmentStore::read(std::string_view dataset, Type type, std::uint64_t first, std::uint64_t rows,
                        std::span<std::byte> data) const {
    core::ensure(first <= this->rows() && rows <= this->rows() - first, "rows lie in the store");
    for (const Segment& segment : segments_) {
        const std::uint64_t begin = std::max(first, segment.first_row);
        const std::uint64_t end = std::min(first + rows, segment.first_row + segment.rows);
        if (begin >= end) continue;
        const std::filesystem::path path = folder_ / segment.file;
        require_present(path);
        if (verify_seal(path) != segment.seal) refuse(path, "is whole, but not the segment that is listed");
        const Reader reader = Reader::open(path);
        const auto shape = reader.shape(dataset);
        if (reader.type(dataset) != type || shape.empty() || shape.front() != segment.rows)
            refuse(path, fmt::format("{} has not the expected type or rows", dataset));
        const Slab slab = Slab::of_rows(shape, begin - segment.first_row, end - begin);
        const std::uint64_t row_bytes = data.size() / rows;
        if (slab.row_elements() * size_of(type) != row_bytes) refuse(path, "has rows of another length");
        reader.raw(dataset, slab, data.subspan((begin - first) * row_bytes, (end - begin) * row_bytes));
    }
}

} // namespace blockspin::io
