#include "engine/report/customer_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/report/customer.hpp"

namespace lotse {
namespace {

void add(Map& map, const char* key, Value value) { map.emplace_back(Value(key), std::move(value)); }

Value identifier_value(const Identifier& identifier) {
  Map map;
  add(map, "namespace", Value(identifier.name_space));
  add(map, "value", Value(identifier.value));
  return Value(std::move(map));
}

Value identifiers_value(const std::vector<Identifier>& identifiers) {
  List list;
  for (const Identifier& identifier : identifiers) list.push_back(identifier_value(identifier));
  return Value(std::move(list));
}

Value events_value(const std::vector<ReceivedEvent>& events) {
  List list;
  for (const auto& [event, claimed] : events) {
    Map map;
    add(map, "id", Value(event.id));
    add(map, "source", Value(event.source));
    add(map, "type", Value(event.type));
    add(map, "channel", Value(event.channel));
    add(map, "time", Value(format_instant(event.time)));
    if (claimed) add(map, "claimed_time", Value(format_instant(*claimed)));
    add(map, "arrived", Value(format_instant(event.arrived)));
    add(map, "ids", identifiers_value(event.ids));
    add(map, "properties", event.properties);
    add(map, "traits", event.traits);
    list.push_back(Value(std::move(map)));
  }
  return Value(std::move(list));
}

Value refused_value(const std::vector<CustomerRecord::Refused>& refused) {
  List list;
  for (const CustomerRecord::Refused& link : refused) {
    Map map;
    add(map, "primary", identifier_value(link.primary));
    add(map, "other", identifier_value(link.other));
    add(map, "since", Value(format_instant(link.since)));
    add(map, "reason", Value(link.reason));
    list.push_back(Value(std::move(map)));
  }
  return Value(std::move(list));
}

/// The events' first and last, by their own time.
void add_span(Map& map, const std::vector<ReceivedEvent>& events) {
  if (events.empty()) return;
  add(map, "first_seen", Value(format_instant(events.front().event.time)));
  add(map, "last_seen", Value(format_instant(events.back().event.time)));
}

}  // namespace

std::string customer_export(const CustomerRecord& record, const Tracker& tracker, Instant as_of) {
  std::vector<Event> events;
  for (const ReceivedEvent& one : record.events) events.push_back(one.event);
  TraceList trace;
  CustomerReport report;
  report.state = tracker.derive(record.state.customer, events, as_of, &trace);
  report.identifiers = record.identifiers;
  report.consents = consents_of(events);
  report.trace = trace.take();
  report.journeys = &tracker.journeys();
  report.as_of = as_of;
  report.sensitive = true;

  Map head;
  add(head, "customer", Value(record.state.customer));
  add(head, "exported", Value(format_instant(as_of)));
  add_span(head, record.events);
  add(head, "identifiers", identifiers_value(record.identifiers));
  add(head, "refused_links", refused_value(record.refused));
  add(head, "events", events_value(record.events));
  add(head, "conflicts", events_value(record.conflicts));
  std::string json = to_json(Value(std::move(head)));
  json.pop_back();
  return fmt::format("{},\"state\":{}}}", json, customer_json(report));
}

}  // namespace lotse
