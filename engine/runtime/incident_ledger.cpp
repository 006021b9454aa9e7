#include "engine/runtime/incident_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/report/incidents_text.hpp"
#include "engine/store/event_text.hpp"

namespace lotse {
namespace {

/// Of closed ones the latest so many stay on record.
constexpr std::size_t closed_max = 1'000;

Result<Value> read_object(std::string text) {
  const std::size_t size = text.size();
  text.append(EventReader::padding, '\0');
  return read_json_object(std::string_view(text).substr(0, size));
}

Value document_of(const Incident& incident) {
  JsonWriter json;
  write_incident(json, incident);
  auto value = read_object(std::move(json).str());
  LOTSE_ASSERT(value);
  return *std::move(value);
}

std::string title_of(const Incident& incident, IncidentNews::What what) {
  const bool silence = incident.kind == IncidentKind::silence;
  const std::string& title = incident.title.empty() ? incident.label : incident.title;
  switch (what) {
    case IncidentNews::What::opened:
      return fmt::format("{}: {}", title, silence ? "nobody comes any more" : "more customers drop off");
    case IncidentNews::What::updated:
      return fmt::format("{}: still more customers drop off", title);
    case IncidentNews::What::closed:
      if (silence) return fmt::format("{}: customers come again", title);
      return fmt::format("{}: {}", title,
                         incident.recovered ? "drop-off has come down" : "nobody has come for four weeks");
  }
  LOTSE_ASSERT(false);
}

IncidentNews news_of(IncidentNews::What what, const IncidentRecord& record, const Incident& incident) {
  return {.what = what,
          .id = record.id,
          .journey = record.journey,
          .touchpoint = record.touchpoint,
          .title = title_of(incident, what),
          .sentence = incident_sentences(incident),
          .changes = record.changes};
}

std::string text_of(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  const std::string* text = value == nullptr ? nullptr : value->string();
  return text == nullptr ? std::string() : *text;
}

bool is_true(const Value& map, std::string_view key) {
  const Value* value = map.find(key);
  const bool* truth = value == nullptr ? nullptr : value->boolean();
  return truth != nullptr && *truth;
}

IncidentRecord record_of(const Value& map) {
  IncidentRecord record;
  record.id = text_of(map, "id");
  record.kind = text_of(map, "kind");
  record.journey = text_of(map, "journey");
  record.touchpoint = text_of(map, "touchpoint");
  record.opened = parse_instant(text_of(map, "opened")).value_or(Instant{});
  record.closed = parse_instant(text_of(map, "closed"));
  record.disproved = is_true(map, "disproved");
  if (const Value* changes = map.find("changes"))
    record.changes = static_cast<std::uint32_t>(changes->number().value_or(0));
  if (const Value* incident = map.find("incident")) record.incident = *incident;
  return record;
}

}  // namespace

Value value_of(const IncidentRecord& record) {
  return Value(Map{{Value("id"), Value(record.id)},
                   {Value("kind"), Value(record.kind)},
                   {Value("journey"), Value(record.journey)},
                   {Value("touchpoint"), Value(record.touchpoint)},
                   {Value("opened"), Value(format_instant(record.opened))},
                   {Value("closed"), record.closed ? Value(format_instant(*record.closed)) : Value()},
                   {Value("disproved"), Value(record.disproved)},
                   {Value("changes"), Value(std::int64_t{record.changes})},
                   {Value("incident"), record.incident}});
}

Result<IncidentLedger> IncidentLedger::read(std::string text) {
  IncidentLedger ledger;
  if (text.empty()) return ledger;
  LOTSE_TRY(const Value document, read_object(std::move(text)));
  const Value* records = document.find("incidents");
  const List* list = records == nullptr ? nullptr : records->list();
  if (list == nullptr) return fail(ErrorCode::storage, "the incidents on record cannot be read");
  for (const Value& record : *list) ledger.records_.push_back(record_of(record));
  return ledger;
}

std::string IncidentLedger::text() const {
  List list;
  for (const IncidentRecord& record : records_) list.push_back(value_of(record));
  return to_json(Value(Map{{Value("incidents"), Value(std::move(list))}}));
}

/// Its own record; else the open one of the same touchpoint and kind, if that is derived under no other
/// incident, and none has it yet: what came late has moved its beginning.
IncidentRecord* IncidentLedger::find(const Incident& incident, const std::vector<Incident>& derived,
                                     const std::vector<std::string>& taken) {
  const auto own = std::ranges::find(records_, incident.id, &IncidentRecord::id);
  if (own != records_.end()) return &*own;
  const auto moved = std::ranges::find_if(records_, [&](const IncidentRecord& record) {
    return !record.closed && record.kind == name(incident.kind) && record.journey == incident.journey &&
           record.touchpoint == incident.touchpoint &&
           (!incident.closed || *incident.closed >= record.opened) &&
           std::ranges::find(derived, record.id, &Incident::id) == derived.end() &&
           std::ranges::find(taken, record.id) == taken.end();
  });
  return moved == records_.end() ? nullptr : &*moved;
}

std::vector<IncidentNews> IncidentLedger::take(const std::vector<Incident>& derived, Instant now) {
  std::vector<IncidentNews> news;
  std::vector<std::string> seen;
  for (const Incident& incident : derived) {
    IncidentRecord* record = find(incident, derived, seen);
    const bool is_new = record == nullptr;
    if (is_new) {
      record = &records_.emplace_back();
      record->id = incident.id;
      record->kind = name(incident.kind);
      record->journey = incident.journey;
      record->touchpoint = incident.touchpoint;
      record->opened = incident.opened;
    }
    seen.push_back(record->id);
    const bool again = record->disproved && !incident.closed;  // what disproved it is disproved itself
    if (record->closed && !again) continue;
    const bool more = incident.changes > record->changes;
    record->incident = document_of(incident);
    record->closed = incident.closed;
    record->disproved = false;
    // Each news has a number of its own, whatever late events have taken back: receivers tell them apart by
    // it.
    const std::uint32_t next = record->changes + (again || (!is_new && incident.closed) ? 1 : 0);
    record->changes = std::max(next, incident.changes);
    if (is_new && incident.closed) continue;  // it was over before anybody looked
    if (incident.closed) {
      news.push_back(news_of(IncidentNews::What::closed, *record, incident));
    } else if (is_new || again) {
      news.push_back(news_of(IncidentNews::What::opened, *record, incident));
    } else if (more) {
      news.push_back(news_of(IncidentNews::What::updated, *record, incident));
    }
  }
  for (IncidentRecord& record : records_) {
    if (record.closed || std::ranges::find(seen, record.id) != seen.end()) continue;
    record.closed = now;
    record.disproved = true;
    ++record.changes;
    news.push_back(
        {.what = IncidentNews::What::closed,
         .id = record.id,
         .journey = record.journey,
         .touchpoint = record.touchpoint,
         .title = fmt::format("{}: no alert after all", text_of(record.incident, "label")),
         .sentence = fmt::format("What came late, or another version, has disproved the alert of {}.",
                                 format_instant(record.opened)),
         .changes = record.changes});
  }
  const auto closed = std::ranges::count_if(records_, [](const auto& one) { return one.closed.has_value(); });
  for (std::ptrdiff_t spare = closed - static_cast<std::ptrdiff_t>(closed_max); spare > 0; --spare) {
    records_.erase(std::ranges::find_if(records_, [](const auto& one) { return one.closed.has_value(); }));
  }
  return news;
}

std::vector<IncidentRecord> IncidentLedger::records() const {
  std::vector<IncidentRecord> records = records_;
  std::ranges::sort(records, [](const IncidentRecord& a, const IncidentRecord& b) {
    if (a.closed.has_value() != b.closed.has_value()) return !a.closed;
    return a.opened != b.opened ? a.opened > b.opened : a.id < b.id;
  });
  return records;
}

std::string_view name(IncidentNews::What what) {
  switch (what) {
    case IncidentNews::What::opened:
      return "opened";
    case IncidentNews::What::updated:
      return "updated";
    case IncidentNews::What::closed:
      return "closed";
  }
  LOTSE_ASSERT(false);
}

}  // namespace lotse
