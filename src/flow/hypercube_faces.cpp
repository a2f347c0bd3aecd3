#include <blockspin/flow/hypercube_faces.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/lapack.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/mpi/row_shares.hpp>

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
        stabilizers_.emplace_back();
        for (std::size_t move = 0; move < moves_.size(); ++move)
            for (const std::uint32_t reversal : {0u, all}) {
                const std::uint32_t there = moved(moves_[move], first ^ reversal);
                if (there == first && (move != 0 || reversal != 0))
                    stabilizers_.back().emplace_back(static_cast<std::uint16_t>(move), reversal);
                if (places_[there].row != unseen) continue;
                places_[there] = {row, static_cast<std::uint16_t>(inverses_[move]), reversal};
                sizes_.back() += 1.0;
            }
    }
}

std::vector<std::uint32_t> FaceRows::moved_within(int row, std::uint32_t other) const {
    std::vector<std::uint32_t> result;
    for (const auto& [move, reversal] : stabilizers_[static_cast<std::size_t>(row)])
        result.push_back(moved(moves_[move], other ^ reversal));
    return result;
}

/// All permutations of the axes of the face, the identity first, each with all reflections.
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

FaceClasses::FaceClasses(int d) : rows_(d) {
    for (int axis = 0; axis + 1 < d; ++axis) lower_.push_back(lower_vertices(rows_.spins(), axis));
    labels_.assign(static_cast<std::size_t>(rows_.count()) * rows_.configurations(), -1);
    std::vector<Member> pending;
    for (int row = 0; row < rows_.count(); ++row)
        for (std::uint32_t b = 0; b < rows_.configurations(); ++b)
            if (in_row(row, b) < 0)
                add_class({static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(b)}, pending);
}

int FaceClasses::down(int c) const {
    const Member member = representative(c);
    return std::popcount(rows_.representative(member.row)) + std::popcount(static_cast<unsigned>(member.opposite));
}

/// What becomes of a configuration under the symmetries of its face, exchange of the faces, and exchange of the axis
/// between them with one inside, before or after which the faces may be exchanged. These lead to all of its class.
template <class Visit> void FaceClasses::for_neighbours(Member member, Visit&& visit) const {
    const std::uint32_t a = rows_.representative(member.row), b = member.opposite;
    const auto visit_pair = [&](std::uint32_t face, std::uint32_t opposite) {
        visit(Member{static_cast<std::uint16_t>(rows_.of(face)),
                     static_cast<std::uint16_t>(rows_.moved(face, opposite))});
    };
    for (const std::uint32_t moved : rows_.moved_within(member.row, b))
        visit(Member{member.row, static_cast<std::uint16_t>(moved)});
    visit_pair(b, a);
    for (int axis = 0; axis + 1 < rows_.dimension(); ++axis) {
        const std::uint32_t lower = lower_[static_cast<std::size_t>(axis)];
        const auto [face, opposite] = exchanged(a, b, lower, axis);
        visit_pair(face, opposite);
        const auto [second, first] = exchanged(b, a, lower, axis);
        visit_pair(first, second);
    }
}

/// The class of a member that has none yet, and all that it leads to.
void FaceClasses::add_class(Member first, std::vector<Member>& pending) {
    const int label = count();
    double size = 0.0;
    const auto visit = [&](Member member) {
        std::int32_t& known = labels_[index(member.row, member.opposite)];
        if (known >= 0) return;
        known = label;
        size += rows_.size(member.row);
        pending.push_back(member);
    };
    representatives_.push_back(first);
    visit(first);
    while (!pending.empty()) {
        const Member member = pending.back();
        pending.pop_back();
        for_neighbours(member, visit);
    }
    sizes_.push_back(size);
}

FaceFlow::FaceFlow(const mpi::Communicator& comm, int d, double p)
    : comm_(comm), classes_(d), p_(p),
      half_(classes_.rows().count(), static_cast<int>(classes_.rows().configurations())) {
    if (!(p >= 0.0) || !std::isfinite(p))
        throw core::InputError(fmt::format("p = {} where one of 0 or more is needed", p));
    first_class_.assign(static_cast<std::size_t>(classes_.rows().count()) + 1, classes_.count());
    for (int c = classes_.count(); c-- > 0;)
        for (int row = classes_.representative(c).row; row >= 0 && first_class_[static_cast<std::size_t>(row)] > c;
             --row)
            first_class_[static_cast<std::size_t>(row)] = c;
}

FaceFlow::Values FaceFlow::values(const std::function<double(std::uint32_t, std::uint32_t)>& u) const {
    Values result;
    for (int c = 0; c < classes_.count(); ++c) {
        const FaceClasses::Member member = classes_.representative(c);
        result.push_back(u(classes_.rows().representative(member.row), member.opposite));
    }
    return result;
}

