#include <blockspin/bounds/layer_transfer.hpp>

#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::bounds {

namespace {

using State = std::vector<double>;

constexpr std::int64_t block = 4096;

/// Σ term(i), block by block: the same bits on any number of threads.
template <class Term> double blocked_sum(std::size_t count, Term&& term) {
    const auto blocks = static_cast<std::int64_t>((count + block - 1) / block);
    std::vector<double> partial(static_cast<std::size_t>(blocks));
#pragma omp parallel for schedule(static) if (blocks > 8)
    for (std::int64_t b = 0; b < blocks; ++b) {
        double sum = 0.0;
        const std::size_t end = std::min(count, static_cast<std::size_t>((b + 1) * block));
        for (auto i = static_cast<std::size_t>(b * block); i < end; ++i) sum += term(i);
        partial[static_cast<std::size_t>(b)] = sum;
    }
    double sum = 0.0;
    for (const double part : partial) sum += part;
    return sum;
}

double dot(const State& a, const State& b) {
    return blocked_sum(a.size(), [&](std::size_t i) { return a[i] * b[i]; });
}

/// a += factor b.
void add(State& a, double factor, const State& b) {
    const auto count = static_cast<std::int64_t>(a.size());
#pragma omp parallel for schedule(static) if (count > 8 * block)
    for (std::int64_t i = 0; i < count; ++i) a[static_cast<std::size_t>(i)] += factor * b[static_cast<std::size_t>(i)];
}

void scale(State& a, double factor) {
    for (double& value : a) value *= factor;
}

/// Replaces `x`, of norm 1, by the Ritz vector of the largest real Ritz value in the Krylov space of x; returns the
/// norm of its residual relative to that value.
double arnoldi_cycle(const LayerTransfer& transfer, State& x, int steps) {
    std::vector<State> basis{std::move(x)};
    linalg::Matrix<double> projected(steps, steps);
    double next = 0.0;
    int dimension = 0;
    while (dimension < steps) {
        State image(transfer.size());
        transfer.apply(basis.back(), image);
        const double size = std::sqrt(dot(image, image));
        for (int pass = 0; pass < 2; ++pass) {
            for (int i = 0; i <= dimension; ++i) {
                const double overlap = dot(basis[static_cast<std::size_t>(i)], image);
                projected(i, dimension) += overlap;
                add(image, -overlap, basis[static_cast<std::size_t>(i)]);
            }
        }
        next = std::sqrt(dot(image, image));
        ++dimension;
        if (dimension == steps || next <= 1e-14 * size) break;
        projected(dimension, dimension - 1) = next;
        scale(image, 1.0 / next);
        basis.push_back(std::move(image));
    }
    linalg::Matrix<double> small(dimension, dimension);
    for (int i = 0; i < dimension; ++i)
        for (int j = 0; j < dimension; ++j) small(i, j) = projected(i, j);
    const linalg::GeneralEigen eigen = linalg::eigen_general(small);
    State ritz(transfer.size());
    for (int i = 0; i < dimension; ++i) add(ritz, eigen.right(i, 0).real(), basis[static_cast<std::size_t>(i)]);
    scale(ritz, 1.0 / std::sqrt(dot(ritz, ritz)));
    x = std::move(ritz);
    return next * std::abs(eigen.right(dimension - 1, 0)) / std::abs(eigen.values[0]);
}

struct Ratios {
    double least = std::numeric_limits<double>::infinity();
    double largest = 0.0;
};

Ratios ratios(const State& x, const State& image) {
    const auto count = static_cast<std::int64_t>(x.size());
    double least = std::numeric_limits<double>::infinity(), largest = 0.0;
#pragma omp parallel for schedule(static) reduction(min : least) reduction(max : largest) if (count > 8 * block)
    for (std::int64_t i = 0; i < count; ++i) {
        const double ratio = image[static_cast<std::size_t>(i)] / x[static_cast<std::size_t>(i)];
        least = std::min(least, ratio);
        largest = std::max(largest, ratio);
    }
    return {least, largest};
}

bool is_positive(const State& x) {
    return std::ranges::all_of(x, [](double value) { return value >= std::numeric_limits<double>::min(); });
}

} // namespace

PerronRoot perron_root(const LayerTransfer& transfer, double tolerance) {
    constexpr int krylov = 6, cycles = 60, plain_steps = 400;
    State x(transfer.size(), std::pow(2.0, -0.5 * transfer.sites()));
    int applications = 0;
    double residual = 1.0;
    for (int cycle = 0; cycle < cycles && residual > 0.1 * tolerance; ++cycle) {
        const double before = residual;
        residual = arnoldi_cycle(transfer, x, krylov);
        applications += krylov;
        if (residual < 1e-9 && residual > 0.5 * before) break;
    }
    if (!is_positive(x)) std::ranges::transform(x, x.begin(), [](double value) { return std::abs(value) + 1e-300; });
    PerronRoot best{.low = -std::numeric_limits<double>::infinity(), .high = std::numeric_limits<double>::infinity()};
    State image(transfer.size());
    int stalled = 0;
    for (int step = 0; step < plain_steps && stalled < 8 && best.high - best.low > tolerance; ++step) {
        if (!is_positive(x)) break; // a weight was too small for a number: nothing can be certified
        transfer.apply(x, image);
        ++applications;
        const Ratios found = ratios(x, image);
        const double margin = transfer.rounding();
        const double low = std::log(found.least) - margin, high = std::log(found.largest) + margin;
        stalled = high - low < 0.9 * (best.high - best.low) ? 0 : stalled + 1;
        best.low = std::max(best.low, low);
        best.high = std::min(best.high, high);
        std::swap(x, image);
        scale(x, 1.0 / std::sqrt(dot(x, x)));
    }
    best.operations = applications * transfer.operations();
    return best;
}

} // namespace blockspin::bounds
