#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace blockspin::core {

/// How a blockspin process ends; the values follow sysexits.h and are part of the command-line contract.
enum class ExitCode : int {
    done = 0,            ///< everything asked for was computed and published
    bad_input = 64,      ///< the study file or the command line is wrong
    bad_data = 65,       ///< a checkpoint, result or data file is damaged or does not fit the study
    internal_error = 70, ///< a broken invariant: a bug in blockspin
    io_failed = 74,      ///< a file could not be read or written
    stopped_early = 75,  ///< stopped on request with a checkpoint written; run again with --restart
};

/// Who knows of an error: the rank that met it, or every rank of the run (see mpi::collectively).
enum class Scope { this_rank, all_ranks };

/// Base of all errors that blockspin throws: a message for the user, an exit code, and who knows of it.
class Error : public std::runtime_error {
  public:
    Error(ExitCode code, const std::string& message, Scope scope = Scope::this_rank)
        : std::runtime_error(message), code_(code), scope_(scope) {}
    ExitCode code() const noexcept { return code_; }
    Scope scope() const noexcept { return scope_; }

  private:
    ExitCode code_;
    Scope scope_;
};

/// The user asked for something that cannot be done (exit code 64).
class InputError : public Error {
  public:
    explicit InputError(const std::string& message, Scope scope = Scope::this_rank)
        : Error(ExitCode::bad_input, message, scope) {}
};

/// A file is damaged, or does not belong to this study (exit code 65).
class DataError : public Error {
  public:
    explicit DataError(const std::string& message, Scope scope = Scope::this_rank)
        : Error(ExitCode::bad_data, message, scope) {}
};

/// The operating system refused to read or write (exit code 74).
class IoError : public Error {
  public:
    explicit IoError(const std::string& message, Scope scope = Scope::this_rank)
        : Error(ExitCode::io_failed, message, scope) {}
};

/// A broken invariant (exit code 70).
class InternalError : public Error {
  public:
    explicit InternalError(const std::string& message, Scope scope = Scope::this_rank)
        : Error(ExitCode::internal_error, message, scope) {}
};

/// Throws the error type that belongs to `code`.
[[noreturn]] void throw_error(ExitCode code, const std::string& message, Scope scope);

} // namespace blockspin::core
