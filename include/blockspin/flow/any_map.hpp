#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <blockspin/flow/map.hpp>

namespace blockspin::flow {

/// Any map, its type forgotten: what is done with maps whose kind a study chooses is compiled once.
class AnyMap {
  public:
    template <Map M>
    requires(!std::same_as<M, AnyMap>) AnyMap(M map) : map_(std::make_shared<const Holder<M>>(std::move(map))) {}

    std::span<const Coupling> couplings() const { return map_->couplings(); }
    double scale_factor() const { return map_->scale_factor(); }
    double spatial_dimension() const { return map_->spatial_dimension(); }
    Image apply(std::span<const double> point) const { return map_->apply(point); }
    Derivative jacobian(std::span<const double> point) const { return map_->jacobian(point); }

  private:
    struct Interface {
        virtual ~Interface() = default;
        virtual std::span<const Coupling> couplings() const = 0;
        virtual double scale_factor() const = 0;
        virtual double spatial_dimension() const = 0;
        virtual Image apply(std::span<const double> point) const = 0;
        virtual Derivative jacobian(std::span<const double> point) const = 0;
    };
    template <class M> struct Holder final : Interface {
        explicit Holder(M held) : map(std::move(held)) {}
        std::span<const Coupling> couplings() const override { return map.couplings(); }
        double scale_factor() const override { return map.scale_factor(); }
        double spatial_dimension() const override { return map.spatial_dimension(); }
        Image apply(std::span<const double> point) const override { return map.apply(point); }
        Derivative jacobian(std::span<const double> point) const override { return map.jacobian(point); }
        M map;
    };

    std::shared_ptr<const Interface> map_;
};

static_assert(Map<AnyMap>);

} // namespace blockspin::flow
