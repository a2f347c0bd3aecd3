#include <blockspin/net/data_files.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/idx.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <utility>

namespace blockspin::net {

namespace {

/// Grey values from 0 to 1, a row for each row of a file.
struct GreyRows {
    std::int64_t rows = 0, units = 0;
    std::vector<float> values;
};

template <class T> std::vector<float> as_floats(const io::Reader& group, std::string_view name) {
    const std::vector<T> values = group.array<T>(name);
    std::vector<float> result(values.size());
    std::ranges::transform(values, result.begin(), [](T x) { return static_cast<float>(x); });
    return result;
}

std::vector<float> as_floats(const io::Reader& group, const std::string& name) {
    const auto type = group.type(name);
    if (!type) group.refuse(name, "is a text");
    switch (*type) {
    case io::Type::int8:
        return as_floats<std::int8_t>(group, name);
    case io::Type::int16:
        return as_floats<std::int16_t>(group, name);
    case io::Type::int32:
        return as_floats<std::int32_t>(group, name);
    case io::Type::int64:
        return as_floats<std::int64_t>(group, name);
    case io::Type::uint8:
        return as_floats<std::uint8_t>(group, name);
    case io::Type::uint16:
        return as_floats<std::uint16_t>(group, name);
    case io::Type::uint32:
        return as_floats<std::uint32_t>(group, name);
    case io::Type::uint64:
        return as_floats<std::uint64_t>(group, name);
    case io::Type::float32:
        return group.array<float>(name);
    case io::Type::float64:
        return as_floats<double>(group, name);
    }
    group.refuse(name, "has an unknown type");
}

/// The array at a path with '/' between the names.
io::NumberArray read_hdf5(const std::filesystem::path& file, const std::string& dataset) {
    io::Reader group = io::Reader::open(file);
    if (dataset.empty()) {
        throw core::InputError(fmt::format("[data] dataset: which array of {} is to be read?", file.string()));
    }
    std::string name;
    for (const std::filesystem::path& part : std::filesystem::path(dataset).relative_path()) {
        if (!name.empty()) group = group.group(name);
        name = part.string();
    }
    if (!group.has(name) || group.is_group(name)) group.refuse(name, "is not an array");
    return {.shape = group.shape(name), .values = as_floats(group, name)};
}

io::NumberArray read_array(const DataParameters& parameters, const std::filesystem::path& file, bool idx) {
    if (!idx) return read_hdf5(file, parameters.dataset);
    if (!parameters.dataset.empty()) {
        throw core::InputError(fmt::format("[data] dataset: {} is an IDX file, which has no names", file.string()));
    }
    return io::read_idx(file);
}

/// Scales values to 0 … 1. DataError if one lies outside.
void to_grey(const std::filesystem::path& file, float low, float high, std::vector<float>& values) {
    if (!(low < high)) throw core::DataError(fmt::format("{}: all values are {}", file.string(), low));
    for (float& x : values) {
        if (!(x >= low && x <= high)) {
            throw core::DataError(fmt::format("{}: the value {} is not within {} … {}", file.string(), x, low, high));
        }
        x = (x - low) / (high - low);
    }
}

GreyRows read_rows(const DataParameters& parameters, const std::filesystem::path& file) {
    const bool idx = io::looks_like_idx(file);
    io::NumberArray array = read_array(parameters, file, idx);
    GreyRows result;
    result.rows = array.shape.empty() ? 0 : static_cast<std::int64_t>(array.shape.front());
    if (result.rows == 0 || array.values.empty()) throw core::DataError(fmt::format("{}: has no rows", file.string()));
    result.units = static_cast<std::int64_t>(array.values.size()) / result.rows;
    if (!std::ranges::all_of(array.values, [](float x) { return std::isfinite(x); })) {
        throw core::DataError(fmt::format("{}: has a value that is not finite", file.string()));
    }
    std::array<float, 2> range{0.0F, 255.0F};
    if (!parameters.range.empty()) {
        range = {static_cast<float>(parameters.range[0]), static_cast<float>(parameters.range[1])};
    } else if (!idx) {
        const auto [least, largest] = std::ranges::minmax(array.values);
        range = {least, largest};
    }
    if (parameters.rows) {
        result.rows = std::min(result.rows, *parameters.rows);
        array.values.resize(static_cast<std::size_t>(result.rows * result.units));
    }
    to_grey(file, range[0], range[1], array.values);
    result.values = std::move(array.values);
    return result;
}

/// Each unit less its mean over the first `rows` rows, and divided by its standard deviation there; 0 if it is
/// constant.
void standardise(std::int64_t units, std::int64_t rows, std::span<float> values) {
    const auto width = static_cast<std::size_t>(units);
    const auto count = static_cast<double>(rows);
    for (std::size_t i = 0; i < width; ++i) {
        double sum = 0, squares = 0;
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) sum += values[r * width + i];
        const double mean = sum / count;
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
            squares += (values[r * width + i] - mean) * (values[r * width + i] - mean);
        }
        const double deviation = std::sqrt(squares / count);
        for (std::size_t at = i; at < values.size(); at += width) {
            values[at] = deviation > 0 ? static_cast<float>((values[at] - mean) / deviation) : 0.0F;
        }
    }
}

