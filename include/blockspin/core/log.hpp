#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include <fmt/format.h>

namespace spdlog {
class logger;
}

namespace blockspin::core {

/// Messages for the user: standard output and, once a run folder is known, its log.txt.
/// Constructed on every rank; only the rank that `speaks` (rank 0) prints, the others discard.
class Log {
  public:
    /// Silent on ranks that do not speak.
    explicit Log(bool speaks);
    ~Log();
    Log(Log&&) noexcept;
    Log& operator=(Log&&) noexcept;

    /// From now on every message is also appended, with its time, to `file`. IoError if it cannot be opened.
    void append_to(const std::filesystem::path& file);

    template <class... Args> void info(fmt::format_string<Args...> format, Args&&... args) {
        if (speaks_) write_info(fmt::format(format, std::forward<Args>(args)...));
    }
    template <class... Args> void warn(fmt::format_string<Args...> format, Args&&... args) {
        if (speaks_) write_warning(fmt::format(format, std::forward<Args>(args)...));
    }
    bool speaks() const noexcept { return speaks_; }

  private:
    void write_info(std::string_view message);
    void write_warning(std::string_view message);

    bool speaks_;
    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace blockspin::core
