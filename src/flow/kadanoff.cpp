#include <blockspin/flow/kadanoff.hpp>

#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace blockspin::flow {

namespace {

double log_sum_exp(std::span<const double> numbers) {
    const double largest = std::ranges::max(numbers);
    double sum = 0.0;
    for (const double x : numbers) sum += std::exp(x - largest);
    return largest + std::log(sum);
}

double largest_modulus(std::span<const double> numbers) {
    double result = 0.0;
    for (const double x : numbers) result = std::max(result, std::abs(x));
    return result;
}

/// Largest difference between values on classes of one shell.
double spread(const CellClasses& classes, std::span<const double> values) {
    const auto shells = static_cast<std::size_t>(classes.count());
    std::vector<double> least(shells, HUGE_VAL), most(shells, -HUGE_VAL);
    double result = 0.0;
    for (int s = 0; s < classes.count(); ++s) {
        const int shell = classes.shell(s);
        least[shell] = std::min(least[shell], values[s]);
        most[shell] = std::max(most[shell], values[s]);
        result = std::max(result, most[shell] - least[shell]);
    }
    return result;
}

/// Gives values on classes of one shell their mean.
void symmetrise(const CellClasses& classes, std::span<double> values) {
    const auto shells = static_cast<std::size_t>(classes.count());
    std::vector<double> sum(shells, 0.0), number(shells, 0.0);
    for (int s = 0; s < classes.count(); ++s) {
        sum[classes.shell(s)] += values[s] * classes.size(s);
        number[classes.shell(s)] += classes.size(s);
    }
    for (int s = 0; s < classes.count(); ++s) values[s] = sum[classes.shell(s)] / number[classes.shell(s)];
}

bool is_totally_symmetric(const CellClasses& classes, std::span<const double> values) {
    return spread(classes, values) <= 1e-13 * (1 + largest_modulus(values));
}

/// Exponents that differ by less do not underflow, nor do products of two of their exponentials.
constexpr double safe_range = 300;

bool is_safe(std::span<const double> exponents) {
    const auto [least, most] = std::ranges::minmax(exponents);
    return most - least < safe_range;
}

} // namespace

Kadanoff::Kadanoff(std::shared_ptr<const CellClasses> classes, std::vector<double> parameters)
    : classes_(std::move(classes)), parameters_(std::move(parameters)), kernel_(classes_->kernel(parameters_)),
      scaled_(kernel_.log) {
    for (int r = 0; r < scaled_.rows() && has_safe_kernel_; ++r) {
        has_safe_kernel_ = is_safe(scaled_.row(r));
        largest_.push_back(std::ranges::max(scaled_.row(r)));
        for (double& x : scaled_.row(r)) x = std::exp(x - largest_.back());
    }
}

/// (r, s): the logarithm of what class s of σ adds to e^{u'}, given class r of μ.
linalg::Matrix<double> Kadanoff::exponents(std::span<const double> u) const {
    linalg::Matrix<double> result = kernel_.log;
    for (int r = 0; r < result.rows(); ++r)
        for (int s = 0; s < result.cols(); ++s) result(r, s) += classes_->spins() * u[s];
    return result;
}

/// ln Σ_σ per class r of μ: by one product of a matrix and a vector where nothing can underflow.
std::vector<double> Kadanoff::log_sums(std::span<const double> u) const {
    std::vector<double> weights(u.begin(), u.end()), result(u.size());
    for (double& x : weights) x *= classes_->spins();
    if (!has_safe_kernel_ || !is_safe(weights)) {
        const linalg::Matrix<double> terms = exponents(u);
        for (int r = 0; r < terms.rows(); ++r) result[r] = log_sum_exp(terms.row(r));
        return result;
    }
    const double most = std::ranges::max(weights);
    for (double& x : weights) x = std::exp(x - most);
    linalg::gemv(linalg::Op::none, 1.0, scaled_, weights, 0.0, result);
    for (std::size_t r = 0; r < result.size(); ++r) result[r] = most + largest_[r] + std::log(result[r]);
    return result;
}

/// (r, s): the probability of class s of σ, given class r of μ.
linalg::Matrix<double> Kadanoff::probabilities(std::span<const double> point) const {
    check_point(couplings(), point);
    linalg::Matrix<double> result = exponents(classes_->values(point));
    for (int r = 0; r < result.rows(); ++r) {
        const double log_sum = log_sum_exp(result.row(r));
        for (double& x : result.row(r)) x = std::exp(x - log_sum);
    }
    return result;
}

Image Kadanoff::image(std::span<const double> values) const {
    std::vector<double> all = classes_->expansion(values);
    const double constant = all.front();
    all.erase(all.begin());
    return {std::move(all), constant};
}

Image Kadanoff::apply(std::span<const double> point) const {
    check_point(couplings(), point);
    const std::vector<double> u = classes_->values(point);
    std::vector<double> values = log_sums(u);
    if (is_totally_symmetric(*classes_, u)) symmetrise(*classes_, values);
    Image result = image(values);
    if (is_even(couplings(), point))
        for (std::size_t a = 0; a < point.size(); ++a)
            if (couplings()[a].parity == Parity::odd) result.couplings[a] = 0.0;
    return result;
}

Derivative Kadanoff::jacobian(std::span<const double> point) const {
    const linalg::Matrix<double> given = probabilities(point);
    const int count = classes_->count();
    linalg::Matrix<double> functions(count - 1, count); // f_b on class s, b ≥ 1
    for (int b = 1; b < count; ++b)
        for (int s = 0; s < count; ++s) functions(b - 1, s) = classes_->spins() * classes_->function(b, s);
    const linalg::Matrix<double> means = linalg::product(functions, given, linalg::Op::none, linalg::Op::transpose);
    Derivative result{linalg::Matrix<double>(count - 1, count - 1), std::vector<double>(point.size())};
    const linalg::Matrix<double> columns = classes_->expansions(means);
    for (int b = 0; b < count - 1; ++b) {
        result.constant[b] = columns(b, 0);
        for (int a = 0; a < count - 1; ++a) result.couplings(a, b) = columns(b, a + 1);
    }
    return result;
}

Adjoint Kadanoff::adjoint(std::span<const double> point, std::span<const double> gradient) const {
    const linalg::Matrix<double> given = probabilities(point);
    const double volume = classes_->spins();
    const std::vector<double> by_value = classes_->slope_by_value(gradient); // ∂(constant + f')/∂u'_r
    std::vector<double> weight(by_value.size());                             // how much (r, s) matters, summed over r
    linalg::gemv(linalg::Op::transpose, 1.0, given, by_value, 0.0, weight);
    Adjoint result{classes_->slope_by_coupling(weight), {}};
    for (const linalg::Matrix<double>& slope : kernel_.slopes) {
        double sum = 0.0;
        for (int r = 0; r < given.rows(); ++r)
            for (int s = 0; s < given.cols(); ++s) sum += by_value[r] * given(r, s) * slope(r, s);
        result.parameters.push_back(sum / volume);
    }
    return result; // n u(σ) in the exponent and 2^{-d} in front cancel in the slopes by couplings
}

double Kadanoff::ceiling(std::span<const double> point) const {
    check_point(couplings(), point);
    std::vector<double> exponents = classes_->values(point);
    for (int s = 0; s < classes_->count(); ++s)
        exponents[s] = classes_->spins() * exponents[s] + std::log(classes_->size(s));
    return log_sum_exp(exponents) / classes_->spins();
}

double asymmetry(const CellClasses& classes, std::span<const double> couplings) {
    check_point(classes.couplings(), couplings);
    return spread(classes, classes.values(couplings));
}

} // namespace blockspin::flow
