#include "commands.hpp"
#include "dry_run.hpp"
#include "section.hpp"

#include <blockspin/core/version.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/linalg/blas_info.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/rng/fill.hpp>
#include <blockspin/sampling/placement.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlopt.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <omp.h>

namespace blockspin::app {

namespace {

using core::ExitCode;

struct RunOptions {
    std::string study;
    std::vector<std::string> overrides;
    std::string out;
    std::string max_time;
    bool restart = false;
    bool force = false;
    bool dry_run = false;
    std::optional<double> latency{}, bandwidth{}; ///< of messages, for a dry run
};

std::string nlopt_version() {
    int major = 0, minor = 0, bugfix = 0;
    nlopt::version(major, minor, bugfix);
    return fmt::format("NLopt {}.{}.{}", major, minor, bugfix);
}

io::Provenance provenance_of(const mpi::Communicator& comm, const Study& study) {
    io::Provenance provenance = io::provenance(comm, study.study.seed);
    provenance["simd_target"] = rng::simd_target();
    const linalg::BlasInfo blas = linalg::blas_info();
    provenance["blas"] = blas.config;
    provenance["blas_core"] = blas.core_name;
    provenance["nlopt"] = nlopt_version();
    provenance["threads"] = std::to_string(mpi::broadcast(comm, omp_get_max_threads()));
    if (study.sample) {
        const sampling::Task task = study.sampling_task();
        provenance["layout"] = sampling::place(task, comm.size()).text(task.geometry.dimension());
    }
    return provenance;
}

/// Refuses to continue a run that belongs to another study. By the root rank.
void require_same_study(const RunFolder& folder, const Study& study) {
    std::ifstream stream(folder.effective_study());
    if (!stream) return;
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (is_of_study(text, folder.effective_study(), study)) return;
    throw core::DataError(fmt::format("{} belongs to a study with other parameters (see its effective-study.toml): use "
                                      "--force to discard it, or --out",
                                      folder.path().string()));
}

/// A section that has run: its name, and the root rank's wall time for it in this process.
struct Finished {
    std::string name;
    double seconds = 0.0;
};

void publish_results(const Run& run, const std::vector<Finished>& sections, const std::vector<io::Row>& rows,
                     const process::TimingTable& timing) {
    io::publish_text(run.comm, run.folder.summary(), io::to_json({run.study.study.name, rows}));
    io::publish(run.comm, run.folder.results(), [&](io::Writer& writer) {
        writer.text("study", io::to_toml(run.study));
        io::Writer results = writer.group("results");
        for (const auto& [name, seconds] : sections) io::external_link(results, name, name + ".h5", "/results/" + name);
        io::Writer provenance = writer.group("provenance");
        io::save(run.provenance, provenance);
        io::Writer times = writer.group("timing");
        times.value("wall", timing.wall);
        times.value("load_balance", timing.load_balance);
        times.value("communication_efficiency", timing.communication_efficiency);
        io::Writer section_times = times.group("sections");
        for (const auto& [name, seconds] : sections) section_times.value(name, seconds);
        for (const process::TimingRow& row : timing.rows) {
            io::Writer group = times.group(row.name);
            group.value("min", row.min);
            group.value("average", row.average);
            group.value("max", row.max);
        }
    });
}

/// All sections in their order; the results at the end.
ExitCode run_sections(Run& run) {
    struct Section {
        const char* name;
        bool present;
        SectionResult (*work)(Run&);
    };
    const Study& study = run.study;
    const Section sections[] = {{"flow", !study.flow.empty(), run_flow},
                                {"bounds", study.bounds.has_value(), run_bounds},
                                {"tensor", study.tensor.has_value(), run_tensor},
                                {"sample", study.sample.has_value(), run_sample},
                                {"hopfield", study.hopfield.has_value(), run_hopfield},
                                {"block", study.block.has_value(), run_block},
                                {"couplings", study.block && !study.block->couplings.empty(), run_couplings},
                                {"variational", study.variational.has_value(), run_variational},
                                {"matching", study.matching.has_value(), run_matching},
                                {"network", study.network.has_value(), run_network},
                                {"likelihood", study.likelihood.has_value(), run_likelihood},
                                {"map", study.map.has_value(), run_map}};
    static_assert(std::size(sections) == section_names.size());
    std::vector<io::Row> rows;
    std::vector<Finished> published;
    for (const auto& [name, present, work] : sections) {
        if (!present) continue;
        const auto start = std::chrono::steady_clock::now();
        const auto earlier = finished_section(run, name);
        const SectionResult result = earlier ? SectionResult{process::Outcome::finished, *earlier} : work(run);
        if (result.outcome == process::Outcome::stopped) return ExitCode::stopped_early;
        rows.insert(rows.end(), result.rows.begin(), result.rows.end());
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        published.push_back({name, mpi::broadcast(run.comm, seconds.count())});
    }
    const process::TimingTable timing = run.timers.table(run.comm);
    publish_results(run, published, rows, timing);
    run.log.info("\n{}\n{}\nresults in {}", io::to_table({study.study.name, rows}), timing.text(),
                 run.folder.path().string());
    return ExitCode::done;
}

/// Tells what the run computes with. InputError unless all ranks use the same instruction sets: only then are the bits
/// the same for any layout.
void introduce(const mpi::Communicator& comm, core::Log& log, const Study& study) {
    const linalg::BlasInfo blas = linalg::blas_info();
    const std::string machine = fmt::format("{}, OpenBLAS {}", rng::simd_target(), blas.core_name);
    if (!mpi::is_same_on_all_ranks(comm, std::as_bytes(std::span(machine)))) {
        throw core::InputError(
            "the ranks run on processors of different kinds; set OPENBLAS_CORETYPE, and choose nodes "
            "of one kind");
    }
    log.info("blockspin {} ({}), study {}, {} ranks x {} threads, {}", core::version().number, core::version().revision,
             study.study.name, comm.size(), omp_get_max_threads(), machine);
    if (!blas.requested_core.empty() && blas.requested_core != blas.fitting_core) {
        log.warn("OPENBLAS_CORETYPE={} in the environment overrides the kernels that OpenBLAS would choose",
                 blas.requested_core);
    }
}

ExitCode run_study(const RunOptions& options, const mpi::Communicator& comm, const process::SignalCatcher& signals) {
    const Study study = read_study(comm, options.study, options.overrides);
    core::Log log(comm.is_root());
    const std::filesystem::path path =
        options.out.empty() ? std::filesystem::path("runs") / study.study.name : std::filesystem::path(options.out);
    if (options.dry_run) {
        std::optional<mpi::MessageTime> message;
        if (options.latency) message = {.latency = *options.latency, .bandwidth = options.bandwidth.value()};
        return dry_run(comm, log, study, path, message);
    }

    const std::optional<process::Seconds> limit =
        options.max_time.empty() ? std::nullopt : std::optional(process::parse_duration(options.max_time));
    const RunFolder folder(comm, path,
                           options.restart ? Existing::resume
                           : options.force ? Existing::discard
                                           : Existing::refuse);
    if (options.restart) {
        mpi::collectively(comm, [&] {
            if (comm.is_root() && folder.found() != RunState::empty) require_same_study(folder, study);
        });
        if (folder.found() == RunState::finished) {
            log.info("{} is finished; nothing to do", path.string());
            return ExitCode::done;
        }
    }
    process::StopConditions stop(signals, path, limit, comm.is_root() ? process::slurm_time_left() : std::nullopt);
    mpi::collectively(comm, [&] { log.append_to(folder.log()); });
    io::publish_text(comm, folder.effective_study(), io::to_toml(study));

    const io::Provenance provenance = provenance_of(comm, study);
    introduce(comm, log, study);
    process::Timers timers;
    Run run{comm, log, timers, stop, study, folder, provenance, options.restart};
    return run_sections(run);
}

/// Unless OMP_NUM_THREADS says otherwise, the ranks of a node share its cores.
void choose_threads(const mpi::Communicator& comm) {
    if (std::getenv("OMP_NUM_THREADS") != nullptr) return;
    const int neighbours = comm.on_this_node().size();
    omp_set_num_threads(std::max(1, omp_get_num_procs() / neighbours));
}

/// How long a rank that fails waits for the others to fail too before it takes the error for its own.
constexpr std::chrono::seconds patience{3};

/// An error that all ranks met ends the run in order, with one message; one that only this rank met ends all of them.
ExitCode run(const RunOptions& options) {
    const process::SignalCatcher signals;
    int argc = 0;
    char** argv = nullptr;
    const mpi::Environment environment(argc, argv);
    const mpi::Communicator comm = mpi::Communicator::world(environment);
    const mpi::Communicator exit = comm.dup();
    const auto fail = [&](ExitCode code, const std::string& message, core::Scope scope) {
        if (scope == core::Scope::all_ranks || mpi::everybody_is_here(exit, patience)) {
            if (comm.is_root()) fmt::print(stderr, "blockspin: {}\n", message);
            return code;
        }
        fmt::print(stderr, "blockspin: rank {}: {}\n", comm.rank(), message);
        environment.abort(static_cast<int>(code));
    };
    try {
        choose_threads(comm);
        linalg::require_openmp_openblas(linalg::blas_info());
        return run_study(options, comm, signals);
    } catch (const core::Error& error) {
        return fail(error.code(), error.what(), error.scope());
    } catch (const std::bad_alloc&) {
        return fail(ExitCode::internal_error, "out of memory", core::Scope::this_rank);
    } catch (const std::exception& error) {
        return fail(ExitCode::internal_error, error.what(), core::Scope::this_rank);
    }
}

} // namespace

void add_run(CLI::App& line, Command& command) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* sub = line.add_subcommand("run", "Run a study; start with mpirun or srun for several ranks");
    sub->add_option("study", options->study, "Study file (TOML)")->required();
    sub->add_option("--set", options->overrides, "Set a key: path=value")->allow_extra_args(false);
    sub->add_option("--out", options->out, "Run folder (default: runs/NAME)");
    sub->add_option("--max-time", options->max_time, "Stop with a checkpoint after this time, such as 3:55:00");
    CLI::Option* restart = sub->add_flag("--restart", options->restart, "Continue an interrupted run");
    sub->add_flag("--force", options->force, "Discard an earlier run in the same folder")->excludes(restart);
    CLI::Option* dry =
        sub->add_flag("--dry-run", options->dry_run,
                      "Print layout, memory, disk and time needed, here and on more ranks; write nothing");
    CLI::Option* latency =
        sub->add_option("--latency", options->latency,
                        "With --dry-run: seconds of a short message, such as 1.5e-6; default: measured")
            ->check(CLI::PositiveNumber)
            ->needs(dry);
    CLI::Option* bandwidth = sub->add_option("--bandwidth", options->bandwidth,
                                             "With --latency: bytes per second of a long one, such as 12.5e9")
                                 ->check(CLI::PositiveNumber)
                                 ->needs(latency);
    latency->needs(bandwidth);
    sub->callback([options, &command] { command = [options] { return run(*options); }; });
}

} // namespace blockspin::app
