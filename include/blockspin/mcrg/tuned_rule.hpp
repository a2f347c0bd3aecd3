#pragma once

#include <span>
#include <string>
#include <vector>

#include <blockspin/io/results.hpp>
#include <blockspin/mcrg/linearised_flow.hpp>

namespace blockspin::mcrg {

/// The value of a rule's parameter p at which an exponent does not change from one step to the next, and the exponent
/// there, for every pair of successive steps and every nested set of operators, separately for both parities: where
/// corrections to scaling do not show. (Ron, Brandt & Swendsen, Phys. Rev. E 95 (2017) 053305, tune the even and the
/// odd exponent by different p.) Both exponents are interpolated between neighbouring values of p, linearly; where they
/// do not cross, or where the crossing is less certain than these values are apart, there is no row.
///
/// `exponents`: of sectors that belong to p[0], then to p[1], …, equally many to each; their joint covariance gives the
/// errors. `sectors`: the parity of each, odd where means vanish.
std::vector<io::Row> tuned_rule(const std::string& point, const Exponents& exponents, std::span<const Means> sectors,
                                std::span<const double> p);

} // namespace blockspin::mcrg
