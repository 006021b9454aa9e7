#pragma once

#include <compare>
#include <string>

namespace lotse {

/// One name of a customer: `{user_id, 4711}`.
struct Identifier {
  std::string name_space;  ///< user_id, anonymous_id, email, phone, loyalty_id …
  std::string value;
  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

}  // namespace lotse
