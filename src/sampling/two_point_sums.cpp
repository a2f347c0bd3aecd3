#include <blockspin/sampling/two_point_sums.hpp>

#include "packed_sums.hpp"

#include <blockspin/mpi/collectives.hpp>
#include <blockspin/sampling/structure.hpp>

#include <algorithm>
#include <utility>

namespace blockspin::sampling {

namespace {

constexpr std::int64_t word_bits = 64;

/// The spins of whole lattices as bits, 1 = +1, row by row; rows begin with a word and go on round the torus for half
/// of their length, so that the spins some sites further are found without wrapping.
class PeriodicRows {
  public:
    explicit PeriodicRows(const lattice::Geometry& geometry)
        : length_(geometry.extents()[0]), words_((length_ + word_bits - 1) / word_bits),
          stride_((length_ + length_ / 2) / word_bits + 1), rows_(geometry.sites() / length_) {}

    std::int64_t rows() const noexcept { return rows_; }
    std::int64_t stride() const noexcept { return stride_; }
    /// Words of so many lattices, as they are sent and as they are read.
    std::int64_t sent(std::int64_t replicas) const noexcept { return words_ * rows_ * replicas; }
    std::int64_t held(std::int64_t replicas) const noexcept { return stride_ * rows_ * replicas + read_beyond; }

    /// Those of all replicas of a group, [replica][row]. Collective in the group.
    std::vector<Word> gathered(const Replicas& replicas) const {
        std::vector<Word> sent(static_cast<std::size_t>(this->sent(replicas.count())));
        for (std::int64_t i = 0; i < replicas.count(); ++i) {
            add_domain(replicas, i, std::span(sent).subspan(static_cast<std::size_t>(this->sent(i))));
        }
        mpi::all_reduce(replicas.group(), std::span(sent), mpi::Op::bit_or);
        std::vector<Word> held(static_cast<std::size_t>(this->held(replicas.count())));
#pragma omp parallel for schedule(static)
        for (std::int64_t row = 0; row < rows_ * replicas.count(); ++row) {
            continue_row(sent.data() + row * words_, held.data() + row * stride_);
        }
        return held;
    }

  private:
    static constexpr std::int64_t read_beyond = 17; ///< words that count_unlike may read beyond the last row

    void add_domain(const Replicas& replicas, std::int64_t i, std::span<Word> rows) const {
        const lattice::Box& box = replicas.decomposition().box();
        std::vector<Spin> spins(static_cast<std::size_t>(replicas.decomposition().local_sites()));
        replicas.copy_spins(i, spins);
        auto spin = spins.cbegin();
        lattice::for_each_row(box, [&](const lattice::Coordinates& at) {
            Word* const row = &rows[static_cast<std::size_t>(replicas.geometry().site(at) / length_ * words_)];
            for (std::int64_t x = at[0]; x < at[0] + box.extent[0]; ++x) {
                row[x / word_bits] |= Word{*spin++ > 0} << x % word_bits;
            }
        });
    }

    void continue_row(const Word* row, Word* out) const {
        std::copy_n(row, words_, out);
        for (std::int64_t x = length_; x < length_ + length_ / 2; ++x) {
            const std::int64_t from = x - length_;
            out[x / word_bits] |= (row[from / word_bits] >> from % word_bits & 1) << x % word_bits;
        }
    }

