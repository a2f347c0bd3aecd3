#include <blockspin/flow/kadanoff.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

double log_sum_exp(std::span<const double> numbers) {
    const double largest = std::ranges::max(numbers);
    double sum = 0.0;
    for (const double x : numbers) sum += std::exp(x - largest);
    return largest + std::log(sum);
}

/// ln Σ_h count_h e^{p (n − 2h)} and its derivative by p, for p ≥ 0.
struct DistanceSum {
    double log = 0.0;
    double slope = 0.0;
};

DistanceSum distance_sum(std::span<const std::int32_t> counts, double p) {
    const int n = static_cast<int>(counts.size()) - 1;
    const auto nearest =
        static_cast<int>(std::ranges::find_if(counts, [](int count) { return count > 0; }) - counts.begin());
    const double per_step = std::exp(-2 * p);
    double sum = 0.0, moment = 0.0; // Σ count x^{h − nearest} and Σ (h − nearest) count x^{h − nearest}, by Horner
    for (int h = n; h >= nearest; --h) {
        moment = moment * per_step + sum * per_step;
        sum = sum * per_step + counts[h];
    }
    return {p * (n - 2 * nearest) + std::log(sum), n - 2 * nearest - 2 * moment / sum};
}

/// Gives couplings of equal numbers of spins their mean.
void symmetrise(const SpinClasses& classes, std::span<double> couplings) {
    const auto sizes = static_cast<std::size_t>(classes.spins() + 1);
    std::vector<double> sum(sizes, 0.0), number(sizes, 0.0);
    for (int a = 1; a < classes.count(); ++a) {
        sum[classes.bits(a)] += couplings[a - 1] * classes.size(a);
        number[classes.bits(a)] += classes.size(a);
    }
    for (int a = 1; a < classes.count(); ++a) couplings[a - 1] = sum[classes.bits(a)] / number[classes.bits(a)];
}

} // namespace

Kadanoff::Kadanoff(std::shared_ptr<const SpinClasses> classes, double p)
    : classes_(std::move(classes)), p_(p), kernel_(classes_->count(), classes_->count()), slope_(kernel_) {
    if (!(p >= 0) || !std::isfinite(p)) throw core::InputError(fmt::format("p = {}: a finite number ≥ 0 is needed", p));
    for (int s = 0; s < classes_->count(); ++s) {
        const double m = classes_->magnetization(s);
        for (int r = 0; r < classes_->count(); ++r) {
            const DistanceSum sum = distance_sum(classes_->at_distance(r, s), p);
            kernel_(r, s) = sum.log - log_2cosh(p * m);
            slope_(r, s) = sum.slope - m * std::tanh(p * m);
        }
    }
}

/// (r, s): the logarithm of what class s of σ adds to e^{u'}, given class r of μ.
linalg::Matrix<double> Kadanoff::exponents(std::span<const double> point) const {
    check_point(couplings(), point);
    const std::vector<double> u = classes_->values(point);
    linalg::Matrix<double> result = kernel_;
    for (int r = 0; r < result.rows(); ++r)
        for (int s = 0; s < result.cols(); ++s) result(r, s) += classes_->spins() * u[s];
    return result;
}

/// (r, s): the probability of class s of σ, given class r of μ.
linalg::Matrix<double> Kadanoff::probabilities(std::span<const double> point) const {
    linalg::Matrix<double> result = exponents(point);
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

void Kadanoff::keep_symmetries(std::span<const double> point, Image& image) const {
    if (is_even(couplings(), point))
        for (std::size_t a = 0; a < point.size(); ++a)
            if (couplings()[a].parity == Parity::odd) image.couplings[a] = 0.0;
    if (asymmetry(*classes_, point) == 0.0) symmetrise(*classes_, image.couplings);
}

Image Kadanoff::apply(std::span<const double> point) const {
    const linalg::Matrix<double> terms = exponents(point);
    std::vector<double> values;
    for (int r = 0; r < terms.rows(); ++r) values.push_back(log_sum_exp(terms.row(r)));
    Image result = image(values);
    keep_symmetries(point, result);
    return result;
}

Derivative Kadanoff::jacobian(std::span<const double> point) const {
    const linalg::Matrix<double> given = probabilities(point);
    const int count = classes_->count();
    Derivative result{linalg::Matrix<double>(count - 1, count - 1), std::vector<double>(point.size())};
    for (int b = 1; b < count; ++b) {
        std::vector<double> product(given.rows()), mean(given.rows());
        for (int s = 0; s < count; ++s) product[s] = classes_->product_sum(b, s);
        linalg::gemv(linalg::Op::none, classes_->spins(), given, product, 0.0, mean);
        const Image column = image(mean);
        result.constant[b - 1] = column.constant;
        for (int a = 1; a < count; ++a) result.couplings(a - 1, b - 1) = column.couplings[a - 1];
    }
    return result;
}

Image Kadanoff::slope_in_p(std::span<const double> point) const {
    const linalg::Matrix<double> given = probabilities(point);
    std::vector<double> mean(given.rows(), 0.0);
    for (int r = 0; r < given.rows(); ++r)
        for (int s = 0; s < given.cols(); ++s) mean[r] += given(r, s) * slope_(r, s);
    Image result = image(mean);
    keep_symmetries(point, result);
    return result;
}

double Kadanoff::ceiling(std::span<const double> point) const {
    check_point(couplings(), point);
    std::vector<double> exponents = classes_->values(point);
    for (int s = 0; s < classes_->count(); ++s)
        exponents[s] = classes_->spins() * exponents[s] + std::log(classes_->size(s));
    return log_sum_exp(exponents) / classes_->spins();
}

double asymmetry(const SpinClasses& classes, std::span<const double> couplings) {
    check_point(classes.couplings(), couplings);
    const auto sizes = static_cast<std::size_t>(classes.spins() + 1);
    std::vector<double> least(sizes, HUGE_VAL), most(sizes, -HUGE_VAL);
    double result = 0.0;
    for (int a = 1; a < classes.count(); ++a) {
        const int bits = classes.bits(a);
        least[bits] = std::min(least[bits], couplings[a - 1]);
        most[bits] = std::max(most[bits], couplings[a - 1]);
        result = std::max(result, most[bits] - least[bits]);
    }
    return result;
}

Start one_sublattice_decimated(const SpinClasses& classes, double K) {
    std::vector<double> values;
    for (int s = 0; s < classes.count(); ++s) values.push_back(log_2cosh(K * classes.magnetization(s)));
    std::vector<double> all = classes.expansion(values);
    Start start{{all.begin() + 1, all.end()}, all.front(), 0.5};
    symmetrise(classes, start.couplings);
    for (int a = 1; a < classes.count(); ++a)
        if (classes.bits(a) % 2 == 1) start.couplings[a - 1] = 0.0;
    return start;
}

Start bonds_shared(const SpinClasses& classes, double K) {
    const int bond = classes.of(0b11), d = classes.spatial_dimension();
    const double bonds_of_hypercube = d * (1 << d) / 2.0;
    if (classes.size(bond) != bonds_of_hypercube)
        throw core::InputError(
            "these classes do not tell nearest neighbours from other pairs: take the hypercubic ones");
    std::vector<double> couplings(classes.couplings().size(), 0.0);
    couplings[bond - 1] = K / (1 << (d - 1));
    return {std::move(couplings), 0.0, 1.0};
}

} // namespace blockspin::flow
