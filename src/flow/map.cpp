#include <blockspin/flow/map.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>

#include <fmt/ranges.h>

namespace blockspin::flow {

std::vector<std::string> names(std::span<const Coupling> couplings) {
    std::vector<std::string> result;
    for (const Coupling& coupling : couplings) result.push_back(coupling.name);
    return result;
}

void check_point(std::span<const Coupling> couplings, std::span<const double> point) {
    if (point.size() != couplings.size())
        throw core::InputError(fmt::format("{} couplings given where the map has {}: {}", point.size(),
                                           couplings.size(), fmt::join(names(couplings), ", ")));
    for (std::size_t a = 0; a < point.size(); ++a)
        if (!std::isfinite(point[a]))
            throw core::InputError(fmt::format("the coupling {} is {}", couplings[a].name, point[a]));
}

bool is_even(std::span<const Coupling> couplings, std::span<const double> point) {
    for (std::size_t a = 0; a < point.size(); ++a)
        if (couplings[a].parity == Parity::odd && point[a] != 0.0) return false;
    return true;
}

void separate_parities(std::span<const Coupling> couplings, std::span<const double> point,
                       linalg::Matrix<double>& jacobian) {
    if (!is_even(couplings, point)) return;
    for (int a = 0; a < jacobian.rows(); ++a)
        for (int b = 0; b < jacobian.cols(); ++b)
            if (couplings[a].parity != couplings[b].parity) jacobian(a, b) = 0.0;
}

} // namespace blockspin::flow
