#include "section.hpp"

#include <blockspin/mpi/agreement.hpp>

#include <filesystem>

namespace blockspin::app {

bool is_of_study(const std::string& text, const std::filesystem::path& file, const Study& study) {
    return io::to_identity(io::parse<Study>(text, file.string())) == io::to_identity(study);
}

std::vector<io::Row> published_rows(const Run& run, const std::string& name) {
    const std::filesystem::path file = run.folder.section(name);
    const io::Reader reader = io::open_sealed(run.comm, file).group("results").group(name);
    return io::results_from_json(reader.text("rows"), file.string()).rows;
}

std::optional<std::vector<io::Row>> finished_section(const Run& run, const std::string& name) {
    const std::filesystem::path file = run.folder.section(name);
    const bool exists =
        mpi::broadcast(run.comm, std::int32_t{run.comm.is_root() && std::filesystem::exists(file)}) == 1;
    if (!run.restart || !exists) return std::nullopt;
    const io::Reader whole = io::open_sealed(run.comm, file);
    if (!is_of_study(whole.text("study"), file, run.study))
        whole.refuse("study", "is another study than that of this run");
    const std::vector<io::Row> rows = published_rows(run, name);
    run.log.info("{}: finished by an earlier run", name);
    return rows;
}

std::vector<io::Row> publish_section(const Run& run, const std::string& name, const std::vector<io::Row>& rows,
                                     const std::function<void(io::Writer&)>& write,
                                     const std::string& parent_checkpoint) {
    io::Provenance provenance = run.provenance;
    if (!parent_checkpoint.empty()) provenance["parent_checkpoint"] = parent_checkpoint;
    const std::string json =
        mpi::broadcast(run.comm, mpi::collectively(run.comm, [&] {
                           return run.comm.is_root() ? io::to_json({run.study.study.name, rows}) : std::string();
                       }));
    io::publish(run.comm, run.folder.section(name), [&](io::Writer& writer) {
        io::Writer group = writer.group("results").group(name);
        write(group);
        group.text("rows", json);
        writer.text("study", io::to_toml(run.study));
        io::Writer origin = writer.group("provenance");
        io::save(provenance, origin);
    });
    return io::results_from_json(json, name).rows;
}

} // namespace blockspin::app
