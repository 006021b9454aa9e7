#include "channels/file/json_event.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "channels/file/input.hpp"
#include "engine/expression/text_pool.hpp"
#include "engine/journey/findings.hpp"

namespace lotse::file {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

static_assert(Window::padding >= simdjson::SIMDJSON_PADDING);

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

std::string_view kind_of(ondemand::json_type type) {
  switch (type) {
    case ondemand::json_type::array:
      return "a list";
    case ondemand::json_type::object:
      return "an object";
    case ondemand::json_type::number:
      return "a number";
    case ondemand::json_type::string:
      return "text";
    case ondemand::json_type::boolean:
      return "true or false";
    case ondemand::json_type::null:
      return "null";
  }
  return "unknown";
}

std::string_view without_space(std::string_view text) {
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n')) {
    text.remove_suffix(1);
  }
  return text;
}

/// A field given twice makes an object ambiguous. Small ones are scanned, others sorted.
const std::string_view* repeated_key(std::span<std::string_view> keys) {
  constexpr std::size_t scanned_max = 16;
  if (keys.size() <= scanned_max) {
    for (std::size_t i = 1; i < keys.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (keys[i] == keys[k]) return &keys[i];
      }
    }
    return nullptr;
  }
  std::ranges::sort(keys);
  const auto found = std::ranges::adjacent_find(keys);
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

/// simdjson's errors are met here and nowhere else: every member that gives an error_code passes them on, and
/// our own refusals travel as one of them with `refusal_` set.
class JsonEventReader::Rep {
 public:
  explicit Rep(const FileFacts& facts) : facts_(facts) {}

  std::optional<Refusal> read(std::string_view text, std::uint64_t number, Event& event) {
    refusal_.reset();
    keys_.clear();
    text_ = text;
    event.id.clear();
    event.source.clear();
    event.type.clear();
    event.channel.clear();
    event.ids.clear();
    clear(event.properties);
    clear(event.traits);
    const error_code error = read_document(event);
    if (refusal_) return std::move(refusal_);
    if (error != simdjson::SUCCESS) return broken(error);
    if (event.id.empty()) event.id = facts_.event_id(number);
    if (event.source.empty()) event.source = facts_.file_id;
    return std::nullopt;
  }

 private:
  /// One that is empty stays as it is: copies of one Value on several threads meet in its count.
  void clear(Value& map) const {
    const Map* const had = map.map();
    if (had == nullptr || !had->empty()) map = empty_;
  }

  static constexpr error_code refused = simdjson::INCORRECT_TYPE;  // any error will do

  error_code refuse(std::string reason, std::string detail, std::size_t at = Refusal::whole) {
    refusal_ = Refusal{.reason = std::move(reason), .detail = std::move(detail), .at = at};
    return refused;
  }
  error_code refuse(std::string reason, ondemand::value& value) {
    const std::string_view token = without_space(value.raw_json_token());
    return refuse(std::move(reason), in_quotes(token), offset_of(token));
  }
  [[nodiscard]] std::size_t offset_of(std::string_view token) const {
    const auto at = token.data() - text_.data();
    return at >= 0 && static_cast<std::size_t>(at) < text_.size() ? static_cast<std::size_t>(at)
                                                                  : Refusal::whole;
  }

  std::optional<Refusal> broken(error_code error) {
    Refusal out{.reason = "not JSON", .detail = simdjson::error_message(error)};
    if (error == simdjson::UTF8_ERROR) return Refusal{.reason = "not UTF-8", .detail = {}};
    const char* at = nullptr;
    if (document_.current_location().get(at) == simdjson::SUCCESS) out.at = offset_of({at, 0});
    return out;
  }

