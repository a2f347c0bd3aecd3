#include <blockspin/net/trainer.hpp>

#include <blockspin/mpi/collectives.hpp>

#include "training_boxes.hpp"
#include "watched.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <utility>

namespace blockspin::net {

namespace {

/// Dataset of the persistent chains at the rung-th inverse temperature below 1.
std::string tempered_name(std::size_t rung) { return fmt::format("tempered_chains_{}", rung + 1); }

constexpr const char* change_prefix = "change_of_";

/// Where the machines of a range are.
template <std::ranges::input_range Machines> auto pointers(Machines&& machines) {
    std::vector<decltype(&*std::ranges::begin(machines))> result;
    for (auto& machine : machines) result.push_back(&machine);
    return result;
}

/// The same of one layer of each stack.
template <class Stacks> auto pointers(Stacks& stacks, std::size_t layer) {
    return pointers(stacks | std::views::transform([layer](auto& stack) -> auto& { return stack[layer]; }));
}

std::uint64_t bytes_of(std::uint64_t units) { return (units + 7) / 8; }

} // namespace

TrainingBoxes Trainer::boxes() const {
    return {.trainings = task_.parameters.trainings,
            .first = first_training_,
            .count = static_cast<std::int64_t>(stacks_.size()),
            .writes = group_.is_root(),
            .chains = rows_of_rank(task_.parameters.fantasy.chains, group_)};
}

std::vector<std::uint64_t> Trainer::shape_of_watched() const {
    return {static_cast<std::uint64_t>(schedule_.epochs_done(steps_done_)),
            static_cast<std::uint64_t>(task_.parameters.trainings), Watched::count};
}

std::vector<std::uint64_t> Trainer::shape_of_watched_exchanges() const {
    std::vector<std::uint64_t> shape = shape_of_watched();
    shape.back() = exchange_quantities();
    return shape;
}

std::vector<std::uint64_t> Trainer::shape_of_units() const {
    const auto& layers = task_.parameters.layers;
    return {static_cast<std::uint64_t>(task_.parameters.trainings),
            static_cast<std::uint64_t>(task_.parameters.fantasy.chains),
            bytes_of(static_cast<std::uint64_t>(layers[layers.size() - 2]))};
}

std::vector<std::uint64_t> Trainer::shape_of_samples() const {
    return {static_cast<std::uint64_t>(schedule_.sweeps_done(steps_done_)),
            static_cast<std::uint64_t>(task_.parameters.trainings),
            static_cast<std::uint64_t>(task_.parameters.fantasy.chains), task_.observables.size()};
}

void Trainer::save_samples(io::Writer& writer) const {
    if (io::elements_of(shape_of_samples()) == 0) return;
    writer.array("samples", boxes().of_rank(shape_of_samples(), 1), std::span<const double>(samples_));
    writer.attribute("samples", "meaning",
                     "observables of the network's own samples [sweep, training, chain, observable]");
}

/// Parameters of the layer in training, of which each rank has its part.
void Trainer::save_gathered(io::Writer& writer, const char* name, const std::vector<Rbm<float>>& parts) const {
    std::vector<Rbm<float>> whole;
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        whole.push_back(machine_in_training(local));
        divergence_->gather(parts[local], whole.back());
    }
    net::save(writer, name, static_cast<std::size_t>(layer_) + 1, boxes(), pointers(std::as_const(whole)));
}

void Trainer::save_machines(io::Writer& writer) const {
    for (std::size_t layer = 0; layer + 1 < task_.parameters.layers.size(); ++layer) {
        const bool in_parts =
            schedule_.is_within_layer(steps_done_) && layer == static_cast<std::size_t>(layer_) && shares_updates();
        if (in_parts) {
            save_gathered(writer, "", parts_);
        } else {
            net::save(writer, "", layer + 1, boxes(), pointers(stacks_, layer));
        }
    }
}

void Trainer::save_changes(io::Writer& writer) const {
    if (shares_updates()) return save_gathered(writer, change_prefix, changes_);
    net::save(writer, change_prefix, static_cast<std::size_t>(layer_) + 1, boxes(), pointers(changes_));
}

void Trainer::load_changes(const io::Reader& reader) {
    const Rbm<float>& machine = machine_in_training(0);
    std::vector<Rbm<float>> whole(stacks_.size(), {machine.visible(), machine.hidden()});
    net::load(reader, change_prefix, static_cast<std::size_t>(layer_) + 1, boxes(), pointers(whole));
    for (std::size_t local = 0; local < stacks_.size(); ++local)
        changes_[local] = shares_updates() ? divergence_->part_of(whole[local]) : std::move(whole[local]);
}

void Trainer::save_watched(io::Writer& writer) const {
    if (io::elements_of(shape_of_watched()) == 0) return;
    save_of_group<double>(writer, "watched", boxes(), shape_of_watched(), 1, watched_);
    writer.attribute("watched", "meaning",
                     fmt::format("{} [epoch, training, quantity]", fmt::join(Watched::names, ", ")));
}

