#include <blockspin/flow/random_bonds.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlopt.hpp>

namespace blockspin::flow {

namespace {

constexpr int configurations = 16; // of the four spins of a square; bit v is set where vertex v is down
using Values = std::array<double, configurations>;
using Rule = std::array<double, 4>;

double spin(int configuration, int vertex) { return (configuration >> vertex & 1) != 0 ? -1.0 : 1.0; }

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

double dot(const Rule& p, int configuration) {
    double sum = 0.0;
    for (int v = 0; v < 4; ++v) sum += p[v] * spin(configuration, v);
    return sum;
}

/// A torus of squares, the vertices of square (x, y) at (x + v mod 2, y + v / 2).
struct Torus {
    int width = 0;
    int height = 0;

    std::size_t sites() const { return static_cast<std::size_t>(width) * height; }
    std::size_t at(int x, int y) const {
        return static_cast<std::size_t>((y + height) % height) * width + (x + width) % width;
    }
    /// Are there blocks of 2 × 2, and do they form squares of four spins, or one spin?
    bool can_be_halved() const { return width % 2 == 0 && height % 2 == 0 && (width > 2) == (height > 2); }
};

/// u'(μ) = ln Σ_σ exp{4h(σ) − ln 2cosh(own·σ) + Σ_v block_v μ_v σ_v}, and the way back.
class Square {
  public:
    Square(std::span<const double> h, const Rule& own, const Rule& block) : own_(own), block_(block) {
        for (int mu = 0; mu < configurations; ++mu) {
            Values& terms = given_[mu];
            double largest = -HUGE_VAL;
            for (int s = 0; s < configurations; ++s) {
                terms[s] = 4 * h[s] - log_2cosh(dot(own, s)) + dot(block, s ^ mu);
                largest = std::max(largest, terms[s]);
            }
            double sum = 0.0;
            for (double& term : terms) sum += term = std::exp(term - largest);
            for (double& term : terms) term /= sum;
            image_[mu] = largest + std::log(sum);
        }
    }
    const Values& image() const { return image_; }

    /// Adds the derivatives of a function of u', whose slopes there are `slope`.
    void pull_back(std::span<const double> slope, std::span<double> by_h, Rule& by_own, Rule& by_block) const {
        for (int mu = 0; mu < configurations; ++mu)
            for (int s = 0; s < configurations; ++s) {
                const double share = slope[mu] * given_[mu][s];
                const double tilt = share * std::tanh(dot(own_, s));
                by_h[s] += 4 * share;
                for (int v = 0; v < 4; ++v) {
                    by_own[v] -= tilt * spin(s, v);
                    by_block[v] += share * spin(s ^ mu, v);
                }
            }
    }

  private:
    Rule own_, block_;
    std::array<Values, configurations> given_{};
    Values image_{};
};

/// Bounds ln Z of squares on a torus, level by level, for one of the systems of a level and all that come from it.
class Recursion {
  public:
    /// `path` tells the sublattice at each level down to that system.
    Recursion(std::span<const double> parameters, std::span<double> gradient, std::size_t per_level, int steps,
              std::vector<int> path)
        : parameters_(parameters), gradient_(gradient), per_level_(per_level), steps_(steps), path_(std::move(path)) {}

    /// `branch` numbers the systems of a level, each of which has `weight` in the whole. Adds the derivatives of the
    /// whole by h to `by_h` unless that is empty.
    double bound(const Torus& torus, std::span<const double> h, int level, std::size_t branch, double weight,
                 std::span<double> by_h) {
        if (torus.sites() == 1) return single_spin(h, weight, by_h);
        if (level == steps_) return ceiling(torus, h, weight, by_h);
        if (level < std::ssize(path_))
            return this->branch(torus, h, level, branch, path_[static_cast<std::size_t>(level)], weight, by_h) / 4;
        double sum = 0.0;
        for (int t = 0; t < 4; ++t) sum += this->branch(torus, h, level, branch, t, weight, by_h) / 4;
        return sum;
    }

  private:
    static double single_spin(std::span<const double> h, double weight, std::span<double> by_h) {
        const double larger = std::max(h.front(), h.back());
        const double up = std::exp(h.front() - larger), down = std::exp(h.back() - larger);
        if (!by_h.empty()) {
            by_h.front() += weight * up / (up + down);
            by_h.back() += weight * down / (up + down);
        }
        return larger + std::log(up + down);
    }

    static double ceiling(const Torus& torus, std::span<const double> h, double weight, std::span<double> by_h) {
        double total = 0.0;
        for (std::size_t c = 0; c < torus.sites(); ++c) {
            const auto own = h.subspan(c * configurations, configurations);
            const double largest = std::ranges::max(own);
            double sum = 0.0;
            for (const double x : own) sum += std::exp(4 * (x - largest));
            total += largest + std::log(sum) / 4;
            if (by_h.empty()) continue;
            for (int s = 0; s < configurations; ++s)
                by_h[c * configurations + s] += weight * std::exp(4 * (own[s] - largest)) / sum;
        }
        return total;
    }

