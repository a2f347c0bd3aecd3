#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <blockspin/bounds/interactions.hpp>
#include <blockspin/bounds/parameters.hpp>
#include <blockspin/flow/bound.hpp>

namespace blockspin::bounds {

/// One rigorous bound on f = ln Z per site of the infinite lattice.
struct Entry {
    flow::Side side = flow::Side::low;
    std::string method; ///< "cylinder", as in BoundsParameters
    std::string detail; ///< "diagonal ring of 16"
    std::string holds;  ///< the assumptions: for which couplings the method gives a bound
    double value = 0.0;
};

/// A bound, or a pair from both sides, that can be computed.
struct Candidate {
    std::string method;
    double seconds = 0.0; ///< on a nominal core, foreseen from operation counts
    std::function<std::vector<Entry>()> evaluate;
    double bytes = 0.0; ///< of memory that it takes, foreseen likewise; 0: next to nothing
};

/// All candidates for these couplings, of the chosen methods (empty: all), cheapest first.
std::vector<Candidate> candidates(const Interactions& interactions, const std::vector<std::string>& methods);

/// Why a method has no candidate for these couplings; empty if it has one.
std::string refusal(const Interactions& interactions, const std::string& method);

/// The bounds that were computed at one point, the best of each method on either side, and the tightest pair.
struct Bracket {
    std::vector<Entry> entries; ///< f at least … first, then at most, each from loose to tight
    std::optional<double> low, high;
    double seconds = 0.0; ///< nominal
};

/// Tries candidates, cheapest first, while their foreseen work fits the budget and the bracket is wider than
/// `accuracy`; the cheapest one from each side always. A method is given up once others give more for no more work, and
/// rests while its last candidate gained less than two thousandths of the bracket. Where two candidates of a method do
/// not both fit the budget, the larger one is taken, unless an accuracy is asked for, which the smaller one may reach.
/// What is tried depends on the study alone. Copies are cheap enough.
class Search {
  public:
    Search(const Interactions& interactions, const BoundsParameters& parameters);

    bool done() const noexcept { return next_ == candidates_.size(); }
    /// What is to be evaluated next; not if done().
    const Candidate& next() const;
    /// Enters what that gave.
    void enter(std::vector<Entry> entries);

    /// What was entered so far, in that order.
    const std::vector<std::vector<Entry>>& entered() const noexcept { return entered_; }
    /// Candidates that were evaluated or passed over, of size() in all.
    std::size_t passed() const noexcept;
    std::size_t size() const noexcept { return candidates_.size(); }
    /// Foreseen work of what is left, at most, in seconds of a nominal core.
    double seconds_left() const noexcept;
    /// Memory that any of it takes, at most.
    double bytes_at_most() const noexcept;
    /// From what was entered so far.
    Bracket bracket() const;

  private:
    /// An entry and the foreseen work of the candidate that gave it.
    struct Record {
        Entry entry;
        double seconds = 0.0;
    };
    bool is_overtaken(const std::string& method) const;
    bool has_converged(const std::string& method) const;
    bool is_affordable(double seconds) const;
    bool gives_way(std::size_t candidate) const;
    bool is_promising(std::size_t candidate) const;
    void choose();

    BoundsParameters parameters_;
    std::vector<Candidate> candidates_;
    std::vector<bool> tried_; ///< of each candidate
    std::size_t next_ = 0;
    std::vector<std::vector<Entry>> entered_;
    std::vector<Record> records_;
    Bracket bracket_; ///< entries not yet in their order
};

/// The end of a search.
Bracket bracket(const Interactions& interactions, const BoundsParameters& parameters);

} // namespace blockspin::bounds
