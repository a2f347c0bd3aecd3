#include <blockspin/model/operator_basis.hpp>

#include <blockspin/core/error.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "names.hpp"
#include "symmetry.hpp"

namespace blockspin::model {

namespace {

using lattice::Coordinates;
using lattice::Lattice;

constexpr std::size_t most_candidates = 10'000;
constexpr std::int64_t farthest = 256;

/// Offsets from the first site at which another may be added: those of all pairs within range.
std::set<Coordinates> offsets_within(Lattice lattice, std::int64_t squared_range) {
    std::set<Coordinates> offsets;
    for (const Operator& pair : pairs_within(lattice, squared_range)) {
        for (const Stencil& image : pair.images()) {
            const Coordinates& ahead = image.offsets[1];
            offsets.insert({ahead, {-ahead[0], -ahead[1], -ahead[2], -ahead[3]}});
        }
    }
    return offsets;
}

/// Every operator within range with one spin more than those given. None is missed: leaving any spin out of a set
/// within range leaves a set within range.
std::set<Operator> grown(Lattice lattice, const std::set<Operator>& smaller, std::int64_t squared_range) {
    const std::set<Coordinates> offsets = offsets_within(lattice, squared_range);
    std::set<Operator> larger;
    for (const Operator& op : smaller) {
        std::vector<Coordinates> sites = op.sites();
        const Coordinates first = sites.front();
        for (const Coordinates& offset : offsets) {
            const Coordinates added{first[0] + offset[0], first[1] + offset[1], offset[2], offset[3]};
            if (std::ranges::find(sites, added) != sites.end()) continue;
            sites.push_back(added);
            Operator candidate(lattice, sites);
            if (candidate.squared_range() <= squared_range) larger.insert(std::move(candidate));
            sites.pop_back();
        }
        if (larger.size() > most_candidates) {
            throw core::InputError(fmt::format("more than {} operators within this range: lower the number of spins or "
                                               "the range",
                                               most_candidates));
        }
    }
    return larger;
}

bool has_parity(const Operator& op, Parity parity) {
    return parity == Parity::both || op.is_even() == (parity == Parity::even);
}

Coordinates coordinates_from_json(Lattice lattice, const nlohmann::json& json) {
    const auto numbers = json.get<std::vector<std::int32_t>>();
    if (numbers.size() != static_cast<std::size_t>(lattice::dimension(lattice))) {
        throw core::DataError("a site of an operator has the wrong number of coordinates");
    }
    Coordinates site{};
    std::ranges::copy(numbers, site.begin());
    return site;
}

} // namespace

OperatorBasis::OperatorBasis(Lattice lattice, std::vector<Operator> operators)
    : lattice_(lattice), operators_(std::move(operators)) {
    std::ranges::sort(operators_);
    const auto twice = std::ranges::adjacent_find(operators_);
    if (twice != operators_.end()) throw core::InputError(fmt::format("operator {} is given twice", twice->name()));
    if (std::ranges::any_of(operators_, [&](const Operator& op) { return op.lattice() != lattice; })) {
        throw core::InputError("the operators of a basis live on one lattice");
    }
}

OperatorBasis OperatorBasis::from_names(Lattice lattice, std::span<const std::string> names) {
    std::vector<Operator> operators;
    for (const std::string& name : names) operators.push_back(Operator::from_name(lattice, name));
    return {lattice, std::move(operators)};
}

OperatorBasis OperatorBasis::generate(Lattice lattice, const OperatorRange& range) {
    if (range.spins < 1 || range.squared_range < 0 || range.squared_range > farthest) {
        throw core::InputError(
            fmt::format("operators are generated for at least one spin and a squared range from 0 to {}", farthest));
    }
    std::set<Operator> of_one_size{Operator::from_name(lattice, "h")};
    std::vector<Operator> operators;
    for (int spins = 1; spins <= range.spins && !of_one_size.empty(); ++spins) {
        std::ranges::copy_if(of_one_size, std::back_inserter(operators),
                             [&](const Operator& op) { return has_parity(op, range.parity); });
        if (spins < range.spins) of_one_size = grown(lattice, of_one_size, range.squared_range);
    }
    return {lattice, std::move(operators)};
}

std::vector<std::string> OperatorBasis::names() const {
    std::vector<std::string> names;
    for (const Operator& op : operators_) names.push_back(op.name());
    return names;
}

std::optional<std::size_t> OperatorBasis::find(const Operator& wanted) const {
    const auto found = std::ranges::lower_bound(operators_, wanted);
    if (found == operators_.end() || *found != wanted) return std::nullopt;
    return static_cast<std::size_t>(found - operators_.begin());
}

std::optional<std::size_t> OperatorBasis::find(std::string_view name) const {
    return find(Operator::from_name(lattice_, name));
}

nlohmann::json to_json(const OperatorBasis& basis) {
    nlohmann::json operators = nlohmann::json::array();
    for (const Operator& op : basis) {
        nlohmann::json sites = nlohmann::json::array();
        for (const Coordinates& site : op.sites()) {
            sites.push_back(std::vector(site.begin(), site.begin() + lattice::dimension(basis.lattice())));
        }
        operators.push_back({{"name", op.name()}, {"sites", sites}});
    }
    return {{"lattice", lattice::name(basis.lattice())}, {"operators", operators}};
}

OperatorBasis basis_from_json(const nlohmann::json& json) {
    try {
        const Lattice lattice = lattice::lattice_from_name(json.at("lattice").get<std::string>());
        std::vector<Operator> operators;
        for (const auto& entry : json.at("operators")) {
            std::vector<Coordinates> sites;
            for (const auto& site : entry.at("sites")) sites.push_back(coordinates_from_json(lattice, site));
            operators.emplace_back(lattice, std::move(sites));
        }
        return {lattice, std::move(operators)};
    } catch (const nlohmann::json::exception& error) {
        throw core::DataError(fmt::format("not a basis of operators: {}", error.what()));
    } catch (const core::InputError& error) {
        throw core::DataError(fmt::format("not a basis of operators: {}", error.what()));
    }
}

} // namespace blockspin::model
