#include <blockspin/net/update.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace blockspin::net {

namespace {

template <class Real> struct Rule { Real rate, momentum, l1, l2; };

template <class Real>
void update_range(const Rule<Real>& rule, std::size_t count, const Real* gradient, Real* change, Real* parameters) {
    const Rule<Real> r = rule;
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i) {
        const Real value = parameters[i];
        const Real sign = (value > Real{0} ? Real{1} : Real{0}) - (value < Real{0} ? Real{1} : Real{0});
        change[i] = r.momentum * change[i] + r.rate * (gradient[i] - r.l1 * sign - r.l2 * value);
        parameters[i] = value + change[i];
    }
}

template <class Real>
void update_part(const Rule<Real>& rule, std::span<const Real> gradient, std::span<Real> change,
                 std::span<Real> parameters) {
    core::ensure(gradient.size() == parameters.size() && change.size() == parameters.size(),
                 "a gradient has the shape of the parameters");
    constexpr std::size_t piece = 1 << 14;
#pragma omp parallel for schedule(static) if (parameters.size() > 4 * piece)
    for (std::size_t first = 0; first < parameters.size(); first += piece) {
        const std::size_t count = std::min(piece, parameters.size() - first);
        update_range(rule, count, gradient.data() + first, change.data() + first, parameters.data() + first);
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
