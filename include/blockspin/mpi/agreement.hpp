#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <blockspin/core/error.hpp>
#include <blockspin/mpi/communicator.hpp>

namespace blockspin::mpi {

/// If any rank has failed, throws the error of the lowest failed rank on every rank, with Scope::all_ranks;
/// returns otherwise. Pass nullptr for "no failure here". Collective.
void agree(const Communicator& comm, std::exception_ptr failure);

/// Calls action() on every rank and makes a failure anywhere a failure everywhere (see agree), so that no rank
/// waits for one that has left. The action itself must not be collective unless all ranks fail in it together.
/// Collective.
template <std::invocable Action> std::invoke_result_t<Action> collectively(const Communicator& comm, Action&& action) {
    std::exception_ptr failure;
    if constexpr (std::is_void_v<std::invoke_result_t<Action>>) {
        try {
            std::invoke(std::forward<Action>(action));
        } catch (...) {
            failure = std::current_exception();
        }
        agree(comm, failure);
    } else {
        std::optional<std::invoke_result_t<Action>> result;
        try {
            result.emplace(std::invoke(std::forward<Action>(action)));
        } catch (...) {
            failure = std::current_exception();
        }
        agree(comm, failure);
        return std::move(*result);
    }
}

/// Has every rank come here within `patience`? For ranks on their way out with an error: if all are here, they met the
/// same error and can leave in order; if not, the others are still at work and wait for this rank in vain. `comm` must
/// be kept for this use, and must not be used again after a "no". Collective among those who come.
bool everybody_is_here(const Communicator& comm, std::chrono::milliseconds patience);

/// Do all ranks hold the same bytes? Collective.
bool is_same_on_all_ranks(const Communicator& comm, std::span<const std::byte> bytes);

} // namespace blockspin::mpi
