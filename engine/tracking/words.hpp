#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// The names that people, JSON and SQL know these by.
[[nodiscard]] std::string_view word(Status status);
[[nodiscard]] std::string_view word(Cause cause);
[[nodiscard]] std::string_view word(Entry entry);
[[nodiscard]] std::string_view word(Scale scale);
[[nodiscard]] std::string_view word(TaskStatus status);
[[nodiscard]] std::string_view word(EffectStatus status);
[[nodiscard]] std::string_view word(PromiseStatus status);
[[nodiscard]] std::string_view word(Trace::Kind kind);
[[nodiscard]] std::string_view word(LostContext::What what);

/// The other way round, up to the enumeration's `last`.
template <class Enum>
[[nodiscard]] std::optional<Enum> named(std::string_view text, Enum last) {
  for (std::size_t value = 0; value <= static_cast<std::size_t>(last); ++value) {
    if (word(static_cast<Enum>(value)) == text) return static_cast<Enum>(value);
  }
  return std::nullopt;
}

}  // namespace lotse
