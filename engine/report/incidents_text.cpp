#include "engine/report/incidents_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr std::string_view dash = "–";

std::string_view words_of(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::drop_off:
      return "drop-off";
    case IncidentKind::silence:
      return "silence";
  }
  LOTSE_ASSERT(false);
}

std::string date(Instant at) { return format_instant(std::chrono::floor<std::chrono::seconds>(at)); }

/// Customers lost can be none, or fewer than none.
std::string whole_number(double number) { return fmt::format("{:.0f}", std::round(number) + 0.0); }

std::string part_text(const IncidentPart& part) {
  return fmt::format("{} {} ({}, {} before)", part.cut, part.value, percent(part.since()),
                     percent(part.before));
}

std::string subject_of(const Incident& incident) {
  if (incident.whole || incident.parts.empty()) return incident.label;
  const IncidentPart& lead = incident.parts.front();
  return fmt::format("{}, {} {}", incident.label, lead.cut, lead.value);
}

/// The part that the figures are about is in the subject already.
std::span<const IncidentPart> further_parts(const Incident& incident) {
  const std::span<const IncidentPart> parts = incident.parts;
  return incident.whole || parts.empty() ? parts : parts.subspan(1);
}

std::string item(const Incident& incident, std::size_t number, const TextStyle& style) {
  constexpr std::size_t indent = 5;
  const auto paragraph = [&](const std::string& before, const std::string& text) {
    return before + wrapped(text, style.width, indent, indent) + "\n";
  };
  const std::string spaces(indent, ' ');
  std::string more = consequence_sentence(incident);
  if (const std::string parts = parts_sentence(incident); !parts.empty()) more += " " + parts;
  std::string last = guarantee_sentence(incident);
  if (!incident.owner.empty()) last += fmt::format(" Owner: {}.", incident.owner);
  return paragraph(fmt::format("{:>3}. ", number),
                   fmt::format("{}  {}: {}", words_of(incident.kind), subject_of(incident),
                               evidence_sentence(incident))) +
         paragraph(spaces, more) + paragraph(spaces, last);
}

std::string state_of(const WatchedPlace& place) {
  if (place.streams > 0) return "watched";
  if (place.from) return fmt::format("from {}", date(*place.from));
  return fmt::format("needs {} more", count_of(place.needed, "stay"));
}

TextTable watched_table(const Incidents& report) {
  using Align = TextTable::Align;
  TextTable table;
  table.column("touchpoint", Align::left, 28);
  table.column("baseline %", Align::right);
  table.column("of stays", Align::right);
  table.column("streams", Align::right);
  table.column("", Align::left);
  for (const WatchedPlace& place : report.places) {
    const bool watched = place.streams > 0;
    const bool known = watched && (place.by_target || place.reference.n > 0);
    const double rate = place.by_target ? place.reference.x : place.reference.rate();
    table.row({place.label, known ? percent_figure(rate) : std::string(dash),
               place.by_target ? "target"
               : known         ? grouped(static_cast<std::uint64_t>(place.reference.n))
                               : std::string(dash),
               grouped(place.streams), state_of(place)});
  }
  return table;
}

std::vector<std::string> notes(const Incidents& report) {
  return {
      fmt::format(
          "Watched now: {} for more drop-off, {} for silence, of all journeys together. Of each kind, "
          "chance alone raises an alert in fewer than one month in ten.",
          count_of(report.streams, "stream"), count_of(report.touchpoints, "touchpoint")),
      "A stay is looked at once, when the silence that counts as leaving has passed since it was entered: a "
      "slowdown is no alert.",
      "A stream is held against its own stays of four weeks that ended a week before, without the weeks of "
      "earlier incidents; against the target where the file has one.",
      "What comes late may change what has been said: an alert is by what was known then."};
}

std::string head_of(const Incidents& report) {
  return fmt::format("Alerts of {} ({}), as of {}", report.title, report.journey,
                     format_instant(report.as_of));
}

std::vector<const Incident*> those(const Incidents& report, bool closed) {
  std::vector<const Incident*> list;
  for (const Incident& incident : report.incidents) {
    if (incident.closed.has_value() == closed) list.push_back(&incident);
  }
  return list;
}

std::string instant_or_empty(const std::optional<Instant>& at) { return at ? format_instant(*at) : ""; }

void write(JsonWriter& json, std::string_view key, const std::optional<Instant>& at) {
  json.key(key);
  at ? json.value(format_instant(*at)) : json.null();
}

}  // namespace

