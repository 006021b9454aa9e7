#include "engine/runtime/json_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/journey/findings.hpp"
#include "engine/runtime/json_document.hpp"

namespace lotse {
namespace {

namespace ondemand = simdjson::ondemand;
using json::kind_of;
using simdjson::error_code;

static_assert(json_padding >= simdjson::SIMDJSON_PADDING);

enum class Field : std::uint8_t { id, type, time, source, channel, ids, properties, traits, ignored };
struct FieldName {
  std::string_view name;
  Field field;
};
constexpr std::array fields{
    FieldName{"id", Field::id}, FieldName{"type", Field::type}, FieldName{"time", Field::time},
    FieldName{"source", Field::source}, FieldName{"channel", Field::channel}, FieldName{"ids", Field::ids},
    FieldName{"properties", Field::properties}, FieldName{"traits", Field::traits},
    // What an export of the store has besides: the time of arrival is that of this reading.
    FieldName{"arrived", Field::ignored}, FieldName{"from_future", Field::ignored}};

}  // namespace

class JsonEventReader::Rep {
 public:
  Rep(const EventLimits& limits, bool properties) : properties_(properties), json_(limits.depth) {}

  std::optional<Mistake> read(std::string_view text, Event& event) {
    event.id.clear();
    event.source.clear();
    event.type.clear();
    event.channel.clear();
    event.ids.clear();
    clear(event.properties);
    clear(event.traits);
    seen_ = 0;
    auto mistake =
        json_.read(text, [&](ondemand::document& document) { return read_document(document, event); });
    return mistake ? std::move(mistake) : missing(event);
  }

 private:
  /// One that is empty stays as it is: copies of one Value on several threads meet in its count.
  void clear(Value& map) const {
    const Map* const had = map.map();
    if (had == nullptr || !had->empty()) map = empty_;
  }

  error_code read_document(ondemand::document& document, Event& event) {
    ondemand::json_type type{};
    if (const auto error = document.type().get(type)) return error;
    // simdjson tells a null by its first letter; `no json` is none.
    bool null = false;
    if (type == ondemand::json_type::null && (document.is_null().get(null) != simdjson::SUCCESS || !null)) {
      return simdjson::N_ATOM_ERROR;
    }
    if (type != ondemand::json_type::object) {
      return json_.refuse("not an object", fmt::format("it is {}", kind_of(type)), 0);
    }
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) return error;
    for (auto each : object) {
      ondemand::field field;
      if (const auto error = std::move(each).get(field)) return error;
      const char* const key = field.key().raw();  // behind its quote; before unescaping, which forgets it
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return error;
      const std::size_t at = json_.offset_of({key - 1, 0});
      if (const auto error = read_field(name, at, field.value(), event)) return error;
    }
    return simdjson::SUCCESS;
  }

  [[nodiscard]] bool has(Field field) const { return (seen_ & (1U << static_cast<unsigned>(field))) != 0; }

  error_code read_field(std::string_view name, std::size_t at, ondemand::value& value, Event& event) {
    const auto found = std::ranges::find(fields, name, &FieldName::name);
    if (found == fields.end()) return unknown_field(name, at);
    if (found->field != Field::ignored && has(found->field)) {
      return json_.refuse("a field is given twice", fmt::format("`{}`", name), at);
    }
    seen_ |= 1U << static_cast<unsigned>(found->field);
    switch (found->field) {
      case Field::id:
        return read_name(value, "id", event.id);
      case Field::type:
        return read_text(value, "`type` must be text", "`type` is empty", event.type);
      case Field::time:
        return read_time(value, event);
      case Field::source:
        return read_text(value, "`source` must be text", {}, event.source);
      case Field::channel:
        return read_text(value, "`channel` must be text", {}, event.channel);
      case Field::ids:
        return read_ids(value, event.ids);
      case Field::properties:
        return read_map(value, "properties", event.properties);
      case Field::traits:
        return read_map(value, "traits", event.traits);
      case Field::ignored:
        return json_.read_value(value, 0, nullptr);
    }
    return simdjson::INCORRECT_TYPE;
  }

  error_code unknown_field(std::string_view name, std::size_t at) {
    std::vector<std::string_view> names;
    for (const FieldName& field : fields) {
      if (field.field != Field::ignored) names.push_back(field.name);
    }
    std::string hint = did_you_mean(name, names);
    return json_.refuse("unknown field",
                        fmt::format("`{}`{}{}", name, hint.empty() ? "" : "; ", std::move(hint)), at);
  }

  /// What the event lacks is told of it as a whole, once it has been read to its end.
  std::optional<Mistake> missing(const Event& event) const {
    if (!has(Field::type)) return Mistake{.reason = "`type` is missing", .detail = {}};
    if (!has(Field::time)) return Mistake{.reason = "`time` is missing", .detail = {}};
    if (event.ids.empty()) {
      return Mistake{.reason = "`ids` is missing", .detail = has(Field::ids) ? "it is empty" : ""};
    }
    return std::nullopt;
  }

  /// Where the value begins.
  [[nodiscard]] std::size_t place(ondemand::value& value) const {
    return json_.offset_of(value.raw_json_token());
  }

