#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/linalg/matrix.hpp>
#include <blockspin/mcrg/block_flow.hpp>
#include <blockspin/mcrg/local_fields.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/stats/estimate.hpp>

namespace blockspin::mcrg {

/// The couplings K' of block spins, from stored configurations (a process::Process): those of [block] couplings, at
/// every point and after every step, by the equations
///
///     Σ_l ⟨F_a(l) σ_l⟩ = Σ_l ⟨F_a(l) tanh Σ_b K'_b F_b(l)⟩,   F_a(l) = ∂S_a/∂σ_l,
///
/// which hold for any Hamiltonian that has no other operators: Callen, Phys. Lett. 4 (1963) 161; for the
/// renormalization group Swendsen, Phys. Rev. Lett. 52 (1984) 1165. They are solved by Newton's method; the two sides
/// are the gradient of a concave function of K' (the logarithm of the pseudo-likelihood), so there is one solution.
class CouplingFlow {
  public:
    static constexpr std::string_view format = "coupling-flow";
    static constexpr int format_version = 1;

    /// InputError as check_couplings() and BlockFlow. Collective.
    CouplingFlow(const mpi::Communicator& comm, const Task& task, Configurations configurations,
                 process::Timers& timers);

    /// Adds some configurations to the sums of a Newton step. Errors of Configurations::read. Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    std::uint64_t steps_done() const noexcept { return static_cast<std::uint64_t>(steps_done_); }
    std::uint64_t steps_total() const noexcept;
    /// Collective.
    void save(io::Writer& writer) const;
    /// Collective.
    void load(const io::Reader& reader);

    /// K' of every operator, at every point and after every step, but where they are not bounded, since block spins do
    /// not tell the operators apart or nearly all follow their fields. On all ranks.
    std::vector<io::Row> results() const;
    /// How many couplings are asked for.
    std::size_t couplings() const noexcept { return couplings_.size(); }
    /// The couplings [point, step, operator]. Collective.
    void publish(io::Writer& writer) const;
    void clear() {}

  private:
    /// Where in its work the process is.
    struct Place {
        std::int64_t part; ///< point and level
        std::int64_t pass; ///< of Newton's method
        std::int64_t first_row, end_row;
        bool ends_pass;
    };
    Place place() const noexcept;
    std::int64_t steps_of_pass(std::int64_t pass) const noexcept;
    std::int64_t rows_of_pass(std::int64_t pass) const noexcept;
    std::int64_t steps_of_part() const noexcept;
    std::int64_t levels() const noexcept { return task_.parameters.steps; }
    std::size_t width() const noexcept { return n_ * (n_ + 3) / 2; }

    /// Residuals and upper half of the Jacobian [configuration][width()].
    std::vector<double> equations(std::int64_t part, std::int64_t first_row, std::int64_t end_row) const;
    void add(const std::vector<double>& equations, const Place& place);
    void finish_pass(const Place& place);
    void solve_shifts(const linalg::Matrix<double>& jacobian, const Place& place);
    std::vector<stats::Estimate> estimates(std::size_t part) const;

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    Configurations configurations_;
    std::vector<model::Operator> operators_;
    std::size_t n_;
    BlockLevels blocks_;
    std::vector<LocalFields> fields_; ///< of each level but the finest
    std::int64_t rows_per_step_;
    std::int64_t steps_done_ = 0;
    std::vector<double> couplings_; ///< [part][operator]: of the passes so far
    std::vector<double> sums_;      ///< of this pass: residuals, then upper half of the Jacobian
    std::vector<double> shifts_; ///< [part][row, replica][operator]: J⁻¹r of the last pass, whose mean is added to K'
};

/// InputError if the couplings of a task cannot be determined: as operators(), for an odd operator, for several rules,
/// and for open boundaries.
void check_couplings(const Task& task);

} // namespace blockspin::mcrg
