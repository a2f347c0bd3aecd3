#include "section.hpp"

#include <blockspin/mpi/agreement.hpp>

#include <filesystem>

namespace blockspin::app {

std::optional<std::vector<io::Row>> finished_section(const Run& run, const std::string& name) {
    const std::filesystem::path file = run.folder.section(name);
    const bool exists =
        mpi::broadcast(run.comm, std::int32_t{run.comm.is_root() && std::filesystem::exists(file)}) == 1;
    if (!run.restart || !exists) return std::nullopt;
    const io::Reader reader = io::open_sealed(run.comm, file).group("results").group(name);
    const std::string rows = reader.text("rows");
    run.log.info("{}: finished by an earlier run", name);
    return io::results_from_json(rows, file.string()).rows;
}

std::vector<io::Row> publish_section(const Run& run, const std::string& name, const std::vector<io::Row>& rows,
                                     const std::function<void(io::Writer&)>& write) {
    const std::string json =
        mpi::broadcast(run.comm, mpi::collectively(run.comm, [&] {
                           return run.comm.is_root() ? io::to_json({run.study.study.name, rows}) : std::string();
                       }));
    io::publish(run.comm, run.folder.section(name), [&](io::Writer& writer) {
        io::Writer group = writer.group("results").group(name);
        write(group);
        group.text("rows", json);
        io::Writer provenance = writer.group("provenance");
        io::save(run.provenance, provenance);
    });
    return io::results_from_json(json, name).rows;
}

} // namespace blockspin::app