  error_code read_document(Event& event) {
    const std::size_t capacity = text_.size() + simdjson::SIMDJSON_PADDING;
    if (const auto error = parser_.iterate(text_.data(), text_.size(), capacity).get(document_)) return error;
    ondemand::json_type type{};
    if (const auto error = document_.type().get(type)) return error;
    // simdjson tells a null by its first letter; `no json` is none.
    if (type == ondemand::json_type::null && !document_.is_null()) return simdjson::N_ATOM_ERROR;
    if (type != ondemand::json_type::object) {
      return refuse("not an object", fmt::format("it is {}", kind_of(type)), 0);
    }
    ondemand::object object;
    if (const auto error = document_.get_object().get(object)) return error;
    seen_ = 0;
    for (auto each : object) {
      ondemand::field field;
      if (const auto error = std::move(each).get(field)) return error;
      const char* const key = field.key().raw();  // behind its quote; before unescaping, which forgets it
      std::string_view name;
      if (const auto error = field.unescaped_key().get(name)) return error;
      if (const auto error = read_field(name, offset_of({key - 1, 0}), field.value(), event)) return error;
    }
    const char* behind = nullptr;
    if (document_.current_location().get(behind) != simdjson::OUT_OF_BOUNDS) {
      return refuse("not JSON", "text behind the event", offset_of({behind, 0}));
    }
    if (!has(Field::type)) return refuse("`type` is missing", {});
    if (!has(Field::time)) return refuse("`time` is missing", {});
    if (event.ids.empty()) return refuse("`ids` is missing", has(Field::ids) ? "it is empty" : "");
    return simdjson::SUCCESS;
  }

  [[nodiscard]] bool has(Field field) const { return (seen_ & (1U << static_cast<unsigned>(field))) != 0; }

  error_code read_field(std::string_view name, std::size_t at, ondemand::value& value, Event& event) {
    const auto found = std::ranges::find(fields, name, &FieldName::name);
    if (found == fields.end()) return unknown_field(name, at);
    if (found->field != Field::ignored && has(found->field)) {
      return refuse("a field is given twice", fmt::format("`{}`", name), at);
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
        return read_value(value, 0, nullptr);
    }
    return refused;
  }

  error_code unknown_field(std::string_view name, std::size_t at) {
    std::vector<std::string_view> names;
    for (const FieldName& field : fields) {
      if (field.field != Field::ignored) names.push_back(field.name);
    }
    std::string hint = did_you_mean(name, names);
    return refuse("unknown field", fmt::format("`{}`{}{}", name, hint.empty() ? "" : "; ", std::move(hint)),
                  at);
  }

