#include <blockspin/net/update.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "update_rule.cpp" // a name that no other folder has
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstddef>

#ifndef BLOCKSPIN_NET_UPDATE_RULE // the file is read once for each instruction set
#define BLOCKSPIN_NET_UPDATE_RULE
namespace blockspin::net {

namespace {

template <class Real> struct Rule {
    Real rate, momentum, l1, l2;
    bool nesterov;
};

} // namespace

} // namespace blockspin::net
#endif

HWY_BEFORE_NAMESPACE();
namespace blockspin::net::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `lanes` of the tag's parameters; single operations of IEEE 754, so that the bits are the same for any vectors.
template <class Tag, class Real = hn::TFromD<Tag>>
HWY_INLINE void update_vector(Tag d, const Rule<Real>& rule, const Real* HWY_RESTRICT gradient,
                              Real* HWY_RESTRICT change, Real* HWY_RESTRICT parameters) {
    const auto value = hn::LoadU(d, parameters), zero = hn::Zero(d), one = hn::Set(d, Real{1});
    const auto sign =
        hn::Sub(hn::IfThenElseZero(hn::Gt(value, zero), one), hn::IfThenElseZero(hn::Lt(value, zero), one));
    const auto penalised = hn::Sub(hn::Sub(hn::LoadU(d, gradient), hn::Mul(hn::Set(d, rule.l1), sign)),
                                   hn::Mul(hn::Set(d, rule.l2), value));
    const auto step = hn::Mul(hn::Set(d, rule.rate), penalised), momentum = hn::Set(d, rule.momentum);
    const auto changed = hn::Add(hn::Mul(momentum, hn::LoadU(d, change)), step);
    hn::StoreU(changed, d, change);
    hn::StoreU(hn::Add(value, rule.nesterov ? hn::Add(hn::Mul(momentum, changed), step) : changed), d, parameters);
}

template <class Real>
HWY_INLINE void update_all(const Rule<Real>& rule, std::size_t count, const Real* HWY_RESTRICT gradient,
                           Real* HWY_RESTRICT change, Real* HWY_RESTRICT parameters) {
    const hn::ScalableTag<Real> d;
    const hn::CappedTag<Real, 1> one;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) update_vector(d, rule, gradient + i, change + i, parameters + i);
    for (; i < count; ++i) update_vector(one, rule, gradient + i, change + i, parameters + i);
}

void update_floats(const Rule<float>& rule, std::size_t count, const float* gradient, float* change,
                   float* parameters) {
    update_all(rule, count, gradient, change, parameters);
}

void update_doubles(const Rule<double>& rule, std::size_t count, const double* gradient, double* change,
                    double* parameters) {
    update_all(rule, count, gradient, change, parameters);
}

} // namespace blockspin::net::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <blockspin/core/check.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <vector>

namespace blockspin::net {

HWY_EXPORT(update_floats);
HWY_EXPORT(update_doubles);

namespace {

void update_range(const Rule<float>& rule, std::size_t count, const float* gradient, float* change, float* parameters) {
    HWY_DYNAMIC_DISPATCH(update_floats)(rule, count, gradient, change, parameters);
}

void update_range(const Rule<double>& rule, std::size_t count, const double* gradient, double* change,
                  double* parameters) {
    HWY_DYNAMIC_DISPATCH(update_doubles)(rule, count, gradient, change, parameters);
}

template <class Real> Rule<Real> rule_of_weights(const LearningRule& rule) {
    return {static_cast<Real>(rule.rate), static_cast<Real>(rule.momentum), static_cast<Real>(rule.l1),
            static_cast<Real>(rule.l2), rule.nesterov};
}

template <class Real> Rule<Real> rule_of_biases(const LearningRule& rule) {
    return {static_cast<Real>(rule.rate), static_cast<Real>(rule.momentum), Real{0}, Real{0}, rule.nesterov};
}

void require_equal(std::size_t parameters, std::size_t gradient, std::size_t change) {
    core::ensure(gradient == parameters && change == parameters, "a gradient has the shape of the parameters");
}

template <class Real>
void update_part(const Rule<Real>& rule, std::span<const Real> gradient, std::span<Real> change,
                 std::span<Real> parameters) {
    require_equal(parameters.size(), gradient.size(), change.size());
    constexpr std::size_t piece = 1 << 14;
#pragma omp parallel for schedule(static) if (parameters.size() > 4 * piece)
    for (std::size_t first = 0; first < parameters.size(); first += piece) {
        const std::size_t count = std::min(piece, parameters.size() - first);
        update_range(rule, count, gradient.data() + first, change.data() + first, parameters.data() + first);
    }
}

/// Scales the columns of the weights that are longer than this.
template <class Real> void limit_norms(linalg::Matrix<Real>& weights, double largest) {
    std::vector<double> squares(static_cast<std::size_t>(weights.cols()));
    for (int i = 0; i < weights.rows(); ++i) {
        const Real* weight = weights.row(i).data();
#pragma omp simd
        for (std::size_t j = 0; j < squares.size(); ++j) squares[j] += static_cast<double>(weight[j]) * weight[j];
    }
    std::vector<Real> factors;
    for (const double square : squares) {
        factors.push_back(square > largest * largest ? static_cast<Real>(largest / std::sqrt(square)) : Real{1});
    }
    for (int i = 0; i < weights.rows(); ++i) {
        std::ranges::transform(weights.row(i), factors, weights.row(i).begin(), std::multiplies());
    }
}

} // namespace

template <class Real>
void update_weights(const LearningRule& rule, std::span<const Real> gradient, std::span<Real> change,
                    std::span<Real> weights) {
    require_equal(weights.size(), gradient.size(), change.size());
    update_range(rule_of_weights<Real>(rule), weights.size(), gradient.data(), change.data(), weights.data());
}

template <class Real>
void update_biases(const LearningRule& rule, std::span<const Real> gradient, std::span<Real> change,
                   std::span<Real> biases) {
    update_part<Real>(rule_of_biases<Real>(rule), gradient, change, biases);
}

template <class Real>
void update(const LearningRule& rule, const Gradient<Real>& gradient, Rbm<Real>& change, Rbm<Real>& rbm) {
    update_part<Real>(rule_of_weights<Real>(rule), gradient.weights.values(), change.weights.values(),
                      rbm.weights.values());
    update_biases<Real>(rule, gradient.visible_bias, change.visible_bias, rbm.visible_bias);
    update_biases<Real>(rule, gradient.hidden_bias, change.hidden_bias, rbm.hidden_bias);
    if (rule.max_norm > 0) limit_norms(rbm.weights, rule.max_norm);
}

template void update(const LearningRule&, const Gradient<float>&, Rbm<float>&, Rbm<float>&);
template void update(const LearningRule&, const Gradient<double>&, Rbm<double>&, Rbm<double>&);
template void update_weights(const LearningRule&, std::span<const float>, std::span<float>, std::span<float>);
template void update_biases(const LearningRule&, std::span<const float>, std::span<float>, std::span<float>);

} // namespace blockspin::net
#endif
