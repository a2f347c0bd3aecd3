#include <blockspin/core/error.hpp>

#include <blockspin/core/check.hpp>

#include <fmt/format.h>

namespace blockspin::core {

void throw_error(ExitCode code, const std::string& message, Scope scope) {
    switch (code) {
    case ExitCode::bad_input:
        throw InputError(message, scope);
    case ExitCode::bad_data:
        throw DataError(message, scope);
    case ExitCode::io_failed:
        throw IoError(message, scope);
    case ExitCode::internal_error:
        throw InternalError(message, scope);
    case ExitCode::done:
    case ExitCode::stopped_early:
        break;
    }
    throw InternalError(fmt::format("an error with exit code {}: {}", static_cast<int>(code), message), scope);
}

void ensure(bool condition, std::string_view invariant, std::source_location where) {
    if (condition) return;
    throw InternalError(fmt::format("{}:{}: broken invariant: {}", where.file_name(), where.line(), invariant));
}

} // namespace blockspin::core
