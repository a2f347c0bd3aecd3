#pragma once

#include <source_location>
#include <string_view>

namespace blockspin::core {

/// Throws InternalError with file and line unless `condition` holds. Always on: for invariants that cost
/// nothing beside the work they guard. What a user can get wrong is an InputError instead.
void ensure(bool condition, std::string_view invariant, std::source_location where = std::source_location::current());

} // namespace blockspin::core
