#pragma once

#include <span>
#include <vector>

namespace blockspin::tempering {

/// The rungs of a ladder moved so that all pairs of neighbours would exchange equally often; the first and the last one
/// stay. `rungs` rise or fall; `acceptance` is the mean probability of an exchange between each of them and the next.
///
/// Where energies are normally distributed with nearly equal variance, that probability is erfc(x/2) with x the
/// distance of the couplings in units of 1/σ_E (Kofke, J. Chem. Phys. 117 (2002) 6911, doi:10.1063/1.1507776, with its
/// erratum 120 (2004) 10852; Predescu, Predescu & Ciobanu, J. Chem. Phys. 120 (2004) 4119, doi:10.1063/1.1644093): the
/// rungs are put at equal distances so measured. Where no pair exchanges at all, they
/// approach that over several moves.
///
/// New rungs are rounded to 1e-6 of the ladder's length, so that they can be printed in full. InternalError unless
/// there are two rungs and one acceptance fewer.
std::vector<double> equalised(std::span<const double> rungs, std::span<const double> acceptance);

} // namespace blockspin::tempering
