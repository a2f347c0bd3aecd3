#pragma once

#include <cstdint>
#include <string>

#include <blockspin/io/parameters.hpp>

namespace blockspin::tempering {

/// Section [sample.tempering]: the chains exchange the points of the scan.
struct TemperingParameters {
    std::int64_t every = 1;
    std::string adapt = "none";

    void fields(auto& visit) {
        visit("every", every,
              {.meaning = "Sweeps between two attempts to exchange neighbouring points; attempts take the pairs that "
                          "begin at even points and those that begin at odd ones by turns.",
               .unit = "sweeps",
               .minimum = 1,
               .source = "doi:10.1143/JPSJ.65.1604"});
        visit("adapt", adapt,
              {.meaning =
                   "Move the points between the first and the last one during the first half of the "
                   "thermalization, so that all pairs exchange equally often (acceptance), or not at all (none).",
               .choices = {"none", "acceptance"},
               .source = "doi:10.1063/1.1507776"});
    }

    bool adapts() const noexcept { return adapt != "none"; }
    /// Attempts within the first `sweeps` sweeps.
    std::int64_t attempts(std::int64_t sweeps) const noexcept { return sweeps / every; }
    /// Are the points moved after `sweeps` sweeps of `thermalization`? After 1/2 of them, 1/4, 1/8, … as long as there
    /// are attempts enough since the time before.
    bool adapts_after(std::int64_t sweeps, std::int64_t thermalization) const noexcept;

    /// Fewest attempts between two moves of the points.
    static constexpr std::int64_t fewest_attempts = 32;
};

} // namespace blockspin::tempering
