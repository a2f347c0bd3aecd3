#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/contrastive_divergence.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/diagnostics.hpp>
#include <blockspin/net/fantasy.hpp>
#include <blockspin/net/parameters.hpp>
#include <blockspin/net/real_divergence.hpp>
#include <blockspin/net/schedule.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>

namespace blockspin::net {

struct TrainingBoxes;

/// What is to be learned, and what is compared afterwards.
struct Task {
    NetworkParameters parameters;
    std::uint64_t seed = 0;
    std::string point;                   ///< label of the point of the scan that the data are from
    std::vector<Observable> observables; ///< measured on the data and on samples of the network
    std::vector<std::int64_t> lattice{}; ///< extents of configurations; none for other data
    std::vector<Stack> start{};          ///< machines to begin with: one stack for all trainings, or one for each
};

/// Stacks of restricted Boltzmann machines, several independent trainings of each, greedily layer by layer, and then
/// samples drawn from them (a process::Process). A step is one minibatch of every training, or one sweep of all their
/// chains. Ranks form groups, among which the trainings are dealt; a group shares the rows of each minibatch, or
/// the units of its rows where they are few (net::unit_parts()).
class Trainer {
  public:
    static constexpr std::string_view format = "rbm-stacks";
    static constexpr int format_version = 2;

    /// `data` is the same on all ranks. InputError if it does not have as many units as the first layer, or has too few
    /// rows to be split, or if the machines to begin with, or weights
    /// to be shared, do not fit the layers. Collective.
    Trainer(const mpi::Communicator& comm, const Task& task, Dataset data, process::Timers& timers);
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// InputError if the parameters have grown beyond all bounds, which is looked at once per epoch. Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept { return static_cast<std::uint64_t>(schedule_.steps()); }
    /// Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// Observables of the data and of the network's own samples, reconstruction errors and free-energy gaps. On the
    /// root rank; empty on the others. Collective.
    std::vector<io::Row> results() const;
    /// The parameters of every layer and training, receptive fields of the deeper layers, and what was watched.
    /// Collective.
    void publish(io::Writer& writer) const;
    /// Nothing lies outside checkpoints.
    void clear() {}

    const Split& rows() const noexcept { return split_; }
    /// The machines of this group's trainings, and the number of the first of those.
    const std::vector<Stack>& stacks() const noexcept { return stacks_; }
    std::int64_t first_training() const noexcept { return first_training_; }
    /// Floating-point operations of the matrix products of one minibatch of all trainings in the given layer.
    double operations_per_update(std::int64_t layer) const noexcept;

  private:
    int group_of(int rank) const noexcept { return rank / (comm_.size() / groups_); }
    std::int64_t first_training_of(int group) const noexcept { return task_.parameters.trainings * group / groups_; }
    Draws draws(std::size_t local) const noexcept;
    const Dataset& data_of(std::size_t local) const { return layer_data_.empty() ? data_ : layer_data_[local]; }
    void check_start() const;
    Stack initial_stack(std::int64_t training) const;
    Rbm<float> initial_machine(std::int64_t training, std::size_t layer) const;
    UnitKind visible_kind(std::size_t layer) const noexcept {
        return layer == 0 && data_.are_real() ? UnitKind::gaussian : UnitKind::binary;
    }
    UnitKind hidden_kind() const noexcept {
        return task_.parameters.hidden_units == "rectified" ? UnitKind::rectified : UnitKind::binary;
    }
    void prepare(std::int64_t layer);
    void make_estimator();
    void take_parts();
    void start_layer();
    void shuffle(std::int64_t epoch);
    bool has_stopped(std::size_t local) const;
    void train();
    bool shares_updates() const noexcept;
    void update_shared(std::size_t local, std::span<const std::int64_t> rows, const LearningRule& rule);
    void train(std::size_t local, std::span<const std::int64_t> rows);
    Gradient<float>& estimated_gradient(std::size_t local, const Rbm<float>& machine,
                                        std::span<const std::int64_t> rows);
    GradientChange change_of_gradient(std::size_t local);
    void watch();
    void watch(std::size_t local);
    void watch_exchanges(std::size_t local);
    stats::Estimate watched_ln_z(std::size_t local) const;
    void start_chains();
    void sample();

