#include <blockspin/flow/state_classes.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

/// Configurations as numbers in base q, vertex 0 the last digit.
struct Digits {
    int q = 2;
    int n = 1;

    int total() const { return static_cast<int>(std::lround(std::pow(q, n))); }
    std::vector<int> of(int configuration) const {
        std::vector<int> digits(static_cast<std::size_t>(n));
        for (int& digit : digits) digit = std::exchange(configuration, configuration / q) % q;
        return digits;
    }
    int number(std::span<const int> digits) const {
        int result = 0;
        for (int i = n; i-- > 0;) result = result * q + digits[i];
        return result;
    }
};

using Permutation = std::vector<int>;

std::vector<Permutation> vertex_generators(int d, VertexSymmetry symmetry) {
    std::vector<Permutation> result;
    Permutation identity(std::size_t{1} << d);
    std::iota(identity.begin(), identity.end(), 0);
    const auto add = [&](auto&& move) {
        Permutation moved;
        for (const int v : identity) moved.push_back(move(v));
        result.push_back(std::move(moved));
    };
    if (symmetry == VertexSymmetry::total) {
        for (int i = 0; i + 1 < static_cast<int>(identity.size()); ++i)
            add([i](int v) { return v == i ? i + 1 : v == i + 1 ? i : v; });
        return result;
    }
    for (int axis = 0; axis < d; ++axis) add([axis](int v) { return v ^ (1 << axis); });
    for (int axis = 0; axis + 1 < d; ++axis)
        add([axis](int v) {
            const int differ = (v >> axis ^ v >> (axis + 1)) & 1;
            return v ^ (differ << axis | differ << (axis + 1));
        });
    return result;
}

/// Class of every configuration under permutations of vertices and states; classes in the order of their smallest one.
std::vector<int> orbits(const Digits& digits, std::span<const Permutation> vertices,
                        std::span<const Permutation> states) {
    std::vector<int> labels(static_cast<std::size_t>(digits.total()), -1);
    int count = 0;
    for (int first = 0; first < digits.total(); ++first) {
        if (labels[first] >= 0) continue;
        std::vector<int> border{first};
        labels[first] = count;
        const auto reach = [&](std::span<const int> configuration) {
            const int number = digits.number(configuration);
            if (std::exchange(labels[number], count) < 0) border.push_back(number);
        };
        while (!border.empty()) {
            const std::vector<int> here = digits.of(std::exchange(border.back(), 0));
            border.pop_back();
            std::vector<int> there = here;
            for (const Permutation& move : vertices) {
                for (std::size_t i = 0; i < here.size(); ++i) there[move[i]] = here[i];
                reach(there);
            }
            for (const Permutation& change : states) {
                for (std::size_t i = 0; i < here.size(); ++i) there[i] = change[here[i]];
                reach(there);
            }
        }
        ++count;
    }
    return labels;
}

std::vector<Permutation> joined(std::vector<Permutation> a, std::span<const Permutation> b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Permutation exchanged(int q, int a, int b) {
    Permutation result(static_cast<std::size_t>(q));
    std::iota(result.begin(), result.end(), 0);
    std::swap(result[a], result[b]);
    return result;
}

void check_dimension(int d) {
    if (d < 1 || d > 3) throw core::InputError(fmt::format("hypercubes of 1 to 3 dimensions, not of {}", d));
}

} // namespace

SpinKind potts(int q, int d) {
    check_dimension(d);
    if (q < 2 || q > 10) throw core::InputError(fmt::format("Potts spins of 2 to 10 states, not of {}", q));
    SpinKind kind{{},
                  {},
                  {exchanged(q, 0, 1)},
                  {"p"},
                  {linalg::Matrix<double>::identity(q)},
                  {6.8 / (1 << d) * std::log1p(std::sqrt(q))}};
    for (int s = 0; s < q; ++s) kind.states.push_back(static_cast<char>('0' + s));
    for (int s = 1; s + 1 < q; ++s) kind.symmetries.push_back(exchanged(q, s, s + 1));
    return kind;
}

SpinKind spin_one(int d) {
    check_dimension(d);
    SpinKind kind{{'-', '0', '+'}, {}, {exchanged(3, 0, 2)}, {"p", "q", "r"}, {}, {}};
    kind.couplings.assign(3, linalg::Matrix<double>(3, 3));
    for (int mu = 0; mu < 3; ++mu)
        for (int sigma = 0; sigma < 3; ++sigma) {
            const double m = mu - 1, s = sigma - 1;
            kind.couplings[0](mu, sigma) = m * s;
            kind.couplings[1](mu, sigma) = m * m * s * s;
            kind.couplings[2](mu, sigma) = m * m / (1 << d);
        }
    kind.typical_parameters = {4.4 / (1 << d), -0.2 / (1 << d), -0.87};
    return kind;
}

StateClasses::StateClasses(const SpinKind& kind, int d, VertexSymmetry symmetry) {
    spatial_dimension_ = d;
    const Digits digits{static_cast<int>(kind.states.size()), spins()};
    if (digits.n * std::log2(digits.q) > 17.0)
        throw core::InputError(fmt::format("{} spins of {} states have too many configurations", digits.n, digits.q));
    const std::vector<Permutation> all = joined(kind.symmetries, kind.broken);
    const std::vector<int> labels = orbits(digits, vertex_generators(d, symmetry), kind.symmetries);
    const std::vector<int> parents = orbits(digits, vertex_generators(d, symmetry), all);
    const std::vector<int> shells = orbits(digits, vertex_generators(d, VertexSymmetry::total), kind.symmetries);
    const auto count = static_cast<std::size_t>(std::ranges::max(labels)) + 1;
    sizes_.assign(count, 0.0);
    std::vector<int> parent_of;
    for (int configuration = 0; configuration < digits.total(); ++configuration) {
        double& size = sizes_[labels[configuration]];
        if (size == 0.0) {
            const std::vector<int> states = digits.of(configuration);
            representatives_.insert(representatives_.end(), states.begin(), states.end());
            shells_.push_back(shells[configuration]);
            parent_of.push_back(parents[configuration]);
        }
        size += 1.0;
    }
    states_ = digits.q;
    parameters_ = kind.parameters;
    typical_parameters_ = kind.typical_parameters;
    set_coordinates(kind, labels, parent_of);
    set_pairs(kind, labels);
}

