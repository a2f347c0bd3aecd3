#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <blockspin/model/operator.hpp>

namespace blockspin::model {

enum class Parity { even, odd, both };

/// Which operators to generate: all sets of at most `spins` sites no two of which are farther apart than
/// sqrt(squared_range), nearest neighbours being 1 apart.
struct OperatorRange {
    int spins = 2;
    std::int64_t squared_range = 1;
    Parity parity = Parity::both;
};

/// Distinct operators on one lattice in canonical order. Every coupling vector refers to one.
class OperatorBasis {
  public:
    /// In any order. InputError if one occurs twice or lives on another lattice.
    OperatorBasis(lattice::Lattice lattice, std::vector<Operator> operators);
    /// By their names (Operator::from_name), in any order. Errors as above.
    static OperatorBasis from_names(lattice::Lattice lattice, std::span<const std::string> names);
    /// All operators within a range. InputError for more than 10 000 candidates, or a squared range above 256.
    static OperatorBasis generate(lattice::Lattice lattice, const OperatorRange& range);

    lattice::Lattice lattice() const noexcept { return lattice_; }
    std::size_t size() const noexcept { return operators_.size(); }
    const Operator& operator[](std::size_t a) const { return operators_.at(a); }
    auto begin() const noexcept { return operators_.begin(); }
    auto end() const noexcept { return operators_.end(); }
    std::vector<std::string> names() const;
    /// Position of an operator, if it is here.
    std::optional<std::size_t> find(const Operator& wanted) const;
    std::optional<std::size_t> find(std::string_view name) const;

    bool operator==(const OperatorBasis&) const = default;

  private:
    lattice::Lattice lattice_;
    std::vector<Operator> operators_;
};

/// {"lattice": "square", "operators": [{"name": "nn", "sites": [[0, 0], [1, 0]]}, …]}; coordinates x first.
nlohmann::json to_json(const OperatorBasis& basis);

/// Inverse of to_json, from lattice and sites alone. DataError if the form is not that, or the operators are refused.
OperatorBasis basis_from_json(const nlohmann::json& json);

} // namespace blockspin::model
