#include "hidden_enumeration.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/net/exact.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace blockspin::net {

namespace {

constexpr int most_low_units = 8;

/// exponents[c] += ±fields[0] ± fields[1] …, + where that bit of c is 1.
void add_fields(const std::vector<double>& fields, std::vector<double>& exponents) {
    std::vector<double> sums(exponents.size());
    std::size_t count = 1;
    for (const double field : fields) {
        for (std::size_t c = 0; c < count; ++c) {
            sums[count + c] = sums[c] + field;
            sums[c] -= field;
        }
        count *= 2;
    }
    for (std::size_t c = 0; c < sums.size(); ++c) exponents[c] += sums[c];
}

double spin(std::int64_t state, int unit) { return (state >> unit & 1) != 0 ? 1.0 : -1.0; }

} // namespace

HiddenEnumeration::HiddenEnumeration(const Rbm<double>& rbm)
    : low_units_(std::min(rbm.hidden(), most_low_units)), fields_(rbm.hidden_bias),
      couplings_(rbm.hidden(), rbm.hidden()), low_exponents_(std::size_t{1} << low_units_) {
    linalg::gemv(linalg::Op::transpose, 1.0, rbm.weights, rbm.visible_bias, 1.0, fields_);
    linalg::gemm(linalg::Op::transpose, linalg::Op::none, 1.0, rbm.weights, rbm.weights, 0.0, couplings_);
    constant_ = 0.5 * rbm.visible() * std::log(2 * std::numbers::pi);
    double reach = constant_;
    for (int j = 0; j < units(); ++j) {
        constant_ += 0.5 * couplings_(j, j);
        reach += std::abs(fields_[static_cast<std::size_t>(j)]);
        for (const double g : couplings_.row(j)) reach += 0.5 * std::abs(g);
    }
    if (!std::isfinite(reach)) throw core::InputError("the partition function cannot be enumerated: it is not finite");
    for (std::int64_t state = 0; state < std::int64_t{1} << low_units_; ++state) {
        double& exponent = low_exponents_[static_cast<std::size_t>(state)];
        for (int j = 1; j < low_units_; ++j) {
            for (int k = 0; k < j; ++k) exponent += spin(state, j) * spin(state, k) * couplings_(j, k);
        }
    }
}

double HiddenEnumeration::ln_block(std::int64_t block) const {
    std::vector<double> fields(fields_.begin(), fields_.begin() + low_units_);
    double base = constant_;
    for (int j = low_units_; j < units(); ++j) {
        const double s = spin(block, j - low_units_);
        double field = fields_[static_cast<std::size_t>(j)];
        for (int k = low_units_; k < j; ++k) field += couplings_(j, k) * spin(block, k - low_units_);
        base += s * field;
        for (int l = 0; l < low_units_; ++l) fields[static_cast<std::size_t>(l)] += s * couplings_(j, l);
    }
    std::vector<double> exponents = low_exponents_;
    add_fields(fields, exponents);
    return base + log_sum_exp(exponents);
}

} // namespace blockspin::net
