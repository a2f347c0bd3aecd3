#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/io/parameters.hpp>
#include <blockspin/net/shared_weights.hpp>
#include <blockspin/net/update.hpp>

namespace blockspin::net {

/// What [network] learns, and from where it goes on.
struct NetworkFromParameters {
    std::optional<std::int64_t> point{};
    std::optional<std::string> model{};

    void fields(auto& visit) {
        visit("point", point,
              {.meaning = "Point of the scan whose configurations are learned, counted from 0; may be left out where "
                          "there is only one.",
               .minimum = 0});
        visit("model", model,
              {.meaning = "Model file (network.h5 of a run, or one written alike) whose machines are trained further: "
                          "those of one training for all, or of as many. Layers above them start at random."});
    }
};

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

/// How the learning rate and the momentum change while a layer is trained.
struct ScheduleParameters {
    std::string learning_rate = "linear";
    std::optional<double> final_learning_rate{};
    std::string momentum = "constant";
    double final_momentum = 0.9;
    std::int64_t momentum_epochs = 5;

    void fields(auto& visit) {
        visit("learning_rate", learning_rate,
              {.meaning = "From learning_rate to final_learning_rate: not at all, or along a line, an exponential or "
                          "half a cosine over the updates of a layer. Persistent chains lose track of a machine whose "
                          "rate stays high: it then gets worse again, however long it is trained.",
               .choices = {"constant", "linear", "exponential", "cosine"},
               .source = "doi:10.1145/1390156.1390290; doi:10.48550/arXiv.1608.03983"});
        visit("final_learning_rate", final_learning_rate,
              {.meaning = "At the end of a layer; left out: a hundredth of learning_rate.", .above = 0.0});
        visit("momentum", momentum,
              {.meaning = "From momentum to final_momentum: not at all, after momentum_epochs, or as "
                          "1 - 2^(-1 - log2(t/250 + 1)) of the update t, rounded down (Sutskever et al. 2013, eq. 5).",
               .choices = {"constant", "step", "sutskever"},
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("final_momentum", final_momentum,
              {.meaning = "Largest momentum of a schedule.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("momentum_epochs", momentum_epochs,
              {.meaning = "Epochs of each layer before the momentum steps up.", .unit = "epochs", .minimum = 0});
    }
};

/// How often hidden units should be on.
struct SparsityParameters {
    double cost = 0.0;
    double target = 0.1;

    void fields(auto& visit) {
        visit("cost", cost,
              {.meaning = "Strength of the cross-entropy between the target and the running average of each hidden "
                          "unit's probability to be on; 0: none.",
               .minimum = 0.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("target", target,
              {.meaning = "Probability to be on.",
               .above = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
    }
};

/// Machines whose weights are the same everywhere on a lattice.
struct TranslationParameters {
    std::int64_t kernel = 0;
    std::int64_t stride = 1;
    std::int64_t maps = 1;
    std::vector<std::int64_t> size{};

    void fields(auto& visit) {
        visit("kernel", kernel,
              {.meaning = "Width of the box of sites that a hidden unit sees, in every direction and layer; 0: every "
                          "hidden unit has weights of its own to all sites.",
               .unit = "sites",
               .minimum = 0,
               .maximum = 1 << 20,
               .source = "Lee, Grosse, Ranganath, Ng, ICML 2009"});
        visit("stride", stride,
              {.meaning =
                   "Sites from the box of one hidden unit to that of the next; as wide as the kernel, hidden units "
                   "are block spins.",
               .unit = "sites",
               .minimum = 1,
               .maximum = 1 << 20});
        visit("maps", maps,
              {.meaning = "Hidden units per box, each with a kernel of its own; one where there are several layers.",
               .minimum = 1,
               .maximum = 1 << 20});
        visit("size", size,
              {.meaning = "Extents of the lattice of the visible units, x first, periodic; left out: that of [model].",
               .minimum = 1,
               .maximum = 1 << 24});
    }
};

/// Persistent chains at other temperatures, which help those of the machine to get from mode to mode.
struct NetworkTemperingParameters {
    std::int64_t rungs = 1;
    double lowest = 0.5;

    void fields(auto& visit) {
        visit("rungs", rungs,
              {.meaning =
                   "Inverse temperatures at which each persistent chain has a copy, evenly spaced from 1 down to "
                   "lowest; neighbours may change places at every update. 1: no other than that of the machine.",
               .minimum = 1,
               .maximum = 1 << 10,
               .source = "Desjardins, Courville, Bengio, Vincent, Delalleau, AISTATS 2010"});
        visit("lowest", lowest,
              {.meaning = "Lowest inverse temperature; at 0, all units are drawn independently of each other.",
               .minimum = 0.0,
               .below = 1.0});
    }

    /// Below 1, falling.
    std::vector<float> inverse_temperatures() const;
};

/// What is watched from time to time while a layer is trained.
struct WatchParameters {
    std::int64_t likelihood_every = 0;
    std::int64_t chains = 64;
    std::int64_t temperatures = 1000;

    void fields(auto& visit) {
        visit("likelihood_every", likelihood_every,
              {.meaning =
                   "Epochs between estimates of ln Z of the machine in training by annealed importance sampling, "
                   "which make free energies log-probabilities; 0: never.",
               .unit = "epochs",
               .minimum = 0,
               .source = "doi:10.1145/1390156.1390266"});
        visit("chains", chains, {.meaning = "Annealed chains of each estimate.", .minimum = 2, .maximum = 1 << 20});
        visit("temperatures", temperatures,
              {.meaning = "Steps from infinite temperature to that of the machine.", .minimum = 1, .maximum = 1 << 20});
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
    bool operator==(const FantasyParameters&) const = default;
};

/// Section [network]: a stack of restricted Boltzmann machines, trained one after the other, each on the hidden units
/// of the one below (Hinton, Osindero, Teh, Neural Comput. 18 (2006) 1527). Defaults after Hinton, A practical guide
/// to training restricted Boltzmann machines (2012).
struct NetworkParameters {
    NetworkFromParameters from{};
    std::vector<std::int64_t> layers{};
    std::string units = "-1/+1";
    std::string hidden_units = "binary";
    std::string method = "cd";
    NetworkTemperingParameters tempering{};
    std::int64_t gibbs_steps = 1;
    std::int64_t epochs = 20;
    std::int64_t batch = 100;
    double learning_rate = 0.01;
    double momentum = 0.5;
    bool nesterov = false;
    ScheduleParameters schedule{};
    double initial_width = 0.01;
    std::string initial_visible_bias = "data";
    WeightDecayParameters weight_decay{};
    double max_norm = 0.0;
    TranslationParameters translation{};
    SparsityParameters sparsity{};
    double dropout = 0.0;
    bool centred = false;
    double average_decay = 0.99;
    double early_stopping = 0.0;
    std::int64_t trainings = 3;
    double held_out = 0.1;
    WatchParameters watch{};
    FantasyParameters fantasy{};

    void fields(auto& visit) {
        visit("from", from, {.meaning = "What is learned."});
        visit("layers", layers,
              {.meaning = "Units of each layer from the bottom, the first being the visible ones.",
               .minimum = 1,
               .maximum = 1 << 24,
               .source = "doi:10.1162/neco.2006.18.7.1527",
               .required = true});
        visit("translation", translation, {.meaning = "Weights that are the same everywhere on a lattice."});
        visit("units", units,
              {.meaning =
                   "Values of the units by whose parameters the gradient is taken. Files hold those for -1 and +1 "
                   "in either case, and penalties, norms and the initial width are of those.",
               .choices = {"-1/+1", "0/1"},
               .source = "Melchior, Fischer, Wiskott, JMLR 17 (2016) 99"});
        visit(
            "hidden_units", hidden_units,
            {.meaning =
                 "Two values, or any number from 0 on (a single layer). Visible units are Gaussian where "
                 "[data] are standardised, else binary. Gaussian and rectified units together are a distribution only "
                 "while all singular values of W are below 1: beyond, persistent chains run away, and max_norm must "
                 "keep weights small.",
             .choices = {"binary", "rectified"},
             .source = "Nair and Hinton, ICML 2010"});
        visit("method", method,
              {.meaning = "Estimator of the gradient: contrastive divergence, whose chains start from the data, or "
                          "persistent contrastive divergence, whose chains go on from update to update; they need a "
                          "learning rate that falls, and centred where the means of units are far from 0.",
               .choices = {"cd", "pcd"},
               .source = "doi:10.1145/1390156.1390290"});
        visit("tempering", tempering, {.meaning = "Persistent chains at several temperatures."});
        visit("gibbs_steps", gibbs_steps,
              {.meaning = "Gibbs steps k of CD-k or PCD-k for each update.", .minimum = 1, .maximum = 10000});
        visit("epochs", epochs, {.meaning = "Passes over the training data, for each layer.", .minimum = 1});
        visit("batch", batch,
              {.meaning = "Rows of data per update.",
               .minimum = 1,
               .maximum = 1 << 20,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        rule_fields(visit);
        regularisation_fields(visit);
        visit("trainings", trainings,
              {.meaning = "Independent repetitions of the training, for the spread of what is learned.",
               .minimum = 1,
               .maximum = 1 << 16});
        visit("held_out", held_out,
              {.meaning = "Fraction at the end of every Markov chain of the data that is not trained on, but watched.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("watch", watch, {.meaning = "What is watched from time to time."});
        visit("fantasy", fantasy, {.meaning = "Samples that the trained network draws by itself."});
    }

    /// The keys of the learning rule.
    void rule_fields(auto& visit) {
        visit("learning_rate", learning_rate,
              {.meaning = "Step along the gradient.", .above = 0.0, .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("momentum", momentum,
              {.meaning = "Share of the last change that is kept.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("nesterov", nesterov,
              {.meaning = "Whether the gradient is taken where momentum leads.",
               .source = "Sutskever, Martens, Dahl, Hinton, ICML 2013"});
        visit("schedule", schedule, {.meaning = "Changes of the learning rate and the momentum."});
        visit("initial_width", initial_width,
              {.meaning = "Standard deviation of the random weights at the start; hidden biases start at 0.",
               .above = 0.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("initial_visible_bias", initial_visible_bias,
              {.meaning =
                   "Visible biases at the start: those of independent units with the means of the training data, "
                   "ln p/(1 - p) for units 0 and 1 (half of it for -1 and +1), or 0.",
               .choices = {"data", "zero"},
               .source = "doi:10.1007/978-3-642-35289-8_32"});
    }

    /// The keys of what keeps a machine from learning its rows by heart, or from learning them badly.
    void regularisation_fields(auto& visit) {
        visit("weight_decay", weight_decay, {.meaning = "Penalties on the weights."});
        visit("max_norm", max_norm,
              {.meaning = "Largest Euclidean norm of the weights of a hidden unit; 0: no limit.",
               .minimum = 0.0,
               .source = "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014) 1929"});
        visit("sparsity", sparsity, {.meaning = "How often hidden units should be on."});
        visit("dropout", dropout,
              {.meaning =
                   "Probability that a hidden unit is left out of an update, drawn for each update and unit. The "
                   "trained machine holds the weights that all thinned ones share.",
               .minimum = 0.0,
               .below = 1.0,
               .source = "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15 (2014) 1929"});
        visit("centred", centred,
              {.meaning = "Whether the gradient is that of units less their running averages over the data.",
               .source = "Melchior, Fischer, Wiskott, JMLR 17 (2016) 99; doi:10.1007/978-3-642-35289-8_33"});
        visit(
            "average_decay", average_decay,
            {.meaning = "Share of the running averages of units that is kept at each update, for centred and sparsity.",
             .minimum = 0.0,
             .below = 1.0,
             .source = "doi:10.1007/978-3-642-35289-8_32"});
        visit("early_stopping", early_stopping,
              {.meaning =
                   "A layer is trained no further after an epoch in which the mean free energy of held-out rows is "
                   "by so much above that of training rows; 0: never.",
               .unit = "nats",
               .minimum = 0.0,
               .source = "doi:10.1007/978-3-642-35289-8_32"});
    }
    void check(io::Problems& problems) const;
    /// Keys with another value than by default that have no effect, since what they belong to is left out.
    void check_idle(io::Problems& problems) const;
    /// What goes with binary units only; `section` comes before the keys.
    void check_binary(io::Problems& problems, const std::string& section = "") const;

    /// How the weights of each layer are shared; none where they are not. `lattice` are the extents of configurations,
    /// none for other data. InputError if that does not fit the layers.
    std::vector<SharedWeights> shared_weights(const std::vector<std::int64_t>& lattice) const;
    /// Do updates need running averages of the units?
    bool follows_means() const noexcept { return centred || sparsity.cost > 0; }
    /// How the gradient of an update changes the parameters; updates of a layer are counted from 0.
    LearningRule learning_rule(std::int64_t update, std::int64_t updates_per_epoch) const;
};

} // namespace blockspin::net
