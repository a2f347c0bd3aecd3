#include <blockspin/net/partition_function.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/tree_sum.hpp>
#include <blockspin/net/exact.hpp>

#include "hidden_enumeration.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "partition_function.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

// The weight of a configuration is e^{a·v} Π_j e^{−x_j} (1 + e^{2 x_j}), x_j = b_j + (v W)_j. With the enumerated units
// cut into high and low ones, e^{2 x_j} is a factor of the high ones times one of the low ones, and Π_j e^{−x_j} is
// e^{linear in v}: so a configuration takes one multiplication and one multiply-add per unit of the other layer, and
// one logarithm. Configurations with the same high units are a block.

HWY_BEFORE_NAMESPACE();
namespace blockspin::net::HWY_NAMESPACE {

// Plain loops, compiled for each instruction set: without contraction they have the same bits on all.

/// products[c] *= Π_j (1 + high[j] low[j][c]) over `units` rows j of `lanes` numbers.
void multiply(std::size_t units, std::size_t lanes, const double* high, const double* low, double* products) {
    std::size_t j = 0;
    for (; j + 4 <= units; j += 4) {
        const double *l = low + j * lanes, *h = high + j;
#pragma omp simd
        for (std::size_t c = 0; c < lanes; ++c) {
            products[c] *= ((1.0 + h[0] * l[c]) * (1.0 + h[1] * l[c + lanes])) *
                           ((1.0 + h[2] * l[c + 2 * lanes]) * (1.0 + h[3] * l[c + 3 * lanes]));
        }
    }
    for (; j < units; ++j) {
#pragma omp simd
        for (std::size_t c = 0; c < lanes; ++c) products[c] *= 1.0 + high[j] * low[j * lanes + c];
    }
}

/// Moves the binary exponents of numbers ≥ 1 into `exponents`.
void split_off_exponents(std::size_t lanes, double* products, std::int64_t* exponents) {
    constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1;
    for (std::size_t c = 0; c < lanes; ++c) {
        const auto bits = std::bit_cast<std::uint64_t>(products[c]);
        exponents[c] += static_cast<std::int64_t>(bits >> 52) - 1023;
        products[c] = std::bit_cast<double>((bits & mantissa) | std::uint64_t{1023} << 52);
    }
}

} // namespace blockspin::net::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace blockspin::net {

HWY_EXPORT(multiply);
HWY_EXPORT(split_off_exponents);

namespace {

constexpr int most_low_units = 8;
/// What the logarithm of a product may grow to before its exponent is split off.
constexpr double largest_exponent = 700;

class Enumeration {
  public:
    explicit Enumeration(const Rbm<double>& rbm)
        : low_units_(std::min(rbm.visible(), most_low_units)), high_units_(rbm.visible() - low_units_),
          hidden_(static_cast<std::size_t>(rbm.hidden())), lanes_(std::size_t{1} << low_units_) {
        cut_into_groups(rbm);
        find_slopes(rbm);
        tabulate_low(rbm);
        tabulate_high(rbm);
    }

    std::int64_t blocks() const noexcept { return std::int64_t{1} << high_units_; }

    /// ln of the sum of the weights of one block.
    double ln_block(std::int64_t block) const {
        std::vector<double> high = start_, products(lanes_, 1.0);
        double slope = constant_;
        for (int i = 0; i < high_units_; ++i) {
            const bool up = (block >> i & 1) != 0;
            const double* factor = high_factors_.data() + (2 * static_cast<std::size_t>(i) + (up ? 1 : 0)) * hidden_;
            for (std::size_t j = 0; j < hidden_; ++j) high[j] *= factor[j];
            const double s = slopes_[static_cast<std::size_t>(low_units_ + i)];
            slope += up ? s : -s;
        }
        std::vector<std::int64_t> exponents(lanes_);
        for (std::size_t group = 0; group + 1 < groups_.size(); ++group) {
            const std::size_t first = groups_[group];
            HWY_DYNAMIC_DISPATCH(multiply)
            (groups_[group + 1] - first, lanes_, high.data() + first, low_factors_.data() + first * lanes_,
             products.data());
            HWY_DYNAMIC_DISPATCH(split_off_exponents)(lanes_, products.data(), exponents.data());
        }
        for (std::size_t c = 0; c < lanes_; ++c) {
            products[c] = (slope + low_slopes_[c]) +
                          (static_cast<double>(exponents[c]) * std::numbers::ln2 + std::log(products[c]));
        }
        return log_sum_exp(products);
    }

