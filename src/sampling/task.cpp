#include <blockspin/sampling/task.hpp>

#include <blockspin/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace blockspin::sampling {

void SampleParameters::check(io::Problems& problems) const {
    if (update.empty()) problems.add("update", "names no update");
    for (const std::string& name : update) {
        // A second update of one kind would draw the same random numbers.
        if (std::ranges::count(update, name) > 1) problems.add("update", fmt::format("names '{}' twice", name));
    }
    if (sweeps % measure_every != 0) problems.add("measure_every", "must divide sweeps");
    if (configurations > sweeps / measure_every) {
        problems.add("configurations", fmt::format("only {} measurements are made", sweeps / measure_every));
    }
}

std::int64_t Task::measurements(std::int64_t sweeps) const noexcept {
    return std::max<std::int64_t>(0, sweeps - parameters.thermalization) / parameters.measure_every;
}

std::int64_t Task::stored_configurations(std::int64_t measurements) const noexcept {
    return measurements * parameters.configurations / this->measurements(this->sweeps());
}

std::vector<NearestNeighbourCouplings> couplings(const Task& task) {
    std::vector<NearestNeighbourCouplings> all;
    for (const model::Point& point : task.points) {
        for (const auto& [name, value] : point.couplings) {
            if (name == "nn" || name == "field") continue;
            throw core::InputError(
                fmt::format("[model] couplings.{}: [sample] knows the couplings nn and field only", name));
        }
        if (point.couplings.find("nn") == nullptr) {
            throw core::InputError("[model] couplings.nn: give a value here or under [scan]");
        }
        const NearestNeighbourCouplings here{.coupling = point.coupling("nn"), .field = point.coupling("field")};
        all.insert(all.end(), static_cast<std::size_t>(task.parameters.chains), here);
    }
    return all;
}

} // namespace blockspin::sampling
