#pragma once

#include <span>

#include <blockspin/net/rbm.hpp>

namespace blockspin::net {

/// How a gradient changes the parameters.
struct LearningRule {
    double rate = 0.01;
    double momentum = 0.0; ///< share of the last change that is kept
    double l1 = 0.0;       ///< strength of the penalty Σ |W|
    double l2 = 0.0;       ///< strength of the penalty Σ W² / 2
    bool nesterov = false; ///< the gradient is taken where momentum leads
    double max_norm = 0.0; ///< of the weights of each hidden unit, after the update; 0: no limit
};

/// change ← momentum · change + rate · (gradient − l1 sign W − l2 W); parameters ← parameters + change. The biases have
/// no penalty. Hinton 2010, sections 7, 9 and 10.
/// With Nesterov's momentum the parameters are kept at the point that momentum alone leads to, where the next gradient
/// is needed: parameters ← parameters + momentum · change + rate · (…), with the new change (Sutskever et al., ICML
/// 2013; Bengio, Boulanger-Lewandowski, Pascanu, ICASSP 2013, eq. 7, for a constant momentum). Last, the weights of a
/// hidden unit whose Euclidean norm is above max_norm are scaled back to it (Srivastava et al., JMLR 15 (2014) 1929,
/// section 5.1). InternalError if shapes do not match.
template <class Real>
void update(const LearningRule& rule, const Gradient<Real>& gradient, Rbm<Real>& change, Rbm<Real>& rbm);

/// The same for some weights, without the limit of norms and on the calling thread alone, and for biases.
template <class Real>
void update_weights(const LearningRule& rule, std::span<const Real> gradient, std::span<Real> change,
                    std::span<Real> weights);
template <class Real>
void update_biases(const LearningRule& rule, std::span<const Real> gradient, std::span<Real> change,
                   std::span<Real> biases);

} // namespace blockspin::net
