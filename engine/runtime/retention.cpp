#include "engine/runtime/retention.hpp"

namespace lotse {

Instant next_retention(const Retention& retention, std::string_view zone, Instant last) {
  const Zone where = Zone::find(zone).value_or(Zone::utc());
  const Instant today = where.at(last, 0, retention.at);
  return today > last ? today : where.at(last, 1, retention.at);
}

}  // namespace lotse