void Trainer::save_watched_exchanges(io::Writer& writer) const {
    if (io::elements_of(shape_of_watched_exchanges()) == 0) return;
    save_of_group<double>(writer, "watched_exchanges", boxes(), shape_of_watched_exchanges(), 1, watched_exchanges_);
    writer.attribute("watched_exchanges", "meaning",
                     "acceptance and its error of every pair of inverse temperatures from 1 down, round trips of all "
                     "chains [epoch, training, quantity]");
}

void Trainer::save(io::Writer& writer) const {
    writer.value("steps_done", steps_done_);
    writer.value("rows", data_.rows());
    save_machines(writer);
    save_watched(writer);
    save_watched_exchanges(writer);
    if (schedule_.is_within_layer(steps_done_)) {
        save_changes(writer);
        if (is_persistent() && real_divergence_) save_real_persistent(writer);
        if (is_persistent() && divergence_) save_persistent(writer);
        save_means(writer);
    }
    if (steps_done_ <= schedule_.updates()) return;
    std::vector<std::uint8_t> bits;
    for (const FantasyChains& chains : chains_) append_packed(chains.units(), bits);
    writer.array("chains", boxes().of_rank(shape_of_units(), 0), std::span<const std::uint8_t>(bits));
    save_samples(writer);
}

void Trainer::load(const io::Reader& reader) {
    steps_done_ = reader.value<std::int64_t>("steps_done");
    if (steps_done_ < 0 || steps_done_ > schedule_.steps())
        reader.refuse("steps_done", "lies beyond the end of the run");
    if (reader.value<std::int64_t>("rows") != data_.rows())
        reader.refuse("rows", "is not the number of rows of the data");
    layer_ = epoch_ = -1;
    data_.redraw(key_, 0);
    for (std::size_t layer = 0; layer + 1 < task_.parameters.layers.size(); ++layer) {
        net::load(reader, "", layer + 1, boxes(), pointers(stacks_, layer));
    }
    watched_.assign(io::elements_of(boxes().of_group(shape_of_watched(), 1).count), 0.0);
    if (io::elements_of(shape_of_watched()) > 0) {
        reader.array("watched", boxes().of_group(shape_of_watched(), 1), std::span(watched_));
    }
    watched_exchanges_.assign(io::elements_of(boxes().of_group(shape_of_watched_exchanges(), 1).count), 0.0);
    if (io::elements_of(shape_of_watched_exchanges()) > 0) {
        reader.array("watched_exchanges", boxes().of_group(shape_of_watched_exchanges(), 1),
                     std::span(watched_exchanges_));
    }
    if (schedule_.is_within_layer(steps_done_)) {
        prepare(schedule_.layer(steps_done_));
        load_changes(reader);
        if (is_persistent() && real_divergence_) load_real_persistent(reader);
        if (is_persistent() && divergence_) load_persistent(reader);
        load_means(reader);
    }
    load_chains(reader);
}

/// As "visible_means" and "hidden_means" [training, unit].
void Trainer::save_means(io::Writer& writer) const {
    const auto save_part = [&](const char* name, std::vector<float> UnitMeans::*part) {
        std::vector<float> values;
        for (const UnitMeans& of_training : means_) {
            values.insert(values.end(), (of_training.*part).begin(), (of_training.*part).end());
        }
        const std::uint64_t units = values.size() / means_.size();
        save_of_group<float>(writer, name, boxes(), {static_cast<std::uint64_t>(task_.parameters.trainings), units}, 0,
                             values);
    };
    if (means_.empty()) return;
    save_part("visible_means", &UnitMeans::visible);
    save_part("hidden_means", &UnitMeans::hidden);
}

void Trainer::load_means(const io::Reader& reader) {
    const auto load_part = [&](const char* name, std::size_t units, std::vector<float> UnitMeans::*part) {
        std::vector<float> values(units * means_.size());
        reader.array(name, boxes().of_group({static_cast<std::uint64_t>(task_.parameters.trainings), units}, 0),
                     std::span(values));
        for (std::size_t local = 0; local < means_.size(); ++local) {
            const auto own = std::span(values).subspan(local * units, units);
            (means_[local].*part).assign(own.begin(), own.end());
        }
    };
    if (means_.empty()) return;
    load_part("visible_means", machine_in_training(0).visible_bias.size(), &UnitMeans::visible);
    load_part("hidden_means", machine_in_training(0).hidden_bias.size(), &UnitMeans::hidden);
}

/// As many as rows in the first minibatch of a layer.
std::int64_t Trainer::persistent_chains() const noexcept {
    return std::min(task_.parameters.batch, static_cast<std::int64_t>(split_.training.size()));
}

