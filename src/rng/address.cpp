#include <blockspin/rng/address.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <fmt/format.h>

namespace blockspin::rng {

void refuse(const Address& address) {
    const auto check = [&](std::string_view field, std::int64_t value, int bits) {
        core::ensure(value >= 0,
                     fmt::format("{} {} of a random number ({}) is not negative", field, value, name(address.purpose)));
        if (value >> bits != 0)
            throw core::InputError(fmt::format("random numbers ({}): {} {} is too large, the limit is 2^{}",
                                               name(address.purpose), field, value, bits));
    };
    check("chain", address.chain, chain_bits);
    check("draw", address.draw, draw_bits);
    check("step", address.step, step_bits);
    check("place", address.place, place_bits);
    throw core::InternalError("a valid address of random numbers was refused");
}

} // namespace blockspin::rng
