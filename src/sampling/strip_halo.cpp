#include <blockspin/sampling/strip_halo.hpp>

#include <vector>

namespace blockspin::sampling {

namespace {

/// Calls visit(word 0 of the run) for the runs of these colours of all replicas.
template <class Spins, class Visit>
void for_each_run(std::span<Spins> spins, std::span<const int> colours, Visit&& visit) {
    for (Spins& one : spins) {
        const StripLayout& layout = one.layout();
        const StripPlan& plan = layout.plan();
        for (const int colour : colours) {
            const lattice::Coordinates residues = plan.residues(colour);
            for_each_column(plan, layout.columns(), residues, [&](const lattice::Coordinates& column) {
                visit(one.words() + layout.run(column, residues[plan.along]));
            });
        }
    }
}

/// Runs of a colour.
std::size_t runs(const StripLayout& layout) {
    const StripPlan& plan = layout.plan();
    return static_cast<std::size_t>(sites(layout.columns()) * plan.period[plan.along] / plan.colours());
}

/// The ranks beside a domain, each with room for words of all runs.
std::vector<mpi::Exchange::Peer> sides(const StripLayout& layout, std::size_t runs) {
    const std::size_t bytes = runs * static_cast<std::size_t>(layout.plan().colours()) * sizeof(Word);
    const auto [below, above] = layout.beside();
    if (below == above) return {{.rank = below, .sent = 2 * bytes, .received = 2 * bytes}};
    return {{.rank = below, .sent = bytes, .received = bytes}, {.rank = above, .sent = bytes, .received = bytes}};
}

} // namespace

StripHalo::StripHalo(const mpi::Communicator& comm, const StripLayout& layout, std::size_t replicas)
    : layout_(layout), runs_(replicas * runs(layout)), exchange_(comm, sides(layout, runs_)) {}

void StripHalo::begin(std::span<const StripSpins> spins, std::span<const int> colours) {
    const std::size_t side = runs_ * colours.size(), words = side * 2 / peers();
    Word* below = exchange_.outgoing<Word>(0, words).data();
    Word* above = peers() == 1 ? below + side : exchange_.outgoing<Word>(1, words).data();
    for_each_run(spins, colours, [&](const Word* run) {
        *below++ = run[0];
        *above++ = run[layout_.words() - 1];
    });
    for (std::size_t peer = 0; peer < peers(); ++peer)
        exchange_.begin(peer, words * sizeof(Word), words * sizeof(Word));
}

void StripHalo::end(std::span<StripSpins> spins, std::span<const int> colours) {
    exchange_.end();
    const std::size_t side = runs_ * colours.size(), words = side * 2 / peers();
    // What comes from above was sent to the side below, and the reverse.
    const Word* above = exchange_.incoming<Word>(peers() - 1, words).data();
    const Word* below = peers() == 1 ? above + side : exchange_.incoming<Word>(0, words).data();
    for_each_run(spins, colours, [&](Word* run) {
        run[-1] = *below++;
        run[layout_.words()] = *above++;
    });
}

} // namespace blockspin::sampling
