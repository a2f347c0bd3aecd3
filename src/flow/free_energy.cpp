#include <blockspin/flow/free_energy.hpp>

#include <blockspin/linalg/product.hpp>

namespace blockspin::flow {

std::vector<double> pulled_back(const Derivative& step, std::span<const double> gradient, double volume_factor) {
    std::vector<double> result = step.constant;
    linalg::gemv(linalg::Op::transpose, 1.0, step.couplings, gradient, 1.0, result);
    for (double& component : result) component /= volume_factor;
    return result;
}

} // namespace blockspin::flow
