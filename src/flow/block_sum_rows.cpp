#include <blockspin/flow/block_sum.hpp>

#include "block_sum_parts.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/linalg/product.hpp>
#include <blockspin/model/terms.hpp>
#include <blockspin/mpi/collectives.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace blockspin::flow {

namespace {

using lattice::Geometry;
using linalg::Matrix;
using linalg::MatrixView;
using linalg::Op;

constexpr int longest_row = 9;
constexpr int most_spins_per_block_row = 27;

/// The blocks and their rows. A row of spins has 2^width states.
struct Layout {
    int width;      ///< spins in a row
    int b;          ///< rows in a row of blocks
    int row_blocks; ///< blocks in a row
    int block_rows; ///< rows of blocks
    int components; ///< 1 for W and 1 for each of its derivatives

    int states() const { return 1 << width; }
    int row_mus() const { return 1 << row_blocks; }
};

Layout layout_of(const Geometry& fine, const coarsen::RuleTable& rule, int components) {
    const Geometry coarse = block_lattice(fine, rule);
    const Layout layout{fine.extents()[0], rule.scale_factor(), coarse.extents()[0], coarse.extents()[1], components};
    if (layout.width > longest_row || layout.width * layout.b > most_spins_per_block_row)
        throw core::InputError(fmt::format("rows of {} spins in blocks of {} rows have too many states: at most {} "
                                           "spins in a row and {} in a row of blocks",
                                           layout.width, layout.b, longest_row, most_spins_per_block_row));
    return layout;
}

/// T(r, r') of a row and the next, and ∂T/∂K_a, first as exponents.
struct Transfer {
    std::vector<Matrix<double>> parts; ///< T, then S_a(r, r') T
    std::vector<Matrix<double>> sums;  ///< S_a(r, r'): terms that begin in row r
    double shift = 0;                  ///< T holds e^{−shift}
};

Matrix<double> sums_between_rows(const model::Operator& op, const Layout& layout) {
    const Geometry strip(op.lattice(), {layout.width, 2}, {lattice::Boundary::periodic, lattice::Boundary::open});
    std::vector<std::uint32_t> masks = model::term_masks(op, strip);
    const std::uint32_t first_row = static_cast<std::uint32_t>(layout.states()) - 1;
    // A term in the next row alone belongs to that one, even where a wrapped one has lost spins in the first.
    const model::Terms terms = model::terms(op, strip);
    std::vector<std::uint32_t> ours;
    for (std::size_t t = 0; t < terms.size(); ++t)
        if (std::ranges::any_of(terms[t], [&](std::int64_t site) { return site < layout.width; }))
            ours.push_back(masks[t]);
    Matrix<double> sums(layout.states(), layout.states());
    for (int r = 0; r < layout.states(); ++r)
        for (int next = 0; next < layout.states(); ++next)
            sums(r, next) = static_cast<double>(model::sum_of_masks(
                ours, (static_cast<std::uint32_t>(r) & first_row) | static_cast<std::uint32_t>(next) << layout.width));
    return sums;
}

Transfer transfer_of(const model::Hamiltonian& hamiltonian, const Layout& layout) {
    Transfer transfer;
    Matrix<double> weight(layout.states(), layout.states());
    for (std::size_t a = 0; a < hamiltonian.basis().size(); ++a) {
        transfer.sums.push_back(sums_between_rows(hamiltonian.basis()[a], layout));
        for (std::size_t i = 0; i < weight.size(); ++i)
            weight.data()[i] += hamiltonian.couplings()[a] * transfer.sums.back().data()[i];
    }
    transfer.shift = std::ranges::max(weight.values());
    for (double& x : weight.values()) x = std::exp(x - transfer.shift);
    transfer.parts.push_back(weight);
    for (int a = 0; a + 1 < layout.components; ++a) {
        Matrix<double> slope = transfer.sums[static_cast<std::size_t>(a)];
        for (std::size_t i = 0; i < slope.size(); ++i) slope.data()[i] *= weight.data()[i];
        transfer.parts.push_back(std::move(slope));
    }
    return transfer;
}

/// Row r_1 of Σ over r_2 … r_{b−1} of P(μ|r_1 … r_b) T(r_1, r_2) … T(r_{b−1}, r_b), and its derivatives.
class RowOfBlocks {
  public:
    RowOfBlocks(const Layout& layout, const Transfer& transfer, std::span<const double> up, int first)
        : layout_(layout), transfer_(transfer), up_(up),
          blocks_(static_cast<std::size_t>(layout.b), std::vector<std::uint32_t>(layout.row_blocks)),
          exponents_(static_cast<std::size_t>(layout.b), std::vector<double>(layout.components - 1)),
          sums_(layout.components * layout.row_mus(), layout.states()),
          shares_(static_cast<std::size_t>(layout.row_mus())) {
        fill_blocks(0, first);
        add_rows(1, first, 1.0);
    }
    /// Row (component, μ), column r_b.
    const Matrix<double>& sums() const { return sums_; }

