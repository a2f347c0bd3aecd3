#include <blockspin/net/parameters.hpp>

namespace blockspin::net {

void NetworkParameters::check(io::Problems& problems) const {
    if (layers.size() < 2) problems.add("layers", "needs the visible units and at least one layer of hidden ones");
    if (learning_rate * weight_decay.l2 >= 1.0) {
        problems.add("weight_decay.l2", "times learning_rate must be below 1, or the weights oscillate");
    }
}

} // namespace blockspin::net
