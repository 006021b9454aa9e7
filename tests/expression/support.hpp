#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/expression/expression.hpp"

namespace lotse::test {

[[nodiscard]] inline Type scalar(TypeKind kind) { return {kind, {}}; }

/// What a journey's conditions see: an open event, a record context, the count of visits.
[[nodiscard]] inline Environment journey_environment() {
  Environment environment;
  environment.variables = {
      {"event", {}, {}, false},
      {"event.meta", {}, {{"id", scalar(TypeKind::string)}, {"time", scalar(TypeKind::timestamp)}}, true},
      {"context",
       {},
       {{"plan", scalar(TypeKind::string)},
        {"order_value", scalar(TypeKind::floating)},
        {"appointment", scalar(TypeKind::timestamp)}},
       true},
      {"visits", {}, {{"order", scalar(TypeKind::integer)}, {"call-back", scalar(TypeKind::integer)}}, true},
      {"channel", scalar(TypeKind::string), {}, false},
      {"now", scalar(TypeKind::timestamp), {}, false}};
  environment.absent = {{"task", "only a handover has a task"}};
  return environment;
}

/// Answers for journey_environment(): what is left empty has no value.
class JourneyActivation final : public Activation {
 public:
  std::optional<Value> event;
  std::vector<std::optional<Value>> meta{2};
  std::vector<std::optional<Value>> context{3};
  std::vector<std::int64_t> visits{0, 0};
  std::string channel = "web";
  Instant now{};

  const Value* variable(std::uint32_t variable, Value& made) const override {
    if (variable == 0) return event ? &*event : nullptr;
    if (variable == 2) {
      Map record;
      if (context[0]) record.emplace_back(Value("plan"), *context[0]);
      made = Value(std::move(record));
      return &made;
    }
    if (variable == 4) made = Value(channel);
    if (variable == 5) made = Value(now);
    return variable >= 4 ? &made : nullptr;
  }
  const Value* field(std::uint32_t variable, std::uint32_t field, Value& made) const override {
    if (variable == 3) {
      made = Value(visits[field]);
      return &made;
    }
    const auto& values = variable == 1 ? meta : context;
    return values[field] ? &*values[field] : nullptr;
  }
};

/// The value of an expression in an empty environment, as describe() shows it, or `error: …`.
[[nodiscard]] inline std::string outcome(std::string_view source, const Environment& environment = {},
                                         const Activation& activation = JourneyActivation{},
                                         const ExpressionLimits& limits = {}) {
  const auto compiled = Expression::compile(source, environment, limits);
  if (!compiled) return "mistake: " + compiled.error().front().message;
  const auto value = compiled->evaluate(activation);
  return value ? describe(*value) : "error: " + value.error().message;
}

}  // namespace lotse::test
