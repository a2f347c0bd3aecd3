#include <blockspin/mcrg/linearised_flow.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/stats/gamma_method.hpp>
#include <blockspin/stats/jackknife.hpp>

#include <algorithm>
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

/// Measurements of all chains, joined to bins: each chain to equally many, with the same mean as its measurements.
class Bins {
  public:
    Bins(std::size_t measurements, std::size_t chains)
        : chains_(chains), length_(measurements / chains),
          count_(std::max<std::size_t>(1, length_ / (1 + measurements / most_bins))) {}

    bool join() const noexcept { return count_ < length_; }
    /// [bin], chain after chain, of value(measurement).
    std::vector<double> means(const auto& value) const {
        std::vector<double> result;
        for (std::size_t chain = 0; chain < chains_; ++chain) {
            for (std::size_t bin = 0; bin < count_; ++bin) {
                double sum = 0;
                const std::size_t end = chain * length_ + (bin + 1) * length_ / count_;
                for (std::size_t i = chain * length_ + bin * length_ / count_; i < end; ++i) sum += value(i);
                result.push_back(sum * static_cast<double>(count_) / static_cast<double>(length_));
            }
        }
        return result;
    }
    stats::Record record(const std::vector<double>& values) const { return cut(values, count_); }
    stats::Record unjoined(const std::vector<double>& values) const { return cut(values, length_); }

  private:
    static constexpr std::size_t most_bins = 2048;

    stats::Record cut(const std::vector<double>& values, std::size_t length) const {
        stats::Record record;
        for (std::size_t chain = 0; chain < chains_; ++chain) {
            record.push_back(std::span(values).subspan(chain * length, length));
        }
        return record;
    }

    std::size_t chains_, length_, count_;
};

/// Deviations of the sums of one sector from their means.
using Deviations = std::vector<std::vector<std::vector<double>>>;

Deviations deviations(const SectorSeries& series) {
    Deviations result = series.sums;
    if (series.means == Means::zero) return result;
    for (auto& level : result) {
        for (std::vector<double>& values : level) {
            const double centre = mean(values);
            for (double& value : values) value -= centre;
        }
    }
    return result;
}

/// One step of one sector: the binned products of deviations before and after it, and the way back from the means of
/// these to the correlators. Deviations, because products of the sums themselves would be large numbers with a small
/// difference.
class Products {
  public:
    Products(const Deviations& deviations, std::size_t step, const Bins& bins, Means means,
             std::vector<std::vector<double>>& observables)
        : operators_(deviations[step].size()), means_(means), first_(observables.size()) {
        std::vector<const std::vector<double>*> both;
        for (const auto& values : deviations[step]) both.push_back(&values);
        for (const auto& values : deviations[step - 1]) both.push_back(&values);
        for (std::size_t a = 0; a < operators_; ++a) {
            // Of the symmetric correlators of S' with S' one half is enough.
            for (std::size_t b = a; b < both.size(); ++b) {
                observables.push_back(bins.means([&](std::size_t i) { return (*both[a])[i] * (*both[b])[i]; }));
            }
        }
        if (means_ == Means::zero) return;
        for (const auto* values : both) {
            observables.push_back(bins.means([&](std::size_t i) { return (*values)[i]; }));
        }
    }

    /// From the means of all observables.
    Correlators correlators(std::span<const double> means) const {
        const int n = static_cast<int>(operators_);
        auto next = means.begin() + static_cast<std::ptrdiff_t>(first_);
        const auto deviations = next + n * (n + 1) / 2 + n * n;
        const auto disconnected = [&](int a, int b) {
            return means_ == Means::zero ? 0.0 : deviations[a] * deviations[b];
        };
        Correlators result{Matrix<double>(n, n), Matrix<double>(n, n)};
        for (int a = 0; a < n; ++a) {
            for (int c = a; c < n; ++c) result.coarse(a, c) = result.coarse(c, a) = *next++ - disconnected(a, c);
            for (int b = 0; b < n; ++b) result.cross(a, b) = *next++ - disconnected(a, n + b);
        }
        return result;
    }

  private:
    std::size_t operators_;
    Means means_;
    std::size_t first_; ///< of its observables among those of all steps and sectors
};

/// All of a flow: its observables, and the eigenvalues that follow from their means.
class Flow {
  public:
    explicit Flow(const FlowSeries& series) : bins_(series.sectors.front().sums.front().front().size(), series.chains) {
        for (const SectorSeries& sector : series.sectors) {
            const Deviations of_sector = deviations(sector);
            for (std::size_t step = 1; step < of_sector.size(); ++step) {
                steps_.push_back({Products(of_sector, step, bins_, sector.means, observables_), sector.eigenvalues});
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
