#include "ring_operator.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/rng/draws.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace blockspin::bounds {

namespace {

using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

/// Vectors of a block Krylov space that are added at a time.
constexpr int block = 2;

double norm(std::span<const double> x) { return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0)); }

/// Random vectors of a Krylov space, the same in every call.
void fill_random(std::span<double> x, int row) {
    const rng::Key key(0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const rng::Address address{
            .purpose = rng::Purpose::krylov_start, .step = row, .place = static_cast<std::int64_t>(i)};
        x[i] = rng::uniform(key, address) - 0.5;
    }
}

/// Makes the rows of `added` orthonormal, to each other and to the first `known` rows of the basis.
void orthonormalise(const Matrix<double>& basis, int known, Matrix<double>& added) {
    for (int pass = 0; pass < 2; ++pass) {
        if (known > 0) {
            const MatrixView<const double> before = basis.view().row_block(0, known);
            const Matrix<double> overlap = linalg::product(added, before, Op::none, Op::transpose);
            linalg::gemm(Op::none, Op::none, -1.0, overlap, before, 1.0, added);
        }
        for (int i = 0; i < added.rows(); ++i) {
            for (int j = 0; j < i; ++j) {
                const double overlap =
                    std::inner_product(added.row(i).begin(), added.row(i).end(), added.row(j).begin(), 0.0);
                for (int k = 0; k < added.cols(); ++k) added(i, k) -= overlap * added(j, k);
            }
            const double size = norm(added.row(i));
            for (double& value : added.row(i)) value = size > 0.0 ? value / size : 0.0;
        }
    }
}

/// Krylov basis and its image under E, row by row.
struct Krylov {
    Matrix<double> basis, image;
};

Krylov krylov(const RingTransfer& transfer, int states, const std::function<void(std::span<double>)>& project) {
    Krylov space{Matrix<double>(states, transfer.size()), Matrix<double>(states, transfer.size())};
    Matrix<double> added(block, transfer.size());
    for (int i = 0; i < block; ++i) fill_random(added.row(i), i);
    for (int known = 0; known < states; known += block) {
        for (int i = 0; i < block; ++i) project(added.row(i));
        orthonormalise(space.basis, known, added);
        std::ranges::copy(added.values(), space.basis.row(known).begin());
        added = transfer.apply(added);
        std::ranges::copy(added.values(), space.image.row(known).begin());
    }
    return space;
}

} // namespace

RingOperator transposed(const RingOperator& a) {
    RingOperator result = a;
    std::swap(result.site[0][1], result.site[1][0]);
    return result;
}

RingOperator squared(const RingOperator& a) {
    const int c = a.bond();
    RingOperator d;
    for (int s = 0; s < 2; ++s) {
        for (int t = 0; t < 2; ++t) {
            Matrix<double>& to = d.site[static_cast<std::size_t>(s)][static_cast<std::size_t>(t)];
            to = Matrix<double>(c * c, c * c);
            for (int v = 0; v < 2; ++v)
                for (int i = 0; i < c; ++i)
                    for (int k = 0; k < c; ++k)
                        for (int j = 0; j < c; ++j)
                            for (int l = 0; l < c; ++l) to(i * c + k, j * c + l) += a(s, v)(i, j) * a(t, v)(k, l);
        }
    }
    return d;
}

RingTransfer::RingTransfer(std::vector<const RingOperator*> operators) : operators_(std::move(operators)) {
    core::ensure(operators_.size() >= 2, "a ring is closed by at least two operators");
    for (const RingOperator* each : operators_) size_ *= each->bond();
    for (std::size_t n = 0; n < operators_.size(); ++n) {
        const bool outer = n == 0 || n + 1 == operators_.size();
        operations_ += 2.0 * size_ * operators_[n]->bond() * (outer ? 4 : 8);
    }
}

std::vector<double> RingTransfer::image(std::span<const double> x) const {
    std::vector<double> sum(x.size(), 0.0);
    // The index that is contracted goes from the first to the last place, so that after all of them the order is back.
    const auto contract = [&](const RingOperator& op, int s, int t, std::span<const double> from, double beta,
                              std::span<double> to) {
        const int bond = op.bond(), rest = size_ / bond;
        linalg::gemm(Op::transpose, Op::none, 1.0, MatrixView(from, bond, rest), op(s, t), beta,
                     MatrixView(to, rest, bond));
    };
    std::array<std::vector<double>, 2> partial{sum, sum}, next{sum, sum};
    for (int first = 0; first < 2; ++first) {
        for (int t = 0; t < 2; ++t)
            contract(*operators_.front(), first, t, x, 0.0, partial[static_cast<std::size_t>(t)]);
        for (std::size_t n = 1; n + 1 < operators_.size(); ++n) {
            for (int t = 0; t < 2; ++t)
                for (int s = 0; s < 2; ++s)
                    contract(*operators_[n], s, t, partial[static_cast<std::size_t>(s)], s,
                             next[static_cast<std::size_t>(t)]);
            std::swap(partial, next);
        }
        for (int s = 0; s < 2; ++s)
            contract(*operators_.back(), s, first, partial[static_cast<std::size_t>(s)], 1.0, sum);
    }
    return sum;
}

Matrix<double> RingTransfer::apply(MatrixView<const double> rows) const {
    core::ensure(rows.cols() == size_, "a vector has one component for each set of bonds");
    Matrix<double> images(rows.rows(), size_);
#pragma omp parallel for schedule(static)
    for (int i = 0; i < rows.rows(); ++i) std::ranges::copy(image(rows.row(i)), images.row(i).begin());
    return images;
}

RitzPairs ritz_pairs(const RingTransfer& transfer, int states, const std::function<void(std::span<double>)>& project) {
    const Krylov space = krylov(transfer, (states + block - 1) / block * block, project);
    Matrix<double> projected = linalg::product(space.basis, space.image, Op::none, Op::transpose);
    for (int i = 0; i < projected.rows(); ++i)
        for (int j = 0; j < i; ++j) projected(i, j) = projected(j, i) = 0.5 * (projected(i, j) + projected(j, i));
    const linalg::SymmetricEigen eigen = linalg::eigen_symmetric(projected);
    const int last = projected.rows() - 1, largest = eigen.values.back() >= -eigen.values.front() ? last : 0;
    const Matrix<double> vectors = linalg::product(eigen.vectors, space.basis, Op::transpose);
    Matrix<double> defects = linalg::product(eigen.vectors, space.image, Op::transpose);
    std::vector<std::pair<double, double>> pairs; // residual, value
    for (int k = 0; k <= last; ++k) {
        const double value = eigen.values[static_cast<std::size_t>(k)];
        for (int i = 0; i < defects.cols(); ++i) defects(k, i) -= value * vectors(k, i);
        pairs.emplace_back(norm(defects.row(k)), value);
    }
    std::ranges::sort(pairs);
    RitzPairs result{
        .values = {}, .residuals = {}, .leading = {vectors.row(largest).begin(), vectors.row(largest).end()}};
    for (const auto& [residual, value] : pairs) {
        result.residuals.push_back(residual);
        result.values.push_back(value);
    }
    return result;
}

} // namespace blockspin::bounds
