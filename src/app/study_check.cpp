// What the sections of a study ask of each other: rules that no section can check by itself.
#include "study.hpp"

#include <blockspin/bounds/scan.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/report.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/net/partition_function.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace blockspin::app {

namespace {

/// Does something that refuses what does not fit.
void attempt(const std::string& path, io::Problems& problems, const std::function<void()>& work) {
    try {
        work();
    } catch (const core::InputError& error) {
        problems.add(path, error.what());
    }
}

/// Are there configurations to be read, and is it clear from which point?
void check_source(const Study& study, std::size_t points, const std::string& section, std::optional<std::int64_t> named,
                  io::Problems& problems) {
    if (!study.sample || study.sample->configurations == 0) {
        problems.add(section, "reads configurations: set configurations in [sample]");
    }
    if (!named && points > 1) {
        problems.add(section, fmt::format("needs from.point = 0 … {0}: which of the {1} points of the scan?",
                                          points - 1, points));
    }
    if (named && *named >= static_cast<std::int64_t>(points)) {
        problems.add(section + ".from.point", fmt::format("there are only points 0 … {}", points - 1));
    }
}

/// Has the network as many visible units as the lattice sites?
void check_visible_units(const model::ModelParameters& model, const net::NetworkParameters& network,
                         io::Problems& problems) {
    std::int64_t sites = 1;
    for (const std::int64_t extent : model.size) sites *= extent;
    if (network.layers.empty() || network.layers.front() == sites) return;
    problems.add("network.layers",
                 fmt::format("the first layer has {} units, but the lattice {} sites", network.layers.front(), sites));
}

/// Are weights shared over a lattice that looks the same everywhere, and fits the layers?
void check_translation(const model::ModelParameters& model, const net::NetworkParameters& network, bool has_data,
                       io::Problems& problems) {
    if (network.translation.kernel == 0) return;
    const lattice::Geometry geometry = model::geometry(model);
    bool periodic = true;
    for (int direction = 0; direction < geometry.dimension(); ++direction) {
        periodic = periodic && geometry.is_periodic(direction);
    }
    if (!has_data && (geometry.sublattices() > 1 || !periodic)) {
        problems.add("network.translation", "needs a lattice that is periodic and looks the same from every site");
        return;
    }
    try {
        network.shared_weights(has_data ? std::vector<std::int64_t>() : model.size);
    } catch (const core::InputError& error) {
        problems.add("network.translation", error.what());
    }
}

/// Are there machines to be judged, and can they be judged so?
void check_likelihood(const net::LikelihoodParameters& likelihood, const std::optional<net::NetworkParameters>& network,
                      io::Problems& problems) {
    if (!network && !likelihood.from.model) {
        problems.add("likelihood", "needs networks: a section [network], or from.model");
    }
    if (network && likelihood.held_out != net::LikelihoodParameters().held_out) {
        problems.add("likelihood.held_out", "has no effect where there is a section [network]: say it there");
    }
    if (!network || likelihood.from.model) return;
    const auto& layers = network->layers;
    if (likelihood.reverse.rows > 0 && layers.size() > 2) {
        problems.add("likelihood.reverse.rows", "only for networks of a single layer of hidden units");
    }
    if (likelihood.method == "enumeration" && layers.size() >= 2 &&
        std::min(layers.back(), layers[layers.size() - 2]) > net::most_enumerated_units) {
        problems.add("likelihood.method",
                     fmt::format("neither layer of the top machine has {} units or fewer", net::most_enumerated_units));
    }
}

/// Sections that compute with the couplings.
void check_computed(const Study& study, const std::vector<model::Point>& points, io::Problems& problems) {
    if (study.bounds) {
        attempt("bounds", problems, [&] {
            for (const std::string& sentence : bounds::refusals(study.bounds_task())) problems.add("bounds", sentence);
        });
    }
    const flow::Setting setting{lattice::lattice_from_name(study.model.lattice), points, study.study.seed};
    for (const flow::FlowParameters& each : study.flow) {
        if (const std::string sentence = flow::refusal(each, setting); !sentence.empty())
            problems.add("flow", sentence);
    }
    if (study.tensor) {
        const std::string sentence = tensor::refusal(geometry(study.model), points);
        if (!sentence.empty()) problems.add("tensor", sentence);
    }
}

/// Only [sample] knows random bonds: all else is about couplings that are the same everywhere.
void check_disorder(const Study& study, io::Problems& problems) {
    if (!study.model.disorder) return;
    if (!study.sample) problems.add("model.disorder", "is for [sample], which is not there");
    const std::array<std::pair<const char*, bool>, 9> others{{{"flow", !study.flow.empty()},
                                                              {"bounds", study.bounds.has_value()},
                                                              {"tensor", study.tensor.has_value()},
                                                              {"block", study.block.has_value()},
                                                              {"matching", study.matching.has_value()},
                                                              {"variational", study.variational.has_value()},
                                                              {"network", study.network && !study.data},
                                                              {"likelihood", study.likelihood && !study.data},
                                                              {"map", study.map.has_value()}}};
    for (const auto& [section, is_there] : others) {
        if (is_there) problems.add(section, "does not go with [model.disorder]");
    }
}

/// Sections that sample, and that renormalize samples.
void check_sampled(const Study& study, const std::vector<model::Point>& points, io::Problems& problems) {
    if (study.sample) {
        attempt("sample.update", problems, [&] { sampling::check_updates(study.sampling_task()); });
        attempt("sample.tempering", problems, [&] { sampling::check_tempering(study.sampling_task()); });
    }
    if (study.block) {
        // Without from.point it takes all points.
        check_source(study, points.size(), "block", study.block->from.point.value_or(0), problems);
        attempt("block", problems, [&] {
            const mcrg::Task task{geometry(study.model), points, *study.block, study.study.seed};
            mcrg::check(task);
            if (!study.block->couplings.empty()) mcrg::check_couplings(task);
        });
    }
    if (study.variational) {
        attempt("variational", problems, [&] { mcrg::check(study.variational_task()); });
    }
    if (study.matching) {
        attempt("matching", problems, [&] { mcrg::check(study.matching_task()); });
    }
}

/// Sections that learn from data which are no configurations.
void check_data(const Study& study, io::Problems& problems) {
    const auto& data = study.data;
    const auto& network = study.network;
    const auto& likelihood = study.likelihood;
    if (network && network->from.point) {
        problems.add("network.from.point", "does not go with [data], which has no points");
    }
    if (likelihood && data->binarise == "none") {
        problems.add("likelihood", "needs rows that are binary: [data] binarise");
    }
    if (network && !data->held_out_file.empty() && network->held_out != net::NetworkParameters().held_out) {
        problems.add("network.held_out", "has no effect with [data] held_out_file, whose rows are held out");
    }
    if (!network || data->binarise != "standardise") return;
    network->check_binary(problems, "network.");
    if (network->fantasy != net::FantasyParameters()) {
        problems.add("network.fantasy", "has no effect: networks with Gaussian units draw no samples");
    }
}

/// Sections that learn, and that judge what was learned.
void check_learned(const Study& study, std::size_t points, io::Problems& problems) {
    const auto& network = study.network;
    const auto& likelihood = study.likelihood;
    if (study.data) check_data(study, problems);
    if (network && !study.data) {
        check_source(study, points, "network", network->from.point, problems);
        check_visible_units(study.model, *network, problems);
    }
    if (network) check_translation(study.model, *network, study.data.has_value(), problems);
    if (likelihood) check_likelihood(*likelihood, network, problems);
    if (likelihood && network && network->hidden_units == "rectified" && !likelihood->from.model) {
        problems.add("likelihood", "only for binary hidden units");
    }
    if (likelihood && !network && !study.data) check_source(study, points, "likelihood", std::nullopt, problems);
    if (study.map && !network && !study.map->coupling && points > 1) {
        problems.add("map", "needs its coupling, since the scan has several points and there is no [network]");
    }
}

/// Is there no section that reads configurations or couplings of Ising spins, where the spins are of another kind?
bool check_spins(const Study& study, io::Problems& problems) {
    bool fits = true;
    const bool learns_from_samples = (study.network || study.likelihood) && !study.data;
    for (const auto& [section, is_there] : std::initializer_list<std::pair<const char*, bool>>{
             {"flow", !study.flow.empty()},
             {"bounds", study.bounds.has_value()},
             {"tensor", study.tensor.has_value()},
             {"block", study.block.has_value()},
             {"variational", study.variational.has_value()},
             {"matching", study.matching.has_value()},
             {"network", study.network.has_value() && learns_from_samples},
             {"likelihood", study.likelihood.has_value() && learns_from_samples},
             {"map", study.map.has_value()}}) {
        if (!is_there || study.model.spin == "ising") continue;
        fits = false;
        const bool has_own_states = std::string_view(section) == "flow" || std::string_view(section) == "tensor";
        problems.add(section, fmt::format("needs [model] spin = \"ising\", not \"{}\"{}", study.model.spin,
                                          has_own_states ? "; its own key states makes it one of Potts spins" : ""));
    }
    return fits;
}

} // namespace

void Study::check(io::Problems& problems) const {
    std::vector<model::Point> points;
    try {
        points = model::points(model, scan);
    } catch (const core::InputError& error) {
        problems.add("scan", error.what());
        return;
    }
    if (!check_spins(*this, problems)) return;
    check_disorder(*this, problems);
    check_computed(*this, points, problems);
    check_sampled(*this, points, problems);
    check_learned(*this, points.size(), problems);
}

} // namespace blockspin::app
