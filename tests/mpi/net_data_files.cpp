#include "support/scratch_folder.hpp"
#include "support/world.hpp"

#include <boost/test/unit_test.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/io/publish.hpp>
#include <blockspin/net/data_files.hpp>
#include <blockspin/net/model_file.hpp>
#include <blockspin/rng/draws.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <omp.h>
#include <string>
#include <vector>

using namespace blockspin;

namespace {

const rng::Key key(4);

/// An IDX file of rows × 5 unsigned bytes 0, 51, 102, …, 255, 0, …
void write_idx(const std::filesystem::path& file, int rows) {
    if (support::world().is_root()) {
        std::ofstream stream(file, std::ios::binary);
        for (const int byte : {0, 0, 8, 2, 0, 0, rows / 256, rows % 256, 0, 0, 0, 5})
            stream.put(static_cast<char>(byte));
        for (int i = 0; i < 5 * rows; ++i) stream.put(static_cast<char>(i % 6 * 51));
    }
    support::world().barrier();
}

template <class T>
void write_hdf5(const std::filesystem::path& file, const std::vector<std::uint64_t>& shape,
                const std::vector<T>& data) {
    io::publish(support::world(), file, [&](io::Writer& writer) {
        io::Writer group = writer.group("images");
        group.array(std::string("x"), shape, std::span<const T>(data));
    });
}

net::Dataset read(const net::DataParameters& parameters) { return net::read_data(support::world(), parameters, key); }

std::vector<std::int8_t> all(const net::Dataset& data) {
    std::vector<std::int8_t> result;
    for (std::int64_t row = 0; row < data.rows(); ++row) {
        const auto spins = data.spins(row);
        result.insert(result.end(), spins.begin(), spins.end());
    }
    return result;
}

template <class Error> void refused(const net::DataParameters& parameters) {
    BOOST_CHECK_EXCEPTION(read(parameters), Error,
                          [](const Error& error) { return error.scope() == core::Scope::all_ranks; });
}

/// Writes arrays of a model file; of each the shape and a value that all its elements have.
struct Array {
    std::string name;
    std::vector<std::uint64_t> shape;
    double value;
};

template <class T> void write_model(const std::filesystem::path& file, const std::vector<Array>& arrays) {
    io::publish(mpi::Communicator::self(), file, [&](io::Writer& writer) {
        for (const Array& array : arrays) {
            const std::vector<T> values(io::elements_of(array.shape), static_cast<T>(array.value));
            writer.array(array.name, array.shape, std::span<const T>(values));
        }
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(rows_of_idx_and_hdf5_files_are_cut_at_the_threshold_on_every_rank) {
    const support::ScratchFolder folder(support::world());
    write_idx(folder / "a.idx", 12);
    write_idx(folder / "b.idx", 3);
    const auto data = read({.file = folder / "a.idx", .held_out_file = folder / "b.idx", .rows = 10});
    BOOST_TEST(data.rows() == 13);
    BOOST_TEST(data.units() == 5);
    BOOST_TEST(data.held_out() == 3);
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(data.spins(i / 5)[static_cast<std::size_t>(i % 5)] == (i % 6 >= 3 ? 1 : -1));
    const auto split = net::split(data, 0.5);
    BOOST_TEST(split.training.size() == 10);
    BOOST_TEST(split.held_out == (std::vector<std::int64_t>{10, 11, 12}), boost::test_tools::per_element());

    write_hdf5<float>(folder / "c.h5", {2, 2, 2}, {0.1F, 0.9F, 0.5F, 0.2F, 0.0F, 1.0F, 0.8F, 0.3F});
    const auto floats = read({.file = folder / "c.h5", .dataset = "images/x"});
    BOOST_TEST(floats.units() == 4);
    BOOST_TEST(all(floats) == (std::vector<std::int8_t>{-1, 1, -1, -1, -1, 1, 1, -1}),
               boost::test_tools::per_element());
    write_hdf5<std::int8_t>(folder / "d.h5", {3, 2}, {-1, 1, 1, 1, -1, -1});
    const auto spins = read({.file = folder / "d.h5", .dataset = "/images/x"});
    BOOST_TEST(all(spins) == (std::vector<std::int8_t>{-1, 1, 1, 1, -1, -1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(grey_values_are_drawn_with_their_probabilities_and_held_out_rows_once) {
    const support::ScratchFolder folder(support::world());
    write_idx(folder / "a.idx", 600);
    write_idx(folder / "b.idx", 6);
    auto data = read({.file = folder / "a.idx", .held_out_file = folder / "b.idx", .binarise = "stochastic"});
    std::vector<double> up(6), draws(6);
    const auto first = all(data);
    for (int time = 0; time < 40; ++time) {
        omp_set_num_threads(time % 3 + 1);
        data.redraw(key, time);
        const auto now = all(data);
        BOOST_TEST(std::equal(now.begin() + 3000, now.end(), first.begin() + 3000));
        BOOST_TEST((time == 0) == (now == first));
        for (std::size_t i = 0; i < 3000; ++i) {
            up[i % 6] += now[i] > 0 ? 1 : 0;
            draws[i % 6] += 1;
        }
    }
    omp_set_num_threads(1);
    for (std::size_t level = 0; level < 6; ++level) {
        const double p = static_cast<double>(level) / 5, sigma = std::sqrt(p * (1 - p) * draws[level]);
        BOOST_TEST(std::abs(up[level] - p * draws[level]) <= 3.6 * sigma); // six of them: 1 of 500 repetitions fails
    }
    data.redraw(key, 0);
    BOOST_TEST(all(data) == first, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_are_refused_on_all_ranks) {
    const support::ScratchFolder folder(support::world());
    write_idx(folder / "a.idx", 4);
    const std::string a = folder / "a.idx", h = folder / "h.h5";
    refused<core::IoError>({.file = folder / "missing"});
    refused<core::InputError>({.file = a, .dataset = "x"});
    refused<core::DataError>({.file = a, .range = {0.0, 200.0}});
    write_hdf5<double>(h, {2, 2}, {0, 1, 1, 0.5});
    refused<core::InputError>({.file = h});
    refused<core::DataError>({.file = h, .dataset = "images/y"});
    refused<core::DataError>({.file = h, .dataset = "images"});
    write_hdf5<double>(folder / "wide.h5", {2, 3}, {0, 1, 1, 0.5, 0, 1});
    refused<core::DataError>({.file = h, .held_out_file = folder / "wide.h5", .dataset = "images/x"});
    write_hdf5<double>(h, {2, 2}, {0, 1, NAN, 0.5});
    refused<core::DataError>({.file = h, .dataset = "images/x"});
    write_hdf5<double>(h, {2, 2}, {1, 1, 1, 1});
    refused<core::DataError>({.file = h, .dataset = "images/x"});
    if (support::world().is_root()) std::filesystem::resize_file(a, 30);
    support::world().barrier();
    refused<core::DataError>({.file = a});
}

BOOST_AUTO_TEST_CASE(model_files_are_read_with_and_without_the_dimension_of_trainings) {
    const support::ScratchFolder folder(support::world());
    const auto file = folder / (std::to_string(support::world().rank()) + ".h5");
    write_model<float>(file, {{"weights_1", {2, 4, 3}, 0.5},
                              {"visible_bias_1", {2, 4}, 1},
                              {"hidden_bias_1", {2, 3}, 2},
                              {"weights_2", {2, 3, 1}, -1},
                              {"visible_bias_2", {2, 3}, 3},
                              {"hidden_bias_2", {2, 1}, 4}});
    const auto stacks = net::read_model_file(file);
    BOOST_TEST(stacks.size() == 2);
    BOOST_TEST(stacks[1].size() == 2);
    BOOST_TEST(stacks[1][0].weights(3, 2) == 0.5F);
    BOOST_TEST(stacks[0][1].visible_bias[2] == 3.0F);
    BOOST_TEST(stacks[0][1].hidden_bias[0] == 4.0F);
    write_model<double>(file, {{"weights_1", {4, 3}, 0.5}, {"visible_bias_1", {4}, 1}, {"hidden_bias_1", {3}, 2}});
    BOOST_TEST(net::read_model_file(file).size() == 1);
    BOOST_TEST(net::read_model_file(file)[0][0].hidden_bias[2] == 2.0F);
}

BOOST_AUTO_TEST_CASE(model_files_that_are_incomplete_misshapen_or_not_finite_are_refused) {
    const support::ScratchFolder folder(support::world());
    const auto file = folder / (std::to_string(support::world().rank()) + ".h5");
    const Array w{"weights_1", {2, 4, 3}, 0.5}, a{"visible_bias_1", {2, 4}, 1}, b{"hidden_bias_1", {2, 3}, 2};
    const std::vector<std::vector<Array>> bad{
        {w, a},
        {a, b},
        {{"weights_1", {4}, 1}, a, b},
        {w, {"visible_bias_1", {2, 3}, 1}, b},
        {w, a, {"hidden_bias_1", {1, 3}, 1}},
        {w, a, {"hidden_bias_1", {2, 3}, NAN}},
        {{"weights_1", {2, 4, 3}, HUGE_VAL}, a, b},
        {w, a, b, {"weights_2", {2, 2, 1}, 1}, {"visible_bias_2", {2, 2}, 1}, {"hidden_bias_2", {2, 1}, 1}},
        {w, a, b, {"weights_2", {1, 3, 1}, 1}, {"visible_bias_2", {1, 3}, 1}, {"hidden_bias_2", {1, 1}, 1}}};
    for (const auto& arrays : bad) {
        write_model<float>(file, arrays);
        BOOST_CHECK_THROW(net::read_model_file(file), core::DataError);
    }
    write_model<std::int32_t>(file, {w, a, b});
    BOOST_CHECK_THROW(net::read_model_file(file), core::DataError);
    BOOST_CHECK_THROW(net::read_model_file(folder / "missing"), core::DataError);
}
