#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace lotse {

/// A Rep that only mixes with its own Tag: no implicit conversion in either direction.
template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  explicit constexpr Strong(Rep value) : value_(std::move(value)) {}
  [[nodiscard]] constexpr const Rep& value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Rep value_{};
};

/// A position in a vector, typed by what the vector holds: `Index<struct StageTag>`.
template <class Tag>
using Index = Strong<Tag, std::uint32_t>;

/// `vector[index]` for a Strong index; bounds are asserted by the library in dev builds.
template <class Vector, class Tag>
[[nodiscard]] constexpr decltype(auto) at(Vector&& vector, Index<Tag> index) {
  return std::forward<Vector>(vector)[index.value()];
}

}  // namespace lotse

template <class Tag, class Rep>
struct std::hash<lotse::Strong<Tag, Rep>> {
  std::size_t operator()(const lotse::Strong<Tag, Rep>& strong) const noexcept {
    return std::hash<Rep>{}(strong.value());
  }
};
