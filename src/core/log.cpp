#include <blockspin/core/log.hpp>

#include <blockspin/core/error.hpp>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace blockspin::core {

Log::Log(bool speaks) : speaks_(speaks) {
    if (!speaks) return;
    auto terminal = std::make_shared<spdlog::sinks::stdout_sink_st>();
    terminal->set_pattern("%v");
    logger_ = std::make_shared<spdlog::logger>("blockspin", terminal);
    logger_->flush_on(spdlog::level::info);
    logger_->set_error_handler(
        [](const std::string&) {}); // a full disk is told of once, by what cannot be written on it
}

Log::~Log() = default;
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

void Log::append_to(const std::filesystem::path& file) {
    if (!speaks_) return;
    try {
        auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string());
        sink->set_pattern("%Y-%m-%dT%H:%M:%S %v");
        logger_->sinks().push_back(std::move(sink));
    } catch (const spdlog::spdlog_ex& error) {
        throw IoError(fmt::format("cannot write the log {}: {}", file.string(), error.what()));
    }
}

void Log::write_info(std::string_view message) { logger_->info(message); }
void Log::write_warning(std::string_view message) { logger_->warn("warning: {}", message); }

} // namespace blockspin::core
