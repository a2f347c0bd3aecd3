#include <blockspin/mcrg/linearised_flow.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/stats/gamma_method.hpp>
#include <blockspin/stats/jackknife.hpp>

#include "products.hpp"

#include <algorithm>
#include <cmath>
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

/// All of a flow: its observables, and the eigenvalues that follow from their means.
class Flow {
  public:
    explicit Flow(const FlowSeries& series) : bins_(series.sectors.front().sums.front().front().size(), series.chains) {
        for (const SectorSeries& sector : series.sectors) {
            const Deviations of_sector = deviations(sector);
            for (std::size_t step = 1; step < of_sector.size(); ++step) {
                steps_.push_back(
                    {Products(of_sector, step - 1, step, bins_, sector.means, observables_), sector.eigenvalues});
                for (const auto& values : of_sector[step]) watch(values);
            }
        }
    }

    std::vector<stats::Record> records() const {
        std::vector<stats::Record> records;
        for (const auto& values : observables_) records.push_back(bins_.record(values));
        return records;
    }
    std::vector<double> means() const {
        std::vector<double> means;
        for (const auto& values : observables_) means.push_back(mean(values));
        return means;
    }
    /// By sector, step, number of operators and rank.
    std::vector<std::complex<double>> eigenvalues(std::span<const double> means) const {
        std::vector<std::complex<double>> result;
        for (const auto& [products, wanted] : steps_) {
            const Correlators correlators = products.correlators(means);
            for (int n = 1; n <= correlators.coarse.rows(); ++n) {
                const auto of_matrix = mcrg::eigenvalues(linearised_flow(correlators, n));
                const auto count = std::min(wanted, of_matrix.size());
                result.insert(result.end(), of_matrix.begin(), of_matrix.begin() + static_cast<std::ptrdiff_t>(count));
            }
        }
        return result;
    }
    /// The autocorrelation time in measurements, from the squares of coarse operators; 0 where bins are measurements.
    double slowest() const noexcept { return slowest_; }

  private:
    struct Step {
        Products products;
        std::size_t eigenvalues;
    };

    void watch(const std::vector<double>& deviations) {
        if (!bins_.join()) return;
        std::vector<double> squares(deviations);
        for (double& value : squares) value *= value;
        const stats::Record record = bins_.unjoined(squares);
        slowest_ = std::max(slowest_, stats::gamma_method(record).tau_int);
    }

    Bins bins_;
    std::vector<std::vector<double>> observables_;
    std::vector<Step> steps_;
    double slowest_ = 0;
};

std::vector<Exponent> labels(const FlowSeries& series) {
    std::vector<Exponent> result;
    for (std::size_t sector = 0; sector < series.sectors.size(); ++sector) {
        const auto& [sums, means, wanted] = series.sectors[sector];
        for (std::size_t step = 1; step < sums.size(); ++step) {
            for (std::size_t n = 1; n <= sums[step].size(); ++n) {
                for (std::size_t rank = 0; rank < std::min(wanted, n); ++rank) {
                    result.push_back({.sector = sector, .step = step, .operators = n, .rank = rank});
                }
            }
        }
    }
    return result;
}

std::vector<double> exponents_of(const std::vector<std::complex<double>>& eigenvalues, int scale_factor) {
    std::vector<double> result;
    for (const std::complex<double> eigenvalue : eigenvalues) {
        if (eigenvalue == 0.0) throw core::InputError("the linearised flow vanishes");
        result.push_back(std::log(std::abs(eigenvalue)) / std::log(scale_factor));
    }
    return result;
}

} // namespace

Matrix<double> linearised_flow(const Correlators& correlators, int operators) {
    return linalg::solve(leading_block(correlators.coarse, operators), leading_block(correlators.cross, operators));
}

std::vector<std::complex<double>> eigenvalues(const Matrix<double>& matrix) {
    return linalg::eigen_general(matrix).values;
}

Exponents exponents(const FlowSeries& series, int scale_factor) {
    const Flow flow(series);
    const auto records = flow.records();
    const auto derived = stats::jackknife(
        records, [&](std::span<const double> means) { return exponents_of(flow.eigenvalues(means), scale_factor); });
    const auto eigenvalues = flow.eigenvalues(flow.means());
    const auto measurements = static_cast<double>(series.sectors.front().sums.front().front().size());
    Exponents result{labels(series), derived.covariance};
    for (std::size_t i = 0; i < eigenvalues.size(); ++i) {
        stats::Estimate& estimate = result.all[i].estimate = derived.estimates[i];
        if (flow.slowest() > 0) {
            estimate.tau_int = flow.slowest();
            estimate.n_eff = measurements / (2 * flow.slowest());
        }
        result.all[i].is_real = eigenvalues[i].imag() == 0 && eigenvalues[i].real() > 0;
    }
    return result;
}

} // namespace blockspin::mcrg
