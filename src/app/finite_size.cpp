#include "commands.hpp"
#include "run_folder.hpp"
#include "study.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>
#include <blockspin/sampling/finite_size.hpp>
#include <blockspin/sampling/tempering.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>

namespace blockspin::app {

namespace {

namespace fs = std::filesystem;

/// The series of a finished run.
struct SizedRun {
    sampling::Task task;
    double length; ///< as of sampling::SizedFamily
    std::vector<sampling::ReweightedFamily> families;
};

sampling::Measured read_series(const sampling::Task& task, const fs::path& results) {
    const io::Reader sample = io::Reader::open(results).group("results").group("sample");
    sampling::Measured measured(task.replicas());
    for (const sampling::Quantity& quantity : sampling::quantities(task)) {
        measured.add(quantity.name, quantity.width, sample.array<std::int64_t>(quantity.name));
    }
    return measured;
}

SizedRun read_run(const fs::path& folder) {
    if (RunFolder::state(folder) != RunState::finished) {
        throw core::InputError(fmt::format("{} holds no finished run", folder.string()));
    }
    const Study study = read_study(folder / "effective-study.toml", {});
    if (!study.sample) throw core::InputError(fmt::format("{}: the study has no [sample]", folder.string()));
    SizedRun run{.task = study.sampling_task(), .length = 0, .families = {}};
    if (run.task.parameters.tempering && run.task.parameters.tempering->adapts()) {
        throw core::InputError(fmt::format("{}: its points were moved by [sample.tempering] adapt", folder.string()));
    }
    if (run.task.disorder) {
        throw core::InputError(fmt::format("{}: models with [model.disorder] are not reweighted", folder.string()));
    }
    if (!run.task.points.front().is_nearest_neighbour()) {
        throw core::InputError(
            fmt::format("{}: only models with no couplings but nn and field are reweighted", folder.string()));
    }
    run.length = std::pow(static_cast<double>(run.task.geometry.sites()), 1.0 / run.task.geometry.dimension());
    const sampling::Measured measured = sampling::by_points(run.task, read_series(run.task, folder / "results.h5"));
    const auto families = sampling::families(run.task.points);
    if (families.size() > 1 || families.front().coupling != "nn") {
        throw core::InputError(fmt::format("{}: the points must differ in couplings.nn only", folder.string()));
    }
    run.families.emplace_back(run.task, families.front(), measured);
    if (!run.families.front().histogram().is_connected()) {
        throw core::InputError(
            fmt::format("{}: neighbouring points have too little in common to be reweighted", folder.string()));
    }
    return run;
}

core::ExitCode finite_size(const std::vector<std::string>& folders, const std::string& out) {
    std::vector<SizedRun> runs;
    for (const std::string& folder : folders) runs.push_back(read_run(folder));
    std::ranges::sort(runs, {}, &SizedRun::length);
    io::Results results{.study = "finite-size", .rows = {}};
    for (std::size_t i = 1; i < runs.size(); ++i) {
        const SizedRun &small = runs[i - 1], &large = runs[i];
        if (small.task.geometry.lattice() != large.task.geometry.lattice() || small.task.spins != large.task.spins ||
            small.length == large.length) {
            throw core::InputError("the runs must be of one lattice, of the same spins and of different sizes");
        }
        const auto rows = sampling::finite_size_rows({small.length, &small.families.front()},
                                                     {large.length, &large.families.front()});
        results.rows.insert(results.rows.end(), rows.begin(), rows.end());
    }
    fmt::print("{}\n", io::to_table(results));
    if (out.empty()) return core::ExitCode::done;
    std::ofstream file(out);
    file << io::to_json(results) << '\n';
    if (!file.flush()) throw core::IoError(fmt::format("cannot write {}", out));
    return core::ExitCode::done;
}

} // namespace

void add_finite_size(CLI::App& line, Command& command) {
    auto runs = std::make_shared<std::vector<std::string>>();
    auto out = std::make_shared<std::string>();
    CLI::App* sub = line.add_subcommand(
        "finite-size", "Crossings and exponents from finished runs of one model on lattices of several sizes");
    sub->add_option("runs", *runs, "Run folders, two or more")->required()->expected(2, -1);
    sub->add_option("--out", *out, "Also write the rows to this file, as in results.json");
    sub->callback([runs, out, &command] {
        command = [runs, out] { return on_root([runs, out] { return finite_size(*runs, *out); }); };
    });
}

} // namespace blockspin::app
