#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/store/event_text.hpp"
#include "engine/tracking/event.hpp"

namespace lotse::test {

/// `second` seconds into the tests' time.
inline Instant second(std::int64_t second) { return Instant(std::chrono::seconds(1'700'000'000 + second)); }

/// An order of `user` in the shop, which arrives in second 100.
inline Event event(std::int64_t at, std::string id, std::string user) {
  Event event;
  event.id = std::move(id);
  event.source = "shop";
  event.type = "order_placed";
  event.time = second(at);
  event.arrived = second(100);
  event.ids = {{"user_id", std::move(user)}};
  return event;
}

inline std::string text_of(const Event& event) {
  std::string text;
  append_event(text, event, Instant{});
  return text;
}

}  // namespace lotse::test