/// `parents`: for every class the larger one, under all symmetries.
void StateClasses::set_coordinates(const SpinKind& kind, std::span<const int> labels, std::span<const int> parents) {
    const int n = count();
    const auto total = static_cast<double>(labels.size());
    functions_ = linalg::Matrix<double>(n, n);
    projection_ = linalg::Matrix<double>(n, n);
    const auto name = [&](int c) {
        std::string text;
        for (int i = 0; i < spins(); ++i) text += kind.states[state(c, i)];
        return text;
    };
    const auto size_of_parent = [&](int parent) {
        double sum = 0.0;
        for (int s = 0; s < n; ++s) sum += parents[s] == parent ? size(s) : 0.0;
        return sum;
    };
    for (int s = 0; s < n; ++s) {
        functions_(0, s) = 1.0;
        projection_(0, s) = size(s) / total;
    }
    for (int c = 1, a = 1; c < n; ++c) {
        const auto first = static_cast<int>(std::ranges::find(parents, parents[c]) - parents.begin());
        const double whole = size_of_parent(parents[c]);
        const bool is_even = first == c;
        for (int s = 0; s < n; ++s) {
            const double mean = parents[s] == parents[c] ? size(s) / whole : 0.0; // ⟨u⟩_A as a sum over classes
            if (is_even) {
                projection_(a, s) = mean - size(s) / total;
                functions_(a, s) = parents[s] == parents[c]   ? 1.0
                                   : parents[s] == parents[0] ? -whole / size_of_parent(parents[0])
                                                              : 0.0;
            } else {
                projection_(a, s) = (s == c ? 1.0 : 0.0) - mean;
                functions_(a, s) = s == c ? 1.0 : s == first ? -size(c) / size(first) : 0.0;
            }
        }
        couplings_.push_back(is_even ? Coupling{"{" + name(c) + "}", Parity::even}
                                     : Coupling{"[" + name(c) + "]", Parity::odd});
        ++a;
    }
}

void StateClasses::set_pairs(const SpinKind& kind, std::span<const int> labels) {
    const int n = count();
    const Digits digits{static_cast<int>(kind.states.size()), spins()};
    std::map<std::vector<double>, int> rows;
    const auto row = [&](std::span<const int> mu, std::span<const int> sigma) {
        std::vector<double> sums(kind.couplings.size(), 0.0);
        for (std::size_t k = 0; k < sums.size(); ++k)
            for (int i = 0; i < spins(); ++i) sums[k] += kind.couplings[k](mu[i], sigma[i]);
        return rows.try_emplace(std::move(sums), static_cast<int>(rows.size())).first->second;
    };
    const auto representative = [&](int c) {
        return std::span(representatives_).subspan(static_cast<std::size_t>(c) * spins(), spins());
    };
    std::vector<std::map<int, double>> counts(functions_.size());
    for (int configuration = 0; configuration < digits.total(); ++configuration) {
        const std::vector<int> sigma = digits.of(configuration);
        for (int r = 0; r < n; ++r)
            counts[static_cast<std::size_t>(r) * n + labels[configuration]][row(representative(r), sigma)] += 1.0;
    }
    pairs_.of.resize(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        for (const auto& [sums, count_of_sums] : counts[i]) pairs_.of[i].push_back({sums, count_of_sums});
    for (int s = 0; s < n; ++s) {
        pairs_.equal.emplace_back();
        for (int mu = 0; mu < digits.q; ++mu)
            pairs_.equal.back().push_back(
                row(std::vector<int>(static_cast<std::size_t>(spins()), mu), representative(s)));
    }
    pairs_.values = linalg::Matrix<double>(static_cast<int>(rows.size()), static_cast<int>(kind.couplings.size()));
    for (const auto& [sums, index] : rows) std::ranges::copy(sums, pairs_.values.row(index).begin());
}

Start sublattice_decimated(const StateClasses& classes, const std::function<double(int, int)>& exponent,
                           const std::function<double(int)>& own) {
    std::vector<double> values;
    for (int c = 0; c < classes.count(); ++c) {
        double largest = -HUGE_VAL, sum = 0.0;
        for (int s = 0; s < classes.states(); ++s) largest = std::max(largest, exponent(s, c));
        for (int s = 0; s < classes.states(); ++s) sum += std::exp(exponent(s, c) - largest);
        values.push_back(largest + std::log(sum) + own(c));
    }
    std::vector<double> all = classes.expansion(values);
    Start start{{all.begin() + 1, all.end()}, all.front(), 0.5};
    for (std::size_t a = 0; a < start.couplings.size(); ++a)
        if (classes.couplings()[a].parity == Parity::odd) start.couplings[a] = 0.0;
    return start;
}

Start potts_sublattice_decimated(const StateClasses& classes, double K) {
    const auto exponent = [&](int s, int c) {
        int equal = 0;
        for (int i = 0; i < classes.spins(); ++i) equal += classes.state(c, i) == s ? 1 : 0;
        return K * equal;
    };
    return sublattice_decimated(classes, exponent, [](int) { return 0.0; });
}

} // namespace blockspin::flow
