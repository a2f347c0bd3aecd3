#include <blockspin/flow/truncated_decimation.hpp>

#include <array>

namespace blockspin::flow {

namespace {

const std::array<Coupling, 2> axes{{{"nn", Parity::even}, {"nnn", Parity::even}}};

} // namespace

std::span<const Coupling> MarisKadanoffFormula::couplings() { return std::span(axes).first(1); }
std::span<const Coupling> WilsonDecimationFormula::couplings() { return axes; }

} // namespace blockspin::flow
