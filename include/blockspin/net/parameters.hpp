#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/model/parameters.hpp>
#include <blockspin/net/update.hpp>

namespace blockspin::net {

/// Penalties on weights.
struct WeightDecayParameters {
    double l1 = 0.0;
    double l2 = 0.0;

    void fields(auto& visit) {
        visit("l1", l1,
              {.meaning = "Strength of the penalty on the sum of |W|; makes weights sparse.",
               .minimum = 0.0,
               .source = "doi:10.48550/arXiv.1410.3831"});
        visit("l2", l2,
              {.meaning = "Strength of the penalty on half the sum of W^2.",
               .minimum = 0.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
    }
};

/// Samples that the trained network draws by itself.
struct FantasyParameters {
    std::int64_t chains = 32;
    std::string start = "random";
    std::int64_t burn_in = 500;
    std::int64_t sweeps = 1000;

    void fields(auto& visit) {
        visit("chains", chains,
              {.meaning = "Markov chains of block Gibbs sampling per training.", .minimum = 1, .maximum = 1 << 20});
        visit("start", start,
              {.meaning = "First configurations: random units, or rows of the training data.",
               .choices = {"random", "data"}});
        visit("burn_in", burn_in, {.meaning = "Sweeps before the first measurement.", .unit = "sweeps", .minimum = 0});
        visit("sweeps", sweeps, {.meaning = "Sweeps that are measured.", .unit = "sweeps", .minimum = 1});
    }
};

/// Section [network]: a stack of restricted Boltzmann machines, trained one after the other, each on the hidden units
/// of the one below (Hinton, Osindero, Teh, Neural Comput. 18 (2006) 1527). Defaults after Hinton, A practical guide
/// to training restricted Boltzmann machines (2012).
struct NetworkParameters {
    model::FromParameters from{};
    std::vector<std::int64_t> layers{};
    std::string method = "cd";
    std::int64_t gibbs_steps = 1;
    std::int64_t epochs = 20;
    std::int64_t batch = 100;
    double learning_rate = 0.01;
    double momentum = 0.5;
    double initial_width = 0.01;
    WeightDecayParameters weight_decay{};
    std::int64_t trainings = 3;
    double held_out = 0.1;
    FantasyParameters fantasy{};

    void fields(auto& visit) {
        visit("from", from, {.meaning = "What is learned."});
        visit("layers", layers,
              {.meaning = "Units of each layer from the bottom, the first being the visible ones.",
               .minimum = 1,
               .maximum = 1 << 24,
               .source = "doi:10.1162/neco.2006.18.7.1527",
               .required = true});
        visit("method", method,
              {.meaning = "Estimator of the gradient: contrastive divergence.",
               .choices = {"cd"},
               .source = "doi:10.1162/089976602760128018"});
        visit("gibbs_steps", gibbs_steps, {.meaning = "Gibbs steps k of CD-k.", .minimum = 1, .maximum = 10000});
        visit("epochs", epochs, {.meaning = "Passes over the training data, for each layer.", .minimum = 1});
        visit("batch", batch,
              {.meaning = "Rows of data per update.",
               .minimum = 1,
               .maximum = 1 << 20,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("learning_rate", learning_rate,
              {.meaning = "Step along the gradient.", .above = 0.0, .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("momentum", momentum,
              {.meaning = "Share of the last change that is kept.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("initial_width", initial_width,
              {.meaning = "Standard deviation of the random weights at the start; the biases start at 0.",
               .above = 0.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("weight_decay", weight_decay, {.meaning = "Penalties on the weights."});
        visit("trainings", trainings,
              {.meaning = "Independent repetitions of the training, for the spread of what is learned.",
               .minimum = 1,
               .maximum = 1 << 16});
        visit("held_out", held_out,
              {.meaning = "Fraction at the end of every Markov chain of the data that is not trained on, but watched.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("fantasy", fantasy, {.meaning = "Samples that the trained network draws by itself."});
    }
    void check(io::Problems& problems) const;

    /// How gradients change the parameters.
    LearningRule learning_rule() const {
        return {.rate = learning_rate, .momentum = momentum, .l1 = weight_decay.l1, .l2 = weight_decay.l2};
    }
};

} // namespace blockspin::net
