#include "commands.hpp"
#include "run_folder.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/results.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

namespace blockspin::app {

namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw core::IoError(fmt::format("cannot read {}", file.string()));
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// What a run that is not finished has to show: the rows of its finished sections, the steps of its checkpoints.
void show_unfinished(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".h5") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    fmt::print("{} is not finished\n", folder.string());
    for (const fs::path& file : files) {
        const std::string section = file.stem().string();
        const io::Reader reader = io::Reader::open(file);
        if (section.starts_with("checkpoint-")) {
            fmt::print("{}: after {} steps\n", section, reader.value<std::uint64_t>("steps"));
        } else if (reader.has("results") && reader.group("results").has(section)) {
            const std::string rows = reader.group("results").group(section).text("rows");
            fmt::print("{}\n", io::to_table(io::results_from_json(rows, file.string())));
        }
    }
}

core::ExitCode show(const fs::path& run) {
    const fs::path folder = fs::is_directory(run) ? run : run.parent_path();
    switch (RunFolder::state(folder)) {
    case RunState::empty:
        throw core::InputError(fmt::format("{} holds no run", run.string()));
    case RunState::interrupted:
        show_unfinished(folder);
        break;
    case RunState::finished: {
        const fs::path file = folder / "results.json";
        fmt::print("{}\n", io::to_table(io::results_from_json(read_text(file), file.string())));
    }
    }
    return core::ExitCode::done;
}

} // namespace

void add_show(CLI::App& line, Command& command) {
    auto run = std::make_shared<std::string>();
    CLI::App* sub = line.add_subcommand("show", "The summary of a finished run, or how far an unfinished one is");
    sub->add_option("run", *run, "Run folder, or its results.json")->required();
    sub->callback([run, &command] { command = [run] { return on_root([run] { return show(*run); }); }; });
}

} // namespace blockspin::app
