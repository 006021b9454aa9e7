#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/friction/stay_table.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse {

/// What of a journey would tell a field declared `sensitive`: expressions that read the field, or the very
/// property or trait that is captured into one.
class SensitiveReads {
 public:
  explicit SensitiveReads(const Journey& journey);
  [[nodiscard]] bool tells(const Expression& expression) const;
  [[nodiscard]] bool tells(const Expression::Reference& read) const;
  [[nodiscard]] bool tells_trait(std::string_view trait) const;

 private:
  void take(const Journey& journey, std::span<const Capture> captures);

  std::set<std::uint32_t> fields_;                 ///< by FieldIndex
  std::set<std::string, std::less<>> properties_;  ///< of events
  std::set<std::string, std::less<>> traits_;
};

/// Takes out of a report's stays what would tell a sensitive field: a segment's values become one, and the
/// instances' `value` is left out.
void mask_sensitive(StayTable& table, const JourneyVersions& versions);

}  // namespace lotse
