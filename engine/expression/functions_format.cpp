#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/expression/functions.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/temporal.hpp"
#include "engine/expression/text.hpp"

/// `"%s of %d".format([a, b])` of CEL's extension `strings`.
namespace lotse::cel {
namespace {

constexpr int max_precision = 100;

std::optional<std::string> non_finite(const Value& value) {
  const auto number = value.number();
  if (!number || std::isfinite(*number)) return std::nullopt;
  return double_text(*number);
}

/// %s: a value as people read it; strings within without quotes, maps by the text of their keys.
bool append_plain(Run& run, const Value& value, std::string& out) {
  if (!run.budget().take(1)) return false;
  if (const List* list = value.list()) {
    out += '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += ", ";
      if (!append_plain(run, (*list)[i], out)) return false;
    }
    out += ']';
    return true;
  }
  if (const Map* map = value.map()) {
    std::vector<std::pair<std::string, const Value*>> entries;
    for (const auto& [key, element] : *map) {
      entries.emplace_back("", &element);
      if (!append_plain(run, key, entries.back().first)) return false;
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += ", ";
      out += entries[i].first + ": ";
      if (!append_plain(run, *entries[i].second, out)) return false;
    }
    out += '}';
    return true;
  }
  const std::size_t before = out.size();
  if (const std::string* text = value.string()) {
    out += *text;
  } else if (const auto* bytes = std::get_if<Value::Shared<Bytes>>(&value.rep())) {
    if (invalid_utf8((*bytes)->data)) return run.fail("format: bytes that are no UTF-8");
    out += (*bytes)->data;
  } else if (const auto* time = std::get_if<Timestamp>(&value.rep())) {
    out += format_timestamp(*time);
  } else if (const auto* span = std::get_if<CelDuration>(&value.rep())) {
    out += format_duration_text(*span);
  } else if (const auto* floating = std::get_if<double>(&value.rep())) {
    out += double_text(*floating);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&value.rep())) {
    out += fmt::format("{}", *natural);
  } else {
    out += describe(value);
  }
  return run.budget().take(out.size() - before);
}

bool unfit(Run& run, char clause, const Value& value) {
  return run.fail([&] { return fmt::format("format: %{} does not take a {}", clause, kind_name(value)); });
}

/// %d, %b, %o, %x, %X of whole numbers; %b of a bool, %x of texts and bytes too.
bool append_whole(Run& run, char clause, const Value& value, std::string& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.rep())) {
    out += fmt::format(fmt::runtime(fmt::format("{{:{}}}", clause)), *integer);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&value.rep())) {
    out += fmt::format(fmt::runtime(fmt::format("{{:{}}}", clause)), *natural);
  } else if (const bool* boolean = value.boolean(); boolean != nullptr && clause == 'b') {
    out += *boolean ? '1' : '0';
  } else if (const auto special = non_finite(value); special && clause == 'd') {
    out += *special;
  } else if (clause == 'x' || clause == 'X') {
    const auto* bytes = std::get_if<Value::Shared<Bytes>>(&value.rep());
    const std::string* data = bytes != nullptr ? &(*bytes)->data : value.string();
    if (data == nullptr) return unfit(run, clause, value);
    if (!run.budget().take(2 * data->size())) return false;
    for (const char c : *data) {
      const unsigned byte = static_cast<unsigned char>(c);
      out += clause == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
    }
  } else {
    return unfit(run, clause, value);
  }
  return true;
}

/// %f and %e of numbers.
bool append_floating(Run& run, char clause, int precision, const Value& value, std::string& out) {
  const auto number = value.number();
  if (!number) return unfit(run, clause, value);
  if (const auto special = non_finite(value)) {
    out += *special;
  } else {
    out += clause == 'f' ? fmt::format("{:.{}f}", *number, precision)
                         : fmt::format("{:.{}e}", *number, precision);
  }
  return true;
}

bool append_clause(Run& run, char clause, int precision, const Value& value, std::string& out) {
  switch (clause) {
    case 's':
      return append_plain(run, value, out);
    case 'd':
    case 'b':
    case 'o':
    case 'x':
    case 'X':
      return append_whole(run, clause, value, out);
    case 'f':
    case 'e':
      return append_floating(run, clause, precision, value, out);
    default:
      return run.fail([&] { return fmt::format("format: %{} is no clause", clause); });
  }
}

}  // namespace

std::string double_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return fmt::format("{}", value);
}

bool format_text(Run& run, const Value* const* arguments, std::size_t count, Value& out) {
  const std::string* pattern = arguments[0]->string();
  const List* values = arguments[1]->list();
  if (pattern == nullptr || values == nullptr) return no_overload(run, "format", arguments, count);
  if (!run.budget().take(pattern->size())) return false;
  std::string text;
  std::size_t next = 0;
  for (std::size_t at = 0; at < pattern->size(); ++at) {
    if ((*pattern)[at] != '%') {
      text += (*pattern)[at];
      continue;
    }
    if (++at < pattern->size() && (*pattern)[at] == '%') {
      text += '%';
      continue;
    }
    int precision = 6;
    if (at < pattern->size() && (*pattern)[at] == '.') {
      precision = 0;
      for (++at; at < pattern->size() && is_digit((*pattern)[at]) && precision <= max_precision; ++at) {
        precision = precision * 10 + ((*pattern)[at] - '0');
      }
      if (precision > max_precision) return run.fail("format: more than 100 digits");
    }
    if (at >= pattern->size()) return run.fail("format: the text ends within a clause");
    if (next >= values->size())
      return run.fail([&] { return fmt::format("format: index out of range: {}", next); });
    if (!append_clause(run, (*pattern)[at], precision, (*values)[next++], text)) return false;
  }
  out = Value(std::move(text));
  return true;
}

}  // namespace lotse::cel