std::string evidence_sentence(const Incident& incident) {
  if (incident.kind == IncidentKind::silence) {
    return fmt::format("nobody came {} {}, where {} would have by the four weeks before.",
                       incident.closed ? "after" : "since", date(incident.started),
                       estimated(incident.expected));
  }
  return fmt::format("{} of {} dropped off {} {}, {} {}.", percent(incident.since()),
                     count_of(incident.scored, "stay"), incident.recovered ? "from" : "since",
                     incident.recovered
                         ? fmt::format("{} to {}", date(incident.started), date(*incident.recovered))
                         : date(incident.started),
                     percent(incident.before), incident.by_target ? "is the target" : "before");
}

std::string consequence_sentence(const Incident& incident) {
  std::string text;
  if (incident.kind == IncidentKind::drop_off) {
    text = fmt::format("About {} lost beyond it [{}, {}]. ", whole_number(incident.lost),
                       whole_number(incident.lost_interval.low), whole_number(incident.lost_interval.high));
  }
  text += fmt::format("Noticed {}", date(incident.opened));
  if (incident.closed && incident.kind == IncidentKind::drop_off && !incident.recovered) {
    return text + fmt::format("; closed {}, for nobody has come for four weeks.", date(*incident.closed));
  }
  return text + (incident.closed ? fmt::format("; over, noticed {}.", date(*incident.closed)) : ".");
}

std::string parts_sentence(const Incident& incident) {
  const auto parts = further_parts(incident);
  if (parts.empty()) return {};
  std::string text = "Worse in";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? " " : ", ") + part_text(parts[i]);
  return text + ".";
}

std::string guarantee_sentence(const Incident& incident) {
  if (incident.kind == IncidentKind::silence) {
    return fmt::format(
        "If customers came as before, a silence like this at any of {} would be seen in fewer "
        "than one month in ten.",
        incident.watched == 1 ? "the touchpoints watched (there is one)"
                              : fmt::format("the {} touchpoints watched", incident.watched));
  }
  return fmt::format("If {}, an alert like this in any of the {} would come in fewer than one month in ten.",
                     incident.by_target ? "drop-off were no more than its target" : "nothing had changed",
                     incident.watched == 1 ? "watched streams (there is one)"
                                           : fmt::format("{} watched streams", incident.watched));
}

std::string incident_sentences(const Incident& incident) {
  std::string text = fmt::format("{}: {} {}", subject_of(incident), evidence_sentence(incident),
                                 consequence_sentence(incident));
  if (const std::string parts = parts_sentence(incident); !parts.empty()) text += " " + parts;
  return text + " " + guarantee_sentence(incident);
}

std::string incidents_table(const Incidents& report, const TextStyle& style) {
  const auto head = [&](std::string_view text) {
    return style.color ? fmt::format("\x1b[1m{}\x1b[0m\n", text) : fmt::format("{}\n", text);
  };
  std::string out = head(wrapped(head_of(report), style.width));
  for (const bool closed : {false, true}) {
    const std::vector<const Incident*> list = those(report, closed);
    if (closed && list.empty()) continue;
    out += "\n" + head(closed ? "OVER" : "OPEN");
    if (list.empty()) out += "None.\n";
    for (std::size_t i = 0; i < list.size(); ++i) out += item(*list[i], i + 1, style);
  }
  const TextTable watched = watched_table(report);
  if (!watched.empty()) out += "\n" + head("WATCHED FOR MORE DROP-OFF") + watched.text(style.width);
  out += "\n" + head("WHAT THIS RESTS ON");
  for (const std::string& note : notes(report)) out += "- " + wrapped(note, style.width, 2, 2) + "\n";
  return out;
}

std::string incidents_markdown(const Incidents& report) {
  std::string out = fmt::format("# Alerts of {}\n\nJourney `{}`, as of {}.\n", markdown_escaped(report.title),
                                report.journey, format_instant(report.as_of));
  for (const bool closed : {false, true}) {
    const std::vector<const Incident*> list = those(report, closed);
    if (closed && list.empty()) continue;
    out += closed ? "\n## Over\n\n" : "\n## Open\n\n";
    if (list.empty()) out += "None.\n";
    for (const Incident* incident : list) {
      out += fmt::format("- **{}** {}", words_of(incident->kind),
                         markdown_escaped(incident_sentences(*incident)));
      if (!incident->owner.empty()) out += fmt::format(" Owner: {}.", markdown_escaped(incident->owner));
      out += "\n";
    }
  }
  if (const TextTable watched = watched_table(report); !watched.empty()) {
    out += "\n## Watched for more drop-off\n\n" + watched.markdown();
  }
  out += "\n## What this rests on\n\n";
  for (const std::string& note : notes(report)) out += fmt::format("- {}\n", markdown_escaped(note));
  return out;
}

