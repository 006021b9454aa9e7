#include "engine/workbench/event_line.hpp"

#include "engine/base/quoted.hpp"

namespace lotse {

void append_event_line(std::string& out, const Event& event) {
  out += "{\"id\":";
  append_quoted(out, event.id);
  out += ",\"type\":";
  append_quoted(out, event.type);
  out += ",\"time\":\"";
  out += format_instant(event.time);
  out += "\",\"source\":";
  append_quoted(out, event.source);
  if (!event.channel.empty()) {
    out += ",\"channel\":";
    append_quoted(out, event.channel);
  }
  out += ",\"ids\":{";
  for (const Identifier& id : event.ids) {
    if (&id != &event.ids.front()) out += ',';
    append_quoted(out, id.name_space);
    out += ':';
    append_quoted(out, id.value);
  }
  out += '}';
  if (!event.properties.map()->empty()) {
    out += ",\"properties\":";
    out += to_json(event.properties);
  }
  if (!event.traits.map()->empty()) {
    out += ",\"traits\":";
    out += to_json(event.traits);
  }
  out += "}\n";
}

}  // namespace lotse