/// Rows for training, then held-out ones: units, rows and held-out rows, and the bits or levels of all.
struct Packed {
    std::array<std::int64_t, 3> shape{};
    std::vector<std::uint8_t> bytes;
};

void append(const GreyRows& grey, const DataParameters& parameters, std::vector<std::uint8_t>& bytes) {
    if (parameters.binarise == "standardise") {
        const auto raw = std::as_bytes(std::span(grey.values));
        const auto* first = reinterpret_cast<const std::uint8_t*>(raw.data());
        bytes.insert(bytes.end(), first, first + raw.size());
        return;
    }
    if (parameters.binarise != "threshold") {
        for (const float x : grey.values) bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * x)));
        return;
    }
    linalg::Matrix<float> units(1, static_cast<int>(grey.units));
    for (std::int64_t row = 0; row < grey.rows; ++row) {
        const auto values = std::span(grey.values).subspan(static_cast<std::size_t>(row * grey.units), units.size());
        std::ranges::transform(values, units.row(0).begin(),
                               [&](float x) { return x > parameters.threshold ? 1.0F : -1.0F; });
        append_packed(units, bytes);
    }
}

Packed read_packed(const DataParameters& parameters) {
    Packed packed;
    const GreyRows training = read_rows(parameters, parameters.file);
    packed.shape = {training.units, training.rows, 0};
    append(training, parameters, packed.bytes);
    if (parameters.held_out_file.empty()) return packed;
    const GreyRows held_out = read_rows(parameters, parameters.held_out_file);
    if (held_out.units != training.units) {
        throw core::DataError(fmt::format("{}: has rows of {} units, but those of {} have {}", parameters.held_out_file,
                                          held_out.units, parameters.file, training.units));
    }
    append(held_out, parameters, packed.bytes);
    packed.shape[1] += held_out.rows;
    packed.shape[2] = held_out.rows;
    return packed;
}

} // namespace

void DataParameters::check(io::Problems& problems) const {
    if (!range.empty() && (range.size() != 2 || !(range[0] < range[1]))) {
        problems.add("range", "needs two numbers, the smaller one first");
    }
    if (binarise != "threshold" && threshold != DataParameters().threshold)
        problems.add("threshold", "has no effect without binarise = \"threshold\"");
}

Dataset read_data(const mpi::Communicator& comm, const DataParameters& parameters, const rng::Key& key) {
    Packed packed = mpi::collectively(comm, [&] { return comm.is_root() ? read_packed(parameters) : Packed(); });
    mpi::broadcast(comm, std::span<std::int64_t>(packed.shape));
    packed.bytes.resize(mpi::broadcast(comm, packed.bytes.size()));
    mpi::broadcast(comm, std::span(packed.bytes));
    const auto [units, rows, held_out] = packed.shape;
    std::vector<std::int64_t> chains{rows - held_out};
    if (held_out > 0) chains.push_back(held_out);
    if (parameters.binarise == "threshold") {
        return {static_cast<int>(units), std::move(packed.bytes), std::move(chains), held_out};
    }
    if (parameters.binarise == "standardise") {
        std::vector<float> values(packed.bytes.size() / sizeof(float));
        std::memcpy(values.data(), packed.bytes.data(), packed.bytes.size());
        standardise(units, rows - held_out, values);
        return Dataset::real(static_cast<int>(units), std::move(values), std::move(chains), held_out);
    }
    const auto rows_of_levels = parameters.binarise == "none" ? Dataset::means : Dataset::grey;
    return rows_of_levels(static_cast<int>(units), std::move(packed.bytes), std::move(chains), held_out, key);
}

} // namespace blockspin::net
