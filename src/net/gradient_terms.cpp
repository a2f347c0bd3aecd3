#include <blockspin/net/gradient_terms.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace blockspin::net {

namespace {

void follow(std::span<const float> now, float decay, std::vector<float>& average) {
    if (average.empty()) {
        average.assign(now.begin(), now.end());
        return;
    }
    core::ensure(average.size() == now.size(), "averages of the same units");
    for (std::size_t i = 0; i < now.size(); ++i) average[i] = decay * average[i] + (1.0F - decay) * now[i];
}

void follow(const UnitMeans& now, double decay, UnitMeans& average) {
    follow(now.visible, static_cast<float>(decay), average.visible);
    follow(now.hidden, static_cast<float>(decay), average.hidden);
}

template <class T> double dot(std::span<const float> a, const std::vector<T>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus(),
                              [](double x, double y) { return x * y; });
}

std::vector<float> times(double factor, std::span<const float> values) {
    std::vector<float> result;
    for (const double x : values) result.push_back(static_cast<float>(factor * x));
    return result;
}

void add(double factor, const std::vector<double>& values, std::vector<float>& sums) {
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] = static_cast<float>(static_cast<double>(sums[i]) + factor * values[i]);
}

} // namespace

GradientTerms::GradientTerms(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient,
                             const std::function<std::vector<WeightedSums>(std::span<const UnitWeights>)>& sums) {
    core::ensure(now.visible.size() == gradient.visible_bias.size() && now.hidden.size() == gradient.hidden_bias.size(),
                 "a mean for each unit");
    if (change.average != nullptr) follow(now, change.average_decay, *change.average);
    std::vector<UnitWeights> weights;
    if (change.in_units_0_and_1)
        weights.push_back({std::vector(now.visible.size(), 1.0F), std::vector(now.hidden.size(), 1.0F)});
    if (change.centred) weights.push_back({change.average->visible, change.average->hidden});
    const std::vector<WeightedSums> found = weights.empty() ? std::vector<WeightedSums>() : sums(weights);
    if (change.in_units_0_and_1) use_units_0_and_1(found.front(), gradient);
    if (change.centred) centre(*change.average, found.back(), gradient);
    if (change.sparsity_cost > 0) add_sparsity(change, now, gradient);
}

/// With J the derivative of (W, a, b) by (W', a', b'), the gradient g becomes J J^T g. `sums` are those of G alone.
void GradientTerms::use_units_0_and_1(const WeightedSums& sums, Gradient<float>& gradient) {
    const std::vector<float> a = gradient.visible_bias, b = gradient.hidden_bias;
    const std::vector<float> ones_visible(a.size(), 1.0F), ones_hidden(b.size(), 1.0F);
    factor_ = 1.0F / 16;
    products_.push_back({times(1.0 / 16, a), ones_hidden});
    products_.push_back({ones_visible, times(1.0 / 16, b)});
    gradient.visible_bias = times(0.25 + static_cast<double>(b.size()) / 16, a);
    gradient.hidden_bias = times(0.25 + static_cast<double>(a.size()) / 16, b);
    const double of_a = dot(a, ones_visible) / 16, of_b = dot(b, ones_hidden) / 16;
    add(1.0 / 16, sums.of_visible, gradient.visible_bias);
    add(1.0 / 16, sums.of_hidden, gradient.hidden_bias);
    for (float& x : gradient.visible_bias) x = static_cast<float>(static_cast<double>(x) + of_b);
    for (float& x : gradient.hidden_bias) x = static_cast<float>(static_cast<double>(x) + of_a);
}

/// `sums` are those of G, with the offsets as weights.
void GradientTerms::centre(const UnitMeans& offsets, WeightedSums sums, Gradient<float>& gradient) {
    products_.push_back({times(-1.0, gradient.visible_bias), offsets.hidden});
    products_.push_back({times(-1.0, offsets.visible), gradient.hidden_bias});
    for (double& x : sums.of_visible) x *= static_cast<double>(factor_);
    for (double& x : sums.of_hidden) x *= static_cast<double>(factor_);
    for (const Product& product : products_) {
        const double of_hidden = dot(product.hidden, offsets.hidden),
                     of_visible = dot(product.visible, offsets.visible);
        for (std::size_t i = 0; i < sums.of_visible.size(); ++i)
            sums.of_visible[i] += static_cast<double>(product.visible[i]) * of_hidden;
        for (std::size_t j = 0; j < sums.of_hidden.size(); ++j)
            sums.of_hidden[j] += static_cast<double>(product.hidden[j]) * of_visible;
    }
    add(-1.0, sums.of_visible, gradient.visible_bias);
    add(-1.0, sums.of_hidden, gradient.hidden_bias);
}

void GradientTerms::add_sparsity(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient) {
    std::vector<float> lack;
    for (const double mean : change.average->hidden)
        lack.push_back(static_cast<float>(-change.sparsity_cost * (1.0 + mean - 2.0 * change.sparsity_target)));
    std::ranges::transform(gradient.hidden_bias, lack, gradient.hidden_bias.begin(), std::plus());
    products_.push_back({now.visible, std::move(lack)});
}

void GradientTerms::apply(int visible, int first, std::span<float> derivatives) const {
    float* derivative = derivatives.data();
    if (factor_ != 1.0F) {
#pragma omp simd
        for (std::size_t j = 0; j < derivatives.size(); ++j) derivative[j] *= factor_;
    }
    for (const Product& product : products_) {
        const float x = product.visible[static_cast<std::size_t>(visible)];
        const float* y = product.hidden.data() + first;
#pragma omp simd
        for (std::size_t j = 0; j < derivatives.size(); ++j) derivative[j] += x * y[j];
    }
}

void change_gradient(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient) {
    const GradientTerms terms(change, now, gradient, [&](std::span<const UnitWeights> weights) {
        std::vector<WeightedSums> sums;
        for (const UnitWeights& w : weights) {
            WeightedSums& of = sums.emplace_back();
            of.of_hidden.resize(w.hidden.size());
            for (int i = 0; i < gradient.visible(); ++i) {
                of.of_visible.push_back(dot(gradient.weights.row(i), w.hidden));
                const double of_unit = w.visible[static_cast<std::size_t>(i)];
                for (std::size_t j = 0; j < w.hidden.size(); ++j)
                    of.of_hidden[j] += of_unit * static_cast<double>(gradient.weights(i, static_cast<int>(j)));
            }
        }
        return sums;
    });
    for (int i = 0; i < gradient.visible(); ++i) terms.apply(i, 0, gradient.weights.row(i));
}

std::vector<std::uint8_t> kept_units(const rng::Key& key, std::int32_t training, std::int64_t step, int hidden,
                                     double dropout) {
    std::vector<std::uint8_t> kept;
    rng::Address address{.purpose = rng::Purpose::dropout, .chain = training, .step = step};
    for (; address.place < hidden; ++address.place) {
        kept.push_back(rng::uniform(key, address) < dropout ? std::uint8_t{0} : std::uint8_t{1});
    }
    return kept;
}

void keep_only(std::span<const std::uint8_t> kept, Rbm<float>& rbm) {
    core::ensure(kept.size() == rbm.hidden_bias.size(), "a flag for each hidden unit");
    const auto keep = [](float x, std::uint8_t is_kept) { return is_kept != 0 ? x : 0.0F; };
    std::ranges::transform(rbm.hidden_bias, kept, rbm.hidden_bias.begin(), keep);
    for (int i = 0; i < rbm.visible(); ++i) {
        std::ranges::transform(rbm.weights.row(i), kept, rbm.weights.row(i).begin(), keep);
    }
}

} // namespace blockspin::net
