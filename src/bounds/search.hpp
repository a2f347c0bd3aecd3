#pragma once

namespace blockspin::bounds {

/// Where `f` is largest between `low` and `high`, by golden section: a local maximum if it has several.
template <class F> double maximum(F&& f, double low, double high, int steps = 40) {
    constexpr double golden = 0.61803398874989485;
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = f(left), at_right = f(right);
    for (int step = 0; step < steps; ++step) {
        if (at_left > at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = f(left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = f(right);
        }
    }
    return at_left > at_right ? left : right;
}

} // namespace blockspin::bounds
