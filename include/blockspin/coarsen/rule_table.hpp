#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/coarsen/rule.hpp>

namespace blockspin::coarsen {

/// Most spins of a block whose states are tabulated.
inline constexpr int most_tabulated_spins = 16;

/// Any rule, given by P(+1|σ) for every state σ of a block: state c has the spin at site i (x fastest) up where bit i
/// of c is 1.
class RuleTable {
  public:
    /// InputError unless scale_factor b > 1, the length is 2^(b^d) for a dimension d from 1 to 4 and at most 2^16, and
    /// every probability lies in [0, 1].
    RuleTable(int scale_factor, std::vector<double> probability_up);

    int scale_factor() const noexcept { return scale_factor_; }
    /// d.
    int dimension() const noexcept { return dimension_; }
    /// b^d, the number of spins of a block.
    int volume() const noexcept { return volume_; }
    /// P(+1|σ) by state.
    std::span<const double> probability_up() const noexcept { return probability_up_; }
    std::int8_t apply_block(Spins sigma, const rng::Key& key, rng::Address address) const;
    double log_probability(std::int8_t mu, Spins sigma) const;

  private:
    double up(Spins sigma) const;

    int scale_factor_;
    int dimension_ = 0;
    int volume_ = 1;
    std::vector<double> probability_up_;
};

namespace detail {

/// b^d. InputError unless it is at most most_tabulated_spins.
int tabulated_volume(int scale_factor, int dimension);
/// The spins of state `state`.
std::vector<std::int8_t> block_of_state(std::uint32_t state, int volume);

} // namespace detail

/// The table of another rule for blocks in `dimension` dimensions. InputError if their states are too many.
template <Rule R> RuleTable tabulated(const R& rule, int dimension) {
    const int volume = detail::tabulated_volume(rule.scale_factor(), dimension);
    std::vector<double> up;
    for (std::uint32_t state = 0; state < std::uint32_t{1} << volume; ++state)
        up.push_back(std::exp(rule.log_probability(1, detail::block_of_state(state, volume))));
    return {rule.scale_factor(), std::move(up)};
}

static_assert(Rule<RuleTable>);

} // namespace blockspin::coarsen
