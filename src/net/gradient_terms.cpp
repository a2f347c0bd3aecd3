#include <blockspin/net/gradient_terms.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>

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

void require_fit(const UnitMeans& means, const Gradient<float>& gradient) {
    core::ensure(means.visible.size() == gradient.visible_bias.size() &&
                     means.hidden.size() == gradient.hidden_bias.size(),
                 "a mean for each unit");
}

} // namespace

void follow(const UnitMeans& now, double decay, UnitMeans& average) {
    follow(now.visible, static_cast<float>(decay), average.visible);
    follow(now.hidden, static_cast<float>(decay), average.hidden);
}

void centre(const UnitMeans& offsets, Gradient<float>& gradient) {
    require_fit(offsets, gradient);
    const std::vector<float> of_hidden = gradient.hidden_bias;
    const std::size_t hidden = of_hidden.size();
    for (std::size_t i = 0; i < offsets.visible.size(); ++i) {
        float* weight = gradient.weights.row(static_cast<int>(i)).data();
        const float of_visible = gradient.visible_bias[i], mu = offsets.visible[i];
        float projection = 0.0F;
        for (std::size_t j = 0; j < hidden; ++j) {
            weight[j] -= of_visible * offsets.hidden[j] + mu * of_hidden[j];
            gradient.hidden_bias[j] -= weight[j] * mu;
            projection += weight[j] * offsets.hidden[j];
        }
        gradient.visible_bias[i] -= projection;
    }
}

void add_sparsity(double cost, double target, const UnitMeans& average, const UnitMeans& now,
                  Gradient<float>& gradient) {
    require_fit(average, gradient);
    require_fit(now, gradient);
    std::vector<float> excess;
    for (const float mean : average.hidden) {
        excess.push_back(static_cast<float>(cost * (1.0 + static_cast<double>(mean) - 2.0 * target)));
    }
    for (std::size_t j = 0; j < excess.size(); ++j) gradient.hidden_bias[j] -= excess[j];
    for (std::size_t i = 0; i < now.visible.size(); ++i) {
        float* weight = gradient.weights.row(static_cast<int>(i)).data();
        for (std::size_t j = 0; j < excess.size(); ++j) weight[j] -= excess[j] * now.visible[i];
    }
}

/// With J the derivative of (W, a, b) by (W', a', b'), the gradient g becomes J J^T g.
void in_units_0_and_1(Gradient<float>& gradient) {
    const std::vector<float> of_hidden = gradient.hidden_bias;
    for (float& b : gradient.hidden_bias) b /= 4;
    for (std::size_t i = 0; i < gradient.visible_bias.size(); ++i) {
        float* weight = gradient.weights.row(static_cast<int>(i)).data();
        const float of_visible = gradient.visible_bias[i];
        float sum = of_visible / 4;
        for (std::size_t j = 0; j < of_hidden.size(); ++j) {
            weight[j] = (weight[j] + of_visible + of_hidden[j]) / 16;
            sum += weight[j];
            gradient.hidden_bias[j] += weight[j];
        }
        gradient.visible_bias[i] = sum;
    }
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
