#pragma once

#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// How a gradient changes the parameters.
struct LearningRule {
    double rate = 0.01;
    double momentum = 0.0; ///< share of the last change that is kept
    double l1 = 0.0;       ///< strength of the penalty Σ |W|
    double l2 = 0.0;       ///< strength of the penalty Σ W² / 2
};

/// change ← momentum · change + rate · (gradient − l1 sign W − l2 W); parameters ← parameters + change. The biases have
/// no penalty. Hinton 2010, sections 7, 9 and 10. InternalError if shapes do not match.
template <class Real>
void update(const LearningRule& rule, const Gradient<Real>& gradient, Rbm<Real>& change, Rbm<Real>& rbm);

} // namespace blockspin::net
