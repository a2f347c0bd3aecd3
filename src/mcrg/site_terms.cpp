#include <blockspin/mcrg/site_terms.hpp>

#include <blockspin/core/check.hpp>
#include <blockspin/core/error.hpp>
#include <blockspin/model/terms.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace blockspin::mcrg {

namespace {

/// The sites that a term meets an odd number of times: the spins of the others square to 1.
std::vector<std::int32_t> odd_sites(std::span<const std::int64_t> term) {
    std::vector<std::int32_t> sites;
    for (const std::int64_t site : term) {
        const auto same = std::ranges::find(sites, static_cast<std::int32_t>(site));
        if (same == sites.end())
            sites.push_back(static_cast<std::int32_t>(site));
        else
            sites.erase(same);
    }
    std::ranges::sort(sites);
    return sites;
}

} // namespace

SiteTerms::SiteTerms(const lattice::Geometry& geometry, const std::vector<model::Operator>& operators) {
    bool is_uniform = geometry.sublattices() == 1;
    for (int d = 0; d < geometry.dimension(); ++d) is_uniform = is_uniform && geometry.is_periodic(d);
    if (!is_uniform) throw core::InputError("couplings are determined on periodic lattices of equal sites only");
    core::ensure(geometry.sites() < std::numeric_limits<std::int32_t>::max(), "sites are numbered by 32 bits");
    for (const model::Operator& op : operators) operators_.push_back(around(op, geometry));
}

SiteTerms::Around SiteTerms::around(const model::Operator& op, const lattice::Geometry& geometry) const {
    const model::Terms terms = model::terms(op, geometry);
    const auto sites = static_cast<std::size_t>(geometry.sites());
    Around result{.width = static_cast<std::size_t>(op.spins() - 1)};
    std::vector<std::vector<std::int32_t>> met; // by each term
    std::size_t places = 0;
    for (std::size_t t = 0; t < terms.size(); ++t) {
        met.push_back(odd_sites(terms[t]));
        places += met.back().size();
        if (met.back().empty()) ++result.mean;
    }
    core::ensure(places % sites == 0, "all sites of a periodic lattice are alike");
    result.terms = places / sites;
    result.others.assign(places * result.width, static_cast<std::int32_t>(sites));
    std::vector<std::size_t> filled(sites);
    std::map<std::vector<std::int32_t>, double> at_first_site; // multiplicity of each set of sites
    for (const std::vector<std::int32_t>& term : met) {
        for (const std::int32_t site : term) {
            const auto here = static_cast<std::size_t>(site);
            std::int32_t* out = result.others.data() + (here * result.terms + filled[here]++) * result.width;
            for (const std::int32_t other : term) {
                if (other != site) *out++ = other;
            }
            if (site == 0) ++at_first_site[term];
        }
    }
    // A set of k sites is among those at k sites.
    for (const auto& [term, multiplicity] : at_first_site) {
        result.variance += static_cast<double>(sites) * multiplicity * multiplicity / static_cast<double>(term.size());
    }
    return result;
}

} // namespace blockspin::mcrg
