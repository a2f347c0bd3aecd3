#include "study.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace blockspin::app {

namespace {

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.good() || std::filesystem::is_directory(file)) {
        throw core::InputError(fmt::format("cannot read the study file {}", file.string()));
    }
    return text;
}

Study parse(const std::string& text, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
    std::vector<io::Override> parsed;
    std::ranges::transform(overrides, std::back_inserter(parsed), io::parse_override);
    return io::parse<Study>(text, file.string(), parsed);
}

} // namespace

void StudyParameters::check(io::Problems& problems) const {
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    if (name.empty() || name.front() == '.' || !std::ranges::all_of(name, is_plain)) {
        problems.add("name", "may hold letters, digits, '-', '_' and '.', since it names a folder");
    }
}

sampling::Task Study::sampling_task() const {
    return {.geometry = model::geometry(model),
            .points = model::points(model, scan),
            .parameters = *sample,
            .seed = study.seed,
            .spins = model::spin_kind(model),
            .disorder = model.disorder};
}

mcrg::VariationalTask Study::variational_task() const {
    return {.geometry = model::geometry(model),
            .points = model::points(model, scan),
            .parameters = *variational,
            .seed = study.seed};
}

mcrg::MatchingTask Study::matching_task() const {
    const std::vector<model::Point> points = model::points(model, scan);
    if (points.size() > 1 || !points.front().is_nearest_neighbour() || points.front().coupling("field") != 0.0) {
        throw core::InputError("[matching] starts at one coupling of nearest neighbours, without a field");
    }
    return {.geometry = model::geometry(model),
            .coupling = points.front().coupling("nn"),
            .parameters = *matching,
            .seed = study.seed};
}

bounds::Task Study::bounds_task() const { return {*bounds, model::geometry(model), model::points(model, scan)}; }

tensor::Task Study::tensor_task() const { return {.parameters = *tensor, .points = model::points(model, scan)}; }

Study read_study(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
    return parse(read_text(file), file, overrides);
}

Study read_study(const mpi::Communicator& comm, const std::filesystem::path& file,
                 const std::vector<std::string>& overrides) {
    const std::string text =
        mpi::broadcast(comm, mpi::collectively(comm, [&] { return comm.is_root() ? read_text(file) : std::string(); }));
    return mpi::collectively(comm, [&] { return parse(text, file, overrides); });
}

} // namespace blockspin::app
