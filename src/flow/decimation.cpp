#include <blockspin/flow/decimation.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

namespace blockspin::flow::detail {

void check_decimation(int scale_factor) {
    if (scale_factor < 2)
        throw core::InputError(fmt::format("a scale factor of {}: at least 2 is needed", scale_factor));
}

} // namespace blockspin::flow::detail
