#include <blockspin/flow/hypercube_faces.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <boost/math/special_functions/binomial.hpp>
#include <fmt/format.h>

namespace blockspin::flow {

namespace {

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

/// in ← Σ_σ in(σ) Π_i (1 if μ_i = σ_i, else `other`), spin by spin.
void sum_over_spins(std::span<double> in, double other) {
    for (std::size_t stride = 1; stride < in.size(); stride *= 2)
        for (std::size_t block = 0; block < in.size(); block += 2 * stride) {
            double* up = &in[block];
            double* down = &in[block + stride];
            for (std::size_t i = 0; i < stride; ++i) {
                const double a = up[i], b = down[i];
                up[i] = a + other * b;
                down[i] = other * a + b;
            }
        }
}

/// The configuration after exchange of the axis between both faces with `axis` inside them.
std::pair<std::uint32_t, std::uint32_t> exchanged(std::uint32_t a, std::uint32_t b, std::uint32_t lower, int axis) {
    const int shift = 1 << axis;
    return {(a & lower) | (b & lower) << shift, (a >> shift & lower) | (b & ~lower)};
}

/// Vertices of a face whose coordinate along an axis is 0.
std::uint32_t lower_vertices(int spins, int axis) {
    std::uint32_t mask = 0;
    for (int v = 0; v < spins; ++v)
        if ((v >> axis & 1) == 0) mask |= 1u << v;
    return mask;
}

} // namespace

FaceRows::FaceRows(int d) : dimension_(d) {
    if (d < 2 || d > 5) throw core::InputError(fmt::format("hypercubes of 2 to 5 dimensions have faces, not of {}", d));
    add_moves();
    const std::uint32_t all = static_cast<std::uint32_t>(configurations()) - 1u;
    constexpr std::uint16_t unseen = 0xffff;
    places_.assign(configurations(), {unseen, 0, 0});
    for (std::uint32_t first = 0; first <= all; ++first) {
        if (places_[first].row != unseen) continue;
        const auto row = static_cast<std::uint16_t>(representatives_.size());
        representatives_.push_back(first);
        sizes_.push_back(0.0);
        for (std::size_t move = 0; move < moves_.size(); ++move)
            for (const std::uint32_t reversal : {0u, all}) {
                const std::uint32_t there =
                    (moves_[move].low[first & 0xffu] | moves_[move].high[first >> 8]) ^ reversal;
                if (places_[there].row != unseen) continue;
                places_[there] = {row, static_cast<std::uint16_t>(inverses_[move]), reversal};
                sizes_.back() += 1.0;
            }
    }
}

/// All permutations of the axes of the face, each with all reflections.
void FaceRows::add_moves() {
    const int axes = dimension_ - 1, n = spins();
    std::vector<std::vector<int>> permutations;
    std::vector<int> order(static_cast<std::size_t>(axes));
    std::iota(order.begin(), order.end(), 0);
    do {
        for (int reflected = 0; reflected < n; ++reflected) {
            std::vector<int> to;
            for (int v = 0; v < n; ++v) {
                int image = 0;
                for (int axis = 0; axis < axes; ++axis)
                    image |= (v >> axis & 1) << order[static_cast<std::size_t>(axis)];
                to.push_back(image ^ reflected);
            }
            permutations.push_back(std::move(to));
        }
    } while (std::ranges::next_permutation(order).found);
    for (const std::vector<int>& to : permutations) {
        std::vector<int> back(to.size());
        for (std::size_t v = 0; v < to.size(); ++v) back[static_cast<std::size_t>(to[v])] = static_cast<int>(v);
        inverses_.push_back(static_cast<std::size_t>(std::ranges::find(permutations, back) - permutations.begin()));
        Move move{std::vector<std::uint32_t>(256, 0u), std::vector<std::uint32_t>(256, 0u)};
        for (std::uint32_t byte = 0; byte < 256; ++byte)
            for (int v = 0; v < n; ++v) {
                std::vector<std::uint32_t>& half = v < 8 ? move.low : move.high;
                if ((byte >> (v % 8) & 1u) != 0) half[byte] |= 1u << to[static_cast<std::size_t>(v)];
            }
        moves_.push_back(std::move(move));
    }
}

FaceFlow::FaceFlow(const mpi::Communicator& comm, int d, double p) : comm_(comm), rows_(d), p_(p) {
    if (!(p >= 0.0) || !std::isfinite(p))
        throw core::InputError(fmt::format("p = {} where one of 0 or more is needed", p));
}

/// The rows that `fill(row, values)` makes, shared by the ranks. Collective.
template <class Function> FaceFlow::Values FaceFlow::on_rows(Function&& fill) const {
    const auto first = [&](int rank) { return rows_.count() * rank / comm_.size(); };
    const int begin = first(comm_.rank()), end = first(comm_.rank() + 1);
    Values mine(end - begin, static_cast<int>(rows_.configurations()));
#pragma omp parallel for schedule(dynamic)
    for (int row = begin; row < end; ++row) fill(row, mine.row(row - begin));
    if (comm_.size() == 1) return mine;
    const std::vector<double> all = mpi::all_gather_joined<double>(comm_, mine.values());
    return Values(rows_.count(), mine.cols(), all);
}

FaceFlow::Values FaceFlow::values(const std::function<double(std::uint32_t, std::uint32_t)>& u) const {
    Values result(rows_.count(), static_cast<int>(rows_.configurations()));
    for (int row = 0; row < result.rows(); ++row)
        for (int b = 0; b < result.cols(); ++b)
            result(row, b) = u(rows_.representative(row), static_cast<std::uint32_t>(b));
    return result;
}

FaceFlow::Values FaceFlow::bonds_shared(double K) const {
    const int m = rows_.spins();
    std::vector<int> inside(rows_.configurations(), 0); // bonds of a face that are not broken, minus those that are
    for (std::uint32_t mask = 0; mask < inside.size(); ++mask)
        for (int axis = 0; axis + 1 < rows_.dimension(); ++axis) {
            const std::uint32_t lower = lower_vertices(m, axis), broken = (mask ^ mask >> (1 << axis)) & lower;
            inside[mask] += m / 2 - 2 * std::popcount(broken);
        }
    return values([&](std::uint32_t a, std::uint32_t b) {
        return K / m * (inside[a] + inside[b] + m - 2 * std::popcount(a ^ b));
    });
}

/// Σ_σ over both faces: the second time over the first face, so that faces change places.
FaceFlow::Values FaceFlow::summed(const Values& weights) const {
    const double other = std::exp(-2 * p_);
    const Values half = on_rows([&](int row, std::span<double> out) {
        std::ranges::copy(weights.row(row), out.begin());
        sum_over_spins(out, other);
    });
    return on_rows([&](int row, std::span<double> out) {
        const std::uint32_t b = rows_.representative(row);
        for (std::size_t a = 0; a < out.size(); ++a) out[a] = at(half, static_cast<std::uint32_t>(a), b);
        sum_over_spins(out, other);
    });
}

double FaceFlow::apply(Values& u) const {
    const int n = spins();
    std::vector<double> normaliser;
    for (int down = 0; down <= n; ++down) normaliser.push_back(log_2cosh(p_ * (n - 2 * down)));
    const double largest = n * std::ranges::max(u.values());
    const auto columns = static_cast<int>(rows_.configurations());
#pragma omp parallel for schedule(static)
    for (int row = 0; row < u.rows(); ++row) {
        const int down = std::popcount(rows_.representative(row));
        for (int b = 0; b < columns; ++b) {
            const int all = down + std::popcount(static_cast<unsigned>(b));
            u(row, b) = std::exp(n * u(row, b) - largest - normaliser[static_cast<std::size_t>(all)]);
        }
    }
    u = summed(u);
    const double top = std::log(u(0, 0));
    if (!std::isfinite(top)) throw core::InputError("a weight of the transformation is no number: couplings too large");
#pragma omp parallel for schedule(static)
    for (int row = 0; row < u.rows(); ++row)
        for (double& value : u.row(row)) value = std::log(value) - top;
    symmetrise(u);
    return top + largest + p_ * n;
}

/// Means over the exchange of the faces, then over exchanges of the axis between them with the others: rounding would
/// let go of these symmetries, while those of a face cannot be lost.
void FaceFlow::symmetrise(Values& u) const {
    const int d = rows_.dimension();
    u = on_rows([&](int row, std::span<double> out) {
        const std::uint32_t a = rows_.representative(row);
        for (std::size_t b = 0; b < out.size(); ++b)
            out[b] = 0.5 * (u(row, static_cast<int>(b)) + at(u, static_cast<std::uint32_t>(b), a));
    });
    std::vector<std::uint32_t> lower;
    for (int axis = 0; axis + 1 < d; ++axis) lower.push_back(lower_vertices(rows_.spins(), axis));
    u = on_rows([&](int row, std::span<double> out) {
        const std::uint32_t a = rows_.representative(row);
        for (std::size_t b = 0; b < out.size(); ++b) {
            double sum = u(row, static_cast<int>(b));
            for (int axis = 0; axis + 1 < d; ++axis) {
                const auto [face, opposite] =
                    exchanged(a, static_cast<std::uint32_t>(b), lower[static_cast<std::size_t>(axis)], axis);
                sum += at(u, face, opposite);
            }
            out[b] = sum / d;
        }
    });
}

FaceFlow::Shells FaceFlow::shells(const Values& u) const {
    const auto count = static_cast<std::size_t>(spins()) + 1;
    std::vector<double> sums(count, 0.0), sizes(count, 0.0), least(count, HUGE_VAL), most(count, -HUGE_VAL);
    for (int row = 0; row < u.rows(); ++row) {
        const int down = std::popcount(rows_.representative(row));
        for (int b = 0; b < u.cols(); ++b) {
            const auto shell = static_cast<std::size_t>(down + std::popcount(static_cast<unsigned>(b)));
            sums[shell] += rows_.size(row) * u(row, b);
            sizes[shell] += rows_.size(row);
            least[shell] = std::min(least[shell], u(row, b));
            most[shell] = std::max(most[shell], u(row, b));
        }
    }
    // A row also stands for its reversal, whose number of spins down is another one.
    Shells result;
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t back = count - 1 - k;
        result.means.push_back((sums[k] + sums[back]) / (sizes[k] + sizes[back]));
        result.spread = std::max(result.spread, std::max(most[k], most[back]) - std::min(least[k], least[back]));
    }
    return result;
}

