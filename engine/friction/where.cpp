#include "engine/friction/where.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
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

constexpr std::uint32_t entry_count = 8;
constexpr std::array<std::string_view, 4> promise_names = {"none", "kept", "broken", "not due"};

std::uint32_t promise_of(const StayTable& table, std::uint32_t row) {
  if (table.deadline[row] == never) return 0;
  if (table.left[row] <= table.deadline[row]) return 1;
  return table.deadline[row] <= table.as_of ? 2 : 3;
}

/// What a variable of a stay can be, where that is few things: each has a code, and its text is made once.
class StayCodes {
 public:
  explicit StayCodes(const StayTable& table) : table_(table), escalated_(table.size()) {
    std::set<std::uint32_t> versions;
    for (const Place& place : table.places) {
      texts_[touchpoint].emplace_back(place.id);
      texts_[stage].emplace_back(place.stage);
      versions.insert(place.versions.begin(), place.versions.end());
    }
    versions_.assign(versions.begin(), versions.end());
    for (const std::string& id : table.channels) texts_[channel].emplace_back(id);
    texts_[channel].emplace_back();  // no channel is null
    for (std::size_t i = 0; i < cause_count; ++i) texts_[cause].emplace_back(name(static_cast<Cause>(i)));
    for (std::uint32_t i = 0; i < entry_count; ++i) {
      texts_[entry].emplace_back(name_of(static_cast<Entry>(i)));
    }
    for (const std::string_view state : promise_names) texts_[promise].emplace_back(state);
    for (const std::vector<std::string>& values : table.segment_values) {
      std::vector<Value>& made = segments_.emplace_back();
      for (const std::string& value : values) made.emplace_back(value);
    }
    for (const StayTable::At& escalation : table.escalations) escalated_[escalation.stay] = 1;
  }

  /// How many codes there are; 0 for what is nearly each stay's own: times and amounts.
  [[nodiscard]] std::size_t count(std::uint32_t variable, std::optional<std::uint32_t> field) const {
    switch (variable) {
      case version:
        return versions_.size();
      case escalated:
        return 2;
      case repeats:
        return std::size_t{no_index} + 1;
      case segments:
        return field ? segments_[*field].size() : sets();
      default:
        return texts_[variable].size();
    }
  }

  /// Stays with one code have one value.
  [[nodiscard]] std::uint32_t code(std::uint32_t variable, std::optional<std::uint32_t> field,
                                   std::uint32_t row) const {
    switch (variable) {
      case touchpoint:
      case stage:
        return table_.place[row];
      case channel:
        return std::min<std::uint32_t>(table_.channel[row],
                                       static_cast<std::uint32_t>(table_.channels.size()));
      case version: {
        const std::uint32_t number = table_.instances[table_.instance[row]].version;
        const auto found = std::lower_bound(versions_.begin(), versions_.end(), number);
        LOTSE_ASSERT(found != versions_.end() && *found == number);
        return static_cast<std::uint32_t>(found - versions_.begin());
      }
      case cause:
        return static_cast<std::uint32_t>(table_.cause[row]);
      case entry:
        return static_cast<std::uint32_t>(table_.entry[row]);
      case escalated:
        return escalated_[row];
      case promise:
        return promise_of(table_, row);
      case repeats:
        return table_.repeats[row];
      case segments: {
        const std::uint32_t set = table_.segment_set[row];
        return field ? table_.segment_sets[set * segments_.size() + *field] : set;
      }
      default:
        LOTSE_ASSERT(false);
    }
  }

  [[nodiscard]] const Value* text(std::uint32_t variable, std::uint32_t row) const {
    return &texts_[variable][code(variable, std::nullopt, row)];
  }
  [[nodiscard]] const Value* segment(std::uint32_t field, std::uint32_t row) const {
    return &segments_[field][code(segments, field, row)];
  }
  [[nodiscard]] const StayTable& table() const { return table_; }

 private:
  [[nodiscard]] std::size_t sets() const {
    return segments_.empty() ? 1 : table_.segment_sets.size() / segments_.size();
  }

  const StayTable& table_;
  std::array<std::vector<Value>, segments> texts_;  ///< by variable and code
  std::vector<std::vector<Value>> segments_;        ///< by segment and code
  std::vector<std::uint32_t> versions_;
  std::vector<std::uint8_t> escalated_;  ///< by stay
};

/// One stay's values.
class StayValues final : public Activation {
 public:
  explicit StayValues(const StayCodes& codes) : codes_(codes), table_(codes.table()) {}

  void look_at(std::uint32_t row) { row_ = row; }

