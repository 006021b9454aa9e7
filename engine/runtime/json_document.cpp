#include "engine/runtime/json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace lotse::json {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr simdjson::error_code refused = simdjson::INCORRECT_TYPE;  // any error will do

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

Document::Error Document::refuse(std::string reason, std::string detail, std::size_t at) {
  mistake_ = Mistake{.reason = std::move(reason), .detail = std::move(detail), .at = at};
  return refused;
}

Document::Error Document::refuse_broken(std::string reason, std::string detail, std::size_t at) {
  mistake_ = Mistake{.reason = std::move(reason), .detail = std::move(detail), .at = at, .broken = true};
  return refused;
}

Document::Error Document::refuse(std::string reason, Raw& value) {
  const std::string_view token = without_space(value.raw_json_token());
  return refuse(std::move(reason), in_quotes(token), offset_of(token));
}

std::size_t Document::offset_of(std::string_view token) const {
  const auto at = token.data() - text_.data();
  return at >= 0 && static_cast<std::size_t>(at) < text_.size() ? static_cast<std::size_t>(at)
                                                                : Mistake::whole;
}

std::optional<Mistake> Document::broken(Error error) {
  if (error == simdjson::UTF8_ERROR) {
    return Mistake{.reason = "not UTF-8",
                   .detail = {},
                   .at = find_bad_utf8(text_).value_or(Mistake::whole),
                   .broken = true};
  }
  Mistake out{.reason = "not JSON", .detail = simdjson::error_message(error), .broken = true};
  const char* at = nullptr;
  if (begun_ && document_.current_location().get(at) == simdjson::SUCCESS) out.at = offset_of({at, 0});
  return out;
}

Document::Error Document::begin() {
  const std::size_t capacity = text_.size() + simdjson::SIMDJSON_PADDING;
  const Error error = parser_.iterate(text_.data(), text_.size(), capacity).get(document_);
  begun_ = error == simdjson::SUCCESS;
  return error;
}

Document::Error Document::end() {
  const char* behind = nullptr;
  if (document_.current_location().get(behind) == simdjson::OUT_OF_BOUNDS) return simdjson::SUCCESS;
  return refuse_broken("not JSON", "text behind the event", offset_of({behind, 0}));
}

Document::Error Document::take_null(Raw& value) {
  bool null = false;  // simdjson has an error of its own for what only begins like one
  return value.is_null().get(null) == simdjson::SUCCESS && null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
}

Document::Error Document::read_value(Raw& value, std::uint32_t depth, Value* to) {
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
  if (depth >= depth_max_) {
    return refuse(fmt::format("nested deeper than {}", depth_max_), {}, offset_of(value.raw_json_token()));
  }
  return type == ondemand::json_type::array ? read_list(value, depth, to) : read_object(value, depth, to);
}

Document::Error Document::read_number(Raw& value, Value* to) {
  const std::string_view token = without_space(value.raw_json_token());
  ondemand::number number;
  if (const auto error = value.get_number().get(number)) return huge_number(token, error, to);
  // simdjson 3.0.1 gives 0 for doubles of more digits than it parses at once.
  constexpr std::size_t parsed_at_once = 19;
  double long_double = 0;
  const bool is_long = number.is_double() && token.size() > parsed_at_once;
  if (is_long && std::from_chars(token.data(), token.data() + token.size(), long_double).ec != std::errc{}) {
    return refuse("a number cannot be read", in_quotes(token), offset_of(token));
  }
  if (to == nullptr) return simdjson::SUCCESS;
  switch (number.get_number_type()) {
    case ondemand::number_type::floating_point_number:
      *to = Value(is_long ? long_double : number.get_double());
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
Document::Error Document::huge_number(std::string_view token, Error error, Value* to) {
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

Document::Error Document::read_list(Raw& value, std::uint32_t depth, Value* to) {
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

Document::Error Document::read_object(Raw& value, std::uint32_t depth, Value* to) {
  const std::string_view opening = value.raw_json_token();
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
    return refuse("a field is given twice", fmt::format("`{}`", *key), offset_of(opening));
  keys_.resize(outer_keys);
  if (to != nullptr) *to = Value(std::move(map));
  return simdjson::SUCCESS;
}

}  // namespace lotse::json
