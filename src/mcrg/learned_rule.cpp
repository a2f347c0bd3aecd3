#include <blockspin/mcrg/learned_rule.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/net/model_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace blockspin::mcrg {

namespace {

[[noreturn]] void refuse(std::string_view why) { throw core::InputError(fmt::format("[block] learned: {}", why)); }

/// The parameters that are the same for every block. InputError where they are not.
net::SharedParameters<float> shared_parameters(const net::Rbm<float>& rbm, const std::vector<std::int64_t>& extents,
                                               int factor) {
    try {
        const net::SharedWeights sharing(extents, factor, factor, 1);
        if (rbm.visible() == sharing.visible() && rbm.hidden() == sharing.hidden()) {
            const net::SharedParameters<float> shared = sharing.mean(rbm);
            const net::Rbm<float> tied = sharing.dense(shared);
            if (tied.weights == rbm.weights && tied.hidden_bias == rbm.hidden_bias) return shared;
        }
    } catch (const core::InputError& error) {
        refuse(error.what());
    }
    refuse(fmt::format("the machine of {} and {} units does not have one hidden unit, with the same weights, for each "
                       "block of {} sites a side of the lattice",
                       rbm.visible(), rbm.hidden(), factor));
}

} // namespace

net::HiddenUnitRule learned_rule(const BlockParameters& parameters, const lattice::Geometry& finest) {
    const LearnedRuleParameters& learned = parameters.learned.value();
    const std::vector<net::Stack> stacks = net::read_model_file(learned.model);
    if (learned.training >= static_cast<std::int64_t>(stacks.size())) {
        refuse(fmt::format("training {} of {}, which are counted from 0", learned.training, stacks.size()));
    }
    const net::Rbm<float>& rbm = stacks[static_cast<std::size_t>(learned.training)].front();
    if (!rbm.is_binary()) refuse("only machines of binary units");
    std::vector<std::int64_t> extents = learned.size;
    for (int d = 0; learned.size.empty() && d < finest.dimension(); ++d) extents.push_back(finest.extents()[d]);
    if (static_cast<int>(extents.size()) != finest.dimension()) refuse("size: not as many extents as the lattice has");
    const auto factor = static_cast<int>(parameters.factor);
    const net::SharedParameters<float> shared = shared_parameters(rbm, extents, factor);
    double sum = 0;
    for (const float w : shared.weights.values()) sum += static_cast<double>(w);
    const double sign = sum < 0 ? -1 : 1;
    net::SharedParameters<double> rule{linalg::Matrix<double>(shared.weights.rows(), 1),
                                       0.0,
                                       {sign * static_cast<double>(shared.hidden_bias.front())}};
    std::ranges::transform(shared.weights.values(), rule.weights.values().begin(),
                           [sign](float w) { return sign * static_cast<double>(w); });
    return {finest.dimension(), factor, rule};
}

} // namespace blockspin::mcrg
