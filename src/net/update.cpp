#include <blockspin/net/update.hpp>

#include <blockspin/core/check.hpp>

namespace blockspin::net {

namespace {

template <class Real> struct Rule { Real rate, momentum, l1, l2; };

template <class Real>
void update_part(const Rule<Real>& rule, std::span<const Real> gradient, std::span<Real> change,
                 std::span<Real> parameters) {
    core::ensure(gradient.size() == parameters.size() && change.size() == parameters.size(),
                 "a gradient has the shape of the parameters");
    const auto size = static_cast<std::int64_t>(parameters.size());
#pragma omp parallel for simd schedule(static) if (size > (1 << 16))
    for (std::int64_t i = 0; i < size; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const Real value = parameters[at];
        const Real sign = static_cast<Real>(value > Real{0}) - static_cast<Real>(value < Real{0});
        change[at] = rule.momentum * change[at] + rule.rate * (gradient[at] - rule.l1 * sign - rule.l2 * value);
        parameters[at] += change[at];
    }
}

} // namespace

template <class Real>
void update(const LearningRule& rule, const Gradient<Real>& gradient, Rbm<Real>& change, Rbm<Real>& rbm) {
    const Rule<Real> weights{static_cast<Real>(rule.rate), static_cast<Real>(rule.momentum), static_cast<Real>(rule.l1),
                             static_cast<Real>(rule.l2)};
    const Rule<Real> biases{weights.rate, weights.momentum, Real{0}, Real{0}};
    for (std::size_t part = 0; part < rbm.parts().size(); ++part) {
        update_part<Real>(part == 0 ? weights : biases, gradient.parts()[part], change.parts()[part],
                          rbm.parts()[part]);
    }
}

template void update(const LearningRule&, const Gradient<float>&, Rbm<float>&, Rbm<float>&);
template void update(const LearningRule&, const Gradient<double>&, Rbm<double>&, Rbm<double>&);

} // namespace blockspin::net
