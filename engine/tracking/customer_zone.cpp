#include "engine/tracking/customer_zone.hpp"

#include <optional>

namespace lotse {

Zone zone_of(const Value& traits, const WorkspaceSettings& settings) {
  const Value* trait = traits.find("zone");
  const auto own =
      trait != nullptr && trait->string() != nullptr ? Zone::find(*trait->string()) : std::nullopt;
  if (own) return *own;
  return Zone::find(settings.zone).value_or(Zone::utc());
}

}  // namespace lotse
