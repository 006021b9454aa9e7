#include <date/tz.h>

#include "engine/base/assert.hpp"
#include "engine/base/time.hpp"

namespace lotse {
namespace {

const date::time_zone& rules_of(const void* rules) { return *static_cast<const date::time_zone*>(rules); }

/// The date library throws for an unknown name and for a missing tz database.
const date::time_zone* locate(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

Zone Zone::utc() {
  static const date::time_zone* const utc = locate("UTC");
  LOTSE_ASSERT(utc != nullptr);  // the tzdata package is missing
  return Zone(utc);
}

std::optional<Zone> Zone::find(std::string_view name) {
  const date::time_zone* found = locate(std::string(name));
  if (found == nullptr) return std::nullopt;
  return Zone(found);
}

std::string_view Zone::name() const { return rules_of(rules_).name(); }

std::chrono::seconds Zone::offset(Instant instant) const { return rules_of(rules_).get_info(instant).offset; }

std::chrono::local_time<Duration> Zone::local(Instant instant) const {
  return std::chrono::local_time<Duration>(instant.time_since_epoch() + offset(instant));
}

Instant Zone::instant(std::chrono::local_time<Duration> local) const {
  const date::local_time<Duration> reading(local.time_since_epoch());
  const date::local_info info = rules_of(rules_).get_info(reading);
  switch (info.result) {
    case date::local_info::unique:
    case date::local_info::ambiguous:  // the earlier of the two
      return Instant(local.time_since_epoch() - info.first.offset);
    case date::local_info::nonexistent:  // the first instant after the gap
      return std::chrono::time_point_cast<Duration>(info.first.end);
  }
  LOTSE_ASSERT(false);
}

Instant Zone::at(Instant from, std::int32_t day_count, LocalTime time) const {
  const auto day = std::chrono::floor<std::chrono::days>(local(from)) + std::chrono::days(day_count);
  return instant(day + std::chrono::minutes(time.minutes));
}

}  // namespace lotse
