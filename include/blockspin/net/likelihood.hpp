#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/annealing.hpp>
#include <blockspin/net/dataset.hpp>
#include <blockspin/net/likelihood_parameters.hpp>
#include <blockspin/net/stack.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/rng/key.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::net {

/// Which networks are judged.
struct LikelihoodTask {
    LikelihoodParameters parameters;
    std::uint64_t seed = 0;
    std::string point;         ///< label of the point of the scan that the data are from
    std::vector<Stack> stacks; ///< one for each training, the same on all ranks; all of the same shape
};

/// The log-probability of rows of the data under trained stacks (a process::Process): of the partition function of each
/// top machine by enumeration or by annealed importance sampling, and of the free energies of the rows; of Gaussian
/// units its density. A step is one
/// temperature of all chains, which are dealt among the ranks, or the enumeration for one stack.
class Likelihood {
  public:
    static constexpr std::string_view format = "likelihood";
    static constexpr int format_version = 1;

    /// `data` and `rows` are the same on all ranks. InputError if the data do not have as many units as the stacks, or
    /// are means, for rectified hidden units, if a machine is too large to be enumerated, or for reverse annealing
    /// without held-out rows or with more than one layer. Collective.
    Likelihood(const mpi::Communicator& comm, LikelihoodTask task, Dataset data, Split rows, process::Timers& timers);
    Likelihood(const Likelihood&) = delete;
    Likelihood& operator=(const Likelihood&) = delete;

    /// Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done_ == steps_total_; }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept { return static_cast<std::uint64_t>(steps_total_); }
    /// Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// ln Z and mean log-probabilities, in the mean over the trainings; on every rank.
    std::vector<io::Row> results() const;
    /// The same for each training, log-probabilities row by row, ladders and weights. Collective.
    void publish(io::Writer& writer) const;
    /// Nothing lies outside checkpoints.
    void clear() {}

    /// ln Z of the top machine of each training, its error and the effective number of weights. Once it is done.
    const std::vector<stats::Estimate>& ln_z() const noexcept { return ln_z_; }

  private:
    bool enumerates() const noexcept { return task_.parameters.method == "enumeration"; }
    bool reverses() const noexcept { return !enumerates() && task_.parameters.reverse.rows > 0; }
    const Rbm<float>& top(std::size_t training) const noexcept { return task_.stacks[training].back(); }
    Draws draws(std::size_t training, std::int64_t step, std::int32_t half_step) const noexcept;
    BaseUnits base_of(std::size_t training) const;
    void prepare_annealing();
    void anneal(std::int64_t temperature);
    void anneal_back(std::int64_t temperature);
    void evaluate();
    std::vector<stats::Estimate> reverse_log_probabilities(std::size_t training, std::span<const double> weights) const;
    void save_chains(io::Writer& writer, const std::string& name, const std::vector<AnnealedChains>& chains) const;
    void load_chains(const io::Reader& reader, const std::string& name, std::vector<AnnealedChains>& chains) const;
    io::Row row(const std::string& quantity, const std::vector<std::vector<double>>& values,
                std::span<const std::int64_t> rows) const;

    const mpi::Communicator& comm_;
    LikelihoodTask task_;
    rng::Key key_;
    process::Timers& timers_;
    Dataset data_;
    Split rows_;
    std::vector<std::int64_t> reversed_rows_;
    std::int64_t steps_done_ = 0, steps_total_ = 0;

    // One of each for every training; none of the chains where machines are enumerated.
    std::vector<std::vector<float>> ladders_;
    std::vector<BaseUnits> bases_;
    std::vector<AnnealedChains> forward_, backward_;
    std::vector<stats::Estimate> ln_z_;
    std::vector<std::vector<double>> training_, held_out_;    ///< ln p + ln Z of each row
    std::vector<std::vector<stats::Estimate>> backward_rows_; ///< ln p of each reversed row
    std::vector<std::vector<double>> log_weights_;
};

} // namespace blockspin::net
