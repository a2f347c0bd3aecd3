#include <blockspin/sampling/strip_halo.hpp>

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

} // namespace

void StripHalo::begin(std::span<const StripSpins> spins, std::span<const int> colours) {
    const StripLayout& layout = spins.front().layout();
    for (auto& words : sent_) words.clear();
    for_each_run(spins, colours, [&](const Word* run) {
        sent_[0].push_back(run[0]);
        sent_[1].push_back(run[layout.words() - 1]);
    });
    for (const std::size_t side : {0, 1}) {
        received_[side].resize(sent_[side].size());
        requests_.receive(comm_, std::span(received_[side]), layout.beside()[side], static_cast<int>(1 - side));
    }
    for (const std::size_t side : {0, 1}) {
        requests_.send(comm_, std::span<const Word>(sent_[side]), layout.beside()[side], static_cast<int>(side));
    }
}

void StripHalo::end(std::span<StripSpins> spins, std::span<const int> colours) {
    requests_.wait();
    std::size_t next = 0;
    for_each_run(spins, colours, [&](Word* run) {
        run[-1] = received_[0][next];
        run[spins.front().layout().words()] = received_[1][next];
        ++next;
    });
}

} // namespace blockspin::sampling
