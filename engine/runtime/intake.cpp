#include "engine/runtime/intake.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

using std::chrono::January;

constexpr Instant kEarliest = std::chrono::sys_days(std::chrono::year(1900) / January / 1);
constexpr Instant kLatest = std::chrono::sys_days(std::chrono::year(10'000) / January / 1) - Duration(1);

/// A reason and what was found.
struct Fault {
  std::string reason;
  std::string detail;
};

std::optional<Fault> fault_of_name(std::string_view what, std::string_view name, bool required,
                                   const EventLimits& limits) {
  if (required && name.empty()) return Fault{fmt::format("{}: empty", what), {}};
  if (name.size() > limits.name_bytes) {
    return Fault{fmt::format("{}: longer than {} bytes", what, limits.name_bytes),
                 fmt::format("{} bytes", name.size())};
  }
  return std::nullopt;
}

/// What the log cannot keep, or not be bounded with.
std::optional<Fault> fault_of_value(std::string_view what, const Value& value, std::uint32_t depth) {
  if (const Map* map = value.map()) {
    if (depth == 0) return Fault{fmt::format("{}: nested too deep", what), {}};
    for (const auto& [key, item] : *map) {
      if (key.string() == nullptr) return Fault{fmt::format("{}: a key is no string", what), describe(key)};
      if (auto fault = fault_of_value(what, item, depth - 1)) return fault;
    }
  } else if (const List* list = value.list()) {
    if (depth == 0) return Fault{fmt::format("{}: nested too deep", what), {}};
    for (const Value& item : *list) {
      if (auto fault = fault_of_value(what, item, depth - 1)) return fault;
    }
  }
  return std::nullopt;
}

std::optional<Fault> fault_of_record(std::string_view what, Value& value, const EventLimits& limits) {
  if (value.is_null()) value = Value(Map{});
  if (value.map() == nullptr) return Fault{fmt::format("{}: no map", what), describe(value)};
  return fault_of_value(what, value, limits.depth);
}

std::optional<Fault> fault_of(Event& event, const EventLimits& limits) {
  if (auto fault = fault_of_name("id", event.id, true, limits)) return fault;
  if (auto fault = fault_of_name("source", event.source, false, limits)) return fault;
  if (auto fault = fault_of_name("type", event.type, true, limits)) return fault;
  if (auto fault = fault_of_name("channel", event.channel, false, limits)) return fault;
  if (event.ids.empty()) return Fault{"ids: none given", {}};
  if (event.ids.size() > limits.ids) {
    return Fault{fmt::format("ids: more than {}", limits.ids), fmt::format("{}", event.ids.size())};
  }
  for (const Identifier& id : event.ids) {
    if (auto fault = fault_of_name("ids: a namespace", id.name_space, true, limits)) return fault;
    if (auto fault = fault_of_name("ids: an identifier", id.value, false, limits)) return fault;
  }
  if (event.time < kEarliest) return Fault{"time: before 1900", format_instant(event.time)};
  if (event.time > kLatest) return Fault{"time: after 9999", {}};
  if (auto fault = fault_of_record("properties", event.properties, limits)) return fault;
  return fault_of_record("traits", event.traits, limits);
}

/// As the log will have it: a value that JSON has no form for is replaced by its JSON form.
Event as_stored(std::string_view text) {
  std::string padded(text);
  padded.append(EventReader::padding, '\0');
  Result<Event> event = EventReader().read(std::string_view(padded).substr(0, text.size()));
  LOTSE_ASSERT(event);
  return *std::move(event);
}

}  // namespace

void prepare_events(std::vector<Event> events, Instant arrived, Duration future_tolerance,
                    const EventLimits& limits, Fingerprint fingerprint, Intake& prepared) {
  prepared.events = std::move(events);
  prepared.texts.clear();
  prepared.items.clear();
  prepared.rejected.clear();
  prepared.items.reserve(prepared.events.size());
  for (std::size_t index = 0; index < prepared.events.size(); ++index) {
    Event& event = prepared.events[index];
    const auto reject = [&](Fault fault) {
      prepared.rejected.push_back(
          {.index = index, .reason = std::move(fault.reason), .detail = std::move(fault.detail)});
    };
    if (auto fault = fault_of(event, limits)) {
      reject(*std::move(fault));
      continue;
    }
    const Instant claimed = event.time;
    event.arrived = arrived;
    event.from_future = claimed > arrived + future_tolerance;
    if (event.from_future) event.time = arrived;
    const std::size_t begin = prepared.texts.size();
    const EventText text = append_event(prepared.texts, event, claimed);
    const std::size_t end = prepared.texts.size();
    const std::string_view bytes = std::string_view(prepared.texts).substr(begin);
    std::optional<Fault> fault;
    if (bytes.size() > limits.bytes) {
      fault = Fault{fmt::format("larger than {} bytes", limits.bytes), fmt::format("{} bytes", bytes.size())};
    } else if (!is_utf8(bytes)) {
      fault = Fault{"text that is no UTF-8", {}};
    }
    if (fault) {
      prepared.texts.resize(begin);
      reject(*std::move(fault));
      continue;
    }
    if (!text.lossless) {
      std::string traceparent = std::move(event.traceparent);
      event = as_stored(bytes);
      event.traceparent = std::move(traceparent);
    }
    Intake::Item item{.index = index,
                      .begin = begin,
                      .end = end,
                      .key_begin = begin + text.key_begin,
                      .key_end = begin + text.key_end};
    item.fingerprint = fingerprint(prepared.key(item));
    prepared.items.push_back(item);
  }
}

}  // namespace lotse
