#include "engine/workbench/try_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/diagnostic.hpp"
#include "engine/journey/expressions.hpp"
#include "engine/journey/shape.hpp"
#include "engine/tracking/scope.hpp"
#include "engine/workbench/event_properties.hpp"
#include "engine/workbench/scenario_checks.hpp"

namespace lotse::trial {

namespace {

std::vector<std::string_view> views(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

/// What a field of this type takes, in an author's words; what nothing is known of is taken as text.
std::string_view wanted_words(const Type& type) {
  switch (type.kind) {
    case TypeKind::boolean:
    case TypeKind::integer:
    case TypeKind::unsigned_integer:
    case TypeKind::floating:
      return word_for(type);
    case TypeKind::timestamp:
      return "a point in time, such as 2024-03-01T09:00";
    case TypeKind::duration:
      return "a duration, such as 2h30m";
    case TypeKind::list:
      return "a list, such as [a, b]";
    case TypeKind::map:
      return "a map, such as {street: Mill Lane}";
    case TypeKind::dyn:
    case TypeKind::null:
    case TypeKind::string:
    case TypeKind::bytes:
    case TypeKind::type:
      break;
  }
  return "text";
}

Result<Value> read_yaml(const std::string& text) {
  Findings findings("", text);
  const auto document = yaml::parse(findings, FileLimits{});
  if (!document)
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` cannot be read: {}", text, findings.take().front().message));
  return shape::to_value(document->root());
}

/// As YAML has it, whatever the journey wants.
Result<Value> read_plain(const std::string& text, bool quoted) {
  if (!quoted && (text.starts_with('[') || text.starts_with('{'))) return read_yaml(text);
  if (!quoted && (text == "~" || text == "null")) return Value();
  yaml::Node node;
  node.kind = yaml::Kind::scalar;
  node.plain = !quoted;
  node.text = text;
  return shape::to_value(node);
}

/// One event that is being read.
class EventReader {
 public:
  EventReader(const Journey& journey, const Zone& zone, std::string type)
      : journey_(journey), zone_(zone), properties_(event_properties(journey, type)) {
    typed_.event.type = std::move(type);
  }

  Result<void> add(const Word& word) {
    const std::size_t sign = word.text.find('=');
    if (sign == std::string::npos || sign == 0)
      return fail(ErrorCode::bad_input,
                  fmt::format("`{}` is no property; write NAME=VALUE, such as amount=49.90", word.text));
    std::string name = word.text.substr(0, sign);
    const std::string text = word.text.substr(sign + 1);
    if (text.empty() && !word.quoted)
      return fail(ErrorCode::bad_input, fmt::format("`{0}` has no value; {0}=\"\" is an empty text", name));
    if (name == "channel") return set_channel(text);
    constexpr std::string_view trait = "customer.";
    constexpr std::string_view property = "event.";
    if (name.starts_with(trait)) {
      LOTSE_TRY(const Value value, read_plain(text, word.quoted));
      return put(traits_, name.substr(trait.size()), value);
    }
    if (name.starts_with(property)) name.erase(0, property.size());
    LOTSE_TRY(const Value value, read_property(name, text, word.quoted));
    return put(map_, name, value);
  }

  TypedEvent take() {
    if (!has_channel_) {
      const std::vector<std::string> channels = event_channels(journey_, typed_.event.type);
      if (channels.size() == 1) typed_.event.channel = channels.front();
    }
    typed_.event.properties = Value(std::move(map_));
    typed_.event.traits = Value(std::move(traits_));
    return std::move(typed_);
  }

 private:
  Result<void> set_channel(const std::string& name) {
    if (has_channel_) return fail(ErrorCode::bad_input, "`channel` is given twice");
    has_channel_ = true;
    if (name == "none") return {};
    if (!journey_.find_channel(name)) {
      std::vector<std::string_view> known = views(journey_.channels);
      known.emplace_back("none");
      return fail(ErrorCode::not_found, with_hint(fmt::format("`{}` is no channel of channels.yaml", name),
                                                  did_you_mean_or_list(name, known)));
    }
    typed_.event.channel = name;
    return {};
  }

  static Result<void> put(Map& map, const std::string& name, const Value& value) {
    if (name.empty()) return fail(ErrorCode::bad_input, "a property needs a name: NAME=VALUE");
    const bool twice = std::ranges::any_of(map, [&](const auto& own) { return *own.first.string() == name; });
    if (twice) return fail(ErrorCode::bad_input, fmt::format("`{}` is given twice", name));
    map.emplace_back(Value(name), value);
    return {};
  }

  Result<Value> read_property(const std::string& name, const std::string& text, bool quoted) {
    const auto known = std::ranges::find(properties_, name, &EventProperty::name);
    if (known == properties_.end()) {
      std::vector<std::string_view> names;
      for (const EventProperty& property : properties_) names.push_back(property.name);
      typed_.notes.push_back(
          with_hint(fmt::format("the journey reads no `{}` of {}", name, typed_.event.type),
                    did_you_mean_or_list(name, names)));
      return read_plain(text, quoted);
    }
    const Type& type = known->type;
    const bool unknown = !quoted && (text == "~" || text == "null");
    if (type.kind == TypeKind::string && !unknown) return Value(text);
    if (type.kind == TypeKind::timestamp) {
      const auto instant = scenario::read_local_instant(text, zone_);
      if (instant) return Value(format_instant(*instant));
    }
    LOTSE_TRY(const Value value, read_plain(text, quoted));
    if (value.is_null() || coerce(value, type)) return value;
    return fail(ErrorCode::bad_input, fmt::format("`{}` is kept as `{}`, which is {}; `{}` is not", name,
                                                  known->kept_as, wanted_words(type), text));
  }

  const Journey& journey_;
  const Zone& zone_;
  std::vector<EventProperty> properties_;
  TypedEvent typed_;
  bool has_channel_ = false;
  Map map_;
  Map traits_;
};

}  // namespace

std::string with_hint(std::string message, const std::string& hint) {
  return hint.empty() ? message : fmt::format("{}; {}", message, hint);
}

Result<std::vector<Word>> split_words(std::string_view line) {
  std::vector<Word> words;
  bool within = false;  // a word
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
      within = false;
      continue;
    }
    if (!within) words.push_back({.text = {}, .from = i});
    within = true;
    Word& word = words.back();
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      word.quoted = true;
    } else if (c == quote) {
      quote = 0;
    } else if (quote == '"' && c == '\\' && i + 1 < line.size() &&
               (line[i + 1] == '"' || line[i + 1] == '\\')) {
      word.text += line[++i];
    } else {
      word.text += c;
    }
  }
  if (quote != 0) return fail(ErrorCode::bad_input, fmt::format("a {} has no end", quote));
  return words;
}

Result<TypedEvent> read_event(const Journey& journey, const Zone& zone, std::span<const Word> words) {
  const std::vector<std::string> types = listened_types(journey);
  const std::string& type = words.front().text;
  if (std::ranges::find(types, type) == types.end()) {
    return fail(ErrorCode::not_found, with_hint(fmt::format("{} does not listen to `{}`", journey.id, type),
                                                did_you_mean_or_list(type, views(types))));
  }
  EventReader reader(journey, zone, type);
  for (const Word& word : words.subspan(1)) {
    LOTSE_CHECK(reader.add(word));
  }
  return reader.take();
}

}  // namespace lotse::trial
