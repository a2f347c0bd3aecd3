#include "study.hpp"

#include <blockspin/bounds/report.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/flow/report.hpp>
#include <blockspin/mcrg/coupling_flow.hpp>
#include <blockspin/mpi/agreement.hpp>
#include <blockspin/mpi/collectives.hpp>
#include <blockspin/net/partition_function.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace blockspin::app {

namespace {

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.good() || std::filesystem::is_directory(file)) {
        throw core::InputError(fmt::format("cannot read the study file {}", file.string()));
    }
    return text;
}

Study parse(const std::string& text, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
    std::vector<io::Override> parsed;
    std::ranges::transform(overrides, std::back_inserter(parsed), io::parse_override);
    return io::parse<Study>(text, file.string(), parsed);
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

} // namespace

void StudyParameters::check(io::Problems& problems) const {
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
    if (name.empty() || name.front() == '.' || !std::ranges::all_of(name, is_plain)) {
        problems.add("name", "may hold letters, digits, '-', '_' and '.', since it names a folder");
    }
}

void Study::check(io::Problems& problems) const {
    std::int64_t points = 0;
    try {
        points = static_cast<std::int64_t>(model::points(model, scan).size());
    } catch (const core::InputError& error) {
        problems.add("scan", error.what());
        return;
    }
    if (bounds) {
        try {
            const lattice::Geometry on = geometry(model);
            const std::vector<model::Point> at = model::points(model, scan);
            for (const std::string& sentence : bounds::refusals(on, at, *bounds)) problems.add("bounds", sentence);
        } catch (const core::InputError& error) {
            problems.add("bounds", error.what());
        }
    }
    const auto check_point = [&](const std::string& section, std::optional<std::int64_t> named) {
        if (!named && points > 1) {
            problems.add(section, fmt::format("needs from.point = 0 … {}: which of the {} points of the scan?",
                                              points - 1, points));
        }
        if (named && *named >= points) {
            problems.add(section + ".from.point", fmt::format("there are only points 0 … {}", points - 1));
        }
    };
    const auto check_source = [&](const std::string& section, std::optional<std::int64_t> named) {
        if (!sample || sample->configurations == 0) {
            problems.add(section, "reads configurations: set configurations in [sample]");
        }
        check_point(section, named);
    };
    if (sample) {
        try {
            sampling::check_updates(sampling_task());
        } catch (const core::InputError& error) {
            problems.add("sample.update", error.what());
        }
    }
    if (block) {
        // Without from.point it takes all points.
        check_source("block", block->from.point.value_or(0));
        try {
            const mcrg::Task task{geometry(model), model::points(model, scan), *block, study.seed};
            mcrg::check(task);
            if (!block->couplings.empty()) mcrg::check_couplings(task);
        } catch (const core::InputError& error) {
            problems.add("block", error.what());
        }
    }
    if (matching) {
        try {
            mcrg::check(matching_task());
        } catch (const core::InputError& error) {
            problems.add("matching", error.what());
        }
    }
    if (!flow.empty()) {
        const std::vector<model::Point> at = model::points(model, scan);
        const flow::Setting setting{lattice::lattice_from_name(model.lattice), at, study.seed};
        for (const flow::FlowParameters& each : flow)
            if (const std::string sentence = flow::refusal(each, setting); !sentence.empty())
                problems.add("flow", sentence);
    }
    if (tensor) {
        const std::string sentence = tensor::refusal(geometry(model), model::points(model, scan));
        if (!sentence.empty()) problems.add("tensor", sentence);
    }
    if (data && network && network->from.point) {
        problems.add("network.from.point", "does not go with [data], which has no points");
    }
    if (network && !data) {
        check_source("network", network->from.point);
        check_visible_units(model, *network, problems);
    }
    if (network) check_translation(model, *network, data.has_value(), problems);
    if (likelihood) check_likelihood(*likelihood, network, problems);
    if (likelihood && data && data->binarise == "none") {
        problems.add("likelihood", "needs rows that are binary: [data] binarise");
    }
    if (data && data->binarise == "standardise") {
        if (network) network->check_binary(problems, "network.");
        if (likelihood && likelihood->method == "annealing") {
            problems.add("likelihood.method", "annealing only for binary units: rows are standardised");
        }
    }
    if (likelihood && network && network->hidden_units == "rectified" && !likelihood->from.model) {
        problems.add("likelihood", "only for binary hidden units");
    }
    if (likelihood && !network && !data) check_source("likelihood", std::nullopt);
    if (map && !network && !map->coupling && points > 1) {
        problems.add("map", "needs its coupling, since the scan has several points and there is no [network]");
    }
}

sampling::Task Study::sampling_task() const {
    return {.geometry = model::geometry(model),
            .points = model::points(model, scan),
            .parameters = *sample,
            .seed = study.seed};
}

mcrg::MatchingTask Study::matching_task() const {
    const std::vector<model::Point> points = model::points(model, scan);
    if (points.size() > 1 || !points.front().is_nearest_neighbour() || points.front().coupling("field") != 0.0) {
        throw core::InputError("[matching] starts at one coupling of nearest neighbours, without a field");
    }
    return {.geometry = model::geometry(model),
            .coupling = points.front().coupling("nn"),
            .parameters = *matching,
            .seed = study.seed};
}

tensor::Task Study::tensor_task() const { return {.parameters = *tensor, .points = model::points(model, scan)}; }

Study read_study(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
    return parse(read_text(file), file, overrides);
}

Study read_study(const mpi::Communicator& comm, const std::filesystem::path& file,
                 const std::vector<std::string>& overrides) {
    const std::string text =
        mpi::broadcast(comm, mpi::collectively(comm, [&] { return comm.is_root() ? read_text(file) : std::string(); }));
    return mpi::collectively(comm, [&] { return parse(text, file, overrides); });
}

} // namespace blockspin::app
