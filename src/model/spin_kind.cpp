#include <blockspin/model/spin_kind.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace blockspin::model {

SpinKind SpinKind::potts(int states) {
    if (states < 2 || states > most_states) {
        throw core::InputError(fmt::format("Potts spins have 2 … {} states, not {}", most_states, states));
    }
    return {Name::potts, 1, 1, states};
}

std::string_view SpinKind::text() const noexcept {
    switch (name_) {
    case Name::ising:
        return "Ising spins";
    case Name::potts:
        return "Potts spins";
    case Name::blume_capel:
        return "Blume-Capel spins";
    }
    return "spins";
}

bool SpinKind::has(std::int8_t value) const noexcept {
    const int above = value - lowest_;
    return above >= 0 && above % step_ == 0 && above / step_ < states_;
}

std::span<const std::string_view> SpinKind::couplings() const noexcept {
    static constexpr std::array<std::string_view, 4> all{"nn", "field", "crystal_field", "biquadratic"};
    return std::span(all).first(is_blume_capel() ? 4 : 2);
}

int SpinKind::of_bond(std::string_view coupling, std::int8_t spin, std::int8_t neighbour) const noexcept {
    if (spin == 0 || neighbour == 0) return 0;
    if (coupling == "biquadratic") return is_blume_capel() ? 1 : 0;
    if (coupling != "nn") return 0;
    return is_potts() ? static_cast<int>(spin == neighbour) : spin * neighbour;
}

int SpinKind::of_site(std::string_view coupling, std::int8_t spin) const noexcept {
    if (spin == 0) return 0;
    if (coupling == "crystal_field") return is_blume_capel() ? -1 : 0;
    if (coupling != "field") return 0;
    return is_potts() ? static_cast<int>(spin == 1) : spin;
}

PottsCriticalPoint potts_critical_point(int states) {
    const double root = std::sqrt(static_cast<double>(states));
    return {.coupling = std::log1p(root), .energy = -(1 + 1 / root)};
}

} // namespace blockspin::model