FaceFlow::Values FaceFlow::bonds_shared(double K) const {
    const FaceRows& rows = classes_.rows();
    const int m = rows.spins();
    std::vector<int> inside(rows.configurations(), 0); // bonds of a face that are not broken, minus those that are
    for (std::uint32_t mask = 0; mask < inside.size(); ++mask)
        for (int axis = 0; axis + 1 < rows.dimension(); ++axis) {
            const std::uint32_t lower = lower_vertices(m, axis), broken = (mask ^ mask >> (1 << axis)) & lower;
            inside[mask] += m / 2 - 2 * std::popcount(broken);
        }
    return values([&](std::uint32_t a, std::uint32_t b) {
        return K / m * (inside[a] + inside[b] + m - 2 * std::popcount(a ^ b));
    });
}

/// Ranks share the rows.
void FaceFlow::sum_over_one_face(const Values& weights) {
    const double other = std::exp(-2 * p_);
    const mpi::RowShares shares(comm_, static_cast<std::size_t>(half_.rows()));
    const mpi::Rows mine = shares.own();
#pragma omp parallel for schedule(dynamic)
    for (std::size_t r = mine.first; r < mine.end; ++r) {
        const int row = static_cast<int>(r);
        const std::span<double> out = half_.row(row);
        for (std::uint32_t b = 0; b < out.size(); ++b)
            out[b] = weights[static_cast<std::size_t>(classes_.in_row(row, b))];
        sum_over_spins(out, other);
    }
    mpi::gather_rows(shares, half_.values(), static_cast<std::size_t>(half_.cols()));
}

/// Σ over the spins of the first face too, which faces change places for, at the representatives of all classes. Ranks
/// share the classes, as whole rows.
FaceFlow::Values FaceFlow::summed_over_both() const {
    const FaceRows& rows = classes_.rows();
    const double other = std::exp(-2 * p_);
    std::vector<int> owners; // rows that have representatives
    for (int row = 0; row < rows.count(); ++row)
        if (first_class_[static_cast<std::size_t>(row)] < first_class_[static_cast<std::size_t>(row) + 1])
            owners.push_back(row);
    const auto first = [&](int rank) { return static_cast<int>(owners.size()) * rank / comm_.size(); };
    const int begin = first(comm_.rank()), end = first(comm_.rank() + 1);
    const auto first_class = [&](int k) {
        return k < static_cast<int>(owners.size())
                   ? first_class_[static_cast<std::size_t>(owners[static_cast<std::size_t>(k)])]
                   : classes_.count();
    };
    const int mine_from = first_class(begin);
    Values mine(static_cast<std::size_t>(first_class(end) - mine_from));
#pragma omp parallel for schedule(dynamic)
    for (int k = begin; k < end; ++k) {
        const std::uint32_t b = rows.representative(owners[static_cast<std::size_t>(k)]);
        std::vector<double> sums(rows.configurations());
        for (std::uint32_t a = 0; a < sums.size(); ++a) sums[a] = half_(rows.of(a), static_cast<int>(rows.moved(a, b)));
        sum_over_spins(sums, other);
        for (int c = first_class(k); c < first_class(k + 1); ++c)
            mine[static_cast<std::size_t>(c - mine_from)] = sums[classes_.representative(c).opposite];
    }
    return mpi::all_gather_joined<double>(comm_, mine);
}

double FaceFlow::apply(Values& u) {
    const int n = spins(), count = classes_.count();
    std::vector<double> normaliser;
    for (int down = 0; down <= n; ++down) normaliser.push_back(log_2cosh(p_ * (n - 2 * down)));
    const double largest = n * std::ranges::max(u);
#pragma omp parallel for schedule(static)
    for (int c = 0; c < count; ++c) {
        double& value = u[static_cast<std::size_t>(c)];
        value = std::exp(n * value - largest - normaliser[static_cast<std::size_t>(classes_.down(c))]);
    }
    sum_over_one_face(u);
    u = summed_over_both();
    const double top = std::log(u.front());
    if (!std::isfinite(top)) throw core::InputError("a weight of the transformation is no number: couplings too large");
#pragma omp parallel for schedule(static)
    for (int c = 0; c < count; ++c) u[static_cast<std::size_t>(c)] = std::log(u[static_cast<std::size_t>(c)]) - top;
    return top + largest + p_ * n;
}

