// [data] names an HDF5 file with an array of any type, shape and contents (HDF5 itself writes it, as it does for
// users): the rows are read, or the file is refused as bad data. What is read has as many rows and units as the array.
#include <blockspin/core/error.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/data_files.hpp>

#include "memory_file.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <vector>

using namespace blockspin;

namespace {

const mpi::Communicator& alone() {
    static int argc = 0;
    static char** argv = nullptr;
    static const mpi::Environment environment(argc, argv);
    static const mpi::Communicator comm = mpi::Communicator::self();
    return comm;
}

hid_t element_type(unsigned choice) {
    const std::array<hid_t, 13> types{H5T_STD_I8LE,   H5T_STD_U8LE,  H5T_STD_I16BE, H5T_STD_U16LE,  H5T_STD_I32LE,
                                      H5T_STD_U32BE,  H5T_STD_I64LE, H5T_STD_U64LE, H5T_IEEE_F32LE, H5T_IEEE_F32BE,
                                      H5T_IEEE_F64LE, H5T_C_S1,      H5T_STD_B8LE};
    return types[choice % types.size()];
}

struct Array {
    std::vector<hsize_t> shape;
    hsize_t elements = 1;
};

/// Makes the file: byte 0 the type, 1 the dimensions and the layout, then an extent for each, then the contents.
Array write_file(const std::filesystem::path& file, const std::uint8_t* data, std::size_t size) {
    const auto byte = [&](std::size_t i) { return i < size ? data[i] : std::uint8_t{0}; };
    Array array;
    for (unsigned d = 0; d < byte(1) % 5u; ++d) {
        array.shape.push_back(byte(2 + d) % 17u);
        array.elements *= array.shape.back();
    }
    const hid_t id = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = element_type(byte(0));
    const hid_t space = array.shape.empty()
                            ? H5Screate(byte(1) & 32 ? H5S_NULL : H5S_SCALAR)
                            : H5Screate_simple(static_cast<int>(array.shape.size()), array.shape.data(), nullptr);
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    if (byte(1) & 64 && array.elements > 0 && !array.shape.empty()) {
        H5Pset_chunk(layout, static_cast<int>(array.shape.size()), array.shape.data());
        H5Pset_deflate(layout, 1);
    }
    const hid_t set = H5Dcreate2(id, byte(1) & 128 ? "other" : "rows", type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    std::vector<std::uint8_t> contents(std::max<hsize_t>(1, array.elements) * H5Tget_size(type));
    for (std::size_t i = 0; i < contents.size() && 6 + i < size; ++i) contents[i] = data[6 + i];
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, contents.data());
    H5Dclose(set);
    H5Pclose(layout);
    H5Sclose(space);
    H5Fclose(id);
    return array;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const mpi::Communicator& comm = alone();
    static const std::filesystem::path file = fmt::format("/dev/shm/blockspin-fuzz-{}.h5", getpid());
    const Array array = write_file(file, data + 1, size - 1);
    const std::array<const char*, 4> ways{"threshold", "stochastic", "none", "standardise"};
    net::DataParameters parameters;
    parameters.file = file;
    parameters.dataset = "rows";
    parameters.binarise = ways[data[0] % ways.size()];
    if (data[0] & 4) parameters.rows = 3;
    if (data[0] & 8) parameters.range = {0.0, 200.0};
    try {
        const net::Dataset rows = net::read_data(comm, parameters, rng::Key(1));
        fuzz::require(!array.shape.empty() && array.elements > 0);
        fuzz::require(rows.rows() ==
                      static_cast<std::int64_t>(data[0] & 4 ? std::min<hsize_t>(3, array.shape[0]) : array.shape[0]));
        fuzz::require(static_cast<hsize_t>(rows.units()) == array.elements / array.shape[0]);
    } catch (const core::DataError&) {
    } catch (const core::InputError&) { // such as: fewer rows than asked for
    }
    return 0;
}
