#pragma once

#include <cstdint>

// The types of HDF5 that blockspin's headers name, for a build that calls none of its functions.
using hid_t = std::int64_t;
using herr_t = int;
inline constexpr hid_t H5I_INVALID_HID = -1;
