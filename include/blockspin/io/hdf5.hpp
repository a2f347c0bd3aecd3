#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hdf5.h>

namespace blockspin::io {

/// Owner of an HDF5 identifier, closed by the function that belongs to its kind.
class Handle {
  public:
    using Closer = herr_t (*)(hid_t);

    Handle() = default;
    /// Takes over `id`; IoError with `doing` and the message of HDF5 if the call that made it has failed.
    Handle(hid_t id, Closer closer, std::string_view doing);
    Handle(Handle&& other) noexcept;
    Handle& operator=(Handle&& other) noexcept;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle();

    hid_t get() const noexcept { return id_; }
    /// Closes now; IoError if HDF5 reports a failure.
    void close(std::string_view doing);
    /// Gives the identifier up without closing it.
    void abandon() noexcept;

  private:
    void release() noexcept;

    hid_t id_ = H5I_INVALID_HID;
    Closer closer_ = nullptr;
};

/// Returns `status`, or throws IoError("cannot {doing}: {message of HDF5}") if it is negative.
template <std::signed_integral Status> Status checked(Status status, std::string_view doing);

/// Numbers that can be stored: integers of 8 to 64 bits, float and double; no bool and no characters.
template <class T>
concept Storable = (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>) ||
                   std::same_as<T, float> || std::same_as<T, double>;

static_assert(Storable<std::int8_t> && Storable<std::uint64_t> && Storable<double>);
static_assert(!Storable<bool> && !Storable<char> && !Storable<long double> && !Storable<const double>);

/// The storable element types, as in files: little-endian integers and IEEE floating-point numbers.
enum class Type : std::uint8_t { int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64 };

/// The element type of a C++ type.
template <Storable T> constexpr Type type_of() {
    if constexpr (std::floating_point<T>) {
        return sizeof(T) == 4 ? Type::float32 : Type::float64;
    } else {
        constexpr int log2_size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
        return static_cast<Type>(static_cast<int>(std::is_signed_v<T> ? Type::int8 : Type::uint8) + log2_size);
    }
}

/// "int8" … "float64".
std::string_view name_of(Type type);
/// Bytes of one element.
std::size_t size_of(Type type);
/// The HDF5 type in memory on this machine.
hid_t native_type(Type type);
/// The HDF5 type in the file: little-endian.
hid_t file_type(Type type);

/// A rank's box of a global row-major array: `count` elements per dimension from `offset`.
struct Slab {
    std::vector<std::uint64_t> shape;
    std::vector<std::uint64_t> offset;
    std::vector<std::uint64_t> count;

    /// The box that is the whole array.
    static Slab whole(std::vector<std::uint64_t> shape);
    /// Rows first … first + rows − 1 (first dimension) of an array.
    static Slab of_rows(std::vector<std::uint64_t> shape, std::uint64_t first, std::uint64_t rows);
    /// The part of this box that holds rows first … first + rows − 1 of the box, in the same array.
    Slab rows(std::uint64_t first, std::uint64_t rows) const;

    /// Elements in the box (1 for an array without dimensions).
    std::uint64_t elements() const;
    /// Elements in each row of the box.
    std::uint64_t row_elements() const;
    /// Equal numbers of dimensions, and inside the array?
    bool fits() const;
    bool operator==(const Slab&) const = default;
};

/// Elements of an array of this shape; InternalError if the number overflows 64 bits.
std::uint64_t elements_of(std::span<const std::uint64_t> shape);

/// "3 x 4"; "scalar" for no dimensions.
std::string to_text(std::span<const std::uint64_t> shape);

} // namespace blockspin::io