  /// Text, or null for none; `if_empty` refuses the empty text.
  error_code read_text(ondemand::value& value, std::string_view reason, std::string_view if_empty,
                       std::string& to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::null && if_empty.empty()) return take_null(value);
    if (type != ondemand::json_type::string) return refuse(std::string(reason), value);
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    if (text.empty() && !if_empty.empty()) return refuse(std::string(if_empty), {});
    to = text;
    return simdjson::SUCCESS;
  }

  static error_code take_null(ondemand::value& value) {
    return value.is_null() ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
  }

  /// An id: text, or a number as it is written; null for none.
  error_code read_name(ondemand::value& value, std::string_view what, std::string& to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type == ondemand::json_type::number) {
      const std::string_view token = without_space(value.raw_json_token());
      if (const auto error = read_number(value, nullptr)) return error;
      to = token;
      return simdjson::SUCCESS;
    }
    if (type == ondemand::json_type::null) return take_null(value);
    if (type != ondemand::json_type::string) {
      return refuse("an id must be text or a number", fmt::format("`{}` is {}", what, kind_of(type)));
    }
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    to = text;
    return simdjson::SUCCESS;
  }

  error_code read_time(ondemand::value& value, Event& event) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type != ondemand::json_type::string) {
      return refuse("`time` is not RFC 3339",
                    fmt::format("it is {}; write \"2024-03-01T09:00:00Z\"", kind_of(type)),
                    offset_of(value.raw_json_token()));
    }
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    const auto time = parse_instant(text);
    if (!time) {
      const bool wall_clock = parse_instant(text, true).has_value();
      return refuse(
          "`time` is not RFC 3339",
          fmt::format("{}{}", in_quotes(text), wall_clock ? ": the offset is missing, for example `Z`" : ""));
    }
    event.time = *time;
    return simdjson::SUCCESS;
  }

  error_code read_ids(ondemand::value& value, std::vector<Identifier>& ids) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    if (type != ondemand::json_type::object)
      return refuse("`ids` must be an object", fmt::format("it is {}", kind_of(type)));
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
    if (type == ondemand::json_type::null) return take_null(value);
    if (type != ondemand::json_type::object) {
      return refuse(fmt::format("`{}` must be an object", name), fmt::format("it is {}", kind_of(type)));
    }
    return read_value(value, 0, facts_.properties ? &to : nullptr);
  }

  /// Without `to` it is checked all the same, but not kept. `to` is null before.
  error_code read_value(ondemand::value& value, std::uint32_t depth, Value* to) {
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return error;
    switch (type) {
      case ondemand::json_type::null:
        return take_null(value);
      case ondemand::json_type::boolean: {
        bool boolean = false;
        if (const auto error = value.get_bool().get(boolean)) return error;
        if (to != nullptr) *to = Value(boolean);
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::number:
        return read_number(value, to);
      case ondemand::json_type::string: {
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return error;
        if (to != nullptr) *to = texts_.value(text);
        return simdjson::SUCCESS;
      }
      case ondemand::json_type::array:
      case ondemand::json_type::object:
        break;
    }
    if (depth >= facts_.limits.depth) {
      return refuse(fmt::format("nested deeper than {}", facts_.limits.depth), {},
                    offset_of(value.raw_json_token()));
    }
    return type == ondemand::json_type::array ? read_list(value, depth, to) : read_object(value, depth, to);
  }

  /// An integer as int, or uint where only that holds it; everything else as double.
  error_code read_number(ondemand::value& value, Value* to) {
    const std::string_view token = without_space(value.raw_json_token());
    ondemand::number number;
    if (const auto error = value.get_number().get(number)) return huge_number(token, error, to);
    if (to == nullptr) return simdjson::SUCCESS;
    switch (number.get_number_type()) {
      case ondemand::number_type::floating_point_number:
        *to = Value(number.get_double());
        break;
      case ondemand::number_type::signed_integer:
        *to = Value(number.get_int64());
        break;
      case ondemand::number_type::unsigned_integer:
        *to = Value(number.get_uint64());
        break;
    }
    return simdjson::SUCCESS;
  }

  /// simdjson refuses integers beyond 64 bits, which JSON has: they are doubles here.
  error_code huge_number(std::string_view token, error_code error, Value* to) {
    if (error != simdjson::NUMBER_ERROR && error != simdjson::NUMBER_OUT_OF_RANGE) return error;
    constexpr std::size_t digits_of_64_bits = 19;
    const std::size_t sign = token.starts_with('-') ? 1 : 0;
    const std::string_view digits = token.substr(sign);
    const bool integer = digits.size() >= digits_of_64_bits && digits.front() != '0' &&
                         digits.find_first_not_of("0123456789") == std::string_view::npos;
    double number = 0;
    const bool fits =
        integer && std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc{};
    if (!fits) return refuse("a number cannot be read", in_quotes(token), offset_of(token));
    if (to != nullptr) *to = Value(number);
    return simdjson::SUCCESS;
  }

  error_code read_list(ondemand::value& value, std::uint32_t depth, Value* to) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    List list;
    for (auto each : array) {
      ondemand::value item;
      if (const auto error = std::move(each).get(item)) return error;
      Value* const kept = to == nullptr ? nullptr : &list.emplace_back();
      if (const auto error = read_value(item, depth + 1, kept)) return error;
    }
    if (to != nullptr) *to = Value(std::move(list));
    return simdjson::SUCCESS;
  }

  error_code read_object(ondemand::value& value, std::uint32_t depth, Value* to) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    Map map;
    if (to != nullptr) map.reserve(usual_size);
    const std::size_t outer_keys = keys_.size();
    for (auto each : object) {
      ondemand::field field;
      if (const auto error = std::move(each).get(field)) return error;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      keys_.push_back(key);
      Value* const kept = to == nullptr ? nullptr : &map.emplace_back(texts_.value(key), Value()).second;
      if (const auto error = read_value(field.value(), depth + 1, kept)) return error;
    }
    if (const auto* key = repeated_key(std::span(keys_).subspan(outer_keys)))
      return refuse("a field is given twice", fmt::format("`{}`", *key));
    keys_.resize(outer_keys);
    if (to != nullptr) *to = Value(std::move(map));
    return simdjson::SUCCESS;
  }

  const FileFacts& facts_;
  static constexpr std::size_t usual_size = 6;  ///< of an object; more costs growing
  const Value empty_{Map{}};
  TextPool texts_;
  ondemand::parser parser_;
  ondemand::document document_;
  std::string_view text_;
  std::vector<std::string_view> keys_;  ///< of the objects that are being read, in the parser's memory
  unsigned seen_ = 0;
  std::optional<Refusal> refusal_;
};

JsonEventReader::JsonEventReader(const FileFacts& facts) : rep_(std::make_unique<Rep>(facts)) {}
JsonEventReader::~JsonEventReader() = default;

std::optional<Refusal> JsonEventReader::read(std::string_view text, std::uint64_t number, Event& event) {
  return rep_->read(text, number, event);
}

}  // namespace lotse::file