std::string incidents_csv(const Incidents& report) {
  Csv csv;
  for (const char* head :
       {"id",      "kind",     "journey",   "touchpoint", "label",  "owner",  "started", "opened",
        "updated", "closed",   "recovered", "whole",      "before", "since",  "scored",  "dropped",
        "lost",    "lost_low", "lost_high", "expected",   "parts",  "watched"}) {
    csv.text(head);
  }
  csv.end_row();
  for (const Incident& incident : report.incidents) {
    csv.text(incident.id).text(name(incident.kind)).text(incident.journey).text(incident.touchpoint);
    csv.text(incident.label).text(incident.owner).text(format_instant(incident.started));
    csv.text(format_instant(incident.opened)).text(format_instant(incident.updated));
    csv.text(instant_or_empty(incident.closed)).text(instant_or_empty(incident.recovered));
    csv.text(incident.whole ? "true" : "false");
    if (incident.kind == IncidentKind::drop_off) {
      csv.number(incident.before).number(incident.since()).number(incident.scored).number(incident.dropped);
      csv.number(incident.lost)
          .number(incident.lost_interval.low)
          .number(incident.lost_interval.high)
          .empty();
    } else {
      for (int i = 0; i < 7; ++i) csv.empty();
      csv.number(incident.expected);
    }
    std::string parts;
    for (const IncidentPart& part : incident.parts) {
      parts += (parts.empty() ? "" : "; ") + part.cut + " " + part.value;
    }
    csv.text(parts).number(incident.watched).end_row();
  }
  return csv.str();
}

void write_incident(JsonWriter& json, const Incident& incident) {
  const bool drop_off = incident.kind == IncidentKind::drop_off;
  json.begin_object().field("id", incident.id).field("kind", name(incident.kind));
  json.field("journey", incident.journey).field("touchpoint", incident.touchpoint);
  json.field("label", incident.label).field("title", incident.title).field("owner", incident.owner);
  json.field("started", format_instant(incident.started)).field("opened", format_instant(incident.opened));
  json.field("updated", format_instant(incident.updated));
  write(json, "closed", incident.closed);
  write(json, "recovered", incident.recovered);
  json.field("changes", std::uint64_t{incident.changes});
  json.key("drop_off");
  if (drop_off) {
    json.begin_object().field("whole", incident.whole).field("by_target", incident.by_target);
    json.field("before", incident.before).field("since", incident.since());
    json.field("scored", incident.scored).field("dropped", incident.dropped).field("lost", incident.lost);
    json.key("lost_interval")
        .raw(fmt::format("[{}, {}]", json_number(incident.lost_interval.low),
                         json_number(incident.lost_interval.high)));
    json.key("parts").begin_array();
    for (const IncidentPart& part : incident.parts) {
      json.begin_object().field("cut", part.cut).field("value", part.value);
      json.field("joined", format_instant(part.joined))
          .field("before", part.before)
          .field("since", part.since());
      json.field("scored", part.scored).field("dropped", part.dropped).end_object();
    }
    json.end_array().end_object();
  } else {
    json.null();
  }
  json.key("silence");
  if (drop_off) {
    json.null();
  } else {
    json.begin_object()
        .field("expected", incident.expected)
        .field("dispersion", incident.dispersion)
        .end_object();
  }
  json.field("threshold", incident.threshold).field("watched", incident.watched);
  json.field("sentence", incident_sentences(incident)).end_object();
}

std::string incidents_json(const Incidents& report) {
  JsonWriter json;
  json.begin_object().field("report", "incidents").field("format", std::uint64_t{1});
  json.field("journey", report.journey)
      .field("title", report.title)
      .field("as_of", format_instant(report.as_of));
  json.field("streams", report.streams).field("touchpoints", report.touchpoints);
  json.key("incidents").begin_array();
  for (const Incident& incident : report.incidents) write_incident(json, incident);
  json.end_array().key("watched").begin_array();
  for (const WatchedPlace& place : report.places) {
    const bool watched = place.streams > 0;
    json.begin_object()
        .field("label", place.label)
        .field("title", place.title)
        .field("streams", place.streams);
    json.field("by_target", place.by_target).key("baseline");
    watched && (place.by_target || place.reference.n > 0)
        ? json.value(place.by_target ? place.reference.x : place.reference.rate())
        : json.null();
    json.key("reference");
    watched && !place.by_target ? json.value(static_cast<std::uint64_t>(place.reference.n)) : json.null();
    json.field("needed", place.needed);
    write(json, "from", place.from);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
