// A study file of any bytes is read or refused as bad input. What is read has points, and comes back equal after it was
// written out.
#include "study.hpp"

#include <blockspin/core/error.hpp>
#include <blockspin/model/parameters.hpp>

#include "memory_file.hpp"

#include <optional>
#include <string_view>

using namespace blockspin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::optional<app::Study> study;
    try {
        study.emplace(io::parse<app::Study>(text, "study.toml"));
    } catch (const core::InputError&) {
        return 0;
    }
    fuzz::require(!model::points(study->model, study->scan).empty());
    const std::string stored = io::to_toml(*study);
    const auto again = io::parse<app::Study>(stored, "effective-study.toml");
    fuzz::require(io::to_toml(again) == stored);
    fuzz::require(io::to_identity(again) == io::to_identity(*study));
    return 0;
}