  private:
    /// Units of the other layer whose product does not overflow, in groups.
    void cut_into_groups(const Rbm<double>& rbm) {
        double sum = largest_exponent;
        for (int j = 0; j < rbm.hidden(); ++j) {
            double reach = std::abs(rbm.hidden_bias[static_cast<std::size_t>(j)]);
            for (int i = 0; i < rbm.visible(); ++i) reach += std::abs(rbm.weights(i, j));
            const double exponent = 2 * reach + std::numbers::ln2;
            if (!(exponent <= largest_exponent - 9)) {
                throw core::InputError(fmt::format(
                    "the partition function cannot be enumerated: the field of a unit may reach {:.3g}", reach));
            }
            if (sum + exponent > largest_exponent) {
                groups_.push_back(static_cast<std::size_t>(j));
                sum = 0;
            }
            sum += exponent;
        }
        groups_.push_back(hidden_);
    }

    /// Π_j e^{−x_j} e^{a·v} = e^{constant + slopes·v}.
    void find_slopes(const Rbm<double>& rbm) {
        for (const double b : rbm.hidden_bias) constant_ -= b;
        slopes_ = rbm.visible_bias;
        for (int i = 0; i < rbm.visible(); ++i) {
            for (const double w : rbm.weights.row(i)) slopes_[static_cast<std::size_t>(i)] -= w;
        }
        if (!std::isfinite(constant_) || !std::ranges::all_of(slopes_, [](double s) { return std::isfinite(s); })) {
            throw core::InputError("the partition function cannot be enumerated: a bias is not finite");
        }
    }

    void tabulate_low(const Rbm<double>& rbm) {
        low_factors_.resize(hidden_ * lanes_);
        low_slopes_.resize(lanes_);
        for (std::size_t c = 0; c < lanes_; ++c) {
            const auto spin = [&](int i) { return (c >> i & 1) != 0 ? 1.0 : -1.0; };
            for (int i = 0; i < low_units_; ++i) low_slopes_[c] += spin(i) * slopes_[static_cast<std::size_t>(i)];
            for (std::size_t j = 0; j < hidden_; ++j) {
                double field = 0;
                for (int i = 0; i < low_units_; ++i) field += spin(i) * rbm.weights(i, static_cast<int>(j));
                low_factors_[j * lanes_ + c] = std::exp(2 * field);
            }
        }
    }

    void tabulate_high(const Rbm<double>& rbm) {
        for (const double b : rbm.hidden_bias) start_.push_back(std::exp(2 * b));
        for (int i = low_units_; i < rbm.visible(); ++i) {
            for (const double sign : {-2.0, 2.0}) {
                for (const double w : rbm.weights.row(i)) high_factors_.push_back(std::exp(sign * w));
            }
        }
    }

    int low_units_, high_units_;
    std::size_t hidden_, lanes_;
    std::vector<std::size_t> groups_; ///< first unit of each, and the end
    double constant_ = 0;
    std::vector<double> slopes_, low_slopes_;
    std::vector<double> low_factors_;  ///< e^{2 (v W)_j} of the low units, [j][configuration]
    std::vector<double> start_;        ///< e^{2 b_j}
    std::vector<double> high_factors_; ///< e^{2 v_i W_ij}, [i][v_i][j]
};

} // namespace

namespace {

void require_few(int units) {
    if (units > most_enumerated_units) {
        throw core::InputError(
            fmt::format("{} units are too many to enumerate for ln Z: at most {}", units, most_enumerated_units));
    }
}

/// ln of the sum over all blocks of an enumeration, dealt out among ranks and threads.
template <class Blocks> double ln_sum(const mpi::Communicator& comm, const Blocks& enumeration) {
    const std::int64_t blocks = enumeration.blocks();
    const std::int64_t first = blocks * comm.rank() / comm.size(), end = blocks * (comm.rank() + 1) / comm.size();
    std::vector<double> sums(static_cast<std::size_t>(end - first));
#pragma omp parallel for schedule(static) if (end - first > 16)
    for (std::int64_t block = first; block < end; ++block) {
        sums[static_cast<std::size_t>(block - first)] = enumeration.ln_block(block);
    }
    double top = -HUGE_VAL;
    for (const double x : sums) top = std::max(top, x);
    top = mpi::all_reduce(comm, top, mpi::Op::max);
    for (double& x : sums) x = std::exp(x - top);
    return top + std::log(mpi::tree_sum(comm, first, sums).front());
}

} // namespace

double ln_partition_function(const mpi::Communicator& comm, const Rbm<double>& rbm) {
    if (!rbm.is_binary()) {
        if (rbm.hidden_kind != UnitKind::binary) throw core::InputError("ln Z is known for binary hidden units only");
        require_few(rbm.hidden());
        return ln_sum(comm, HiddenEnumeration(rbm));
    }
    if (rbm.hidden() < rbm.visible()) return ln_partition_function(comm, mirrored(rbm));
    require_few(rbm.visible());
    return ln_sum(comm, Enumeration(rbm));
}

double ln_partition_function(const Rbm<double>& rbm) { return ln_partition_function(mpi::Communicator::self(), rbm); }

} // namespace blockspin::net
#endif
