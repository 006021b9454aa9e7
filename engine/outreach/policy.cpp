#include "engine/outreach/policy.hpp"

#include <array>
#include <cstddef>

namespace lotse {

std::string_view name_of(Refusal refusal) {
  constexpr std::array<std::string_view, 9> names{
      "no_adapter", "not_for_purpose", "failed_before", "consent_missing", "consent_withdrawn",
      "no_address", "address_failed",  "capped",        "quiet_hours"};
  return names[static_cast<std::size_t>(refusal)];
}

}  // namespace lotse
