#include "ring_operator.hpp"

#include "rounding.hpp"

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

std::vector<double> expanded(std::span<const double> x, const Sector& sector) {
    std::vector<double> full(sector.place.size());
    for (std::size_t i = 0; i < full.size(); ++i)
        full[i] = sector.weight[i] * x[static_cast<std::size_t>(sector.place[i])];
    return full;
}

void compress(std::span<const double> full, const Sector& sector, std::span<double> x) {
    std::ranges::fill(x, 0.0);
    for (std::size_t i = 0; i < full.size(); ++i)
        x[static_cast<std::size_t>(sector.place[i])] += sector.weight[i] * full[i];
}

/// Makes x orthogonal to the first `known` rows of the basis and scales it to length 1; false if nothing is left of it.
bool orthonormalise(const Matrix<double>& basis, int known, std::span<double> x) {
    std::vector<double> overlaps(static_cast<std::size_t>(known));
    const double before = norm(x);
    for (int pass = 0; pass < 3 && known > 0; ++pass) {
        const MatrixView<const double> rows = basis.view().row_block(0, known);
        const double size = norm(x);
        linalg::gemv(Op::none, 1.0, rows, x, 0.0, overlaps);
        linalg::gemv(Op::transpose, -1.0, rows, overlaps, 1.0, x);
        if (pass > 0 && norm(x) > 0.5 * size) break;
    }
    const double size = norm(x);
    if (!(size > 1e-13 * before)) return false;
    for (double& value : x) value /= size;
    return true;
}

/// Krylov basis and its image under E, row by row.
struct Krylov {
    Matrix<double> basis, image;
};

Krylov krylov(const RingTransfer& transfer, int states, const Sector& sector) {
    Krylov space{Matrix<double>(states, sector.size), Matrix<double>(states, sector.size)};
    std::vector<double> added(static_cast<std::size_t>(sector.size));
    fill_random(added, 0);
    for (int known = 0; known < states; ++known) {
        // A Krylov space that has come to its end goes on from another start.
        while (!orthonormalise(space.basis, known, added)) fill_random(added, known);
        std::ranges::copy(added, space.basis.row(known).begin());
        const std::vector<double> full = expanded(added, sector);
        compress(transfer.apply(MatrixView(std::span(full), 1, transfer.size())).row(0), sector, added);
        std::ranges::copy(added, space.image.row(known).begin());
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
    Matrix<double> norms = Matrix<double>::identity(2);
    for (const RingOperator* each : operators_) {
        Matrix<double> own(2, 2);
        for (int s = 0; s < 2; ++s)
            for (int t = 0; t < 2; ++t) own(s, t) = frobenius((*each)(s, t));
        norms = linalg::product(norms, own);
    }
    norm_at_most_ = 1.0001 * (norms(0, 0) + norms(1, 1));
}

double RingTransfer::rounding() const noexcept {
    double terms = 12.0; // a bond and a spin are summed over at every operator; then the weights of a sector
    for (const RingOperator* each : operators_) terms += each->bond() + 2.0;
    return rounding_of(terms) * norm_at_most_;
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

Sector whole(int size) {
    Sector sector{std::vector<int>(static_cast<std::size_t>(size)), std::vector(static_cast<std::size_t>(size), 1.0),
                  size};
    std::iota(sector.place.begin(), sector.place.end(), 0);
    return sector;
}

Sector sector_of_four(int c, bool odd_exchange, bool odd_turn) {
    const int all = c * c * c * c;
    Sector sector{std::vector<int>(static_cast<std::size_t>(all)), std::vector(static_cast<std::size_t>(all), 0.0), 0};
    const double exchange = odd_exchange ? -1.0 : 1.0, turn = odd_turn ? -1.0 : 1.0;
    const auto number = [c](int i, int j, int k, int l) { return ((i * c + j) * c + k) * c + l; };
    for (int n = 0; n < all; ++n) {
        const int l = n % c, k = n / c % c, j = n / (c * c) % c, i = n / (c * c * c);
        const std::array<std::pair<int, double>, 4> orbit{{{n, 1.0},
                                                           {number(j, i, l, k), exchange},
                                                           {number(k, l, i, j), turn},
                                                           {number(l, k, j, i), exchange * turn}}};
        if (std::ranges::min(orbit).first < n) continue; // met before
        double fixed = 0.0;                              // how many leave n where it is; nothing if their signs differ
        for (const auto& [member, sign] : orbit) fixed += member == n ? sign : 0.0;
        if (fixed == 0.0) continue;
        for (const auto& [member, sign] : orbit) {
            sector.place[static_cast<std::size_t>(member)] = sector.size;
            sector.weight[static_cast<std::size_t>(member)] = 0.5 * sign * std::sqrt(fixed);
        }
        ++sector.size;
    }
    return sector;
}

RitzPairs ritz_pairs(const RingTransfer& transfer, int states, const Sector& sector) {
    const Krylov space = krylov(transfer, std::min(states, sector.size), sector);
    Matrix<double> projected = inner_products(space.basis, space.image);
    for (int i = 0; i < projected.rows(); ++i)
        for (int j = 0; j < i; ++j) projected(i, j) = projected(j, i) = 0.5 * (projected(i, j) + projected(j, i));
    const CertifiedEigen found = certified_eigen(projected);
    const linalg::SymmetricEigen& eigen = found.eigen;
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
    RitzPairs result{.values = {}, .residuals = {}, .leading = expanded(vectors.row(largest), sector)};
    for (const auto& [residual, value] : pairs) {
        result.residuals.push_back(residual);
        result.values.push_back(value);
    }
    // k vectors of length 1 and their images, which are no longer than ‖E‖_F, all to rounding.
    const double k = last + 1.0, size = transfer.norm_at_most(), images = std::sqrt(k) * transfer.rounding();
    Matrix<double> gram = inner_products(space.basis, space.basis);
    for (int i = 0; i <= last; ++i) gram(i, i) -= 1.0;
    const double skew = 1.01 * (frobenius(gram) + inner_rounding(sector.size) * k);
    result.stretch = 1.01 * (found.skew + skew);
    result.shift = 1.01 * (found.defect + images + inner_rounding(sector.size) * k * size);
    result.residual_rounding = 1.01 * (images + 2 * rounding_of(k + 4) * k * size);
    return result;
}

} // namespace blockspin::bounds
