#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/journey/journey.hpp"

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

}  // namespace lotse
