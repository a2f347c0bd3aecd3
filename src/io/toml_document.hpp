#pragma once

#include <blockspin/io/parameters.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

namespace blockspin::io::detail {

/// A TOML text with overrides applied, and where everything in it came from.
class TomlDocument {
  public:
    /// A syntax error, or an override that does not fit, goes to `problems`.
    TomlDocument(std::string_view text, std::string_view file_name, const std::vector<Override>& overrides,
                 std::vector<Problem>& problems);

    const toml::table& root() const noexcept { return root_; }
    /// Is there a document at all, or did the parser give up?
    bool is_readable() const noexcept { return is_readable_; }
    /// The place of something that is known by its dotted path: in the file, or the override that set it.
    Location locate(const std::string& path, const toml::source_region& source) const;
    Location beginning() const;

  private:
    void apply(const Override& change, std::vector<Problem>& problems);

    std::string file_name_;
    toml::table root_;
    std::vector<std::string> overridden_;
    bool is_readable_ = true;
};

} // namespace blockspin::io::detail
