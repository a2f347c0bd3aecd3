#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blockspin::sampling {

/// The measured series of a run by their names, each [measurement, replica, number].
class Measured {
  public:
    explicit Measured(std::int64_t replicas) : replicas_(static_cast<std::size_t>(replicas)) {}

    std::int64_t replicas() const noexcept { return static_cast<std::int64_t>(replicas_); }
    /// InternalError unless the values fill whole measurements.
    void add(const std::string& name, std::size_t width, std::vector<std::int64_t> values);
    bool has(std::string_view name) const { return series_.find(name) != series_.end(); }
    /// Numbers of each measurement. InternalError if there is no such series.
    std::size_t width(std::string_view name) const { return series(name).width; }
    /// One number of one replica, in the order of time. InternalError as width().
    std::vector<double> column(std::string_view name, std::int64_t replica, std::size_t number = 0) const;
    /// All numbers of one replica at each measurement, in the order of time. InternalError as width().
    std::vector<std::span<const std::int64_t>> rows(std::string_view name, std::int64_t replica) const;

    /// Moves what replica r gave at measurement n to replica to(n, r), for all series. InternalError unless these are
    /// as many different ones.
    void reorder(const std::function<std::int64_t(std::size_t, std::int64_t)>& to);

  private:
    struct Series {
        std::size_t width;
        std::vector<std::int64_t> values;
    };
    const Series& series(std::string_view name) const;

    std::size_t replicas_;
    std::map<std::string, Series, std::less<>> series_;
};

} // namespace blockspin::sampling
