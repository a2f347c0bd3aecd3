#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include <blockspin/core/check.hpp>

namespace blockspin::linalg {

/// Storage that starts on a cache line, so that vector loads do not straddle two.
template <class T> struct CacheLineAllocator {
    using value_type = T;
    static constexpr std::align_val_t alignment{64};

    CacheLineAllocator() = default;
    template <class U> explicit CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
    void deallocate(T* storage, std::size_t) noexcept { ::operator delete(storage, alignment); }
    bool operator==(const CacheLineAllocator&) const = default;
};

/// A row-major matrix that somebody else owns; `T` is const where it may only be read. Element (i, j) is
/// data[i * cols + j]. Cheap to copy.
template <class T> class MatrixView {
  public:
    MatrixView(T* data, int rows, int cols) : data_(data), rows_(rows), cols_(cols) {
        core::ensure(rows >= 0 && cols >= 0, "a matrix has no negative extent");
    }
    /// A view of the whole of `values`; InternalError unless it holds rows × cols of them.
    MatrixView(std::span<T> values, int rows, int cols) : MatrixView(values.data(), rows, cols) {
        core::ensure(values.size() == size(), "a matrix view covers the values it is given");
    }
    operator MatrixView<const T>() const requires(!std::is_const_v<T>) { return {data_, rows_, cols_}; }

    int rows() const noexcept { return rows_; }
    int cols() const noexcept { return cols_; }
    std::size_t size() const noexcept { return static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_); }
    T* data() const noexcept { return data_; }
    std::span<T> values() const noexcept { return {data_, size()}; }
    T& operator()(int i, int j) const noexcept { return data_[static_cast<std::size_t>(i) * cols_ + j]; }
    std::span<T> row(int i) const noexcept { return {&(*this)(i, 0), static_cast<std::size_t>(cols_)}; }
    /// The `count` rows from `first` on; InternalError if there are not as many.
    MatrixView row_block(int first, int count) const {
        core::ensure(first >= 0 && count >= 0 && first <= rows_ - count, "a block of rows lies inside its matrix");
        return {data_ + static_cast<std::size_t>(first) * cols_, count, cols_};
    }

  private:
    T* data_;
    int rows_;
    int cols_;
};

/// A row-major matrix with value semantics that owns its elements. Element (i, j) is data()[i * cols() + j].
template <class T> class Matrix {
  public:
    Matrix() = default;
    /// rows × cols elements, each `value`; InternalError if an extent is negative.
    Matrix(int rows, int cols, T value = T{}) : rows_(rows), cols_(cols) {
        core::ensure(rows >= 0 && cols >= 0, "a matrix has no negative extent");
        values_.assign(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols), value);
    }
    /// A copy of rows × cols elements in row-major order; InternalError if there are not as many.
    Matrix(int rows, int cols, std::span<const T> values)
        : rows_(rows), cols_(cols), values_(values.begin(), values.end()) {
        core::ensure(rows >= 0 && cols >= 0 && values.size() == static_cast<std::size_t>(rows) * cols,
                     "a matrix has as many elements as its extents say");
    }
    explicit Matrix(MatrixView<const T> view) : Matrix(view.rows(), view.cols(), view.values()) {}
    static Matrix identity(int n) {
        Matrix unit(n, n);
        for (int i = 0; i < n; ++i) unit(i, i) = T{1};
        return unit;
    }

    int rows() const noexcept { return rows_; }
    int cols() const noexcept { return cols_; }
    std::size_t size() const noexcept { return values_.size(); }
    T* data() noexcept { return values_.data(); }
    const T* data() const noexcept { return values_.data(); }
    std::span<T> values() noexcept { return values_; }
    std::span<const T> values() const noexcept { return values_; }
    T& operator()(int i, int j) noexcept { return data()[static_cast<std::size_t>(i) * cols_ + j]; }
    const T& operator()(int i, int j) const noexcept { return data()[static_cast<std::size_t>(i) * cols_ + j]; }
    std::span<T> row(int i) noexcept { return values().subspan(static_cast<std::size_t>(i) * cols_, cols_); }
    std::span<const T> row(int i) const noexcept {
        return values().subspan(static_cast<std::size_t>(i) * cols_, cols_);
    }

    MatrixView<T> view() noexcept { return {data(), rows_, cols_}; }
    MatrixView<const T> view() const noexcept { return {data(), rows_, cols_}; }
    operator MatrixView<T>() noexcept { return view(); }
    operator MatrixView<const T>() const noexcept { return view(); }
    bool operator==(const Matrix&) const = default;

  private:
    int rows_ = 0;
    int cols_ = 0;
    std::vector<T, CacheLineAllocator<T>> values_;
};

/// The transpose, copied.
template <class T> Matrix<T> transposed(const Matrix<T>& a) {
    Matrix<T> result(a.cols(), a.rows());
    for (int i = 0; i < a.rows(); ++i)
        for (int j = 0; j < a.cols(); ++j) result(j, i) = a(i, j);
    return result;
}

} // namespace blockspin::linalg
