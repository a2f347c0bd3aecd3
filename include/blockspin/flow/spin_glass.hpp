#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <blockspin/mpi/communicator.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::flow {

enum class Disorder { plus_minus, gaussian };

/// Ising spins with random bonds on the hierarchical lattice of b^{d−1} chains of b bonds, whose distribution of bonds
/// is followed as a population: K' = Σ_i artanh Π_j tanh K_ij over b^{d−1} × b bonds drawn from the last one (B. W.
/// Southern, A. P. Young, J. Phys. C 10 (1977) 2179; C. Jayaprakash, J. Chalupa, M. Wortis, Phys. Rev. B 15 (1977)
/// 1495).
///
/// Bonds are J = ±1, +1 with probability x (`plus_minus`), or normal with mean x and variance 1 (`gaussian`); K = J/T,
/// and at T = 0 the bonds themselves flow by the limit J' = Σ_i sgn Π_j J_ij min_j |J_ij|.
struct SpinGlass {
    int spatial_dimension = 3;
    int scale_factor = 2;
    Disorder disorder = Disorder::plus_minus;
    int population = 20000; ///< bonds
    std::uint64_t seed = 0;

    /// b^{d−1}.
    int chains() const;
};

/// A model: its composition x and its temperature in units of J.
struct GlassModel {
    double composition = 0.0;
    double temperature = 0.0;
};

/// The composition on Nishimori's line at a temperature above 0, where P(−K) = e^{−2K} P(K) stays so in every step: x =
/// 1/(1 + e^{−2/T}) or 1/T (H. Nishimori, Prog. Theor. Phys. 66 (1981) 1169).
double nishimori_composition(Disorder disorder, double temperature);

/// One population of bonds: the same on all ranks, which share the work of a step. Which bonds a new one is made of is
/// a pure function of (seed, number of the population, level, bond).
class BondPopulation {
  public:
    /// The distribution of a model at `population` evenly spaced quantiles. `number` tells independent ones apart.
    BondPopulation(const SpinGlass& glass, const GlassModel& model, int number);

    double mean() const noexcept { return mean_; }
    double width() const noexcept { return width_; } ///< standard deviation
    /// ∂ width / ∂ s for the perturbation that began with tracing; 0 without.
    double width_slope() const noexcept { return width_slope_; }
    const std::vector<double>& bonds() const noexcept { return bonds_; }

    /// One step. Collective.
    void advance(const mpi::Communicator& comm);
    /// All bonds times a factor.
    void rescale(double factor);
    /// From now on follows the derivative of every bond by ln of a common factor on all bonds, too. At T > 0 only.
    void trace();

  private:
    void measure();

    SpinGlass glass_;
    bool is_cold_;
    int number_;
    int level_ = 0;
    std::vector<double> bonds_, slopes_;
    double mean_ = 0.0, width_ = 0.0, width_slope_ = 0.0;
};

enum class GlassPhase { paramagnet, ferromagnet, spin_glass, undecided };

/// The phase that one population flows to: bonds that vanish, that grow with a mean above 10 times their width in
/// magnitude (all but alike), or that grow with a mean below 0.05 of it. `undecided` where 200 steps do not tell.
/// Collective.
GlassPhase phase(const mpi::Communicator& comm, const SpinGlass& glass, const GlassModel& model, int number);

/// Is the model at a parameter beyond a phase boundary? For one population, by its number.
using Beyond = std::function<bool(double parameter, int number)>;

/// Where `beyond` becomes true between `low`, where it is not, and `high`, by bisection for each of `populations`
/// populations: mean and error. Empty if one of them has no boundary there. Collective if `beyond` is.
std::optional<stats::Estimate> boundary(const Beyond& beyond, double low, double high, int populations);

/// Temperature below which a composition is no paramagnet. Empty if it always is. Collective.
std::optional<stats::Estimate> critical_temperature(const mpi::Communicator& comm, const SpinGlass& glass,
                                                    double composition, int populations);

/// Composition (at least 1/2, or 0) above which a temperature is ferromagnetic. Empty if none is. Collective.
std::optional<stats::Estimate> critical_composition(const mpi::Communicator& comm, const SpinGlass& glass,
                                                    double temperature, int populations);

/// Temperature on Nishimori's line below which it is ferromagnetic: of the multicritical point. Collective.
std::optional<stats::Estimate> multicritical_temperature(const mpi::Communicator& comm, const SpinGlass& glass,
                                                         int populations);

/// θ of the T = 0 fixed point without a mean, from normal bonds whatever the disorder: the width grows as b^{θ n}.
/// Negative: no spin glass above T = 0. Collective.
stats::Estimate stiffness_exponent(const mpi::Communicator& comm, const SpinGlass& glass, int populations);

/// The fixed point between paramagnet and spin glass.
struct GlassTransition {
    stats::Estimate width; ///< of its bonds
    stats::Estimate y_T;   ///< 1/ν
};

/// Of a distribution without a mean that is kept at the unstable fixed point: each step that changes the width by a
/// factor is answered by the inverse change from the width before; the linearised flow of a common factor then grows as
/// b^{y_T n}. Meaningful where θ > 0. Collective.
GlassTransition glass_transition(const mpi::Communicator& comm, const SpinGlass& glass, int populations);

/// Mean and width of the bonds, level by level from the start, averaged over populations. Collective.
struct GlassFlow {
    std::vector<double> mean, width;
};
GlassFlow glass_flow(const mpi::Communicator& comm, const SpinGlass& glass, const GlassModel& model, int levels,
                     int populations);

} // namespace blockspin::flow
