#pragma once

#include <blockspin/flow/report.hpp>

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace blockspin::flow {

/// One choice of `method`: the keys that it knows, and what it does.
struct Method {
    std::string_view name;
    std::vector<std::string_view> keys;
    std::function<void(const FlowParameters&, io::Problems&)> check; ///< rules between its keys; may be empty
    std::function<Report(const mpi::Communicator&, const FlowParameters&, const Setting&)> report;
    std::function<std::string(const FlowParameters&, const Setting&)>
        refusal{};                ///< why it cannot be used there, if so; may be empty
    bool takes_any_model = false; ///< models with other couplings than nn and field too
};

// Each in methods_NAME.cpp.
Method kadanoff_method();
Method kadanoff_groups_method();
Method migdal_kadanoff_method();
Method hierarchical_method();
Method decimation_method();
Method cumulant_method();
Method maris_kadanoff_method();
Method wilson_decimation_method();
Method wilson_recursion_method();
Method dyson_method();
Method local_potential_method();
Method random_bonds_method();
Method spin_glass_method();
Method exact_summation_method();
Method finite_lattice_method();

/// All, in the order of the schema.
std::span<const Method> methods();

} // namespace blockspin::flow
