#include "commands.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/io/digest.hpp>
#include <blockspin/io/reader.hpp>
#include <blockspin/io/seal.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace blockspin::app {

namespace {

namespace fs = std::filesystem;

/// Prints the digest of a file that holds results, "whole" for one that does not. DataError if it is damaged.
void verify_file(const fs::path& file) {
    io::verify_seal(file);
    if (io::Reader::open(file).has("results"))
        fmt::print("{}  {}\n", io::digest(file), file.string());
    else
        fmt::print("whole  {}\n", file.string());
}

/// Every HDF5 file of a run folder; all are looked at before a damaged one is reported.
void verify_folder(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".h5") files.push_back(entry.path());
    }
    if (files.empty()) throw core::InputError(fmt::format("{} holds no files of a run", folder.string()));
    std::ranges::sort(files);
    std::string damaged;
    for (const fs::path& file : files) {
        try {
            verify_file(file);
        } catch (const core::DataError& error) {
            damaged += fmt::format("{}{}", damaged.empty() ? "" : "\n", error.what());
        }
    }
    if (!damaged.empty()) throw core::DataError(damaged);
}

core::ExitCode verify(const fs::path& path) {
    if (fs::is_directory(path))
        verify_folder(path);
    else
        verify_file(path);
    return core::ExitCode::done;
}

} // namespace

void add_verify(CLI::App& line, Command& command) {
    auto path = std::make_shared<std::string>();
    CLI::App* sub = line.add_subcommand("verify", "Is this file whole? Prints the SHA-256 of its results");
    sub->add_option("path", *path, "Checkpoint, segment or result file, or a run folder with all of them")->required();
    sub->callback([path, &command] { command = [path] { return on_root([path] { return verify(*path); }); }; });
}

} // namespace blockspin::app
