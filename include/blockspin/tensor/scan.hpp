#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/io/writer.hpp>
#include <blockspin/lattice/geometry.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/process/timers.hpp>
#include <blockspin/tensor/parameters.hpp>
#include <blockspin/tensor/schemes.hpp>

namespace blockspin::tensor {

/// What [tensor] computes with: the scan's nearest-neighbour couplings and fields, on the infinite square lattice.
struct Task {
    TensorParameters parameters;
    std::vector<model::Point> points;
};

/// Why [tensor] cannot be used for a study, in a sentence; empty if it can.
std::string refusal(const lattice::Geometry& geometry, const std::vector<model::Point>& points);

/// One calculation: a point, a scheme and a bond dimension, and what it found.
struct Calculation {
    std::size_t point = 0, scheme = 0, bond = 0; ///< as they stand in the study
    double operations = 0.0;                     ///< foreseen
    std::vector<double> found{};                 ///< see Scan
};

/// All calculations of a scan (a process::Process). They are sorted by falling work; a step is one calculation on every
/// rank. The bits do not depend on the number of ranks.
///
/// A calculation finds f and then, for every step n, the central charge and the first scaling dimensions as Gu and Wen
/// (Phys. Rev. B 80 (2009) 155131) read them from the transfer matrix of a tensor that is closed in itself, with
/// eigenvalues λ_i: x_i = ln(λ_0/λ_i)/2π, and as ln λ_0 = f N + πc/6 for squares of N sites, c from ln λ_0 of N sites
/// and of the last square before. Not a number where a tensor stands for no square.
class Scan {
  public:
    static constexpr std::string_view format = "tensor-scan";
    static constexpr int format_version = 1;
    static constexpr int dimensions = 4; ///< scaling dimensions that are kept

    Scan(const mpi::Communicator& comm, Task task, process::Timers& timers);

    /// Collective.
    void step();
    void seal() {}
    bool done() const noexcept { return steps_done() == steps_total(); }
    /// Calculations.
    std::uint64_t steps_done() const noexcept { return done_; }
    std::uint64_t steps_total() const noexcept { return calculations_.size(); }
    /// Foreseen work of what is left, in multiplications and additions.
    double operations_left() const noexcept;
    /// Collective.
    void save(io::Writer& writer) const;
    void load(const io::Reader& reader);

    /// f, c and scaling dimensions of every calculation; the error of f is its difference to the next smaller bond
    /// dimension, which the smallest does not have. Onsager's f where it is known.
    std::vector<io::Row> results() const;
    /// Arrays over [point, scheme, bond] and steps. Collective.
    void publish(io::Writer& writer) const;
    /// Nothing lies outside checkpoints.
    void clear() {}

  private:
    const Calculation& at(std::size_t point, std::size_t scheme, std::size_t bond) const;
    std::size_t length() const;
    /// The bond with the next smaller χ.
    std::optional<std::size_t> next_smaller(std::size_t bond) const;
    void add_rows(std::vector<io::Row>& rows, const Calculation& calculation) const;

    const mpi::Communicator& comm_;
    Task task_;
    process::Timers& timers_;
    std::vector<Calculation> calculations_;
    std::size_t done_ = 0;
};

} // namespace blockspin::tensor
