#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <blockspin/net/rbm.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

// What an update may do to the gradient of the log-likelihood, or its estimate, before it follows it.

/// A mean of each unit.
struct UnitMeans {
    std::vector<float> visible, hidden;
};

/// Changes of the gradient, in the order in which they are made:
///  - in_units_0_and_1: the change that the gradient by the parameters of the same machine in units 0 and 1 makes to
///    those in units −1 and +1: with E = −s·W' t − a'·s − b'·t, s = (1 + v)/2 and t = (1 + h)/2, W = W'/4, a = a'/2 +
///    Σ_j W'_ij/4, b = b'/2 + Σ_i W'_ij/4. Plain ascent depends on the units (Melchior, Fischer, Wiskott, JMLR 17
///    (2016) 99);
///  - centred: the gradient by the parameters of E = −(v − μ)·W (h − λ) − a'·(v − μ) − b'·(h − λ), with μ and λ held
///    fixed, as a change of W, a and b: ∇W ← ∇W − ∇a λ^T − μ ∇b^T, then ∇a ← ∇a − ∇W λ, ∇b ← ∇b − ∇W^T μ (the same
///    paper; Montavon and Müller 2012). It ascends as the plain one does, but does not depend on which state of a unit
///    is called +1. μ and λ are the running averages;
///  - sparsity: less cost · the derivative of −t ln q_j − (1 − t) ln (1 − q_j), q_j the average probability that hidden
///    unit j is on, by the field on the unit, taken to be 2 (q_j − t): by the biases, and times the mean of the visible
///    unit by the weights (Hinton 2010, section 11). q comes from the running averages, the visible means do not.
struct GradientChange {
    bool in_units_0_and_1 = false, centred = false;
    double sparsity_cost = 0.0, sparsity_target = 0.0;
    double average_decay = 0.0;   ///< average ← decay · average + (1 − decay) · now; one of nothing becomes `now`
    UnitMeans* average = nullptr; ///< the running averages; nullptr where nothing follows them

    bool is_none() const noexcept {
        return !in_units_0_and_1 && !centred && sparsity_cost == 0.0 && average == nullptr;
    }
};

/// Weights of sums over the units of each layer.
struct UnitWeights {
    std::vector<float> visible, hidden;
};

/// Sums of a matrix with such weights: Σ_j G_ij w_j for each visible unit, Σ_i G_ij w_i for each hidden one.
struct WeightedSums {
    std::vector<double> of_visible, of_hidden;
};

/// A changed gradient. By the weights it is f G + Σ_k x_k y_k^T, so that whoever has a part of G changes it by himself;
/// by the biases it needs sums of G, which are asked for.
class GradientTerms {
  public:
    /// Changes nothing.
    GradientTerms() = default;
    /// Moves the running averages, and changes the biases in `gradient`, not its weights. `now` are the means of the
    /// units over the data of this update; sums(w) gives a WeightedSums for each of some UnitWeights. InternalError if
    /// shapes do not match.
    GradientTerms(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient,
                  const std::function<std::vector<WeightedSums>(std::span<const UnitWeights>)>& sums);

    /// Derivatives by the weights of a visible unit to the hidden ones from `first` on.
    void apply(int visible, int first, std::span<float> derivatives) const;

  private:
    struct Product {
        std::vector<float> visible, hidden;
    };
    void use_units_0_and_1(const WeightedSums& sums, Gradient<float>& gradient);
    void centre(const UnitMeans& offsets, WeightedSums sums, Gradient<float>& gradient);
    void add_sparsity(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient);

    float factor_ = 1.0F;
    std::vector<Product> products_;
};

/// The whole gradient changed.
void change_gradient(const GradientChange& change, const UnitMeans& now, Gradient<float>& gradient);

/// Which hidden units take part in an update, each with probability 1 − dropout; addressed by training, step and unit
/// (rng::Purpose::dropout).
std::vector<std::uint8_t> kept_units(const rng::Key& key, std::int32_t training, std::int64_t step, int hidden,
                                     double dropout);

/// Takes the other hidden units out, of a machine or of a gradient: their weights and biases become 0 (Srivastava et
/// al., JMLR 15 (2014) 1929, section 8). InternalError unless there is one flag per hidden unit.
void keep_only(std::span<const std::uint8_t> kept, Rbm<float>& rbm);

} // namespace blockspin::net
