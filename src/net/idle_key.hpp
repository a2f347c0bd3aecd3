#pragma once

#include <fmt/format.h>

#include <blockspin/io/parameters.hpp>

namespace blockspin::net {

/// A key that means nothing without another one, its owner, may only have its default where the owner is not there.
template <class Value, class Default>
void needs(io::Problems& problems, const char* key, bool has_owner, const char* owner, const Value& value,
           const Default& by_default) {
    if (!has_owner && value != by_default) problems.add(key, fmt::format("has no effect without {}", owner));
}

} // namespace blockspin::net
