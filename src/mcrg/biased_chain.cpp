#include <blockspin/mcrg/biased_chain.hpp>

#include <blockspin/coarsen/apply.hpp>
#include <blockspin/core/check.hpp>
#include <blockspin/rng/fill.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <variant>

namespace blockspin::mcrg {

namespace {

constexpr std::size_t largest_table = std::size_t{1} << 15;

/// P(+1|σ) of a block whose first spin and sum are given; 0 where there is none.
double probability_up(const Rule& rule, std::int32_t volume, std::int32_t sum, std::int8_t first) {
    const std::int32_t ups = (sum + volume) / 2 - (first > 0 ? 1 : 0);
    if (ups < 0 || ups > volume - 1) return 0;
    std::vector<std::int8_t> block(static_cast<std::size_t>(volume), std::int8_t{-1});
    block.front() = first;
    std::fill_n(block.begin() + 1, ups, std::int8_t{1});
    return std::exp(std::visit([&](const auto& kind) { return kind.log_probability(1, block); }, rule));
}

double heat_bath(double exponent) { return 1 / (1 + std::exp(-exponent)); }

} // namespace

BlockTree::BlockTree(const std::vector<lattice::Geometry>& geometries, const Rule& rule) : first_sites_(1) {
    const int factor = std::visit([](const auto& kind) { return kind.scale_factor(); }, rule);
    for (const lattice::Geometry& geometry : geometries) {
        sites_.push_back(static_cast<std::size_t>(geometry.sites()));
        if (sites_.size() == geometries.size()) break;
        const coarsen::Blocks blocks(geometry.dimension(), geometry.extents(), factor);
        volume_ = static_cast<std::int32_t>(blocks.volume());
        auto& of_level = blocks_.emplace_back(sites_.back());
        auto& first = first_sites_.emplace_back(static_cast<std::size_t>(blocks.count()), -1);
        const lattice::Geometry& coarse = geometries[sites_.size()];
        for (std::int64_t site = 0; site < geometry.sites(); ++site) {
            lattice::Coordinates at = geometry.coordinates(site);
            for (int d = 0; d < geometry.dimension(); ++d) at[d] /= factor;
            const std::int64_t block = coarse.site(at);
            of_level[static_cast<std::size_t>(site)] = static_cast<std::int32_t>(block);
            std::int32_t& mine = first[static_cast<std::size_t>(block)];
            if (mine < 0) mine = static_cast<std::int32_t>(site);
        }
    }
    // A sum has the parity of the number of spins, which leaves the last bit for the first spin.
    for (std::int32_t sum = -volume_; sum <= volume_; sum += 2) {
        for (const std::int8_t spin : {std::int8_t{-1}, std::int8_t{1}}) {
            thresholds_.push_back(
                static_cast<std::uint64_t>(std::llround(0x1p32 * probability_up(rule, volume_, sum, spin))));
        }
    }
}

FlipProbabilities::FlipProbabilities(const SiteTerms& terms, std::vector<double> couplings)
    : terms_(terms), couplings_(std::move(couplings)) {
    core::ensure(couplings_.size() == terms.size(), "a coupling for every operator");
    std::size_t size = 1;
    for (std::size_t a = 0; a < terms.size() && size <= largest_table; ++a) {
        strides_.push_back(size);
        size *= static_cast<std::size_t>(2 * terms.most(a) + 1);
    }
    if (size > largest_table) return;
    for (std::size_t index = 0; index < size; ++index) {
        double field = 0;
        for (std::size_t a = 0; a < terms.size(); ++a) {
            const auto values = static_cast<std::size_t>(2 * terms.most(a) + 1);
            field += couplings_[a] *
                     static_cast<double>(static_cast<std::int32_t>(index / strides_[a] % values) - terms.most(a));
        }
        table_.push_back(heat_bath(-2 * field));
    }
}

double FlipProbabilities::exponent(const std::int8_t* spins, std::size_t site) const noexcept {
    double field = 0;
    for (std::size_t a = 0; a < couplings_.size(); ++a) field += couplings_[a] * terms_.field(a, spins, site);
    return -2 * spins[site] * field;
}

double FlipProbabilities::probability(const std::int8_t* spins, std::size_t site) const noexcept {
    if (table_.empty()) return heat_bath(exponent(spins, site));
    std::size_t index = 0;
    for (std::size_t a = 0; a < couplings_.size(); ++a) {
        index += strides_[a] * static_cast<std::size_t>(spins[site] * terms_.field(a, spins, site) + terms_.most(a));
    }
    return table_[index];
}

BiasedChain::BiasedChain(const BlockTree& tree, std::size_t level, std::int32_t number, const rng::Key& key)
    : tree_(&tree), number_(number), key_(key), words_(level + 1), sums_(level + 1) {
    for (std::size_t k = 0; k <= level; ++k) {
        spins_.emplace_back(tree.sites(k) + 1, std::int8_t{1});
        if (k > 0) words_[k].assign(tree.sites(k), 0); // any will do: sweeps draw others
    }
    derive_blocks();
}

std::int8_t BiasedChain::draw(std::size_t level, std::size_t block, std::uint32_t word) const {
    const std::int8_t first = spins_[level - 1][tree_->first_site(level, block)];
    return word < tree_->threshold(sums_[level][block], first) ? std::int8_t{1} : std::int8_t{-1};
}

void BiasedChain::derive_blocks() {
    for (std::size_t level = 1; level <= top(); ++level) {
        sums_[level].assign(tree_->sites(level), 0);
        for (std::size_t site = 0; site < tree_->sites(level - 1); ++site) {
            sums_[level][tree_->block(level - 1, site)] += spins_[level - 1][site];
        }
        for (std::size_t block = 0; block < tree_->sites(level); ++block) {
            spins_[level][block] = draw(level, block, words_[level][block]);
        }
    }
}

/// The highest level on which a spin changes if this one does.
std::size_t BiasedChain::highest_change(std::size_t level, std::size_t site) const {
    for (; level < top(); ++level) {
        const std::int8_t spin = spins_[level][site];
        const std::size_t block = tree_->block(level, site), first = tree_->first_site(level + 1, block);
        const auto sum = sums_[level + 1][block] - 2 * spin;
        const auto first_spin = first == site ? static_cast<std::int8_t>(-spin) : spins_[level][first];
        const bool is_up = words_[level + 1][block] < tree_->threshold(sum, first_spin);
        if (is_up == (spins_[level + 1][block] > 0)) return level;
        site = block;
    }
    return level;
}

std::size_t BiasedChain::biased_block(std::size_t level, std::size_t site) const {
    for (; level < top(); ++level) site = tree_->block(level, site);
    return site;
}

/// What the bias adds to the logarithm of the weight if the block spin above this site changes.
double BiasedChain::bias_exponent(const BiasedWeight& weight, std::size_t level, std::size_t site) const {
    const std::size_t block = biased_block(level, site);
    const std::int8_t* spins = spins_.back().data();
    double field = 0;
    for (std::size_t a = 0; a < weight.bias.size(); ++a) {
        field += weight.bias[a] * weight.block_terms.field(a, spins, block);
    }
    return 2 * spins[block] * field;
}

void BiasedChain::flip(std::size_t level, std::size_t site, std::size_t highest) {
    for (; level <= highest; ++level) {
        std::int8_t& spin = spins_[level][site];
        spin = static_cast<std::int8_t>(-spin);
        if (level == top()) return;
        const std::size_t block = tree_->block(level, site);
        sums_[level + 1][block] += 2 * spin;
        site = block;
    }
}

void BiasedChain::offer_flip(const BiasedWeight& weight, std::size_t site, std::uint64_t word) {
    const std::int8_t* spins = spins_.front().data();
    const std::size_t highest = highest_change(0, site);
    const double probability = highest < top()
                                   ? weight.model.probability(spins, site)
                                   : heat_bath(weight.model.exponent(spins, site) + bias_exponent(weight, 0, site));
    if (static_cast<double>(word >> 11) * 0x1p-53 < probability) flip(0, site, highest);
}

void BiasedChain::offer_word(const BiasedWeight& weight, std::size_t level, std::size_t block, std::uint64_t word) {
    const auto fresh = static_cast<std::uint32_t>(word);
    if (draw(level, block, fresh) != spins_[level][block]) {
        const std::size_t highest = highest_change(level, block);
        const double uniform = static_cast<double>(word >> 32) * 0x1p-32;
        if (highest == top() && uniform >= std::exp(bias_exponent(weight, level, block))) return;
        flip(level, block, highest);
    }
    words_[level][block] = fresh;
}

void BiasedChain::sweep(const BiasedWeight& weight, std::int64_t step) {
    random_.resize(tree_->sites(0));
    rng::fill_words(key_, {.purpose = rng::Purpose::heat_bath, .chain = number_, .step = step}, random_);
    for (std::size_t site = 0; site < tree_->sites(0); ++site) offer_flip(weight, site, random_[site]);
    for (std::size_t level = 1; level <= top(); ++level) {
        const std::span<std::uint64_t> random = std::span(random_).first(tree_->sites(level));
        rng::fill_words(key_,
                        {.purpose = rng::Purpose::block_draw,
                         .chain = number_,
                         .step = step,
                         .draw = static_cast<std::int32_t>(level)},
                        random);
        for (std::size_t block = 0; block < random.size(); ++block) offer_word(weight, level, block, random[block]);
    }
}

std::vector<std::uint32_t> BiasedChain::words() const {
    std::vector<std::uint32_t> result;
    for (const auto& of_level : words_) result.insert(result.end(), of_level.begin(), of_level.end());
    return result;
}

void BiasedChain::set(std::span<const std::int8_t> spins, std::span<const std::uint32_t> words) {
    std::size_t blocks = 0;
    for (const auto& of_level : words_) blocks += of_level.size();
    core::ensure(spins.size() == tree_->sites(0) && words.size() == blocks, "a spin per site and a word per block");
    std::ranges::copy(spins, spins_.front().begin());
    for (auto& of_level : words_) {
        std::ranges::copy(words.first(of_level.size()), of_level.begin());
        words = words.subspan(of_level.size());
    }
    derive_blocks();
}

} // namespace blockspin::mcrg