FaceFlow::Shells FaceFlow::shells(const Values& u) const {
    // A class holds configurations and their reversals.
    const auto n = static_cast<std::size_t>(spins()), half = n / 2 + 1;
    std::vector<double> sums(half, 0.0), sizes(half, 0.0), least(half, HUGE_VAL), most(half, -HUGE_VAL);
    for (int c = 0; c < classes_.count(); ++c) {
        const auto down = static_cast<std::size_t>(classes_.down(c)), shell = std::min(down, n - down);
        const double value = u[static_cast<std::size_t>(c)];
        sums[shell] += classes_.size(c) * value;
        sizes[shell] += classes_.size(c);
        least[shell] = std::min(least[shell], value);
        most[shell] = std::max(most[shell], value);
    }
    Shells result;
    for (std::size_t k = 0; k <= n; ++k) {
        const std::size_t shell = std::min(k, n - k);
        result.means.push_back(sums[shell] / sizes[shell]);
        result.spread = std::max(result.spread, most[shell] - least[shell]);
    }
    return result;
}

namespace {

/// The strengths of order along a flow, its asymmetry, and whether it ends at the high sink.
struct Course {
    double K = 0.0;
    std::vector<double> strengths, asymmetries;
    bool is_high = false;
};

Course course(FaceFlow& flow, double K, const OrderStrengths& known) {
    constexpr std::size_t patience = 100, least_steps = 3;
    FaceFlow::Values u = flow.bonds_shared(K);
    Course result{.K = K, .strengths = {}, .asymmetries = {}};
    while (result.strengths.size() < patience) {
        flow.apply(u);
        const FaceFlow::Shells shells = flow.shells(u);
        const double x = shells.means.front() - shells.means[shells.means.size() / 2];
        result.strengths.push_back(x);
        result.asymmetries.push_back(shells.spread);
        if (result.strengths.size() < least_steps) continue;
        const bool is_low = x < known.low + 0.3 * (known.critical - known.low);
        result.is_high = x > known.high - 0.3 * (known.high - known.critical);
        if (is_low || result.is_high) return result;
    }
    throw core::InputError(fmt::format("the flow from K = {} finds no sink within {} steps", K, patience));
}

/// Where a flow between these two would stay where it is: by a straight line through what the last step changes before
/// they have parted far. None if they never were near each other, or the line has no zero between them.
std::optional<double> between(const Course& below, const Course& above, const OrderStrengths& known) {
    std::optional<double> K;
    for (std::size_t k = 0; k + 1 < std::min(below.strengths.size(), above.strengths.size()); ++k) {
        const double low = below.strengths[k + 1] - below.strengths[k],
                     high = above.strengths[k + 1] - above.strengths[k];
        const bool near = above.strengths[k + 1] - below.strengths[k + 1] < 0.3 * (known.high - known.low);
        if (near && low < 0.0 && high > 0.0) K = below.K - low / (high - low) * (above.K - below.K);
    }
    return K;
}

/// Two flows on either side part like b^{y_T} at every step while they are near the fixed point: other modes have faded
/// most at the last step before they are far from each other.
void add_exponent(FullTransition& result, const Course& below, const Course& above, const OrderStrengths& known) {
    std::optional<double> before;
    for (std::size_t k = 0; k + 1 < std::min(below.strengths.size(), above.strengths.size()); ++k) {
        const double here = above.strengths[k] - below.strengths[k],
                     there = above.strengths[k + 1] - below.strengths[k + 1];
        if (there > 0.02 * (known.high - known.low)) break;
        const double exponent = std::log2(there / here);
        if (before) {
            result.y_T = exponent;
            result.y_T_change = std::abs(exponent - *before);
            result.asymmetry = below.asymmetries[k];
        }
        before = exponent;
    }
}

} // namespace

FullTransition full_transition(FaceFlow flow, const OrderStrengths& strengths, double low, double high, double width) {
    FullTransition result;
    const auto flow_from = [&](double K) {
        Course each = course(flow, K, strengths);
        result.steps += static_cast<int>(each.strengths.size());
        return each;
    };
    Course below = flow_from(low), above = flow_from(high);
    if (below.is_high || !above.is_high)
        throw core::InputError(fmt::format("there is no transition between K = {} and {}", low, high));
    double share = 0.1; // that the next bracket has of the present one, if it holds what is expected
    while (above.K - below.K > width) {
        const double whole = above.K - below.K, half = std::max(0.5 * share * whole, 0.45 * width);
        const std::optional<double> expected = between(below, above, strengths);
        const double middle = std::midpoint(below.K, above.K);
        for (const double K : expected ? std::vector{*expected - half, *expected + half} : std::vector{middle}) {
            if (K <= below.K || K >= above.K) continue;
            Course next = flow_from(K);
            (next.is_high ? above : below) = std::move(next);
        }
        if (expected) share = above.K - below.K < 2.01 * half ? share * share : std::min(0.5, std::sqrt(share));
    }
    result.K = std::midpoint(below.K, above.K);
    result.width = above.K - below.K;
    add_exponent(result, below, above, strengths);
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
