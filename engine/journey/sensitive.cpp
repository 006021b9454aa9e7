#include "engine/journey/sensitive.hpp"

#include <algorithm>

namespace lotse {

SensitiveReads::SensitiveReads(const Journey& journey) {
  for (std::uint32_t field = 0; field < journey.context.size(); ++field) {
    if (journey.context[field].sensitive) fields_.insert(field);
  }
  if (fields_.empty()) return;
  for (const Touchpoint& touchpoint : journey.touchpoints) take(journey, touchpoint.capture);
  for (const RememberRule& rule : journey.remember) take(journey, rule.capture);
}

void SensitiveReads::take(const Journey& journey, std::span<const Capture> captures) {
  for (const Capture& capture : captures) {
    if (!at(journey.context, capture.field).sensitive) continue;
    for (const Expression::Reference& read : capture.value.references()) {
      if (read.name.empty()) continue;
      if (read.variable == static_cast<std::uint32_t>(Variable::event)) properties_.insert(read.name);
      if (read.variable == static_cast<std::uint32_t>(Variable::customer)) traits_.insert(read.name);
    }
  }
}

bool SensitiveReads::tells(const Expression& expression) const {
  return std::ranges::any_of(expression.references(),
                             [this](const Expression::Reference& read) { return tells(read); });
}

bool SensitiveReads::tells(const Expression::Reference& read) const {
  if (fields_.empty()) return false;
  switch (static_cast<Variable>(read.variable)) {
    case Variable::context:
      return !read.field || fields_.contains(*read.field);
    case Variable::event:
      return properties_.contains(read.name);
    case Variable::customer:
      return traits_.contains(read.name);
    case Variable::visits:
    case Variable::channel:
    case Variable::now:
    case Variable::risk:
      break;
  }
  return false;
}

bool SensitiveReads::tells_trait(std::string_view trait) const { return traits_.contains(trait); }

}  // namespace lotse