  private:
    /// Row `row` of the blocks holds the spins r.
    void fill_blocks(std::size_t row, int r) {
        for (std::size_t j = 0; j < blocks_[row].size(); ++j) {
            const std::uint32_t bits = static_cast<std::uint32_t>(r) >> (layout_.b * j) & ((1U << layout_.b) - 1);
            blocks_[row][j] = (row > 0 ? blocks_[row - 1][j] : 0) | bits << (layout_.b * row);
        }
    }
    /// Everything that begins with the `known` rows that are chosen.
    void add_rows(int known, int last, double weight) {
        if (known == layout_.b) return add(last, weight);
        const auto row = static_cast<std::size_t>(known);
        for (int next = 0; next < layout_.states(); ++next) {
            for (std::size_t a = 0; a < exponents_[row].size(); ++a)
                exponents_[row][a] = exponents_[row - 1][a] + transfer_.sums[a](last, next);
            fill_blocks(row, next);
            add_rows(known + 1, next, weight * transfer_.parts[0](last, next));
        }
    }
    void add(int last, double weight) {
        share_out(weight, blocks_.back(), up_, shares_);
        for (int mu = 0; mu < layout_.row_mus(); ++mu) {
            const double part = shares_[static_cast<std::size_t>(mu)];
            sums_(mu, last) += part;
            for (int a = 0; a + 1 < layout_.components; ++a)
                sums_((a + 1) * layout_.row_mus() + mu, last) += exponents_.back()[static_cast<std::size_t>(a)] * part;
        }
    }

    const Layout& layout_;
    const Transfer& transfer_;
    std::span<const double> up_;
    std::vector<std::vector<std::uint32_t>> blocks_; ///< [row][block]: states of the blocks as far as this row
    std::vector<std::vector<double>> exponents_;     ///< [row][operator]: S_a as far as this row
    Matrix<double> sums_;
    std::vector<double> shares_;
};

/// A_μ of one row of blocks, and its derivatives: [component][μ].
using BlockRows = std::vector<std::vector<Matrix<double>>>;

/// Row r of every A_μ and of their derivatives: row (component, μ), column r'_1.
Matrix<double> row_of_matrices(const Layout& layout, const Transfer& transfer, std::span<const double> up, int r) {
    const RowOfBlocks blocks(layout, transfer, up, r);
    Matrix<double> rows = linalg::product(blocks.sums(), transfer.parts[0]);
    for (int a = 1; a < layout.components; ++a)
        linalg::gemm(Op::none, Op::none, 1.0, blocks.sums().view().row_block(0, layout.row_mus()),
                     transfer.parts[static_cast<std::size_t>(a)], 1.0,
                     rows.view().row_block(a * layout.row_mus(), layout.row_mus()));
    return rows;
}

/// The share of `count` things that is this rank's.
std::pair<int, int> share(const mpi::Communicator& comm, int count) {
    return {count * comm.rank() / comm.size(), count * (comm.rank() + 1) / comm.size()};
}

/// make(i) of all i below `count`, each a matrix of the same shape, shared by ranks and threads. Collective.
template <class Make>
std::vector<double> gathered(const mpi::Communicator& comm, int count, std::size_t size, Make&& make) {
    const auto rows = share(comm, count);
    const int first = rows.first, end = rows.second; // clang's OpenMP takes no structured bindings
    std::vector<double> mine(static_cast<std::size_t>(end - first) * size);
#pragma omp parallel for schedule(dynamic)
    for (int i = first; i < end; ++i) {
        const Matrix<double> made = make(i);
        std::ranges::copy(made.values(), mine.begin() + static_cast<std::ptrdiff_t>((i - first) * size));
    }
    return mpi::all_gather_joined<double>(comm, mine);
}

BlockRows block_rows(const mpi::Communicator& comm, const Layout& layout, const Transfer& transfer,
                     std::span<const double> up) {
    const int D = layout.states(), mus = layout.row_mus();
    const std::size_t size = static_cast<std::size_t>(layout.components * mus) * D;
    const std::vector<double> rows =
        gathered(comm, D, size, [&](int r) { return row_of_matrices(layout, transfer, up, r); });
    BlockRows result(static_cast<std::size_t>(layout.components));
    for (int k = 0; k < layout.components; ++k)
        for (int mu = 0; mu < mus; ++mu) {
            Matrix<double>& a = result[static_cast<std::size_t>(k)].emplace_back(D, D);
            for (int r = 0; r < D; ++r)
                std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(r * size + (k * mus + mu) * D), D,
                            a.row(r).begin());
        }
    return result;
}

