#include <blockspin/flow/finite_lattice.hpp>

#include "block_sum_parts.hpp"

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// Is P(−|−σ) = P(+|σ)?
bool treats_up_and_down_alike(const coarsen::RuleTable& rule) {
    const auto up = rule.probability_up();
    for (std::size_t state = 0; state < up.size(); ++state)
        if (std::abs(up[state] + up[up.size() - 1 - state] - 1) > 1e-12) return false;
    return true;
}

} // namespace

FiniteLattice::FiniteLattice(lattice::Geometry geometry, coarsen::RuleTable rule, model::OperatorBasis kept)
    : geometry_(std::move(geometry)), rule_(std::move(rule)), kept_(std::move(kept)),
      classes_(block_lattice(geometry_, rule_)), blocks_(block_lattice(geometry_, rule_)) {
    if (!treats_up_and_down_alike(rule_))
        throw core::InputError("a rule that does not treat up and down alike brings couplings that the flow without a "
                               "field does not have");
    for (const model::Operator& op : kept_) {
        const auto place = classes_.find(op);
        if (!place)
            throw core::InputError(fmt::format("the operator {} cannot be told from simpler ones on a lattice of {} "
                                               "block spins",
                                               op.name(), blocks_.sites()));
        places_.push_back(*place);
        couplings_.push_back({op.name(), op.is_even() ? Parity::even : Parity::odd});
    }
    if (geometry_.sites() <= quickly_enumerated_sites)
        levels_ = std::make_shared<const SpinLevels>(spin_levels(kept_, geometry_, rule_));
}

BlockSum FiniteLattice::sum(std::span<const double> point, Slopes slopes) const {
    check_point(couplings_, point);
    if (levels_) return block_sum(*levels_, blocks_, point, slopes);
    return block_sum(mpi::Communicator::self(), {kept_, {point.begin(), point.end()}}, geometry_, rule_, slopes);
}

Image FiniteLattice::kept(std::span<const double> function) const {
    const model::Expansion all = classes_.expand(function);
    Image image{{}, all.constant / static_cast<double>(blocks_.sites())};
    for (const std::size_t place : places_) image.couplings.push_back(all.couplings[place]);
    return image;
}

Image FiniteLattice::apply(std::span<const double> point) const {
    Image image = kept(sum(point, Slopes::none).log_weights);
    if (is_even(couplings_, point)) // symmetry forbids what rounding brought
        for (std::size_t a = 0; a < couplings_.size(); ++a)
            if (couplings_[a].parity == Parity::odd) image.couplings[a] = 0.0;
    return image;
}

Derivative FiniteLattice::jacobian(std::span<const double> point) const {
    const BlockSum sums = sum(point, Slopes::all);
    const int n = static_cast<int>(point.size());
    Derivative result{linalg::Matrix<double>(n, n), {}};
    for (int b = 0; b < n; ++b) {
        const Image slope = kept(sums.slopes[static_cast<std::size_t>(b)]);
        for (int a = 0; a < n; ++a) result.couplings(a, b) = slope.couplings[static_cast<std::size_t>(a)];
        result.constant.push_back(slope.constant);
    }
    return result;
}

} // namespace blockspin::flow