namespace {

double strength(const FaceFlow& flow, const FaceFlow::Values& u) {
    const std::vector<double> means = flow.shells(u).means;
    return means.front() - means[means.size() / 2];
}

/// The strengths of order along a flow, and whether it ends at the high sink.
struct Course {
    std::vector<double> strengths;
    bool is_high = false;
};

Course course(const FaceFlow& flow, double K, const OrderStrengths& known) {
    constexpr int patience = 100, least_steps = 2;
    FaceFlow::Values u = flow.bonds_shared(K);
    Course result;
    for (int step = 0; step < patience; ++step) {
        flow.apply(u);
        const double x = strength(flow, u);
        result.strengths.push_back(x);
        if (step < least_steps) continue;
        const bool is_low = x < known.low + 0.3 * (known.critical - known.low);
        result.is_high = x > known.high - 0.3 * (known.high - known.critical);
        if (is_low || result.is_high) return result;
    }
    throw core::InputError(fmt::format("the flow from K = {} finds no sink within {} steps", K, patience));
}

} // namespace

FullTransition full_transition(const FaceFlow& flow, const OrderStrengths& strengths, double low, double high,
                               double width) {
    Course below = course(flow, low, strengths), above = course(flow, high, strengths);
    if (below.is_high || !above.is_high)
        throw core::InputError(fmt::format("there is no transition between K = {} and {}", low, high));
    FullTransition result;
    const auto count = [&](const Course& each) { result.steps += static_cast<int>(each.strengths.size()); };
    count(below);
    count(above);
    while (high - low > width) {
        const double middle = std::midpoint(low, high);
        Course next = course(flow, middle, strengths);
        count(next);
        (next.is_high ? high : low) = middle;
        (next.is_high ? above : below) = std::move(next);
    }
    result.K = low;
    result.width = high - low;
    // Two flows part like b^{y_T} at every step while they are near the fixed point; before, other modes fade.
    std::optional<double> before;
    double least = std::numeric_limits<double>::infinity();
    std::size_t slowest = 0;
    for (std::size_t k = 0; k + 1 < std::min(below.strengths.size(), above.strengths.size()); ++k) {
        const double here = above.strengths[k] - below.strengths[k],
                     there = above.strengths[k + 1] - below.strengths[k + 1];
        const double exponent = std::log2(there / here);
        if (before && std::abs(exponent - *before) < least) {
            least = std::abs(exponent - *before);
            result.y_T = exponent;
            result.y_T_change = least;
            slowest = k;
        }
        before = exponent;
    }
    FaceFlow::Values u = flow.bonds_shared(low);
    for (std::size_t k = 0; k <= slowest; ++k) flow.apply(u);
    result.asymmetry = flow.shells(u).spread;
    result.steps += static_cast<int>(slowest) + 1;
    return result;
}

