#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <blockspin/io/parameters.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::model {

/// Section [model.disorder]: quenched random bonds. The coupling of a bond is K J, with K = couplings.nn and J its own.
struct DisorderParameters {
    std::string distribution = "plus-minus";
    std::optional<double> antiferromagnetic{};
    std::optional<double> mean{};
    std::optional<double> width{};
    std::int64_t samples = 16;
    std::optional<std::uint64_t> seed{};

    void fields(auto& visit) {
        visit("distribution", distribution,
              {.meaning = "J of a bond: plus-minus, +1 or -1; gaussian, normally distributed.",
               .choices = {"plus-minus", "gaussian"},
               .source = "doi:10.1088/0305-4608/5/5/017"});
        visit("antiferromagnetic", antiferromagnetic,
              {.meaning = "Probability p of J = -1, for plus-minus; left out: 1/2.", .minimum = 0.0, .maximum = 1.0});
        visit("mean", mean, {.meaning = "Mean of J, for gaussian; left out: 0.", .minimum = -16.0, .maximum = 16.0});
        visit("width", width,
              {.meaning = "Standard deviation of J, for gaussian; left out: 1.", .maximum = 8.0, .above = 0.0});
        visit("samples", samples,
              {.meaning = "Realisations of the bonds; every one of them has chains of its own at every point.",
               .minimum = 1,
               .maximum = 1 << 20});
        visit("seed", seed,
              {.meaning =
                   "Seed of the bonds alone; left out: that of the study. Realisation 0, 1, ... of a seed is the "
                   "same whatever is done with it."});
    }
    void check(io::Problems& problems) const;

    bool is_plus_minus() const noexcept { return distribution == "plus-minus"; }
    /// With their defaults.
    double probability() const noexcept { return antiferromagnetic.value_or(0.5); }
    double mean_bond() const noexcept { return mean.value_or(0.0); }
    double bond_width() const noexcept { return width.value_or(1.0); }
};

/// The random bonds of all samples: pure functions of (seed, sample, site, direction), whoever asks for them.
///
/// They are integers in units of unit(), so that energies are sums of integers: ±1, or, if normal, multiples of 2^-24.
class Disorder {
  public:
    /// `study_seed` where the parameters name none.
    Disorder(const DisorderParameters& parameters, std::uint64_t study_seed);

    /// J of one unit.
    double unit() const noexcept;
    /// The bond of a sample from a global site along direction number `direction` of
    /// lattice::Geometry::bond_offsets(0).
    std::int32_t bond(std::int64_t sample, std::int64_t site, int direction) const;

    /// The coupling K at which the thermal average of the energy, averaged over the bonds too, is known exactly, on any
    /// lattice: ln((1 − p)/p)/2 for plus-minus bonds, mean/width² for normal ones. Nishimori, Prog. Theor. Phys. 66
    /// (1981) 1169. None where there is no such K ≥ 0.
    std::optional<double> nishimori_coupling() const;
    /// That energy per bond, in J: −tanh K, or −mean.
    double nishimori_energy() const;

  private:
    DisorderParameters parameters_;
    rng::Key key_;
};

} // namespace blockspin::model