/// Where the hidden units of the persistent chains that this rank holds are in an array over all.
io::Slab Trainer::persistent_slab() const {
    TrainingBoxes of_chains = boxes();
    of_chains.chains = divergence_->chains_of_group(data_of(0), persistent_chains());
    const auto units = static_cast<std::uint64_t>(machine_in_training(0).hidden());
    return of_chains.of_rank({static_cast<std::uint64_t>(task_.parameters.trainings),
                              static_cast<std::uint64_t>(persistent_chains()), bytes_of(units)},
                             0);
}

/// The hidden units of the chains, float32[training, chain, unit].
io::Slab Trainer::real_persistent_slab() const {
    TrainingBoxes of_chains = boxes();
    of_chains.chains = rows_of_rank(persistent_chains(), group_, real_shard_rows);
    return of_chains.of_rank({static_cast<std::uint64_t>(task_.parameters.trainings),
                              static_cast<std::uint64_t>(persistent_chains()),
                              static_cast<std::uint64_t>(machine_in_training(0).hidden())},
                             0);
}

void Trainer::save_real_persistent(io::Writer& writer) const {
    std::vector<float> units;
    for (const RealChains& chains : real_persistent_) {
        units.insert(units.end(), chains.hidden.values().begin(), chains.hidden.values().end());
    }
    writer.array("persistent_chains", real_persistent_slab(), std::span<const float>(units));
}

void Trainer::load_real_persistent(const io::Reader& reader) {
    const io::Slab slab = real_persistent_slab();
    std::vector<float> units(slab.elements());
    reader.array("persistent_chains", slab, std::span(units));
    auto unit = units.begin();
    for (RealChains& chains : real_persistent_) {
        chains.prepare(group_, persistent_chains(), machine_in_training(0).hidden());
        const std::span<float> own = chains.hidden.values();
        std::copy_n(unit, own.size(), own.begin());
        unit += static_cast<std::ptrdiff_t>(own.size());
    }
}

/// Bytes of the persistent chains that this rank holds, as others may do too.
void Trainer::save_of_chains(io::Writer& writer, const std::string& name, io::Slab slab,
                             std::vector<std::uint8_t> bytes) const {
    if (!divergence_->writes_chains()) {
        slab.count.front() = 0;
        bytes.clear();
    }
    writer.array(name, slab, std::span<const std::uint8_t>(bytes));
}

/// The hidden units of binary machines, uint8[training, chain, ⌈units/8⌉].
void Trainer::save_persistent(io::Writer& writer) const {
    const auto save = [&](const std::string& name, auto&& hidden_of) {
        std::vector<std::uint8_t> bits;
        for (const PersistentChains& chains : persistent_) {
            const auto packed = packed_bytes(hidden_of(chains));
            bits.insert(bits.end(), packed.begin(), packed.end());
        }
        save_of_chains(writer, name, persistent_slab(), std::move(bits));
    };
    save("persistent_chains", [](const PersistentChains& chains) -> const BitRows& { return chains.hidden; });
    for (std::size_t rung = 0; rung < task_.parameters.tempering.inverse_temperatures().size(); ++rung) {
        save(tempered_name(rung),
             [&](const PersistentChains& chains) -> const BitRows& { return chains.tempered[rung]; });
    }
    if (pairs() > 0) save_exchanges(writer);
}

/// What is not yet watched of the epoch: the ends where what stands on each rung has been, uint8[training, chain,
/// rung], float64[training, update, pair] and int64[training].
void Trainer::save_exchanges(io::Writer& writer) const {
    const auto trainings = static_cast<std::uint64_t>(task_.parameters.trainings);
    const auto updates = static_cast<std::uint64_t>(steps_done_ % schedule_.batches);
    std::vector<std::uint8_t> ends;
    std::vector<double> acceptance;
    std::vector<std::int64_t> round_trips;
    for (const PersistentChains& chains : persistent_) {
        ends.insert(ends.end(), chains.ends.begin(), chains.ends.end());
        std::vector<double> padded = chains.exchanges.acceptance; // a training that has stopped has fewer
        padded.resize(updates * pairs(), -1.0);
        acceptance.insert(acceptance.end(), padded.begin(), padded.end());
        round_trips.push_back(mpi::all_reduce(group_, chains.exchanges.round_trips, mpi::Op::sum));
    }
    io::Slab slab = persistent_slab();
    slab.shape.back() = slab.count.back() = pairs() + 1;
    save_of_chains(writer, "exchange_ends", slab, std::move(ends));
    save_of_group<std::int64_t>(writer, "round_trips", boxes(), {trainings}, 0, round_trips);
    if (updates == 0) return;
    save_of_group<double>(writer, "exchange_acceptance", boxes(), {trainings, updates, pairs()}, 0, acceptance);
}