/// The product of `rows` matrices A_μ, the lowest bits of `mus` first; with the first from `component`.
Matrix<double> product_of(const BlockRows& a, const Layout& layout, int component, int mus, int rows) {
    if (rows == 0) return Matrix<double>::identity(layout.states());
    const auto next = [&] { return static_cast<std::size_t>(mus & (layout.row_mus() - 1)); };
    Matrix<double> product = a[static_cast<std::size_t>(component)][next()];
    for (int row = 1; row < rows; ++row) {
        mus >>= layout.row_blocks;
        product = linalg::product(product, a[0][next()]);
    }
    return product;
}

/// The transposes of all products of `rows` matrices A_μ, one to a row.
Matrix<double> transposed_products(const BlockRows& a, const Layout& layout, int rows) {
    const int count = 1 << (layout.row_blocks * rows), D = layout.states();
    Matrix<double> result(count, D * D);
#pragma omp parallel for schedule(dynamic)
    for (int mus = 0; mus < count; ++mus) {
        const Matrix<double> product = linalg::transposed(product_of(a, layout, 0, mus, rows));
        std::ranges::copy(product.values(), result.row(mus).begin());
    }
    return result;
}

/// All W(μ) and their derivatives through the first row of blocks: row μ of the lower half of the rows of blocks but
/// the last one of them, then (component, μ of that last one), column μ of the upper half.
std::vector<double> traces(const mpi::Communicator& comm, const Layout& layout, const BlockRows& a) {
    const int lower = (layout.block_rows + 1) / 2, upper = layout.block_rows - lower;
    const int D = layout.states(), mus = layout.row_mus(), width = layout.components * mus;
    const Matrix<double> above = transposed_products(a, layout, upper);
    const auto with_last = [&](int before) {
        Matrix<double> below(width, D * D);
        for (int k = 0; k < layout.components; ++k) {
            const Matrix<double> product = product_of(a, layout, k, before, lower - 1);
            for (int last = 0; last < mus; ++last) {
                const auto& factor = a[lower == 1 ? static_cast<std::size_t>(k) : 0][static_cast<std::size_t>(last)];
                linalg::gemm(Op::none, Op::none, 1.0, product, factor, 0.0,
                             MatrixView<double>(below.row(k * mus + last), D, D));
            }
        }
        return linalg::product(below, above, Op::none, Op::transpose);
    };
    const int count = 1 << (layout.row_blocks * (lower - 1));
    return gathered(comm, count, static_cast<std::size_t>(width) * above.rows(), with_last);
}

/// The traces in the order of the configurations of the block spins: [component][μ].
std::vector<std::vector<double>> sorted(const std::vector<double>& traces, const Layout& layout) {
    const int lower = (layout.block_rows + 1) / 2, mus = layout.row_mus();
    const std::size_t befores = std::size_t{1} << (layout.row_blocks * (lower - 1));
    const std::size_t uppers = std::size_t{1} << (layout.row_blocks * (layout.block_rows - lower));
    std::vector<std::vector<double>> result(static_cast<std::size_t>(layout.components),
                                            std::vector<double>(befores * mus * uppers));
    auto next = traces.begin();
    for (std::size_t before = 0; before < befores; ++before)
        for (std::vector<double>& component : result)
            for (int last = 0; last < mus; ++last)
                for (std::size_t above = 0; above < uppers; ++above)
                    component[before + befores * (last + mus * above)] = *next++;
    return result;
}

/// Derivatives through any row of blocks, from those through the first: the torus may be turned.
void sum_over_rows(std::vector<double>& slope, const Layout& layout) {
    const int bits = layout.row_blocks * layout.block_rows;
    const std::vector<double> through_first = slope;
    for (std::size_t mu = 0; mu < slope.size(); ++mu)
        for (int turned = layout.row_blocks; turned < bits; turned += layout.row_blocks)
            slope[mu] += through_first[(mu >> turned | mu << (bits - turned)) & (slope.size() - 1)];
}

} // namespace

BlockSum block_sum_by_rows(const mpi::Communicator& comm, const model::Hamiltonian& hamiltonian,
                           const Geometry& geometry, const coarsen::RuleTable& rule, Slopes slopes) {
    if (geometry.dimension() != 2 || !reaches_next_row_only(hamiltonian.basis()))
        throw core::InputError("a transfer matrix from row to row needs two dimensions and couplings that reach no "
                               "farther than to the next row");
    const int derivatives = slopes == Slopes::all ? static_cast<int>(hamiltonian.basis().size()) : 0;
    const Layout layout = layout_of(geometry, rule, 1 + derivatives);
    const Transfer transfer = transfer_of(hamiltonian, layout);
    const BlockRows rows = block_rows(comm, layout, transfer, rule.probability_up());
    std::vector<std::vector<double>> weights = sorted(traces(comm, layout, rows), layout);
    for (std::size_t a = 1; a < weights.size(); ++a) sum_over_rows(weights[a], layout);
    const std::vector<double> shifts(weights[0].size(), transfer.shift * geometry.extents()[1]);
    return block_sum_of(block_lattice(geometry, rule), std::move(weights), shifts);
}

} // namespace blockspin::flow
