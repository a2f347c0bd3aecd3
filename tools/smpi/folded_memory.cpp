#include "folded_memory.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace {

constexpr std::size_t smallest = std::size_t{1} << 16, largest = std::size_t{1} << 28;
std::byte* folded = nullptr;

bool is_folded(const void* block) noexcept {
    const auto* at = static_cast<const std::byte*>(block);
    return folded != nullptr && at >= folded && at < folded + largest;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
    if (folded != nullptr && bytes >= smallest && bytes <= largest) return folded;
    void* block = nullptr;
    if (posix_memalign(&block, alignment, bytes == 0 ? 1 : bytes) != 0) throw std::bad_alloc();
    return block;
}

void release(void* block) noexcept {
    if (!is_folded(block)) std::free(block);
}

} // namespace

namespace blockspin::smpi {

void fold_memory() {
    if (folded != nullptr) return;
    void* const block =
        mmap(nullptr, largest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    folded = static_cast<std::byte*>(block);
}

} // namespace blockspin::smpi

void* operator new(std::size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
