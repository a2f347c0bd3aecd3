#include <blockspin/sampling/layer_sums.hpp>

#include "packed_sums.hpp"
#include "strip_sums.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace blockspin::sampling {

namespace {

/// Sums over the rows that it is given, column by column.
class ColumnSums {
  public:
    explicit ColumnSums(std::size_t columns) : sums_(columns), recent_(columns) {}

    void add(std::span<const Spin> row) {
        constexpr int most = 127; // so many sums of ±1 fit a byte
        for (std::size_t x = 0; x < row.size(); ++x) recent_[x] = static_cast<std::int8_t>(recent_[x] + row[x]);
        if (++rows_ == most) flush();
    }
    std::span<const std::int64_t> sums() {
        flush();
        return sums_;
    }

  private:
    void flush() {
        for (std::size_t x = 0; x < sums_.size(); ++x) sums_[x] += recent_[x];
        std::ranges::fill(recent_, std::int8_t{0});
        rows_ = 0;
    }

    std::vector<std::int64_t> sums_;
    std::vector<std::int8_t> recent_; ///< of the last rows
    int rows_ = 0;
};

/// The layers along x of a part, from bits; `sums` begins at the first site of the domain.
void add_along_x(const PackedSpins& spins, const lattice::Box& part, std::span<std::int64_t> sums) {
    for (std::int32_t column = part.offset[0]; column < part.offset[0] + part.extent[0]; ++column) {
        std::array<std::vector<Stretch>, 2> at_site; // first and second of each pair of sites
        lattice::Box here = part;
        here.offset[0] = column;
        here.extent[0] = 1;
        for_each_run(here, [&](const lattice::Coordinates& at, int parity) {
            for (const int colour : {0, 1}) {
                const int site = spins.layout().offset(at, parity, colour);
                at_site[static_cast<std::size_t>(site)].push_back(stretch(spins, at, parity, colour, part));
            }
        });
        const std::int64_t words = std::ssize(at_site[0]) * part.extent[1];
        for (std::size_t site = 0; site < 2; ++site) {
            std::array<std::int64_t, 64> ups{};
            add_bits_by_position(at_site[site], ups);
            for (std::size_t bit = 0; bit < static_cast<std::size_t>(spins.layout().bits(column)); ++bit) {
                sums[128 * static_cast<std::size_t>(column) + 2 * bit + site] += 2 * ups[bit] - words;
            }
        }
    }
}

} // namespace

LayerSums::LayerSums(std::vector<int> directions, std::int32_t length)
    : directions_(std::move(directions)), length_(length) {}

void LayerSums::add(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                    std::span<std::int64_t> sums) const {
    switch (replicas.representation()) {
    case Representation::bits:
        return add_bits(replicas, i, part, sums);
    case Representation::strips:
        for (std::size_t n = 0; n < directions_.size(); ++n) {
            add_layers(replicas.strips()[static_cast<std::size_t>(i)], part, directions_[n],
                       sums.subspan(n * static_cast<std::size_t>(length_)));
        }
        return;
    default:
        return add_bytes(replicas, i, part, sums);
    }
}

void LayerSums::add_bytes(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                          std::span<std::int64_t> sums) const {
    const auto& field = replicas.fields()[static_cast<std::size_t>(i)];
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    ColumnSums columns(along_x() ? static_cast<std::size_t>(part.extent[0]) : 0);
    lattice::for_each_row(part, [&](const lattice::Coordinates& at) {
        const std::span<const Spin> row = field.row(at[1], at[2], at[3]);
        if (along_x()) columns.add(row);
        if (directions_.back() == 0) return;
        const std::int64_t sum = row_sum(row);
        for (std::size_t n = along_x() ? 1 : 0; n < directions_.size(); ++n) {
            const int d = directions_[n];
            sums[n * static_cast<std::size_t>(length_) + static_cast<std::size_t>(corner[d] + at[d])] += sum;
        }
    });
    const std::span<const std::int64_t> of_columns = columns.sums();
    for (std::size_t x = 0; x < of_columns.size(); ++x) sums[static_cast<std::size_t>(corner[0]) + x] += of_columns[x];
}

void LayerSums::add_bits(const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                         std::span<std::int64_t> sums) const {
    const PackedSpins& spins = replicas.packed()[static_cast<std::size_t>(i)];
    const lattice::Coordinates& corner = replicas.decomposition().box().offset;
    if (along_x()) add_along_x(spins, part, sums.subspan(static_cast<std::size_t>(corner[0])));
    if (directions_.back() == 0) return;
    std::vector<std::int64_t> ups(static_cast<std::size_t>(part.extent[1]));
    for_each_run(part, [&](const lattice::Coordinates& at, int parity) {
        std::ranges::fill(ups, 0);
        for (const int colour : {0, 1}) sampling::add_bits(stretch(spins, at, parity, colour, part), ups);
        const std::int64_t sites = 2 * spins.layout().bits(at[0]);
        for (std::size_t n = along_x() ? 1 : 0; n < directions_.size(); ++n) {
            const int d = directions_[n];
            for (std::size_t word = 0; word < ups.size(); ++word) {
                const std::int32_t y = 2 * (part.offset[1] + static_cast<std::int32_t>(word)) + parity;
                const auto x = static_cast<std::size_t>(corner[d] + (d == 1 ? y : at[d]));
                sums[n * static_cast<std::size_t>(length_) + x] += 2 * ups[word] - sites;
            }
        }
    });
}

Measurement LayerSums::measurement() const {
    const Measurement::Add add = [layers = *this](const Replicas& replicas, std::int64_t i, const lattice::Box& part,
                                                  std::span<std::int64_t> sums) {
        layers.add(replicas, i, part, sums);
    };
    return {{.name = "layer",
             .meaning = "sums of spins in the layers along each of the longest periodic directions",
             .width = directions_.size() * static_cast<std::size_t>(length_)},
            add,
            add,
            add};
}

} // namespace blockspin::sampling
