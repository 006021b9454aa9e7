#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// The hash that stands for (source, id) in the table of seen events; replaced by tests, to make it collide.
using Fingerprint = std::uint64_t (*)(std::string_view key);

/// What PreparedEvents holds.
struct Intake {
  struct Item {
    std::size_t index = 0;  ///< into the events that were handed in
    std::size_t begin = 0;  ///< of its text
    std::size_t end = 0;
    std::size_t key_begin = 0;
    std::size_t key_end = 0;
    std::uint64_t fingerprint = 0;
  };
  std::vector<Event> events;
  std::string texts;
  std::vector<Item> items;  ///< the events that passed, in order
  std::vector<Rejection> rejected;

  [[nodiscard]] std::string_view text(const Item& item) const {
    return std::string_view(texts).substr(item.begin, item.end - item.begin);
  }
  [[nodiscard]] std::string_view key(const Item& item) const {
    return std::string_view(texts).substr(item.key_begin, item.key_end - item.key_begin);
  }
};

/// Checks events, fixes their effective time, and writes their texts. An event's values are afterwards those
/// that its text reads back to. `to` is replaced; it may have been used before.
void prepare_events(std::vector<Event> events, Instant arrived, Duration future_tolerance,
                    const EventLimits& limits, Fingerprint fingerprint, Intake& to);

}  // namespace lotse
