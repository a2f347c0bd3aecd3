#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/bounds/scan.hpp>
#include <blockspin/flow/parameters.hpp>
#include <blockspin/io/parameters.hpp>
#include <blockspin/mapping/parameters.hpp>
#include <blockspin/mcrg/matching.hpp>
#include <blockspin/mcrg/parameters.hpp>
#include <blockspin/mcrg/variational.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/mpi/communicator.hpp>
#include <blockspin/net/data_parameters.hpp>
#include <blockspin/net/likelihood_parameters.hpp>
#include <blockspin/net/parameters.hpp>
#include <blockspin/process/monitor.hpp>
#include <blockspin/sampling/chains.hpp>
#include <blockspin/sampling/hopfield.hpp>
#include <blockspin/sampling/parameters.hpp>
#include <blockspin/tensor/parameters.hpp>
#include <blockspin/tensor/scan.hpp>

namespace blockspin::app {

/// Section [study]: what the whole is called, and the one seed of all its random numbers.
struct StudyParameters {
    std::string name = "study";
    std::uint64_t seed = 1975;

    void fields(auto& visit) {
        visit("name", name, {.meaning = "Name of the study; its results go to runs/NAME."});
        visit("seed", seed, {.meaning = "Seed of all random numbers of the study."});
    }
    void check(io::Problems& problems) const;
};

/// Section [checkpoint]: how often the state of a long computation is saved.
struct CheckpointParameters {
    double interval = 600.0;
    double overhead = 0.01;

    void fields(auto& visit) {
        visit("interval", interval,
              {.meaning = "Longest time between two checkpoints.",
               .unit = "s",
               .above = 0.0,
               .may_change_on_restart = true});
        visit(
            "overhead", overhead,
            {.meaning = "Share of the run time that checkpoints may take; shortens the interval where they are cheap.",
             .maximum = 1.0,
             .above = 0.0,
             .may_change_on_restart = true});
    }
    process::CheckpointPolicy policy() const { return {process::Seconds(interval), overhead}; }
};

/// A study file. A section that is absent does nothing.
struct Study {
    StudyParameters study;
    model::ModelParameters model;
    model::Scan scan;
    std::vector<flow::FlowParameters> flow;
    std::optional<bounds::BoundsParameters> bounds;
    std::optional<tensor::TensorParameters> tensor;
    std::optional<sampling::SampleParameters> sample;
    std::optional<sampling::HopfieldParameters> hopfield;
    std::optional<mcrg::BlockParameters> block;
    std::optional<mcrg::VariationalParameters> variational;
    std::optional<mcrg::MatchingParameters> matching;
    std::optional<net::DataParameters> data;
    std::optional<net::NetworkParameters> network;
    std::optional<net::LikelihoodParameters> likelihood;
    std::optional<mapping::MapParameters> map;
    CheckpointParameters checkpoint;

    void fields(auto& visit) {
        visit("study", study, {.meaning = "Name and seed."});
        visit("model", model, {.meaning = "The Hamiltonian at the finest scale."});
        visit("scan", scan,
              {.meaning =
                   "Lists of values for keys of [model], such as couplings.nn = [0.42, 0.46]; several keys make a "
                   "product, the last one fastest.",
               .keys = {"couplings.*"}});
        visit("flow", flow, {.meaning = "Renormalization of couplings, one table for each map."});
        visit("bounds", bounds, {.meaning = "Rigorous bounds on the free energy, from both sides, at every point."});
        visit("tensor", tensor, {.meaning = "Tensor renormalization of the square lattice at every point."});
        visit("sample", sample, {.meaning = "Markov chains at every point of the scan."});
        visit("hopfield", hopfield, {.meaning = "Associative memories of Hebbian patterns, and how much they hold."});
        visit("block", block, {.meaning = "Block-spin flow measured on the configurations of the points."});
        visit("variational", variational,
              {.meaning = "Couplings of block spins at every point, from chains with a bias on block spins."});
        visit("matching", matching, {.meaning = "The critical coupling from two lattices of different size."});
        visit("data", data, {.meaning = "Rows of numbers from a file, to be learned instead of configurations."});
        visit("network", network, {.meaning = "A stack of restricted Boltzmann machines that learns them."});
        visit("likelihood", likelihood, {.meaning = "The log-probability that trained networks give to the data."});
        visit("map", map, {.meaning = "How far such machines are from an exact renormalization step."});
        visit("checkpoint", checkpoint, {.meaning = "How often the state is saved."});
    }
    void check(io::Problems& problems) const;

    /// The point of the scan that a section reads from: the one it names, else the only one. For a checked study.
    std::int64_t chosen_point(std::optional<std::int64_t> named) const { return named.value_or(0); }
    /// What [bounds] asks for.
    bounds::Task bounds_task() const;
    /// What [sample] asks for.
    sampling::Task sampling_task() const;
    /// What [variational] asks for.
    mcrg::VariationalTask variational_task() const;
    /// What [matching] asks for.
    mcrg::MatchingTask matching_task() const;
    /// What [tensor] asks for.
    tensor::Task tensor_task() const;
};

/// Reads and validates a study file. InputError with everything that is wrong, IoError if it cannot be read.
Study read_study(const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// The same, read by the root rank only. Collective.
Study read_study(const mpi::Communicator& comm, const std::filesystem::path& file,
                 const std::vector<std::string>& overrides);

} // namespace blockspin::app
