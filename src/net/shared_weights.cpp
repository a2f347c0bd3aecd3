#include <blockspin/net/shared_weights.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/rng/draws.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace blockspin::net {

namespace {

void check(const std::vector<std::int64_t>& extents, int kernel, int stride, int maps) {
    if (extents.empty() || extents.size() > lattice::max_dimension || kernel < 1 || stride < 1 || maps < 1) {
        throw core::InputError("shared weights need 1 to 4 extents, and a positive kernel, stride and number of maps");
    }
    for (const std::int64_t extent : extents) {
        if (extent >= 1 && extent % stride == 0 && kernel <= extent) continue;
        throw core::InputError(fmt::format("a kernel of {} sites does not move in steps of {} over a lattice of {}",
                                           kernel, stride, fmt::join(extents, " x ")));
    }
}

/// Calls work(coordinates) for all points of a box, x fastest.
template <class Work> void for_each_point(const std::vector<std::int64_t>& extents, const Work& work) {
    std::vector<std::int64_t> at(extents.size());
    for (;;) {
        work(at);
        std::size_t direction = 0;
        while (direction < at.size() && ++at[direction] == extents[direction]) at[direction++] = 0;
        if (direction == at.size()) return;
    }
}

} // namespace

SharedWeights::SharedWeights(const std::vector<std::int64_t>& extents, int kernel, int stride, int maps) : maps_(maps) {
    check(extents, kernel, stride, maps);
    for (const std::int64_t extent : extents) {
        lattice_sites_ *= extent;
        coarse_.push_back(extent / stride);
        blocks_ *= static_cast<int>(coarse_.back());
    }
    const std::vector<std::int64_t> box(extents.size(), kernel);
    for_each_point(coarse_, [&](const std::vector<std::int64_t>& block) {
        for_each_point(box, [&](const std::vector<std::int64_t>& offset) {
            std::int64_t site = 0;
            for (std::size_t d = extents.size(); d-- > 0;) {
                site = site * extents[d] + (block[d] * stride + offset[d]) % extents[d];
            }
            sites_.push_back(static_cast<int>(site));
        });
    });
}

template <class Real> Rbm<Real> SharedWeights::dense(const SharedParameters<Real>& shared) const {
    core::ensure(shared.weights.rows() == kernel_sites() && shared.weights.cols() == maps_ &&
                     shared.hidden_bias.size() == static_cast<std::size_t>(maps_),
                 "shared parameters of this kernel and these maps");
    Rbm<Real> rbm(visible(), hidden());
    std::ranges::fill(rbm.visible_bias, shared.visible_bias);
    for (int map = 0; map < maps_; ++map) {
        auto site = sites_.begin();
        for (int unit = map * blocks_; unit < (map + 1) * blocks_; ++unit) {
            rbm.hidden_bias[static_cast<std::size_t>(unit)] = shared.hidden_bias[static_cast<std::size_t>(map)];
            for (int k = 0; k < kernel_sites(); ++k) rbm.weights(*site++, unit) = shared.weights(k, map);
        }
    }
    return rbm;
}

template <class Real> SharedParameters<Real> SharedWeights::mean(const Rbm<Real>& rbm) const {
    core::ensure(rbm.visible() == visible() && rbm.hidden() == hidden(), "a machine of the shape that is shared");
    linalg::Matrix<double> weights(kernel_sites(), maps_);
    std::vector<double> hidden_bias(static_cast<std::size_t>(maps_));
    double visible_bias = 0;
    for (const Real bias : rbm.visible_bias) visible_bias += static_cast<double>(bias);
    for (int map = 0; map < maps_; ++map) {
        auto site = sites_.begin();
        for (int unit = map * blocks_; unit < (map + 1) * blocks_; ++unit) {
            hidden_bias[static_cast<std::size_t>(map)] +=
                static_cast<double>(rbm.hidden_bias[static_cast<std::size_t>(unit)]);
            for (int k = 0; k < kernel_sites(); ++k) weights(k, map) += static_cast<double>(rbm.weights(*site++, unit));
        }
    }
    const auto of_blocks = [&](double sum) { return static_cast<Real>(sum / blocks_); };
    SharedParameters<Real> result{
        linalg::Matrix<Real>(kernel_sites(), maps_), static_cast<Real>(visible_bias / visible()), {}};
    std::ranges::transform(weights.values(), result.weights.values().begin(), of_blocks);
    std::ranges::transform(hidden_bias, std::back_inserter(result.hidden_bias), of_blocks);
    return result;
}

void SharedWeights::tie(Rbm<float>& rbm) const {
    const Rbm<float> tied = dense(mean(rbm));
    for (std::size_t part = 0; part < tied.parts().size(); ++part) {
        std::ranges::copy(tied.parts()[part], rbm.parts()[part].begin());
    }
}

template Rbm<float> SharedWeights::dense(const SharedParameters<float>&) const;
template Rbm<double> SharedWeights::dense(const SharedParameters<double>&) const;
template SharedParameters<float> SharedWeights::mean(const Rbm<float>&) const;
template SharedParameters<double> SharedWeights::mean(const Rbm<double>&) const;

HiddenUnitRule::HiddenUnitRule(int dimension, int scale_factor, const SharedParameters<double>& shared)
    : scale_factor_(scale_factor), weights_(shared.weights.values().begin(), shared.weights.values().end()) {
    const bool fits = scale_factor > 1 && shared.weights.cols() == 1 && shared.hidden_bias.size() == 1 &&
                      static_cast<double>(weights_.size()) == std::pow(scale_factor, dimension);
    if (!fits) {
        throw core::InputError(
            "only a machine of one map whose stride is as wide as its kernel, at least 2, acts block "
            "by block");
    }
    bias_ = shared.hidden_bias.front();
    if (!std::isfinite(bias_) || !std::ranges::all_of(weights_, [](double w) { return std::isfinite(w); })) {
        throw core::InputError("the weights of a block must be finite numbers");
    }
}

std::int8_t HiddenUnitRule::apply_block(coarsen::Spins sigma, const rng::Key& key, rng::Address address) const {
    address.purpose = rng::Purpose::block_draw;
    const bool up = rng::uniform(key, address) < std::exp(log_probability(1, sigma));
    return up ? std::int8_t{1} : std::int8_t{-1};
}

/// −ln(1 + e^{−2 μ (b + w·σ)}) without overflow.
double HiddenUnitRule::log_probability(std::int8_t mu, coarsen::Spins sigma) const {
    core::ensure(sigma.size() == weights_.size(), "the spins of one block");
    double field = bias_;
    for (std::size_t i = 0; i < sigma.size(); ++i) field += weights_[i] * sigma[i];
    const double x = 2 * mu * field;
    return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x)));
}

} // namespace blockspin::net