    std::size_t place(const Torus& torus, int level, std::size_t branch, std::size_t square) const {
        return per_level_ * level + 4 * (branch * torus.sites() + square);
    }

    /// The branch of sublattice t: its squares become those of a torus of half the extents.
    double branch(const Torus& torus, std::span<const double> h, int level, std::size_t branch, int t, double weight,
                  std::span<double> by_h) {
        const Torus half{torus.width / 2, torus.height / 2};
        std::vector<Square> squares;
        std::vector<double> images;
        for (std::size_t c = 0; c < half.sites(); ++c) {
            const Corner corner = corner_of(torus, half, t, c, level, branch);
            Rule own{}, block{};
            for (int v = 0; v < 4; ++v) {
                own[v] = parameters_[corner.own + v];
                block[v] = parameters_[corner.block[v]];
            }
            squares.emplace_back(h.subspan(corner.square * configurations, configurations), own, block);
            images.insert(images.end(), squares.back().image().begin(), squares.back().image().end());
        }
        std::vector<double> slopes(gradient_.empty() ? 0 : images.size(), 0.0);
        const double result = bound(half, images, level + 1, 4 * branch + t, weight / 4, slopes);
        for (std::size_t c = 0; c < half.sites() && !gradient_.empty(); ++c) {
            const Corner corner = corner_of(torus, half, t, c, level, branch);
            Rule by_own{}, by_block{};
            squares[c].pull_back(std::span(slopes).subspan(c * configurations, configurations),
                                 by_h.subspan(corner.square * configurations, configurations), by_own, by_block);
            collect(corner, by_own, by_block);
        }
        return result;
    }

    /// Where a square that interacts in a branch finds its Hamiltonian and its parameters.
    struct Corner {
        std::size_t square = 0;
        std::size_t own = 0;
        std::array<std::size_t, 4> block{}; ///< of the block of each of its spins
    };

    Corner corner_of(const Torus& torus, const Torus& half, int t, std::size_t c, int level, std::size_t branch) const {
        const int x = t % 2 + 2 * static_cast<int>(c % half.width), y = t / 2 + 2 * static_cast<int>(c / half.width);
        Corner corner{torus.at(x, y), place(torus, level, branch, torus.at(x, y)), {}};
        for (int v = 0; v < 4; ++v) {
            const std::size_t block = torus.at(x + 2 * (v % 2) - 1, y + 2 * (v / 2) - 1);
            corner.block[v] = place(torus, level, branch, block) + (3 - v);
        }
        return corner;
    }

    void collect(const Corner& corner, const Rule& by_own, const Rule& by_block) {
        for (int v = 0; v < 4; ++v) {
            gradient_[corner.own + v] += by_own[v];
            gradient_[corner.block[v]] += by_block[v];
        }
    }

    std::span<const double> parameters_;
    std::span<double> gradient_;
    std::size_t per_level_;
    int steps_;
    std::vector<int> path_;
};

int allowed_steps(Torus torus, int wanted) {
    int steps = 0;
    for (; steps < wanted && torus.can_be_halved(); ++steps) torus = {torus.width / 2, torus.height / 2};
    return steps;
}

void check(const RandomBonds& bonds) {
    const auto is_right = [&](const std::vector<double>& numbers) {
        return numbers.size() == static_cast<std::size_t>(bonds.sites()) &&
               std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
    };
    if (bonds.width < 2 || bonds.height < 2)
        throw core::InputError(fmt::format("a torus of {} x {} spins has no squares", bonds.width, bonds.height));
    if (!is_right(bonds.right) || !is_right(bonds.up) || (!bonds.field.empty() && !is_right(bonds.field)))
        throw core::InputError(
            fmt::format("{} x {} spins need as many finite couplings in each direction", bonds.width, bonds.height));
}

/// A search over shared parameters: which of them each parameter of the bound is.
struct Search {
    const RandomBondBound& bound;
    const mpi::Communicator& comm;
    std::vector<std::size_t> shared;
    std::vector<double> unit; ///< of the shared ones: the curvature falls like 4^{-level}
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> best{};

    double evaluate(std::span<const double> scaled, std::span<double> gradient) {
        std::vector<double> all(shared.size()), slopes(gradient.empty() ? 0 : shared.size(), 0.0);
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = unit[shared[i]] * scaled[shared[i]];
        const double value = bound(all, slopes, comm);
        std::ranges::fill(gradient, 0.0);
        for (std::size_t i = 0; i < slopes.size(); ++i) gradient[shared[i]] += unit[shared[i]] * slopes[i];
        if (value < least) {
            least = value;
            best = std::move(all);
        }
        return value;
    }

