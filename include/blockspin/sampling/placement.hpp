#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <blockspin/lattice/decomposition.hpp>
#include <blockspin/lattice/geometry.hpp>

namespace blockspin::sampling {

/// Which ranks work on which replicas, and on which domain of their lattices. The ranks of a run form groups of equal
/// size, numbered in the order of ranks; the replicas are dealt to the groups in consecutive, nearly equal shares;
/// within a group every rank holds one domain of each of the group's replicas.
struct Placement {
    int groups = 1;            ///< number of groups
    lattice::RankGrid grid;    ///< the domains of a group
    std::int64_t replicas = 1; ///< in all groups together
    std::int32_t ghosts = 1;   ///< layers of ghosts around a domain: the range of the couplings

    int ranks_per_group() const noexcept { return size(grid); }
    int group_of(int rank) const noexcept { return rank / ranks_per_group(); }
    /// The first replica of a group; group == groups gives the number of replicas.
    std::int64_t first_replica(int group) const noexcept { return replicas * group / groups; }

    /// "12 replicas in 2 groups of 1 rank (1 x 1 domains)".
    std::string text(int dimension) const;
};

/// What updates ask of domains.
struct DomainRules {
    lattice::Coordinates granularity{1, 1, 1, 1}; ///< they are cut at multiples of so many sites
    int contiguous = 0;                           ///< direction along which neighbours lie side by side in memory
    std::int32_t ghosts = 1;                      ///< layers
};

/// The placement with the shortest expected sweep: as many groups as the replicas can use, unless cutting the lattice
/// into domains balances better. A function of its arguments alone.
/// `domains` (numbers of ranks per direction) overrides the choice; empty means automatic. InputError if the ranks
/// cannot be used so.
Placement place(const lattice::Geometry& geometry, std::int64_t replicas, int ranks,
                const std::vector<std::int64_t>& domains = {}, const DomainRules& rules = {});

struct Task;

/// Of a task, with domains that suit all its updates.
Placement place(const Task& task, int ranks);

} // namespace blockspin::sampling