void Trainer::load_exchanges(const io::Reader& reader) {
    const auto trainings = static_cast<std::uint64_t>(task_.parameters.trainings);
    const auto updates = static_cast<std::uint64_t>(steps_done_ % schedule_.batches);
    io::Slab slab = persistent_slab();
    slab.shape.back() = slab.count.back() = pairs() + 1;
    std::vector<std::uint8_t> ends(slab.elements());
    std::vector<double> acceptance(persistent_.size() * updates * pairs());
    std::vector<std::int64_t> round_trips(persistent_.size());
    reader.array("exchange_ends", slab, std::span(ends));
    reader.array("round_trips", boxes().of_group({trainings}, 0), std::span(round_trips));
    if (updates > 0) {
        reader.array("exchange_acceptance", boxes().of_group({trainings, updates, pairs()}, 0), std::span(acceptance));
    }
    const auto part = [&](const auto& all, std::size_t local) {
        const std::size_t size = all.size() / persistent_.size();
        return std::span(all).subspan(local * size, size);
    };
    for (std::size_t local = 0; local < persistent_.size(); ++local) {
        PersistentChains& chains = persistent_[local];
        chains.ends.assign(part(ends, local).begin(), part(ends, local).end());
        chains.exchanges.acceptance.assign(part(acceptance, local).begin(), part(acceptance, local).end());
        chains.exchanges.round_trips = group_.is_root() ? round_trips[local] : 0;
    }
}

void Trainer::load_persistent(const io::Reader& reader) {
    const io::Slab slab = persistent_slab();
    std::vector<std::uint8_t> bits(slab.elements());
    const std::size_t of_training = bits.size() / persistent_.size();
    const RowRange range = divergence_->chains_of_group(data_of(0), persistent_chains());
    const auto load = [&](const std::string& name, auto&& hidden_of) {
        reader.array(name, slab, std::span(bits));
        for (std::size_t local = 0; local < persistent_.size(); ++local) {
            unpack_bytes(std::span(bits).subspan(local * of_training, of_training), hidden_of(persistent_[local]));
        }
    };
    for (PersistentChains& chains : persistent_) chains.prepare(range, machine_in_training(0).hidden());
    load("persistent_chains", [](PersistentChains& chains) -> BitRows& { return chains.hidden; });
    for (std::size_t rung = 0; rung < persistent_.front().tempered.size(); ++rung) {
        load(tempered_name(rung), [&](PersistentChains& chains) -> BitRows& { return chains.tempered[rung]; });
    }
    if (pairs() > 0) load_exchanges(reader);
}

void Trainer::load_chains(const io::Reader& reader) {
    chains_.clear();
    samples_.clear();
    if (steps_done_ <= schedule_.updates()) return;
    const io::Slab slab = boxes().of_rank(shape_of_units(), 0);
    std::vector<std::uint8_t> bits(slab.elements());
    reader.array("chains", slab, std::span(bits));
    const auto& layers = task_.parameters.layers;
    const auto units = static_cast<int>(layers[layers.size() - 2]);
    std::span<const std::uint8_t> rest(bits);
    for (std::size_t local = 0; local < stacks_.size(); ++local) {
        FantasyChains& chains = chains_.emplace_back(group_, task_.parameters.fantasy.chains, units);
        rest = unpack_rows(rest, chains.units());
    }
    samples_.assign(boxes().of_rank(shape_of_samples(), 1).elements(), 0.0);
    if (io::elements_of(shape_of_samples()) > 0) {
        reader.array("samples", boxes().of_rank(shape_of_samples(), 1), std::span(samples_));
    }
}

void Trainer::publish(io::Writer& writer) const {
    save_machines(writer);
    save_watched_exchanges(writer);
    for (std::size_t layer = 0; layer < stacks_.front().size(); ++layer) {
        writer.text(fmt::format("visible_units_{}", layer + 1), to_text(visible_kind(layer)));
        writer.text(fmt::format("hidden_units_{}", layer + 1), to_text(hidden_kind()));
    }
    save_watched(writer);
    save_samples(writer);
    for (std::size_t layers = 2; layers <= stacks_.front().size(); ++layers) {
        std::vector<float> fields;
        for (const Stack& stack : stacks_) {
            const auto own = receptive_fields(stack, layers);
            fields.insert(fields.end(), own.values().begin(), own.values().end());
        }
        const std::string name = fmt::format("receptive_fields_{}", layers);
        const auto& units = task_.parameters.layers;
        save_of_group<float>(writer, name, boxes(),
                             {static_cast<std::uint64_t>(task_.parameters.trainings),
                              static_cast<std::uint64_t>(units.front()), static_cast<std::uint64_t>(units[layers])},
                             0, fields);
        writer.attribute(name, "meaning", "product of the weights of all layers so far [training, bottom unit, unit]");
    }
}

} // namespace blockspin::net