    void minimise(std::vector<double> start) {
        for (std::size_t k = 0; k < start.size(); ++k) start[k] /= unit[k];
        evaluate(start, {});
        nlopt::opt minimiser(nlopt::LD_LBFGS, static_cast<unsigned>(start.size()));
        minimiser.set_min_objective(
            [](unsigned count, const double* scaled, double* gradient, void* search) {
                return static_cast<Search*>(search)->evaluate({scaled, count},
                                                              {gradient, gradient == nullptr ? 0u : count});
            },
            this);
        minimiser.set_ftol_rel(1e-12);
        minimiser.set_maxeval(500);
        try {
            double value = 0.0;
            minimiser.optimize(start, value);
        } catch (const std::runtime_error&) {
            // the line search has met the limits of rounding: the best point so far is kept
        }
    }
};

} // namespace

RandomBondBound::RandomBondBound(const RandomBonds& bonds, int steps)
    : width_(bonds.width), height_(bonds.height), steps_(0),
      sites_(static_cast<std::size_t>(std::max(0, bonds.sites()))) {
    check(bonds);
    const Torus torus{width_, height_};
    steps_ = allowed_steps(torus, steps);
    for (int y = 0; y < height_; ++y)
        for (int x = 0; x < width_; ++x)
            for (int s = 0; s < configurations; ++s) {
                double h = 0.0;
                for (int along = 0; along < 2; ++along) {
                    h += 0.5 * bonds.right[torus.at(x, y + along)] * spin(s, 2 * along) * spin(s, 2 * along + 1);
                    h += 0.5 * bonds.up[torus.at(x + along, y)] * spin(s, along) * spin(s, along + 2);
                }
                for (int v = 0; v < 4 && !bonds.field.empty(); ++v)
                    h += 0.25 * bonds.field[torus.at(x + v % 2, y + v / 2)] * spin(s, v);
                cells_.push_back(h);
            }
}

double RandomBondBound::operator()(std::span<const double> parameters, std::span<double> gradient,
                                   const mpi::Communicator& comm) const {
    if (parameters.size() != this->parameters())
        throw core::InputError(
            fmt::format("{} parameters where the bound has {}", parameters.size(), this->parameters()));
    // One share for each system of a level, its slopes behind it; they are added up in one order.
    const int depth = std::min(steps_, sites_ < 1024 ? 1 : 2), jobs = 1 << (2 * depth);
    const int first = jobs * comm.rank() / comm.size(), end = jobs * (comm.rank() + 1) / comm.size();
    const std::size_t length = 1 + gradient.size();
    std::vector<double> shares(length * static_cast<std::size_t>(end - first), 0.0);
#pragma omp parallel for schedule(dynamic)
    for (int job = first; job < end; ++job) {
        const std::span<double> own = std::span(shares).subspan(length * static_cast<std::size_t>(job - first), length);
        std::vector<int> path;
        for (int level = depth; level-- > 0;) path.push_back(job >> (2 * level) & 3);
        std::vector<double> by_h(gradient.empty() ? 0 : cells_.size(), 0.0);
        Recursion recursion(parameters, own.subspan(1), 4 * sites_, steps_, std::move(path));
        own[0] = recursion.bound({width_, height_}, cells_, 0, 0, 1.0, by_h);
    }
    if (comm.size() > 1) shares = mpi::all_gather_joined<double>(comm, shares);
    double sum = 0.0;
    for (std::size_t at = 0; at < shares.size(); at += length) {
        sum += shares[at];
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += shares[at + 1 + i];
    }
    return sum;
}

BestRandomBondBound best_random_bond_bound(const RandomBonds& bonds, RuleSharing sharing, int steps,
                                           const mpi::Communicator& comm) {
    const RandomBondBound bound(bonds, steps);
    const std::size_t per_level = 4 * static_cast<std::size_t>(bonds.sites());
    Search level{bound, comm, {}, {}};
    for (std::size_t i = 0; i < bound.parameters(); ++i) level.shared.push_back(i / per_level);
    for (int n = 0; n < bound.steps(); ++n) level.unit.push_back(std::ldexp(1.0, n));
    if (bound.steps() == 0) return {bound({}, {}, comm), {}};
    level.minimise(std::vector<double>(level.unit.size(), 0.4));
    if (sharing == RuleSharing::level) return {level.least, level.best};
    Search each{bound, comm, {}, {}, level.least, level.best};
    for (std::size_t i = 0; i < bound.parameters(); ++i) {
        each.shared.push_back(i);
        each.unit.push_back(std::ldexp(1.0, static_cast<int>(i / per_level)));
    }
    each.minimise(level.best);
    // Signs along the bonds of each block: at p = 0 the slope vanishes by symmetry, so it must be left on purpose.
    std::vector<double> start(bound.parameters(), 0.1);
    const Torus torus{bonds.width, bonds.height};
    for (int y = 0; y < bonds.height; ++y)
        for (int x = 0; x < bonds.width; ++x) {
            double* own = &start[4 * torus.at(x, y)];
            own[0] = 0.4;
            own[1] = std::copysign(0.4, bonds.right[torus.at(x, y)]);
            own[2] = std::copysign(0.4, bonds.up[torus.at(x, y)]);
            own[3] = own[1] * std::copysign(1.0, bonds.up[torus.at(x + 1, y)]);
        }
    each.minimise(start);
    return {each.least, each.best};
}

} // namespace blockspin::flow
