#pragma once

#include "engine/identity/identity.hpp"
#include "engine/tracking/event.hpp"

namespace lotse {

/// What the event says about its identifiers.
[[nodiscard]] inline LinkKind link_kind(const Event& event) {
  if (event.type == event_type::identify || event.type == event_type::alias) return LinkKind::explicit_link;
  return event.type == event_type::unlink ? LinkKind::unlink : LinkKind::seen_together;
}

}  // namespace lotse