    TrainingBoxes boxes() const;
    std::vector<std::uint64_t> shape_of_watched() const;
    std::vector<std::uint64_t> shape_of_watched_exchanges() const;
    /// Pairs of neighbouring inverse temperatures.
    std::size_t pairs() const noexcept { return static_cast<std::size_t>(task_.parameters.tempering.rungs) - 1; }
    /// The acceptance of every pair and its error, and the number of round trips, of an epoch and a training.
    std::size_t exchange_quantities() const noexcept { return pairs() > 0 ? 2 * pairs() + 1 : 0; }
    std::vector<std::uint64_t> shape_of_units() const;
    std::vector<std::uint64_t> shape_of_samples() const;
    void save_machines(io::Writer& writer) const;
    void save_gathered(io::Writer& writer, const char* name, const std::vector<Rbm<float>>& parts) const;
    void save_changes(io::Writer& writer) const;
    void load_changes(const io::Reader& reader);
    const Rbm<float>& machine_in_training(std::size_t local) const {
        return stacks_[local][static_cast<std::size_t>(layer_)];
    }
    Rbm<float>& machine_in_training(std::size_t local) { return stacks_[local][static_cast<std::size_t>(layer_)]; }
    void save_watched(io::Writer& writer) const;
    void save_samples(io::Writer& writer) const;
    void save_means(io::Writer& writer) const;
    void load_means(const io::Reader& reader);
    void load_chains(const io::Reader& reader);
    bool is_persistent() const noexcept { return task_.parameters.method == "pcd"; }
    std::int64_t persistent_chains() const noexcept;
    io::Slab persistent_slab() const;
    void save_of_chains(io::Writer& writer, const std::string& name, io::Slab slab,
                        std::vector<std::uint8_t> bytes) const;
    io::Slab real_persistent_slab() const;
    void save_persistent(io::Writer& writer) const;
    void save_exchanges(io::Writer& writer) const;
    void load_exchanges(const io::Reader& reader);
    void save_watched_exchanges(io::Writer& writer) const;
    void save_real_persistent(io::Writer& writer) const;
    void load_real_persistent(const io::Reader& reader);
    void load_persistent(const io::Reader& reader);
    std::vector<double> gathered_epochs(std::span<const double> of_group, std::size_t quantities) const;
    std::vector<double> gathered_samples() const;
    std::vector<io::Row> rows_of_layers(std::span<const double> watched) const;
    std::vector<io::Row> rows_of_exchanges(std::span<const double> watched) const;

    const mpi::Communicator& comm_;
    Task task_;
    rng::Key key_;
    process::Timers& timers_;
    Dataset data_; ///< grey data drawn for the epoch while the first layer is trained, else as at first
    Split split_;
    std::vector<std::int64_t> watched_training_, watched_held_out_;
    Schedule schedule_;
    std::vector<SharedWeights> shared_; ///< of each layer, if weights are shared
    int groups_;
    mpi::Communicator group_;
    std::int64_t first_training_;

    std::int64_t steps_done_ = 0;
    std::vector<Stack> stacks_;                       ///< of each of this group's trainings
    std::vector<Rbm<float>> parts_;                   ///< this rank's of the layer in training, if updates are shared
    std::vector<Rbm<float>> changes_;                 ///< last change of the layer in training, or of these parts
    std::vector<PersistentChains> persistent_;        ///< of the layer in training, if there are any
    std::vector<RealChains> real_persistent_;         ///< the same for units that are not all binary
    std::vector<UnitMeans> means_;                    ///< running averages over its data, if they are needed
    std::vector<double> gradient_rms_;                ///< of the weights at the last update
    std::vector<Dataset> layer_data_;                 ///< of the layer in training; none for the first
    std::vector<std::vector<std::int64_t>> orders_;   ///< of the rows in this epoch
    std::int64_t layer_ = -1, epoch_ = -1;            ///< that the above are for
    std::optional<ContrastiveDivergence> divergence_; ///< of the layer in training, one of these two
    std::optional<RealDivergence> real_divergence_;
    std::vector<double> watched_;           ///< [layer and epoch][training of this group][quantity]
    std::vector<double> watched_exchanges_; ///< the same of tempered chains
    std::vector<FantasyChains> chains_;     ///< of each of this group's trainings
    std::vector<double> samples_;           ///< [sweep][training][chain][observable], of this rank
};

} // namespace blockspin::net
