#include <blockspin/coarsen/rule_table.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/draws.hpp>

#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace blockspin::coarsen {

namespace {

constexpr int most_dimensions = 4;

/// b^d, or none if a table for so many spins would be too long.
std::optional<int> volume_of(int scale_factor, int dimension) {
    int volume = 1;
    for (int i = 0; i < dimension && volume <= most_tabulated_spins; ++i) volume *= scale_factor;
    return volume <= most_tabulated_spins ? std::optional(volume) : std::nullopt;
}

} // namespace

RuleTable::RuleTable(int scale_factor, std::vector<double> probability_up)
    : scale_factor_(scale_factor), probability_up_(std::move(probability_up)) {
    if (scale_factor < 2) {
        throw core::InputError(fmt::format("a block must be at least 2 sites wide, not {}", scale_factor));
    }
    for (int d = 1; d <= most_dimensions && dimension_ == 0; ++d) {
        volume_ = volume_of(scale_factor, d).value_or(0);
        if (volume_ > 0 && probability_up_.size() == std::size_t{1} << volume_) dimension_ = d;
    }
    if (dimension_ == 0) {
        throw core::InputError(fmt::format("{} probabilities are no table for blocks {} sites wide: it needs one for "
                                           "each of the 2^(b^d) states of a block, at most 2^{}",
                                           probability_up_.size(), scale_factor, most_tabulated_spins));
    }
    for (std::size_t state = 0; state < probability_up_.size(); ++state) {
        const double up = probability_up_[state];
        if (!(up >= 0 && up <= 1)) {
            throw core::InputError(fmt::format("the probability {} of block state {} is not in [0, 1]", up, state));
        }
    }
}

double RuleTable::up(Spins sigma) const {
    core::ensure(static_cast<int>(sigma.size()) == volume_, "a block has as many spins as its table is for");
    std::size_t state = 0;
    for (std::size_t i = 0; i < sigma.size(); ++i) state |= static_cast<std::size_t>(sigma[i] > 0) << i;
    return probability_up_[state];
}

std::int8_t RuleTable::apply_block(Spins sigma, const rng::Key& key, rng::Address address) const {
    address.purpose = rng::Purpose::block_draw;
    return rng::uniform(key, address) < up(sigma) ? 1 : -1;
}

double RuleTable::log_probability(std::int8_t mu, Spins sigma) const {
    return mu > 0 ? std::log(up(sigma)) : std::log1p(-up(sigma));
}

namespace detail {

int tabulated_volume(int scale_factor, int dimension) {
    const auto volume = volume_of(scale_factor, dimension);
    if (dimension >= 1 && dimension <= most_dimensions && volume) return *volume;
    throw core::InputError(fmt::format("the states of blocks {} sites wide in {} dimensions cannot be tabulated: at "
                                       "most {} spins",
                                       scale_factor, dimension, most_tabulated_spins));
}

std::vector<std::int8_t> block_of_state(std::uint32_t state, int volume) {
    std::vector<std::int8_t> block;
    for (int i = 0; i < volume; ++i) block.push_back((state >> i & 1U) != 0 ? 1 : -1);
    return block;
}

} // namespace detail

} // namespace blockspin::coarsen
