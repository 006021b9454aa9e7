#include "engine/expression/value.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

#include "engine/base/base64.hpp"
#include "engine/base/overloaded.hpp"
#include "engine/base/quoted.hpp"
#include "engine/expression/temporal.hpp"

namespace lotse {
namespace {

/// The fewest digits that read back, with a point or an exponent, so that it stays a double.
std::string double_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void append_bytes_literal(std::string& out, std::string_view data) {
  out += "b\"";
  for (const char c : data) {
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  out += '"';
}

void append_description(std::string& out, const Value& value) {
  std::visit(
      Overloaded{
          [&](Value::Null) { out += "null"; },
          [&](bool b) { out += b ? "true" : "false"; },
          [&](std::int64_t i) { out += fmt::format("{}", i); },
          [&](std::uint64_t u) { out += fmt::format("{}u", u); },
          [&](double d) { out += std::isfinite(d) ? double_text(d) : fmt::format("double(\"{}\")", d); },
          [&](const Value::Shared<std::string>& s) { append_quoted(out, *s); },
          [&](const Value::Shared<Bytes>& b) { append_bytes_literal(out, b->data); },
          [&](const Timestamp& t) { out += "timestamp(\"" + cel::format_timestamp(t) + "\")"; },
          [&](const CelDuration& d) { out += "duration(\"" + cel::format_duration_text(d) + "\")"; },
          [&](const Value::Shared<List>& list) {
            out += '[';
            std::string_view separator;
            for (const Value& element : *list) {
              out += separator;
              append_description(out, element);
              separator = ", ";
            }
            out += ']';
          },
          [&](const Value::Shared<Map>& map) {
            out += '{';
            std::string_view separator;
            for (const auto& [key, element] : *map) {
              out += separator;
              append_description(out, key);
              out += ": ";
              append_description(out, element);
              separator = ", ";
            }
            out += '}';
          },
          [&](const Value::Shared<TypeName>& type) { out += type->name; },
      },
      value.rep());
}

void append_json(std::string& out, const Value& value) {
  std::visit(Overloaded{
                 [&](Value::Null) { out += "null"; },
                 [&](bool b) { out += b ? "true" : "false"; },
                 [&](std::int64_t i) { out += fmt::format("{}", i); },
                 [&](std::uint64_t u) { out += fmt::format("{}", u); },
                 [&](double d) { out += std::isfinite(d) ? double_text(d) : "null"; },
                 [&](const Value::Shared<std::string>& s) { append_quoted(out, *s); },
                 [&](const Value::Shared<Bytes>& b) { out += '"' + encode_base64(b->data) + '"'; },
                 [&](const Timestamp& t) { append_quoted(out, cel::format_timestamp(t)); },
                 [&](const CelDuration& d) { append_quoted(out, cel::format_duration_text(d)); },
                 [&](const Value::Shared<List>& list) {
                   out += '[';
                   std::string_view separator;
                   for (const Value& element : *list) {
                     out += separator;
                     append_json(out, element);
                     separator = ",";
                   }
                   out += ']';
                 },
                 [&](const Value::Shared<Map>& map) {
                   out += '{';
                   std::string_view separator;
                   for (const auto& [key, element] : *map) {
                     out += separator;
                     if (key.string() != nullptr) {
                       append_json(out, key);
                     } else {
                       out += '"';
                       append_json(out, key);
                       out += '"';
                     }
                     out += ':';
                     append_json(out, element);
                     separator = ",";
                   }
                   out += '}';
                 },
                 [&](const Value::Shared<TypeName>& type) { append_quoted(out, type->name); },
             },
             value.rep());
}

}  // namespace

Timestamp to_timestamp(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  const auto millis = instant - seconds;
  return {seconds.time_since_epoch().count(), static_cast<std::int32_t>(millis.count()) * 1'000'000};
}

Instant to_instant(const Timestamp& timestamp) {
  return Instant{Duration{timestamp.seconds * 1000 + timestamp.nanos / 1'000'000}};
}

Value::Value(List value) : rep_(std::make_shared<const List>(std::move(value))) {}
Value::Value(Map value) : rep_(std::make_shared<const Map>(std::move(value))) {}

std::optional<double> Value::number() const noexcept {
  if (const auto* i = std::get_if<std::int64_t>(&rep_)) return static_cast<double>(*i);
  if (const auto* u = std::get_if<std::uint64_t>(&rep_)) return static_cast<double>(*u);
  if (const auto* d = std::get_if<double>(&rep_)) return *d;
  return std::nullopt;
}

std::optional<Instant> Value::instant() const {
  if (const auto* timestamp = std::get_if<Timestamp>(&rep_)) return to_instant(*timestamp);
  if (const std::string* text = string()) return parse_instant(*text);
  return std::nullopt;
}

const Value* Value::find(std::string_view key) const noexcept {
  const Map* entries = map();
  if (entries == nullptr) return nullptr;
  for (const auto& [name, value] : *entries) {
    const std::string* text = name.string();
    if (text != nullptr && *text == key) return &value;
  }
  return nullptr;
}

bool Value::identical(const Value& other) const {
  if (rep_.index() != other.rep_.index()) return false;
  return std::visit(
      Overloaded{
          [](Value::Null) { return true; },
          [&](double d) {
            return std::bit_cast<std::uint64_t>(d) ==
                   std::bit_cast<std::uint64_t>(std::get<double>(other.rep_));
          },
          [&](const Shared<List>& list) {
            const List& mine = *list;
            const List& theirs = *other.list();
            if (&mine == &theirs) return true;
            if (mine.size() != theirs.size()) return false;
            for (std::size_t i = 0; i < mine.size(); ++i) {
              if (!mine[i].identical(theirs[i])) return false;
            }
            return true;
          },
          [&](const Shared<Map>& map) {
            const Map& mine = *map;
            const Map& theirs = *other.map();
            if (&mine == &theirs) return true;
            if (mine.size() != theirs.size()) return false;
            for (std::size_t i = 0; i < mine.size(); ++i) {
              if (!mine[i].first.identical(theirs[i].first) || !mine[i].second.identical(theirs[i].second))
                return false;
            }
            return true;
          },
          [&]<class T>(const Shared<T>& pointer) { return *pointer == *std::get<Shared<T>>(other.rep_); },
          [&]<class T>(const T& scalar) { return scalar == std::get<T>(other.rep_); },
      },
      rep_);
}

std::string describe(const Value& value) {
  std::string text;
  append_description(text, value);
  return text;
}

std::string to_json(const Value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

}  // namespace lotse
