#include "engine/store/event_text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <variant>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/overloaded.hpp"

namespace lotse {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(EventReader::padding >= simdjson::SIMDJSON_PADDING);

/// RFC 8259, section 7: what must be escaped, and no more.
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> escaped{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) escaped[byte] = true;
  escaped['"'] = escaped['\\'] = true;
  return escaped;
}();

void append_escaped(std::string& out, char character) {
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(character);
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 0xfU];
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// The shortest text that reads back as the same double, and as a double: `1.0`, not `1`.
void append_double(std::string& out, double number) {
  const std::size_t begin = out.size();
  append_number(out, number);
  if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
}

class ValueWriter {
 public:
  explicit ValueWriter(std::string& out) : out_(out) {}

  void write(const Value& value) {
    std::visit(Overloaded{
                   [&](Value::Null) { out_ += "null"; },
                   [&](bool flag) { out_ += flag ? "true" : "false"; },
                   [&](std::int64_t number) { append_number(out_, number); },
                   [&](std::uint64_t number) {
                     lossless_ &=
                         number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
                     append_number(out_, number);
                   },
                   [&](double number) {
                     if (std::isfinite(number)) {
                       append_double(out_, number);
                     } else {
                       other(value);
                     }
                   },
                   [&](const Value::Shared<std::string>& text) { append_json_string(out_, *text); },
                   [&](const Value::Shared<List>& list) { write(*list); },
                   [&](const Value::Shared<Map>& map) { write(*map); },
                   [&](const auto&) { other(value); },
               },
               value.rep());
  }
  [[nodiscard]] bool lossless() const { return lossless_; }

 private:
  void write(const List& list) {
    char before = '[';
    for (const Value& item : list) {
      out_ += before;
      write(item);
      before = ',';
    }
    out_ += list.empty() ? "[]" : "]";
  }
  void write(const Map& map) {
    char before = '{';
    for (const auto& [key, value] : map) {
      LOTSE_ASSERT(key.string() != nullptr);
      out_ += before;
      append_json_string(out_, *key.string());
      out_ += ':';
      write(value);
      before = ',';
    }
    out_ += map.empty() ? "{}" : "}";
  }
  void other(const Value& value) {
    lossless_ = false;
    out_ += to_json(value);
  }

  std::string& out_;
  bool lossless_ = true;
};

std::int64_t milliseconds(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant(std::int64_t ms) { return Instant(Duration(ms)); }

/// Offset behind the `count`-th comma; the first three fields are numbers.
std::size_t behind_comma(std::string_view text, int count) {
  std::size_t place = 0;
  for (; count > 0; --count) {
    place = text.find(',', place);
    LOTSE_ASSERT(place != std::string_view::npos);
    ++place;
  }
  return place;
}

/// The time that the sender gave: `claimed` where it was replaced, else `time`.
std::string_view own_time(std::string_view text) {
  const std::size_t claimed = behind_comma(text, 2);
  const std::size_t rest = text.find(',', claimed);
  const std::string_view own = text.substr(claimed, rest - claimed);
  if (own != "0") return own;
  const std::size_t time = behind_comma(text, 1);
  return text.substr(time, claimed - 1 - time);
}

Value read_value(ondemand::value value);

Value read_list(ondemand::array array) {
  List list;
  for (ondemand::value item : array) list.push_back(read_value(item));
  return Value(std::move(list));
}

Value read_map(ondemand::object object) {
  Map map;
  for (auto field : object) {
    Value key{std::string_view(field.unescaped_key())};
    map.emplace_back(std::move(key), read_value(field.value()));
  }
  return Value(std::move(map));
}

/// Not by get_number(): simdjson 3.0.1 gives 0 for doubles of more digits than it parses at once.
Value read_number(ondemand::value value) {
  switch (value.get_number_type()) {
    case ondemand::number_type::floating_point_number:
      return Value(double{value.get_double()});
    case ondemand::number_type::unsigned_integer:
      return Value(std::uint64_t{value.get_uint64()});
    default:
      return Value(std::int64_t{value.get_int64()});
  }
}

Value read_value(ondemand::value value) {
  switch (value.type()) {
    case ondemand::json_type::object:
      return read_map(value.get_object());
    case ondemand::json_type::array:
      return read_list(value.get_array());
    case ondemand::json_type::string:
      return Value(std::string_view(value.get_string()));
    case ondemand::json_type::number:
      return read_number(value);
    case ondemand::json_type::boolean:
      return Value(bool{value.get_bool()});
    default:
      return {};
  }
}

/// The fields of a text in turn.
class Fields {
 public:
  explicit Fields(ondemand::array array) : next_(array.begin()), end_(array.end()) {}
  ondemand::value take() {
    if (begun_) ++next_;
    begun_ = true;
    if (!(next_ != end_)) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
    return *next_;
  }

 private:
  simdjson::simdjson_result<ondemand::array_iterator> next_;
  simdjson::simdjson_result<ondemand::array_iterator> end_;
  bool begun_ = false;
};

Event read_fields(ondemand::array array) {
  Fields fields(array);
  Event event;
  event.arrived = instant(fields.take().get_int64());
  event.time = instant(fields.take().get_int64());
  event.from_future = std::int64_t{fields.take().get_int64()} != 0;
  event.source = std::string_view(fields.take().get_string());
  event.id = std::string_view(fields.take().get_string());
  event.type = std::string_view(fields.take().get_string());
  event.channel = std::string_view(fields.take().get_string());
  for (auto field : ondemand::object(fields.take().get_object())) {
    std::string name_space(std::string_view(field.unescaped_key()));
    event.ids.push_back({std::move(name_space), std::string(std::string_view(field.value().get_string()))});
  }
  event.properties = read_map(fields.take().get_object());
  event.traits = read_map(fields.take().get_object());
  return event;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (!kEscaped[static_cast<unsigned char>(text[place])]) continue;
    out.append(text, plain, place - plain);
    append_escaped(out, text[place]);
    plain = place + 1;
  }
  out.append(text, plain);
  out += '"';
}