  [[nodiscard]] const Value* variable(std::uint32_t variable, Value& made) const override {
    switch (variable) {
      case touchpoint:
      case stage:
      case channel:
      case cause:
      case entry:
      case promise:
        return codes_.text(variable, row_);
      case version:
        made = Value(std::int64_t{table_.instances[table_.instance[row_]].version});
        break;
      case entered:
        made = Value(table_.entered[row_]);
        break;
      case left:
        if (table_.left[row_] == never) return nullptr;
        made = Value(table_.left[row_]);
        break;
      case dwell: {
        const auto lasted = std::min(table_.left[row_], table_.as_of) - table_.entered[row_];
        made = Value(
            CelDuration{lasted.count() / 1000, static_cast<std::int32_t>(lasted.count() % 1000 * 1'000'000)});
        break;
      }
      case escalated:
        made = Value(codes_.code(escalated, std::nullopt, row_) != 0);
        break;
      case repeats:
        made = Value(std::int64_t{table_.repeats[row_]});
        break;
      case value: {
        const std::int64_t own = table_.instances[table_.instance[row_]].value;
        if (own == no_value) return nullptr;
        made = Value(static_cast<double>(own) / static_cast<double>(fixed_point));
        break;
      }
      case segments: {
        Map map;
        for (std::uint32_t s = 0; s < table_.segments.size(); ++s)
          map.emplace_back(Value(table_.segments[s]), *codes_.segment(s, row_));
        made = Value(std::move(map));
        break;
      }
      default:
        return nullptr;
    }
    return &made;
  }

  [[nodiscard]] const Value* field(std::uint32_t, std::uint32_t field, Value&) const override {
    return codes_.segment(field, row_);
  }

 private:
  const StayCodes& codes_;
  const StayTable& table_;
  std::uint32_t row_ = 0;
};

/// What a condition reads, as one number for each stay: the answers for equal numbers are equal.
class Tuples {
 public:
  Tuples(const StayCodes& codes, const Expression& condition) : codes_(codes) {
    std::set<std::pair<std::uint32_t, std::optional<std::uint32_t>>> read;
    for (const Expression::Reference& reference : condition.references()) {
      read.emplace(reference.variable, reference.field);
    }
    for (const auto& [variable, field] : read) {
      const std::size_t count = codes.count(variable, field);
      if (count == 0 || count > most / count_) {
        count_ = 0;
        return;
      }
      count_ *= count;
      parts_.push_back({variable, field, static_cast<std::uint32_t>(count)});
    }
  }

  /// How many there are; 0: too many to remember an answer for each.
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::uint32_t of(std::uint32_t row) const {
    std::uint32_t tuple = 0;
    for (const Part& part : parts_) {
      tuple = tuple * part.count + codes_.code(part.variable, part.field, row);
    }
    return tuple;
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 22U;  // bytes of memory for each thread
  struct Part {
    std::uint32_t variable;
    std::optional<std::uint32_t> field;
    std::uint32_t count;
  };
  const StayCodes& codes_;
  std::vector<Part> parts_;
  std::size_t count_ = 1;
};

/// A condition's answers for rows, each tuple evaluated once.
class Filter {
 public:
  Filter(const StayCodes& codes, const Expression& condition, const Tuples& tuples)
      : condition_(condition), tuples_(tuples), values_(codes), known_(tuples.count(), unknown) {}

  /// 1 where it holds.
  void answer(std::uint32_t first, std::uint32_t end, std::vector<std::uint8_t>& answers) {
    for (std::uint32_t row = first; row < end; ++row) {
      if (known_.empty()) {
        answers[row] = evaluate(row);
        continue;
      }
      std::uint8_t& known = known_[tuples_.of(row)];
      if (known == unknown) known = evaluate(row);
      answers[row] = known;
    }
  }

 private:
  static constexpr std::uint8_t unknown = 2;
  std::uint8_t evaluate(std::uint32_t row) {
    values_.look_at(row);
    return condition_.holds(values_).value_or(false) ? 1 : 0;
  }

  const Expression& condition_;
  const Tuples& tuples_;
  StayValues values_;
  std::vector<std::uint8_t> known_;  ///< by tuple
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

Result<std::vector<bool>> stays_where(const StayTable& table, std::string_view condition, unsigned threads) {
  const auto expression = Expression::compile(condition, stay_environment(table));
  if (!expression) return tl::unexpected(error_of(condition, expression.error()));
  const TypeKind kind = expression->type().kind;
  if (kind != TypeKind::boolean && kind != TypeKind::dyn) {
    return fail(ErrorCode::bad_input, fmt::format("--where must give true or false; `{}` gives {}", condition,
                                                  word_for(expression->type())));
  }
  const StayCodes codes(table);
  const Tuples tuples(codes, *expression);
  constexpr std::uint32_t piece = 65'536;
  const auto rows = static_cast<std::uint32_t>(table.size());
  std::vector<std::uint8_t> answers(
      rows);  // bytes, which threads may write beside each other, as bits may not
  std::atomic<std::uint32_t> next = 0;
  const auto work = [&] {
    Filter filter(codes, *expression, tuples);
    for (std::uint32_t i = next++; std::uint64_t{i} * piece < rows; i = next++) {
      filter.answer(i * piece, i * piece + std::min(piece, rows - i * piece), answers);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned worker = 1; worker < threads; ++worker) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return std::vector<bool>(answers.begin(), answers.end());
}

}  // namespace lotse
