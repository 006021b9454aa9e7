#include "engine/friction/where.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engine/friction/friction_report.hpp"
#include "engine/journey/expressions.hpp"

namespace lotse {
namespace {

enum Field : std::uint32_t {
  touchpoint,
  stage,
  channel,
  version,
  entered,
  left,
  cause,
  entry,
  dwell,
  escalated,
  promise,
  repeats,
  value,
  segments,
};

std::string_view name_of(Entry entry) {
  switch (entry) {
    case Entry::start:
      return "start";
    case Entry::transition:
      return "transition";
    case Entry::milestone:
      return "milestone";
    case Entry::went_back:
      return "went_back";
    case Entry::skipped:
      return "skipped";
    case Entry::elsewhere:
      return "elsewhere";
    case Entry::hop:
      return "hop";
    case Entry::returned:
      return "returned";
  }
  return "";
}

/// One stay's values, made as they are asked for.
class StayValues final : public Activation {
 public:
  explicit StayValues(const StayTable& table) : table_(table) {}

  void look_at(std::uint32_t row) {
    row_ = row;
    while (escalation_ < table_.escalations.size() && table_.escalations[escalation_].stay < row)
      ++escalation_;
  }

  [[nodiscard]] const Value* variable(std::uint32_t variable, Value& made) const override {
    const auto number = [](auto count) { return Value(static_cast<std::int64_t>(count)); };
    const Place& place = table_.places[table_.place[row_]];
    const StayTable::InstanceRow& instance = table_.instances[table_.instance[row_]];
    switch (variable) {
      case touchpoint:
        made = Value(place.id);
        break;
      case stage:
        made = Value(place.stage);
        break;
      case channel: {
        const std::uint16_t index = table_.channel[row_];
        made = index == no_index ? Value() : Value(table_.channels[index]);
        break;
      }
      case version:
        made = number(instance.version);
        break;
      case entered:
        made = Value(table_.entered[row_]);
        break;
      case left:
        if (table_.left[row_] == never) return nullptr;
        made = Value(table_.left[row_]);
        break;
      case cause:
        made = Value(name(table_.cause[row_]));
        break;
      case entry:
        made = Value(name_of(table_.entry[row_]));
        break;
      case dwell: {
        const auto lasted = std::min(table_.left[row_], table_.as_of) - table_.entered[row_];
        made = Value(
            CelDuration{lasted.count() / 1000, static_cast<std::int32_t>(lasted.count() % 1000 * 1'000'000)});
        break;
      }
      case escalated:
        made = Value(escalation_ < table_.escalations.size() && table_.escalations[escalation_].stay == row_);
        break;
      case promise:
        made = Value(promise_of());
        break;
      case repeats:
        made = number(table_.repeats[row_]);
        break;
      case value:
        if (instance.value == no_value) return nullptr;
        made = Value(static_cast<double>(instance.value) / static_cast<double>(fixed_point));
        break;
      case segments: {
        Map map;
        for (std::size_t s = 0; s < table_.segments.size(); ++s)
          map.emplace_back(Value(table_.segments[s]), segment(s));
        made = Value(std::move(map));
        break;
      }
      default:
        return nullptr;
    }
    return &made;
  }

  [[nodiscard]] const Value* field(std::uint32_t, std::uint32_t field, Value& made) const override {
    made = segment(field);
    return &made;
  }

 private:
  [[nodiscard]] Value segment(std::size_t index) const {
    return Value(table_.segment_value(table_.segment_set[row_], index));
  }
  [[nodiscard]] std::string_view promise_of() const {
    if (table_.deadline[row_] == never) return "none";
    if (table_.left[row_] <= table_.deadline[row_]) return "kept";
    return table_.deadline[row_] <= table_.as_of ? "broken" : "not due";
  }

  const StayTable& table_;
  std::uint32_t row_ = 0;
  std::size_t escalation_ = 0;
};

Error error_of(std::string_view condition, const std::vector<ExpressionError>& errors) {
  std::string text;
  for (const ExpressionError& error : errors) {
    text += fmt::format("{}--where: {}\n  {}\n  {:>{}}", text.empty() ? "" : "\n", error.message, condition,
                        "^", error.offset + 1);
    if (!error.hint.empty()) text += fmt::format("\n  hint: {}", error.hint);
  }
  return {ErrorCode::bad_input, text};
}

}  // namespace

Environment stay_environment(const StayTable& table) {
  const auto plain = [](std::string_view name, TypeKind kind) {
    Environment::Variable variable;
    variable.name = name;
    variable.type.kind = kind;
    return variable;
  };
  Environment environment;
  environment.variables = {
      plain("touchpoint", TypeKind::string), plain("stage", TypeKind::string),
      plain("channel", TypeKind::dyn),       plain("version", TypeKind::integer),
      plain("entered", TypeKind::timestamp), plain("left", TypeKind::timestamp),
      plain("cause", TypeKind::string),      plain("entry", TypeKind::string),
      plain("dwell", TypeKind::duration),    plain("escalated", TypeKind::boolean),
      plain("promise", TypeKind::string),    plain("repeats", TypeKind::integer),
      plain("value", TypeKind::floating),    plain("segments", TypeKind::dyn),
  };
  Environment::Variable& record = environment.variables.back();
  record.record = true;
  for (const std::string& segment : table.segments)
    record.fields.push_back({segment, {TypeKind::string, {}}});
  return environment;
}

Result<std::vector<bool>> stays_where(const StayTable& table, std::string_view condition) {
  const auto expression = Expression::compile(condition, stay_environment(table));
  if (!expression) return tl::unexpected(error_of(condition, expression.error()));
  const TypeKind kind = expression->type().kind;
  if (kind != TypeKind::boolean && kind != TypeKind::dyn) {
    return fail(ErrorCode::bad_input, fmt::format("--where must give true or false; `{}` gives {}", condition,
                                                  word_for(expression->type())));
  }
  StayValues values(table);
  std::vector<bool> keep(table.size());
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    values.look_at(row);
    const auto result = expression->evaluate(values);
    const bool* holds = result ? result->boolean() : nullptr;
    keep[row] = holds != nullptr && *holds;
  }
  return keep;
}

}  // namespace lotse
