#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace blockspin::sampling {

/// Gives out whole cache lines.
template <class T> struct CacheLineAllocator {
    using value_type = T;
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
    void deallocate(T* at, std::size_t) noexcept { ::operator delete (at, std::align_val_t{64}); }
    bool operator==(const CacheLineAllocator&) const = default;
};

/// Words that begin with a cache line.
using AlignedWords = std::vector<std::uint64_t, CacheLineAllocator<std::uint64_t>>;

} // namespace blockspin::sampling
