#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blockspin::io {

/// Values under names that the user chooses, in the order of the file: a table such as `couplings.nn = 0.44`. A key may
/// have several parts ("couplings.nn" under [scan]), joined by dots; a part that TOML would quote is quoted.
template <class T> class KeyedValues {
  public:
    using Entry = std::pair<std::string, T>;

    KeyedValues() = default;
    KeyedValues(std::initializer_list<Entry> entries) {
        for (const Entry& entry : entries) set(entry.first, entry.second);
    }
    /// Replaces the value of a key, or adds the key at the end.
    void set(std::string key, T value) {
        const auto at = std::ranges::find(entries_, key, &Entry::first);
        if (at != entries_.end()) {
            at->second = std::move(value);
        } else {
            entries_.emplace_back(std::move(key), std::move(value));
        }
    }
    /// The value of a key, or nullptr.
    const T* find(std::string_view key) const {
        const auto at = std::ranges::find(entries_, key, &Entry::first);
        return at == entries_.end() ? nullptr : &at->second;
    }
    std::size_t size() const noexcept { return entries_.size(); }
    bool empty() const noexcept { return entries_.empty(); }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }
    void clear() noexcept { entries_.clear(); }
    bool operator==(const KeyedValues&) const = default;

  private:
    std::vector<Entry> entries_;
};

} // namespace blockspin::io
