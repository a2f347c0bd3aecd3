#include <blockspin/sampling/strip_spins.hpp>

#include <blockspin/core/check.hpp>

#include <algorithm>

namespace blockspin::sampling {

namespace {

using lattice::Coordinates;

constexpr std::size_t line = 8; ///< words of a cache line; word 0 of a run begins one

/// Moves the bits of every strip to the next one along a direction, or to the one before.
class Turn {
  public:
    Turn(const StripPlan& plan, int direction, bool is_up) : is_up_(is_up), is_idle_(plan.strips[direction] == 1) {
        for (int d = 0; d < direction; ++d) step_ *= plan.strips[d];
        round_ = step_ * (plan.strips[direction] - 1);
        const std::int32_t edge = is_up ? 0 : plan.strips[direction] - 1; // to which bits come from the other end
        for (int lane = 0; lane < plan.lanes(); ++lane) {
            (lane / step_ % plan.strips[direction] == edge ? edge_ : inner_) |= Word{1} << lane;
        }
    }
    Word operator()(Word word) const noexcept {
        if (is_idle_) return word;
        return is_up_ ? (word << step_ & inner_) | (word >> round_ & edge_)
                      : (word >> step_ & inner_) | (word << round_ & edge_);
    }

  private:
    bool is_up_, is_idle_;
    int step_ = 1, round_ = 0;
    Word inner_ = 0, edge_ = 0;
};

} // namespace

StripLayout::StripLayout(const lattice::Decomposition& decomposition, const StripPlan& plan) : plan_(plan) {
    const lattice::Box& box = decomposition.box();
    const std::int32_t period = plan.period[plan.along];
    for (int d = 0; d < plan.along; ++d) {
        core::ensure(box.extent[d] == plan.length[d] * plan.strips[d], "strips are cut along the last direction only");
    }
    core::ensure(box.offset[plan.along] % (2 * period) == 0 && box.extent[plan.along] % period == 0,
                 "strips are cut between pairs of words");
    words_ = box.extent[plan.along] / period;
    first_word_ = box.offset[plan.along] / period;
    is_cut_ = decomposition.grid().ranks[plan.along] > 1;
    Coordinates below{}, above{};
    below[plan.along] = -1;
    above[plan.along] = 1;
    beside_ = {*decomposition.neighbour(below), *decomposition.neighbour(above)}; // strips are of periodic lattices
    run_size_ = (static_cast<std::size_t>(words_) + line) / line * line + line;
    std::size_t stride = run_size_ * static_cast<std::size_t>(period);
    for (int d = 0; d < plan.along; ++d) {
        strides_[d] = stride;
        stride *= static_cast<std::size_t>(plan.length[d] + 2 * plan.reach[d]);
    }
    size_ = stride + line; // vectors read beyond the end
}

lattice::Box StripLayout::columns() const noexcept {
    lattice::Box box;
    for (int d = 0; d < plan_.along; ++d) box.extent[d] = plan_.length[d];
    return box;
}

std::size_t StripLayout::run(const Coordinates& column, std::int32_t residue) const noexcept {
    std::size_t at = line + run_size_ * static_cast<std::size_t>(residue);
    for (int d = 0; d < plan_.along; ++d) at += strides_[d] * static_cast<std::size_t>(column[d] + plan_.reach[d]);
    return at;
}

std::ptrdiff_t StripLayout::distance(const Coordinates& residues, const Coordinates& offset) const noexcept {
    const std::int32_t period = plan_.period[plan_.along];
    const std::int32_t to = residues[plan_.along] + offset[plan_.along];
    const std::int32_t words = to < 0 ? -1 : to / period; // offsets are shorter than a period
    const std::int32_t runs = to - words * period - residues[plan_.along];
    std::ptrdiff_t distance = words + runs * static_cast<std::ptrdiff_t>(run_size_);
    for (int d = 0; d < plan_.along; ++d) distance += offset[d] * static_cast<std::ptrdiff_t>(strides_[d]);
    return distance;
}

namespace {

/// Calls visit(words of the whole run, where its sites are) for every run of a domain: `site` is the one of word 0 in
/// strip 0, in local coordinates; the next word's is a period further along.
template <class Words, class Visit> void for_each_run(const StripLayout& layout, Words* words, Visit&& visit) {
    const StripPlan& plan = layout.plan();
    for (int colour = 0; colour < plan.colours(); ++colour) {
        const Coordinates residues = plan.residues(colour);
        for_each_column(plan, layout.columns(), residues, [&](const Coordinates& column) {
            Coordinates site = column;
            site[plan.along] = residues[plan.along];
            visit(words + layout.run(column, residues[plan.along]), site);
        });
    }
}

/// How far in a field the sites of the strips are from that of strip 0.
std::vector<std::ptrdiff_t> strip_distances(const StripPlan& plan, const lattice::Field<Spin>& field) {
    std::vector<std::ptrdiff_t> distances;
    for (std::int32_t lane = 0; lane < plan.lanes(); ++lane) {
        std::ptrdiff_t distance = 0;
        std::int32_t rest = lane;
        for (int d = 0; d < plan.along; ++d) {
            distance += rest % plan.strips[d] * plan.length[d] * field.stride(d);
            rest /= plan.strips[d];
        }
        distances.push_back(distance);
    }
    return distances;
}

} // namespace

void StripSpins::pack(const lattice::Field<Spin>& field) {
    const StripPlan& plan = layout_.plan();
    const std::vector<std::ptrdiff_t> distances = strip_distances(plan, field);
    const std::ptrdiff_t step = plan.period[plan.along] * field.stride(plan.along);
    for_each_run(layout_, words_.data(), [&](Word* run, const Coordinates& site) {
        const Spin* first = &field[site];
        for (std::int32_t i = 0; i < layout_.words(); ++i, first += step) {
            Word word = 0;
            for (std::size_t lane = 0; lane < distances.size(); ++lane) {
                word |= Word{first[distances[lane]] > 0} << lane;
            }
            run[i] = word;
        }
    });
}

void StripSpins::unpack(lattice::Field<Spin>& field) const {
    const StripPlan& plan = layout_.plan();
    const std::vector<std::ptrdiff_t> distances = strip_distances(plan, field);
    const std::ptrdiff_t step = plan.period[plan.along] * field.stride(plan.along);
    for_each_run(layout_, words_.data(), [&](const Word* run, const Coordinates& site) {
        Spin* first = &field[site];
        for (std::int32_t i = 0; i < layout_.words(); ++i, first += step) {
            const Word word = run[i];
            for (std::size_t lane = 0; lane < distances.size(); ++lane) {
                first[distances[lane]] = static_cast<Spin>(static_cast<int>(2 * (word >> lane & 1)) - 1);
            }
        }
    });
}

void StripSpins::wrap_ends(int colour) noexcept {
    const StripPlan& plan = layout_.plan();
    const Coordinates residues = plan.residues(colour);
    for_each_column(plan, layout_.columns(), residues, [&](const Coordinates& column) {
        Word* const run = words_.data() + layout_.run(column, residues[plan.along]);
        run[-1] = run[layout_.words() - 1];
        run[layout_.words()] = run[0];
    });
}

void StripSpins::wrap_columns(int colour) noexcept {
    for (int d = 0; d < layout_.plan().along; ++d) wrap_columns(colour, d);
}

/// The ghost columns on both sides of a direction, beside those that are there and those of directions before.
void StripSpins::wrap_columns(int colour, int direction) noexcept {
    const StripPlan& plan = layout_.plan();
    const Coordinates residues = plan.residues(colour);
    lattice::Box box = layout_.columns();
    for (int d = 0; d < direction; ++d) {
        box.offset[d] -= plan.reach[d];
        box.extent[d] += 2 * plan.reach[d];
    }
    for (const bool is_up : {false, true}) { // where the ghosts come from, and where their strips are
        const Turn turn(plan, direction, is_up);
        box.offset[direction] = is_up ? -plan.reach[direction] : plan.length[direction];
        box.extent[direction] = plan.reach[direction];
        for_each_column(plan, box, residues, [&](const Coordinates& ghost) {
            Coordinates inside = ghost;
            inside[direction] += is_up ? plan.length[direction] : -plan.length[direction];
            const Word* const from = words_.data() + layout_.run(inside, residues[plan.along]) - 1;
            Word* const to = words_.data() + layout_.run(ghost, residues[plan.along]) - 1;
            std::transform(from, from + layout_.words() + 2, to, turn);
        });
    }
}

} // namespace blockspin::sampling
