#include <blockspin/flow/report.hpp>

#include "methods.hpp"
#include "report_parts.hpp"

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/critical.hpp>
#include <blockspin/model/onsager.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace blockspin::flow {

namespace {

const Method& method_named(std::string_view name) {
    const auto found = std::ranges::find(methods(), name, &Method::name);
    core::ensure(found != methods().end(), "every choice of `method` has its entry");
    return *found;
}

/// Visits the keys of a [[flow]] and collects the names of those that are set and that its method does not know.
struct UnknownKeys {
    const std::vector<std::string_view>& known;
    std::vector<std::string> found{};

    void operator()(std::string_view name, const std::string&, const io::Field&) {
        core::ensure(name == "method", "only `method` has a value always");
    }
    template <class T> void operator()(std::string_view name, const std::optional<T>& member, const io::Field&) {
        if (member && std::ranges::find(known, name) == known.end()) found.emplace_back(name);
    }
};

} // namespace

std::span<const Method> methods() {
    static const std::vector<Method> all{kadanoff_method(),       kadanoff_groups_method(),   migdal_kadanoff_method(),
                                         hierarchical_method(),   decimation_method(),        cumulant_method(),
                                         maris_kadanoff_method(), wilson_decimation_method(), wilson_recursion_method(),
                                         dyson_method(),          local_potential_method(),   random_bonds_method(),
                                         spin_glass_method(),     exact_summation_method(),   finite_lattice_method()};
    return all;
}

void FlowParameters::check(io::Problems& problems) const {
    const Method& chosen = method_named(method);
    UnknownKeys unknown{chosen.keys};
    FlowParameters(*this).fields(unknown);
    for (const std::string& key : unknown.found)
        problems.add(key, fmt::format("{} has no {}; it knows {}", method, key, fmt::join(chosen.keys, ", ")));
    if (unknown.found.empty() && chosen.check) chosen.check(*this, problems);
}

std::string refusal(const FlowParameters& parameters, const Setting& setting) {
    const Method& method = method_named(parameters.method);
    if (!method.takes_any_model && !setting.points.front().is_nearest_neighbour())
        return fmt::format("{} knows the couplings nn and field only; exact-summation knows all", method.name);
    const std::string reason = method.refusal ? method.refusal(parameters, setting) : "";
    return reason.empty() ? "" : fmt::format("{} {}", method.name, reason);
}

Report report(const mpi::Communicator& comm, const FlowParameters& parameters, const Setting& setting) {
    const std::string refused = refusal(parameters, setting);
    if (!refused.empty()) throw core::InputError(refused);
    return method_named(parameters.method).report(comm, parameters, setting);
}

std::vector<io::Row> exact_rows(lattice::Lattice lattice, std::span<const model::Point> points) {
    std::vector<io::Row> rows;
    const auto critical = model::critical_coupling(lattice);
    if (!critical) return rows;
    const model::CriticalExponents exponents = model::ising_exponents_2d();
    const std::string here = fmt::format("{} lattice", name(lattice));
    const auto add = [&rows](const std::string& point, const char* quantity, double value, const char* note = "") {
        rows.push_back(exact_row(point, quantity, io::Kind::exact, value, note));
    };
    add(here, "y_T", exponents.y_T, "conformal weights, BPZ 1984");
    add(here, "y_H", exponents.y_H, "conformal weights, BPZ 1984");
    add(here, "nu", 1 / exponents.y_T);
    add(here, "K_c", *critical, "Kramers and Wannier 1941, Houtappel 1950");
    if (lattice != lattice::Lattice::square) return rows;
    for (const model::Point& point : points) {
        if (point.coupling("field") != 0.0) continue;
        add(point.label, "f", model::onsager(point.coupling("nn")).free_energy, "Onsager 1944, infinite lattice");
    }
    return rows;
}

} // namespace blockspin::flow