double exponent_of_broken_permutations(std::span<const double> values, double p) {
    const int n = static_cast<int>(values.size()) - 1, rest = n - 4; // two pairs of opposite spins, and the others
    if (n < 4) throw core::InputError("permutations of four spins and more have a representation [n - 2, 2]");
    const auto choose = [](int from, int k) {
        return boost::math::binomial_coefficient<double>(static_cast<unsigned>(from), static_cast<unsigned>(k));
    };
    linalg::Matrix<double> matrix(rest + 1, rest + 1);
    for (int r = 0; r <= rest; ++r) {
        double total = 0.0; // Σ_σ of all n spins, with r + 2 of μ down
        for (int common = 0; common <= r + 2; ++common)
            for (int apart = 0; apart <= n - r - 2; ++apart) {
                const int down = common + apart;
                total += choose(r + 2, common) * choose(n - r - 2, apart) *
                         std::exp(n * (values[static_cast<std::size_t>(down)] - values[0]) -
                                  log_2cosh(p * (n - 2 * down)) + p * (n - 2 * (r + 2 + apart - common)));
            }
        for (int common = 0; common <= r; ++common)
            for (int apart = 0; apart <= rest - r; ++apart) {
                const int s = common + apart;
                matrix(r, s) += n * std::pow(2 * std::sinh(2 * p), 2) / total * choose(r, common) *
                                choose(rest - r, apart) *
                                std::exp(n * (values[static_cast<std::size_t>(s + 2)] - values[0]) -
                                         log_2cosh(p * (n - 2 * (s + 2))) + p * (rest - 2 * (r + apart - common)));
            }
    }
    return std::log2(std::abs(linalg::eigen_general(matrix).values[0]));
}

} // namespace blockspin::flow