bool append_json(std::string& out, const Value& value) {
  ValueWriter writer(out);
  writer.write(value);
  return writer.lossless();
}

EventText append_event(std::string& out, const Event& event, Instant claimed) {
  EventText text;
  const std::size_t begin = out.size();
  out += '[';
  append_number(out, milliseconds(event.arrived));
  out += ',';
  append_number(out, milliseconds(event.time));
  out += ',';
  append_number(out, event.from_future ? milliseconds(claimed) : 0);
  out += ',';
  text.key_begin = out.size() - begin;
  append_json_string(out, event.source);
  out += ',';
  append_json_string(out, event.id);
  text.key_end = out.size() - begin;
  out += ',';
  append_json_string(out, event.type);
  out += ',';
  append_json_string(out, event.channel);
  char before = '{';
  out += ',';
  for (const Identifier& id : event.ids) {
    out += before;
    append_json_string(out, id.name_space);
    out += ':';
    append_json_string(out, id.value);
    before = ',';
  }
  out += event.ids.empty() ? "{}," : "},";
  text.lossless = append_json(out, event.properties);
  out += ',';
  text.lossless &= append_json(out, event.traits);
  out += ']';
  return text;
}

std::string_view key_of(std::string_view text) {
  const std::size_t begin = behind_comma(text, 3);
  std::size_t end = begin;
  for (int quotes = 0; quotes < 4; ++end) {
    LOTSE_ASSERT(end < text.size());
    if (text[end] == '\\') {
      ++end;
    } else if (text[end] == '"') {
      ++quotes;
    }
  }
  return text.substr(begin, end - begin);
}

std::optional<Instant> claimed_time(std::string_view text) {
  const std::size_t begin = behind_comma(text, 2);
  std::int64_t claimed = 0;
  std::from_chars(text.data() + begin, text.data() + text.size(), claimed);
  return claimed == 0 ? std::nullopt : std::optional(instant(claimed));
}

bool same_content(std::string_view a, std::string_view b) {
  return a.substr(behind_comma(a, 3)) == b.substr(behind_comma(b, 3)) && own_time(a) == own_time(b);
}

std::uint64_t content_hash(std::string_view text) {
  return fast_hash(text.substr(behind_comma(text, 3)), fast_hash(own_time(text)));
}

Result<Value> read_json_object(std::string_view text) {
  try {
    ondemand::parser parser;
    ondemand::document document = parser.iterate(
        simdjson::padded_string_view(text.data(), text.size(), text.size() + EventReader::padding));
    return read_map(document.get_object());
  } catch (const simdjson::simdjson_error& error) {
    return fail(ErrorCode::storage, fmt::format("stored JSON cannot be read: {}", error.what()));
  }
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

struct EventReader::Rep {
  ondemand::parser parser;
};

EventReader::EventReader() : rep_(std::make_unique<Rep>()) {}
EventReader::~EventReader() = default;
EventReader::EventReader(EventReader&&) noexcept = default;
EventReader& EventReader::operator=(EventReader&&) noexcept = default;

Result<Event> EventReader::read(std::string_view text) {
  try {
    ondemand::document document =
        rep_->parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.size() + padding));
    return read_fields(document.get_array());
  } catch (const simdjson::simdjson_error& error) {
    return fail(ErrorCode::storage, fmt::format("a stored event cannot be read: {}", error.what()));
  }
}

Result<std::string> EventReader::without(std::string_view text,
                                         const std::function<bool(const Identifier&)>& drop) {
  LOTSE_TRY(Event event, read(text));
  std::erase_if(event.ids, drop);
  std::string out;
  append_event(out, event, claimed_time(text).value_or(Instant{}));
  return out;
}

}  // namespace lotse
