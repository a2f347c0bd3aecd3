#include <blockspin/mcrg/linearised_flow.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/stats/jackknife.hpp>

#include <cmath>
#include <numeric>
#include <span>

namespace blockspin::mcrg {

namespace {

using linalg::Matrix;

Matrix<double> leading_block(const Matrix<double>& matrix, int n) {
    Matrix<double> block(n, n);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) block(i, j) = matrix(i, j);
    return block;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Deviations of S and S' from their means and the products of those, as series; and the way back from the means of
/// all these series to the correlators. Deviations, because products of the sums themselves would be large numbers
/// with a small difference.
class Products {
  public:
    explicit Products(const StepSeries& series)
        : chains_(series.chains), operators_(series.fine.size()), means_(series.means) {
        std::vector<std::vector<double>> deviations = series.coarse;
        deviations.insert(deviations.end(), series.fine.begin(), series.fine.end());
        if (means_ == Means::estimated) {
            for (std::vector<double>& values : deviations) {
                const double centre = mean(values);
                for (double& value : values) value -= centre;
            }
        }
        for (std::size_t a = 0; a < operators_; ++a) {
            // Of the symmetric correlators of S' with S' one half is enough.
            for (std::size_t b = a; b < 2 * operators_; ++b) {
                std::vector<double>& product = products_.emplace_back(deviations[a]);
                for (std::size_t i = 0; i < product.size(); ++i) product[i] *= deviations[b][i];
            }
        }
        if (means_ == Means::estimated) {
            products_.insert(products_.end(), deviations.begin(), deviations.end());
        }
    }

    /// Each series, cut into the chains.
    std::vector<stats::Record> records() const {
        std::vector<stats::Record> records;
        for (const std::vector<double>& values : products_) {
            const std::size_t length = values.size() / chains_;
            stats::Record& record = records.emplace_back();
            for (std::size_t chain = 0; chain < chains_; ++chain) {
                record.push_back(std::span(values).subspan(chain * length, length));
            }
        }
        return records;
    }

    /// The mean of each series.
    std::vector<double> means() const {
        std::vector<double> means;
        for (const std::vector<double>& values : products_) means.push_back(mean(values));
        return means;
    }

    Correlators correlators(std::span<const double> means) const {
        const int n = static_cast<int>(operators_);
        const auto deviations = means_ == Means::estimated ? means.last(2 * operators_) : std::span<const double>();
        const auto disconnected = [&](int a, int b) {
            return deviations.empty()
                       ? 0.0
                       : deviations[static_cast<std::size_t>(a)] * deviations[static_cast<std::size_t>(b)];
        };
        Correlators result{Matrix<double>(n, n), Matrix<double>(n, n)};
        auto next = means.begin();
        for (int a = 0; a < n; ++a) {
            for (int c = a; c < n; ++c) result.coarse(a, c) = result.coarse(c, a) = *next++ - disconnected(a, c);
            for (int b = 0; b < n; ++b) result.cross(a, b) = *next++ - disconnected(a, n + b);
        }
        return result;
    }

  private:
    std::size_t chains_, operators_;
    Means means_;
    std::vector<std::vector<double>> products_;
};

/// Leading eigenvalues of the first operator, the first two, …
std::vector<std::complex<double>> leading_eigenvalues(const Correlators& correlators) {
    std::vector<std::complex<double>> eigenvalues;
    for (int n = 1; n <= correlators.coarse.rows(); ++n) {
        eigenvalues.push_back(leading_eigenvalue(linearised_flow(correlators, n)));
    }
    return eigenvalues;
}

std::vector<double> exponents_of(const Correlators& correlators, int scale_factor) {
    std::vector<double> result;
    for (const std::complex<double> eigenvalue : leading_eigenvalues(correlators)) {
        if (eigenvalue == 0.0) throw core::InputError("the linearised flow vanishes");
        result.push_back(std::log(std::abs(eigenvalue)) / std::log(scale_factor));
    }
    return result;
}

} // namespace

Matrix<double> linearised_flow(const Correlators& correlators, int operators) {
    return linalg::solve(leading_block(correlators.coarse, operators), leading_block(correlators.cross, operators));
}

std::complex<double> leading_eigenvalue(const Matrix<double>& matrix) {
    return linalg::eigen_general(matrix).values.front();
}

std::vector<Exponent> exponents(const StepSeries& series, int scale_factor) {
    core::ensure(!series.fine.empty() && series.fine.size() == series.coarse.size(), "the same operators twice");
    const Products products(series);
    const auto records = products.records();
    const auto derived = stats::jackknife(records, [&](std::span<const double> means) {
        return exponents_of(products.correlators(means), scale_factor);
    });
    const auto eigenvalues = leading_eigenvalues(products.correlators(products.means()));
    std::vector<Exponent> result;
    for (std::size_t i = 0; i < eigenvalues.size(); ++i) {
        result.push_back({derived.estimates[i], eigenvalues[i].imag() == 0 && eigenvalues[i].real() > 0});
    }
    return result;
}

} // namespace blockspin::mcrg
