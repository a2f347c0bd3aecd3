#include <blockspin/mpi/shared_memory.hpp>

#include <blockspin/mpi/collectives.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

namespace blockspin::mpi {

namespace {

/// Of a file that has no name; closes it.
class Descriptor {
  public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    int number() const noexcept { return number_; }

  private:
    int number_;
};

/// The first rank's: of zeros, but for a number at the start.
int make_file(std::size_t bytes, std::uint64_t number) {
    const int file = memfd_create("blockspin", MFD_CLOEXEC);
    const bool is_whole = file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0 &&
                          pwrite(file, &number, sizeof(number), 0) == sizeof(number);
    if (file >= 0 && !is_whole) close(file);
    return is_whole ? file : -1;
}

std::span<std::byte> map(int file, std::size_t bytes) {
    if (file < 0) return {};
    void* first = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (first == MAP_FAILED) return {};
    return {static_cast<std::byte*>(first), bytes};
}

bool all_of(const Communicator& comm, bool here) { return all_reduce(comm, std::int32_t{here}, Op::min) != 0; }

/// Does the memory begin with this number, that is, is it what the first rank made?
bool begins_with(std::span<const std::byte> bytes, std::uint64_t number) {
    return bytes.size() >= sizeof(number) && *reinterpret_cast<const std::uint64_t*>(bytes.data()) == number;
}

} // namespace

std::optional<SharedMemory> SharedMemory::allocate(const Communicator& comm, std::size_t bytes) {
    if (!all_of(comm, comm.on_this_node().size() == comm.size())) return std::nullopt;
    bytes = std::max(bytes, sizeof(std::uint64_t));
    struct Place {
        std::int64_t process, file, number;
    } place{};
    std::optional<Descriptor> own;
    if (comm.is_root()) {
        std::random_device random;
        const auto number = std::uint64_t{random()} << 32 | random();
        own.emplace(make_file(bytes, number));
        place = {getpid(), own->number(), static_cast<std::int64_t>(number)};
    }
    place = {broadcast(comm, place.process), broadcast(comm, place.file), broadcast(comm, place.number)};
    if (place.file < 0) return std::nullopt;
    const std::string path = "/proc/" + std::to_string(place.process) + "/fd/" + std::to_string(place.file);
    const Descriptor opened(comm.is_root() ? -1 : open(path.c_str(), O_RDWR | O_CLOEXEC));
    SharedMemory memory(map(comm.is_root() ? own->number() : opened.number(), bytes));
    const auto number = static_cast<std::uint64_t>(place.number);
    if (!all_of(comm, begins_with(memory.bytes(), number))) return std::nullopt;
    if (comm.is_root()) *reinterpret_cast<std::uint64_t*>(memory.bytes().data()) = 0;
    meet(comm);
    return memory;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

SharedMemory::~SharedMemory() {
    if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

void meet(const Communicator& comm) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    comm.barrier();
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace blockspin::mpi
