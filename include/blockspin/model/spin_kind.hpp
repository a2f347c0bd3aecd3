#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace blockspin::model {

/// What a spin may be, and what its couplings multiply, −H/kT = Σ_a K_a S_a: sums over bonds of nearest neighbours or
/// over sites. A spin is a byte; 0 stands for the sites beyond an open boundary and adds nothing to any sum.
class SpinKind {
  public:
    enum class Name { ising, potts, blume_capel };
    static constexpr int most_states = 100;

    /// s = ±1. nn: s s'; field: s; and all the other couplings of model::Operator.
    static SpinKind ising() { return {Name::ising, -1, 2, 2}; }
    /// s = 1 … q. nn: δ(s, s'); field: δ(s, 1). Potts, Proc. Camb. Phil. Soc. 48 (1952) 106; Wu, Rev. Mod. Phys. 54
    /// (1982) 235. InputError unless 2 ≤ q ≤ most_states.
    static SpinKind potts(int states);
    /// s = −1, 0, 1. nn: s s'; field: s; crystal_field: −s², so that a positive one empties sites; biquadratic: s² s'².
    /// Blume, Phys. Rev. 141 (1966) 517; Capel, Physica 32 (1966) 966; Blume, Emery and Griffiths, Phys. Rev. A 4
    /// (1971) 1071.
    static SpinKind blume_capel() { return {Name::blume_capel, -1, 1, 3}; }

    Name name() const noexcept { return name_; }
    bool is_ising() const noexcept { return name_ == Name::ising; }
    bool is_potts() const noexcept { return name_ == Name::potts; }
    bool is_blume_capel() const noexcept { return name_ == Name::blume_capel; }
    /// As in a message: "Ising spins", "Potts spins".
    std::string_view text() const noexcept;

    int states() const noexcept { return states_; }
    /// The byte of state 0, 1, …, states() − 1.
    std::int8_t value(int state) const noexcept { return static_cast<std::int8_t>(lowest_ + state * step_); }
    /// The number of the state with this byte.
    int state(std::int8_t value) const noexcept { return (value - lowest_) / step_; }
    bool has(std::int8_t value) const noexcept;

    /// The couplings that these spins can have; of Ising spins only those of nearest neighbours.
    std::span<const std::string_view> couplings() const noexcept;
    /// What a bond adds to the sum that this coupling multiplies; 0 if that is one over sites.
    int of_bond(std::string_view coupling, std::int8_t spin, std::int8_t neighbour) const noexcept;
    /// What a site adds to it; 0 if it is a sum over bonds.
    int of_site(std::string_view coupling, std::int8_t spin) const noexcept;

    bool operator==(const SpinKind&) const = default;

  private:
    SpinKind(Name name, int lowest, int step, int states)
        : name_(name), lowest_(lowest), step_(step), states_(states) {}

    Name name_;
    int lowest_, step_, states_;
};

/// The critical coupling of the q-state Potts model on the infinite square lattice, ln(1 + √q) (Potts 1952), and its
/// energy per site there, −Σ δ(s, s')/N = −(1 + 1/√q): the mean of both phases where the transition is of first order,
/// q > 4. The model is its own dual there, and by duality half of the bonds of its random clusters are occupied, each
/// with probability √q/(1 + √q) between like spins (Baxter, J. Phys. C 6 (1973) L445; Wu 1982).
struct PottsCriticalPoint {
    double coupling;
    double energy;
};
PottsCriticalPoint potts_critical_point(int states);

} // namespace blockspin::model
