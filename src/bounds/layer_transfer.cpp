#include <blockspin/bounds/layer_transfer.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace blockspin::bounds {

namespace {

using Index = std::int64_t;

constexpr int most_bits = 26;
/// States below this size are not worth starting threads for.
constexpr Index threaded_size = Index{1} << 15;

double spin(Index state, int bit) { return (state >> bit & 1) != 0 ? 1.0 : -1.0; }

/// `rest` with a zero inserted at `bit`.
Index with_zero_at(Index rest, int bit) {
    const Index below = (Index{1} << bit) - 1;
    return (rest & ~below) << 1 | (rest & below);
}

} // namespace

LayerTransfer::LayerTransfer(int sites, int layers, int spares) : sites_(sites), layers_(layers), spares_(spares) {
    core::ensure(sites >= 1 && layers >= 1 && spares >= 0 && spares <= 3, "a layer has sites and up to three spares");
    if (sites + spares > most_bits) throw core::InputError("a layer may have 26 spins at most, spares included");
}

void LayerTransfer::weigh(const std::vector<std::pair<std::pair<int, int>, double>>& bonds,
                          const std::vector<double>& fields) {
    core::ensure(std::ssize(fields) == sites_, "every site has a field");
    Weigh move{std::vector<double>(size())};
    const auto count = static_cast<Index>(size());
#pragma omp parallel for schedule(static) if (count > threaded_size)
    for (Index state = 0; state < count; ++state) {
        double exponent = 0.0;
        for (const auto& [ends, K] : bonds) exponent += K * spin(state, ends.first) * spin(state, ends.second);
        for (int i = 0; i < sites_; ++i) exponent += fields[static_cast<std::size_t>(i)] * spin(state, i);
        move.weights[static_cast<std::size_t>(state)] = std::exp(exponent);
    }
    operations_ += static_cast<double>(size());
    moves_.emplace_back(std::move(move));
}

void LayerTransfer::keep(int site, int spare) {
    core::ensure(spare >= 0 && spare < spares_, "a spin is kept in a spare that there is");
    operations_ += static_cast<double>(size() << spares_);
    moves_.emplace_back(Keep{site, this->spare(spare)});
}

void LayerTransfer::forget(int spare) {
    core::ensure(spare >= 0 && spare < spares_, "a spare that is forgotten is one that there is");
    operations_ += static_cast<double>(size() << spares_);
    moves_.emplace_back(Forget{this->spare(spare)});
}

void LayerTransfer::replace(int site, std::vector<Term> terms) {
    Replace move{.site = site, .others = {}, .weights = {}};
    double own = 0.0;
    std::vector<double> couplings;
    for (const auto& [bit, K] : terms) {
        if (bit == site) {
            own += K;
        } else {
            move.others.push_back(bit);
            couplings.push_back(K);
        }
    }
    core::ensure(move.others.size() <= 2, "a new spin is coupled to at most two spins besides the one it replaces");
    for (Index others = 0; others < Index{1} << move.others.size(); ++others) {
        double local = 0.0;
        for (std::size_t j = 0; j < couplings.size(); ++j) local += couplings[j] * spin(others, static_cast<int>(j));
        for (const double t : {-1.0, 1.0})
            for (const double s : {-1.0, 1.0}) move.weights.push_back(std::exp(t * (own * s + local)));
    }
    operations_ += 2.0 * static_cast<double>(size() << spares_);
    moves_.emplace_back(std::move(move));
}

double LayerTransfer::rounding() const noexcept {
    // exp of a sum of some hundred terms: its argument is off by less than 100 ε of its size, which is below 100.
    constexpr double weights = 1e4, per_move = 4.0;
    return (weights + per_move * static_cast<double>(moves_.size())) * std::numeric_limits<double>::epsilon();
}

void LayerTransfer::move(const Weigh& move, std::vector<double>& state) const {
    const auto count = static_cast<Index>(size());
#pragma omp parallel for schedule(static) if (count > threaded_size)
    for (Index i = 0; i < count; ++i) state[static_cast<std::size_t>(i)] *= move.weights[static_cast<std::size_t>(i)];
}

void LayerTransfer::move(const Keep& move, std::vector<double>& state) const {
    const auto half = static_cast<Index>(state.size() / 2);
#pragma omp parallel for schedule(static) if (half > threaded_size)
    for (Index rest = 0; rest < half; ++rest) {
        const Index down = with_zero_at(rest, move.spare), up = down | Index{1} << move.spare;
        const double value = state[static_cast<std::size_t>(down)];
        const bool is_up = spin(down, move.site) > 0;
        state[static_cast<std::size_t>(down)] = is_up ? 0.0 : value;
        state[static_cast<std::size_t>(up)] = is_up ? value : 0.0;
    }
}

void LayerTransfer::move(const Forget& move, std::vector<double>& state) const {
    const auto half = static_cast<Index>(state.size() / 2);
#pragma omp parallel for schedule(static) if (half > threaded_size)
    for (Index rest = 0; rest < half; ++rest) {
        const Index down = with_zero_at(rest, move.spare), up = down | Index{1} << move.spare;
        state[static_cast<std::size_t>(down)] += state[static_cast<std::size_t>(up)];
        state[static_cast<std::size_t>(up)] = 0.0;
    }
}

void LayerTransfer::move(const Replace& move, std::vector<double>& state) const {
    const auto half = static_cast<Index>(state.size() / 2);
    const Index up_bit = Index{1} << move.site;
    const int first = move.others.empty() ? 0 : move.others.front(),
              second = move.others.empty() ? 0 : move.others.back();
    const Index first_mask = move.others.empty() ? 0 : 1, second_mask = move.others.size() < 2 ? 0 : 2;
    const double* const weights = move.weights.data();
    double* const values = state.data();
#pragma omp parallel for schedule(static) if (half > threaded_size)
    for (Index rest = 0; rest < half; ++rest) {
        const Index down = with_zero_at(rest, move.site), up = down | up_bit;
        const Index others = (down >> first & first_mask) | (down >> second << 1 & second_mask);
        const double* const w = weights + 4 * others;
        const double old_down = values[down], old_up = values[up];
        values[down] = w[0] * old_down + w[1] * old_up;
        values[up] = w[2] * old_down + w[3] * old_up;
    }
}

void LayerTransfer::apply(std::span<const double> in, std::span<double> out) const {
    core::ensure(in.size() == size() && out.size() == size(), "a state has one number per configuration of a layer");
    std::vector<double> state(size() << spares_);
    std::ranges::copy(in, state.begin());
    for (const Move& each : moves_) std::visit([&](const auto& one) { move(one, state); }, each);
    std::copy_n(state.begin(), size(), out.begin());
}

} // namespace blockspin::bounds
