#include <fmt/format.h>

#include "engine/expression/functions.hpp"
#include "engine/expression/temporal.hpp"
#include "engine/expression/types.hpp"

/// timestamp(), duration() and the getters of both.
namespace lotse::cel {
namespace {

using Args = const Value* const*;

bool refuse(Run& run, const std::string& text, std::string_view why) {
  return run.fail([&] { return fmt::format("{} {}", describe(Value(text.substr(0, 60))), why); });
}

bool to_timestamp_value(Run& run, Args args, std::size_t count, Value& out) {
  Timestamp result;
  if (const auto* seconds = std::get_if<std::int64_t>(&args[0]->rep())) {
    result.seconds = *seconds;
  } else if (const auto* timestamp = std::get_if<Timestamp>(&args[0]->rep())) {
    result = *timestamp;
  } else if (const std::string* text = args[0]->string()) {
    const auto parsed = parse_timestamp(*text);
    if (!parsed) return refuse(run, *text, "is no RFC 3339 timestamp");
    result = *parsed;
  } else {
    return no_overload(run, "timestamp", args, count);
  }
  if (!in_range(result)) return run.fail("timestamp out of range: years 0001 to 9999");
  out = Value(result);
  return true;
}

bool to_duration_value(Run& run, Args args, std::size_t count, Value& out) {
  if (std::holds_alternative<CelDuration>(args[0]->rep())) {
    out = *args[0];
    return true;
  }
  const std::string* text = args[0]->string();
  if (text == nullptr) return no_overload(run, "duration", args, count);
  const ParsedDuration parsed = parse_duration_text(*text);
  switch (parsed.fault) {
    case DurationFault::syntax:
      return refuse(run, *text, "is no duration");
    case DurationFault::range:
      return run.fail("duration out of range: about 292 years");
    case DurationFault::none:
      break;
  }
  out = Value(parsed.value);
  return true;
}

using CivilPart = std::int64_t CivilTime::*;
using DurationPart = std::int64_t (*)(const CelDuration&);

struct Getter {
  const char* name;
  CivilPart part;
  std::int64_t less;  ///< getDayOfMonth counts from 0, the calendar from 1
  DurationPart of_duration;
};

constexpr Getter getters[] = {
    {"getFullYear", &CivilTime::year, 0, nullptr},
    {"getMonth", &CivilTime::month, 0, nullptr},
    {"getDate", &CivilTime::day, 0, nullptr},
    {"getDayOfMonth", &CivilTime::day, 1, nullptr},
    {"getDayOfWeek", &CivilTime::day_of_week, 0, nullptr},
    {"getDayOfYear", &CivilTime::day_of_year, 0, nullptr},
    {"getHours", &CivilTime::hours, 0, [](const CelDuration& d) { return d.seconds / 3600; }},
    {"getMinutes", &CivilTime::minutes, 0, [](const CelDuration& d) { return d.seconds / 60; }},
    {"getSeconds", &CivilTime::seconds, 0, [](const CelDuration& d) { return d.seconds; }},
    {"getMilliseconds", &CivilTime::milliseconds, 0,
     [](const CelDuration& d) { return std::int64_t{d.nanos / 1'000'000}; }},
};

template <std::size_t I>
bool get(Run& run, Args args, std::size_t count, Value& out) {
  constexpr const Getter& getter = getters[I];
  if (const auto* duration = std::get_if<CelDuration>(&args[0]->rep())) {
    if (getter.of_duration == nullptr || count != 1) return no_overload(run, getter.name, args, count);
    out = Value(getter.of_duration(*duration));
    return true;
  }
  const auto* timestamp = std::get_if<Timestamp>(&args[0]->rep());
  const std::string* zone = count == 2 ? args[1]->string() : nullptr;
  if (timestamp == nullptr || (count == 2 && zone == nullptr))
    return no_overload(run, getter.name, args, count);
  std::int64_t offset = 0;
  if (zone != nullptr) {
    const auto found = zone_offset(*zone, *timestamp);
    if (!found) return refuse(run, *zone, "is no time zone");
    offset = *found;
  }
  out = Value(civil(*timestamp, offset).*getter.part - getter.less);
  return true;
}

template <std::size_t... I>
void append_getters(std::vector<Overload>& all, std::index_sequence<I...>) {
  const Type integer = type_of(TypeKind::integer);
  const Type timestamp = type_of(TypeKind::timestamp);
  (all.push_back({getters[I].name, true, {timestamp}, integer, get<I>}), ...);
  (all.push_back({getters[I].name, true, {timestamp, type_of(TypeKind::string)}, integer, get<I>}), ...);
  const auto of_duration = [&](std::string_view name, bool has, Implementation run) {
    if (has) all.push_back({name, true, {type_of(TypeKind::duration)}, integer, run});
  };
  (of_duration(getters[I].name, getters[I].of_duration != nullptr, get<I>), ...);
}

}  // namespace

void append_time_functions(std::vector<Overload>& all) {
  const Type string = type_of(TypeKind::string);
  const Type timestamp = type_of(TypeKind::timestamp);
  const Type duration = type_of(TypeKind::duration);
  for (const Type& from : {timestamp, string, type_of(TypeKind::integer)}) {
    all.push_back({"timestamp", false, {from}, timestamp, to_timestamp_value});
  }
  for (const Type& from : {duration, string})
    all.push_back({"duration", false, {from}, duration, to_duration_value});
  append_getters(all, std::make_index_sequence<std::size(getters)>{});
}

}  // namespace lotse::cel
