#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>

namespace blockspin::net {

/// Section [data]: rows of numbers from a file, to be learned instead of the configurations of [sample].
struct DataParameters {
    std::string file{};
    std::string held_out_file{};
    std::string dataset{};
    std::optional<std::int64_t> rows{};
    std::string binarise = "threshold";
    double threshold = 0.5;
    std::vector<double> range{};

    void fields(auto& visit) {
        visit("file", file,
              {.meaning =
                   "IDX file, plain or compressed by gzip, or HDF5 file: the first dimension counts the rows, the "
                   "others the units.",
               .required = true});
        visit("held_out_file", held_out_file,
              {.meaning = "A second such file whose rows are held out; [network] held_out then does not apply."});
        visit("dataset", dataset, {.meaning = "Path of the array in HDF5 files, \"images/train\"."});
        visit("rows", rows, {.meaning = "Only so many of the first rows of each file.", .minimum = 1});
        visit("binarise", binarise,
              {.meaning =
                   "How a grey value x, from 0 to 1, becomes a unit: up where x exceeds the threshold, or up with "
                   "probability x, drawn anew for each epoch (for held-out rows once), or not at all: x is then the "
                   "probability of the unit, as the guide has it. \"standardise\" keeps numbers, less the mean of each "
                   "unit "
                   "over the training rows and divided by its standard deviation, for Gaussian visible units.",
               .choices = {"threshold", "stochastic", "none", "standardise"},
               .source = "doi:10.1145/1390156.1390266"});
        visit("threshold", threshold, {.meaning = "Above it a unit is up.", .minimum = 0.0, .below = 1.0});
        visit("range", range,
              {.meaning = "The values in the file that are x = 0 and x = 1; left out: 0 and 255 for IDX, the least and "
                          "the largest value for HDF5."});
    }
    void check(io::Problems& problems) const;
};

} // namespace blockspin::net
