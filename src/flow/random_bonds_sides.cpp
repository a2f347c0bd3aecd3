#include <blockspin/flow/random_bonds.hpp>

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

double spin(int configuration, int site) { return (configuration >> site & 1) != 0 ? -1.0 : 1.0; }

double field_at(const RandomBonds& bonds, int site) { return bonds.field.empty() ? 0.0 : bonds.field[site]; }

/// Half of −H/kT of the bonds and fields in row y.
double half_row(const RandomBonds& bonds, int y, int configuration) {
    double sum = 0.0;
    for (int x = 0; x < bonds.width; ++x) {
        const int site = y * bonds.width + x;
        sum += bonds.right[site] * spin(configuration, x) * spin(configuration, (x + 1) % bonds.width);
        sum += field_at(bonds, site) * spin(configuration, x);
    }
    return sum / 2;
}

struct Bond {
    int a = 0;
    int b = 0;
    double coupling = 0.0;
};

std::vector<Bond> all_bonds(const RandomBonds& bonds) {
    std::vector<Bond> result;
    for (int y = 0; y < bonds.height; ++y)
        for (int x = 0; x < bonds.width; ++x) {
            const int site = y * bonds.width + x;
            result.push_back({site, y * bonds.width + (x + 1) % bonds.width, bonds.right[site]});
            result.push_back({site, (y + 1) % bonds.height * bonds.width + x, bonds.up[site]});
        }
    return result;
}

double log_2cosh(double x) { return std::abs(x) + std::log1p(std::exp(-2 * std::abs(x))); }

/// Ising spins on a tree: neighbours with tanh K.
using Tree = std::vector<std::vector<std::pair<int, double>>>;

/// ⟨s_from s_i⟩ for all i: products of tanh K along the tree.
std::vector<double> correlations(const Tree& tree, int from) {
    std::vector<double> result(tree.size(), 0.0);
    std::vector<std::pair<int, int>> border{{from, -1}};
    result[from] = 1.0;
    while (!border.empty()) {
        const auto [here, before] = border.back();
        border.pop_back();
        for (const auto& [next, tanh] : tree[here])
            if (next != before) {
                result[next] = result[here] * tanh;
                border.emplace_back(next, here);
            }
    }
    return result;
}

} // namespace

double row_hoelder_bound(const RandomBonds& bonds) {
    if (bonds.height < 4 || bonds.width > 10)
        throw core::InputError(fmt::format(
            "{} rows of {} spins: Hölder's inequality takes 4 rows and more of at most 10", bonds.height, bonds.width));
    const int states = 1 << bonds.width;
    double total = 0.0;
    for (int y = 0; y < bonds.height; ++y) {
        linalg::Matrix<double> a(states, states);
        double largest = -std::numeric_limits<double>::infinity();
        for (int s = 0; s < states; ++s)
            for (int t = 0; t < states; ++t) {
                double exponent = half_row(bonds, y, s) + half_row(bonds, (y + 1) % bonds.height, t);
                for (int x = 0; x < bonds.width; ++x) exponent += bonds.up[y * bonds.width + x] * spin(s ^ t, x);
                largest = std::max(largest, a(s, t) = exponent);
            }
        for (double& element : a.values()) element = std::exp(element - largest);
        const linalg::Matrix<double> square = linalg::product(a, a, linalg::Op::none, linalg::Op::transpose);
        double trace = 0.0;
        for (const double element : square.values()) trace += element * element;
        total += largest + std::log(trace) / 4;
    }
    return total;
}

double spanning_tree_bound(const RandomBonds& bonds) {
    std::vector<Bond> ordered = all_bonds(bonds);
    std::ranges::stable_sort(ordered, std::greater{}, [](const Bond& bond) { return std::abs(bond.coupling); });
    std::vector<int> part(static_cast<std::size_t>(bonds.sites()));
    std::iota(part.begin(), part.end(), 0);
    const auto root = [&](int site) {
        while (part[site] != site) site = part[site] = part[part[site]];
        return site;
    };
    Tree tree(part.size());
    std::vector<Bond> cut;
    double log_z = bonds.sites() * std::log(2.0);
    for (const Bond& bond : ordered) {
        const int a = root(bond.a), b = root(bond.b);
        if (a == b) {
            cut.push_back(bond);
            continue;
        }
        part[a] = b;
        tree[bond.a].emplace_back(bond.b, std::tanh(bond.coupling));
        tree[bond.b].emplace_back(bond.a, std::tanh(bond.coupling));
        log_z += log_2cosh(bond.coupling) - std::log(2.0);
    }
    std::ranges::sort(cut, {}, &Bond::a);
    std::vector<double> along;
    for (int from = -1; const Bond& bond : cut) {
        if (bond.a != from) along = correlations(tree, from = bond.a);
        log_z += bond.coupling * along[bond.b]; // the field has no mean on the tree
    }
    return log_z;
}

double mean_field_bound(const RandomBonds& bonds, double start) {
    const std::vector<Bond> all = all_bonds(bonds);
    std::vector<std::vector<std::pair<int, double>>> neighbours(static_cast<std::size_t>(bonds.sites()));
    for (const Bond& bond : all) {
        neighbours[bond.a].emplace_back(bond.b, bond.coupling);
        neighbours[bond.b].emplace_back(bond.a, bond.coupling);
    }
    std::vector<double> m(neighbours.size(), start);
    constexpr int sweeps = 500;
    for (int sweep = 0; sweep < sweeps; ++sweep) // one site after the other: each step raises the bound
        for (int site = 0; site < bonds.sites(); ++site) {
            double local = field_at(bonds, site);
            for (const auto& [other, coupling] : neighbours[site]) local += coupling * m[other];
            m[site] = std::tanh(local);
        }
    const auto entropy = [](double x) { return x <= 0 ? 0.0 : -x * std::log(x); };
    double result = 0.0;
    for (const Bond& bond : all) result += bond.coupling * m[bond.a] * m[bond.b];
    for (int site = 0; site < bonds.sites(); ++site)
        result += field_at(bonds, site) * m[site] + entropy((1 + m[site]) / 2) + entropy((1 - m[site]) / 2);
    return result;
}

} // namespace blockspin::flow
