#pragma once

#include <vector>

namespace blockspin::bounds {

// Lower bounds from systems that are open in all but one or two directions. Infinite hypercubic lattice.

/// A bound and the work it took, in numbers read and written (LayerTransfer::operations).
struct OpenBound {
    double value = 0.0;
    double operations = 0.0;
};

/// f of independent columns of the given cross-section in the field of their neighbours' mean magnetisation φ: with
/// s s' ≥ φ s + φ s' − φ² on average, f ≥ f_column(h + K n_i φ) − K φ² (cut bonds per site), for any φ, n_i being the
/// number of cut bonds of a site. First-order Gibbs–Bogoliubov; the best φ is searched for. Needs K ≥ 0; no extents:
/// the chain, for any K, where the bound is f itself. InputError for K < 0 with extents.
OpenBound column_bound(const std::vector<int>& extents, double K, double h);

/// Simple cubic lattice, T its layer transfer matrix: ln‖T‖ ≥ [ln⟨v|T^{n−1}|v⟩ − ln⟨v|v⟩]/(n − 1) with
/// v = exp{(g Σ s s' + b Σ s)/2}, in-plane nearest neighbours. n layers make ⟨v|T^{n−1}|v⟩, bounded below by
/// ln μ(L + 1) − ln μ(L) of diagonal cylinders; ⟨v|v⟩ is Onsager's square lattice (b = 0) or free spins (g = 0).
/// For h = 0 and K ≥ 0 g is searched for, else b. Any K and h.
OpenBound slab_bound(int layers, int diagonal, double K, double h);

/// Steps of the corner iteration in a stack: more than it needs where the correlation length of its layers is below 50.
inline constexpr int stack_steps = 200;

/// The same with ⟨v|T^{n−1}|v⟩ bounded below by the row state of n layers with χ states, which leaves almost nothing of
/// it, and v with g or b, whichever is better. Needs 0 ≤ K and 0 ≤ h, 2 to 6 layers; InputError otherwise.
OpenBound stack_bound(int layers, int chi, double K, double h);

} // namespace blockspin::bounds