    std::int64_t length_, words_, stride_, rows_;
};

/// Rows [first, last) of a lattice against those a displacement further, as long as neither wraps: visit(row, other
/// row, number of rows).
template <class Visit>
void for_each_stretch_of_rows(const lattice::Geometry& geometry, lattice::Coordinates displacement, std::int64_t first,
                              std::int64_t last, Visit&& visit) {
    const std::int64_t length = geometry.extents()[0], column = geometry.extents()[1];
    displacement[0] = 0;
    for (std::int64_t row = first; row < last;) {
        const std::int64_t other = *geometry.neighbour(row * length, displacement) / length;
        const std::int64_t count = std::min({last - row, column - row % column, column - other % column});
        visit(row, other, count);
        row += count;
    }
}

std::vector<lattice::Coordinates> axes(const lattice::Geometry& geometry, const std::vector<int>& directions) {
    std::vector<lattice::Coordinates> steps;
    for (const int d : directions) steps.emplace_back()[d] = 1;
    if (geometry.lattice() == lattice::Lattice::triangular && directions.size() == 2) steps.push_back({1, 1});
    return steps;
}

std::vector<lattice::Coordinates> diagonals(const lattice::Geometry& geometry, const std::vector<int>& directions) {
    std::vector<lattice::Coordinates> steps;
    if (geometry.lattice() == lattice::Lattice::triangular) return steps;
    for (std::size_t i = 0; i < directions.size(); ++i) {
        for (std::size_t j = i + 1; j < directions.size(); ++j) {
            for (const int sign : {1, -1}) {
                lattice::Coordinates& step = steps.emplace_back();
                step[directions[i]] = 1;
                step[directions[j]] = sign;
            }
        }
    }
    return steps;
}

lattice::Coordinates times(std::size_t r, lattice::Coordinates step) {
    for (auto& each : step) each *= static_cast<std::int32_t>(r);
    return step;
}

} // namespace

TwoPointSums::TwoPointSums(const lattice::Geometry& geometry) : geometry_(geometry) {
    const SmallestModes modes(geometry);
    distances_ = static_cast<std::size_t>(modes.length()) / 2 + 1;
    displacements_ = {{"axes", axes(geometry, modes.directions())},
                      {"diagonals", diagonals(geometry, modes.directions())}};
    std::erase_if(displacements_, [](const Displacements& each) { return each.steps.empty(); });
}

double TwoPointSums::memory(std::int64_t replicas) const noexcept {
    const PeriodicRows rows(geometry_);
    return static_cast<double>(rows.sent(replicas) + rows.held(replicas)) * sizeof(Word);
}

Measurement TwoPointSums::measurement() const {
    return {.quantity = {.name = "two_point",
                         .meaning = "sums of s_x s_(x+R) over all sites x and all R of length 0 ... L/2 along the "
                                    "axes, then along the diagonals",
                         .width = displacements_.size() * distances_},
            .add = {},
            .add_all = [here = *this](const Replicas& replicas, std::span<std::int64_t> sums) {
                here.add(replicas, sums);
            }};
}

void TwoPointSums::add(const Replicas& replicas, std::span<std::int64_t> sums) const {
    const PeriodicRows rows(geometry_);
    const std::vector<Word> spins = rows.gathered(replicas);
    const std::int64_t rank = replicas.group().rank(), ranks = replicas.group().size();
    const std::int64_t first = rows.rows() * rank / ranks, last = rows.rows() * (rank + 1) / ranks;
    const std::int32_t length = geometry_.extents()[0];
    const std::size_t width = displacements_.size() * distances_;
#pragma omp parallel for schedule(dynamic)
    for (std::size_t number = 0; number < sums.size(); ++number) { // [replica][axes or diagonals][r]
        const Word* const lattice =
            spins.data() + static_cast<std::int64_t>(number / width) * rows.rows() * rows.stride();
        for (const lattice::Coordinates& step : displacements_[number % width / distances_].steps) {
            const lattice::Coordinates displacement = times(number % distances_, step);
            const auto count_rows = [&](std::int64_t row, std::int64_t other, std::int64_t count) {
                const std::int64_t unlike =
                    count_unlike(lattice + row * rows.stride(), lattice + other * rows.stride(),
                                 {.rows = count, .stride = rows.stride(), .length = length, .shift = displacement[0]});
                sums[number] += length * count - 2 * unlike;
            };
            for_each_stretch_of_rows(geometry_, displacement, first, last, count_rows);
        }
    }
}

} // namespace blockspin::sampling
