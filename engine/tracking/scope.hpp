#pragma once

#include <optional>

#include "engine/base/time.hpp"
#include "engine/expression/expression.hpp"
#include "engine/journey/journey.hpp"
#include "engine/journey/risk_history.hpp"
#include "engine/tracking/event.hpp"
#include "engine/tracking/state.hpp"

namespace lotse {

/// What a journey's expressions can see at one moment: an event (or none, at a timer), one instance (or none,
/// before it is opened: fields then have their defaults), the customer's traits, the time, and what was known
/// of risks (or nothing: `risk` then has no value).
class Scope final : public Activation {
 public:
  Scope(const Journey& journey, const CustomerState& customer, const Instance* instance, const Event* event,
        Instant now, const RiskHistory* risks = nullptr)
      : journey_(journey),
        customer_(customer),
        instance_(instance),
        event_(event),
        now_(now),
        risks_(risks) {}

  [[nodiscard]] const Value* variable(std::uint32_t variable, Value& made) const override;
  [[nodiscard]] const Value* field(std::uint32_t variable, std::uint32_t field, Value& made) const override;
  [[nodiscard]] const Value* member(std::uint32_t variable, std::string_view key, Value& made) const override;

 private:
  [[nodiscard]] const Value* context(std::uint32_t field) const;
  [[nodiscard]] std::uint32_t visits(std::uint32_t touchpoint) const;
  [[nodiscard]] const Value* channel(Value& made) const;
  [[nodiscard]] const Value* risk(Value& made) const;
  [[nodiscard]] Value context_map() const;
  [[nodiscard]] Value visits_map() const;
  [[nodiscard]] Value meta() const;

  const Journey& journey_;
  const CustomerState& customer_;
  const Instance* instance_;
  const Event* event_;
  Instant now_;
  const RiskHistory* risks_;
};

/// `value` as a value of the declared type, so that what arrives as JSON is kept as what the journey says it
/// is: RFC 3339 text as a timestamp, `2h30m` as a duration, numbers in the declared kind where nothing is
/// lost. Nothing where it is of another type.
[[nodiscard]] std::optional<Value> coerce(const Value& value, const Type& type);

}  // namespace lotse