  /// Text, or null for none; `if_empty` refuses the empty text.
  error_code read_text(ondemand::value& value, std::string_view reason, std::string_view if_empty,
                       std::string& to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::null && if_empty.empty()) return json::Document::take_null(value);
    if (type != ondemand::json_type::string) return json_.refuse(std::string(reason), value);
    const std::size_t at = place(value);
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    if (text.empty() && !if_empty.empty()) return json_.refuse(std::string(if_empty), {}, at);
    to = text;
    return simdjson::SUCCESS;
  }

  /// An id: text, or a number as it is written; null for none.
  error_code read_name(ondemand::value& value, std::string_view what, std::string& to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::number) {
      const std::string_view token = json::without_space(value.raw_json_token());
      if (const auto error = json_.read_number(value, nullptr)) return error;
      to = token;
      return simdjson::SUCCESS;
    }
    if (type == ondemand::json_type::null) return json::Document::take_null(value);
    if (type != ondemand::json_type::string) {
      return json_.refuse("an id must be text or a number", fmt::format("`{}` is {}", what, kind_of(type)),
                          place(value));
    }
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    to = text;
    return simdjson::SUCCESS;
  }

  error_code read_time(ondemand::value& value, Event& event) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    const std::size_t at = place(value);
    if (type != ondemand::json_type::string) {
      return json_.refuse("`time` is not RFC 3339",
                          fmt::format("it is {}; write \"2024-03-01T09:00:00Z\"", kind_of(type)), at);
    }
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    const auto time = parse_instant(text);
    if (!time) {
      const bool wall_clock = parse_instant(text, true).has_value();
      return json_.refuse(
          "`time` is not RFC 3339",
          fmt::format("{}{}", in_quotes(text), wall_clock ? ": the offset is missing, for example `Z`" : ""),
          at);
    }
    event.time = *time;
    return simdjson::SUCCESS;
  }

  error_code read_ids(ondemand::value& value, std::vector<Identifier>& ids) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type != ondemand::json_type::object)
      return json_.refuse("`ids` must be an object", fmt::format("it is {}", kind_of(type)), place(value));
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto each : object) {
      ondemand::field field;
      if (const auto error = std::move(each).get(field)) return error;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      ids.push_back({std::string(key), {}});
      ondemand::json_type kind{};
      if (const auto error = field.value().type().get(kind)) return error;
      if (const auto error = read_name(field.value(), key, ids.back().value)) return error;
      if (kind == ondemand::json_type::null) ids.pop_back();
    }
    return simdjson::SUCCESS;
  }

  error_code read_map(ondemand::value& value, std::string_view name, Value& to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::null) return json::Document::take_null(value);
    if (type != ondemand::json_type::object) {
      return json_.refuse(fmt::format("`{}` must be an object", name), fmt::format("it is {}", kind_of(type)),
                          place(value));
    }
    return json_.read_value(value, 0, properties_ ? &to : nullptr);
  }

  bool properties_;
  const Value empty_{Map{}};
  json::Document json_;
  unsigned seen_ = 0;
};

JsonEventReader::JsonEventReader(const EventLimits& limits, bool properties)
    : rep_(std::make_unique<Rep>(limits, properties)) {}
JsonEventReader::~JsonEventReader() = default;

std::optional<Mistake> JsonEventReader::read(std::string_view text, Event& event) {
  return rep_->read(text, event);
}

class JsonValueReader::Rep {
 public:
  explicit Rep(std::uint32_t depth_max) : json_(depth_max) {}

  std::optional<Mistake> read(std::string_view text, Value& value) {
    value = Value();
    // simdjson reads a lone scalar by other functions than one in a list: so it is put into one.
    text = json::without_space(text);
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    text.remove_prefix(begin);
    const bool alone = !text.starts_with('{') && !text.starts_with('[');
    std::string listed;
    if (alone) {
      listed.reserve(text.size() + 2 + json_padding);
      listed.append("[").append(text).append("]");
    }
    auto mistake = json_.read(alone ? std::string_view(listed) : text, [&](ondemand::document& document) {
      return alone ? read_only(document, value) : read_whole(document, value);
    });
    if (mistake && mistake->at != Mistake::whole) mistake->at += begin - (alone ? 1 : 0);
    return mistake;
  }

 private:
  error_code read_whole(ondemand::document& document, Value& to) {
    ondemand::value value;
    if (const auto error = document.get_value().get(value)) return error;
    return json_.read_value(value, 0, &to);
  }

  error_code read_only(ondemand::document& document, Value& to) {
    ondemand::array list;
    if (const auto error = document.get_array().get(list)) return error;
    std::size_t count = 0;
    for (auto each : list) {
      ondemand::value value;
      if (const auto error = std::move(each).get(value)) return error;
      if (++count > 1) return simdjson::TAPE_ERROR;
      if (const auto error = json_.read_value(value, 0, &to)) return error;
    }
    return count == 1 ? simdjson::SUCCESS : simdjson::EMPTY;
  }

  json::Document json_;
};

JsonValueReader::JsonValueReader(std::uint32_t depth_max) : rep_(std::make_unique<Rep>(depth_max)) {}
JsonValueReader::~JsonValueReader() = default;

std::optional<Mistake> JsonValueReader::read(std::string_view text, Value& value) {
  return rep_->read(text, value);
}

}  // namespace lotse
