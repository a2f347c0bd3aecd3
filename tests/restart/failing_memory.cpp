// Preloaded into one rank by faults.py: the first allocation after the file named by $FAIL_ALLOCATION has appeared
// fails. The file is then removed, and everything after it succeeds again.
#include <cstdlib>
#include <new>

#include <unistd.h>

void* operator new(std::size_t bytes) {
    static const char* const file = std::getenv("FAIL_ALLOCATION");
    if (file != nullptr && unlink(file) == 0) throw std::bad_alloc();
    if (void* memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
