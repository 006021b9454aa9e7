#include <fmt/format.h>

#include <array>

#include "engine/report/friction_text.hpp"
#include "engine/report/json.hpp"
#include "engine/workbench/backtest_text.hpp"

namespace lotse::backtest {
namespace {

constexpr std::array kinds{
    "end", "outcome", "place", "way", "message_more", "message_less", "message_at_other_time", "promise"};

void write(JsonWriter& json, const Totals& totals) {
  json.field("customers", totals.customers).field("entered", totals.instances);
  for (const End end : {End::active, End::achieved, End::exited, End::dropped})
    json.field(word(end), totals.ends[static_cast<std::size_t>(end)]);
  json.key("outcomes").begin_object();
  for (const auto& [outcome, count] : totals.outcomes)
    json.field(outcome.empty() ? std::string_view("(restarted)") : std::string_view(outcome), count);
  json.end_object();
  json.key("touchpoints").begin_array();
  for (const TouchpointCount& touchpoint : totals.touchpoints) {
    json.begin_object().field("id", touchpoint.id).field("reached", touchpoint.reached);
    json.field("standing", touchpoint.standing).field("dropped", touchpoint.dropped).end_object();
  }
  json.end_array();
  json.key("promises").begin_array();
  for (const auto& [name, count] : totals.promises) {
    json.begin_object().field("name", name).field("kept", count.kept).field("broken", count.broken);
    json.field("open", count.open).field("released", count.released).end_object();
  }
  json.end_array();
}

/// With the friction report as `lotse report friction --format json` has it.
void write(JsonWriter& json, const Version& version) {
  json.begin_object().field("file", version.file).field("version", std::uint64_t{version.number});
  write(json, version.totals);
  std::string friction = friction_json(version.friction);
  friction.pop_back();  // the newline
  json.key("friction").raw(friction).end_object();
}

void write(JsonWriter& json, const ChangeCount& count) {
  const Change& change = count.change;
  json.begin_object().field("kind", kinds.at(static_cast<std::size_t>(change.kind)));
  json.field("text", sentence(change));
  if (!change.subject.empty()) json.field("subject", change.subject);
  if (!change.before.empty()) json.field("before", change.before);
  if (!change.after.empty()) json.field("after", change.after);
  json.field("journeys", count.instances).field("times", count.times);
  json.key("examples").begin_array();
  for (const Example& example : count.examples) {
    json.begin_object().field("customer", example.customer);
    if (!example.key.empty()) json.field("key", example.key);
    json.field("opened", format_instant(example.opened)).end_object();
  }
  json.end_array().end_object();
}

void write(JsonWriter& json, const Comparison& against) {
  json.begin_object().field("journeys", against.instances).field("changed", against.changed);
  json.field("customers_changed", against.customers_changed);
  json.key("ends").begin_object();
  for (std::size_t i = 0; i < end_count; ++i) {
    json.key(word(static_cast<End>(i))).begin_object();
    for (std::size_t k = 0; k < end_count; ++k) json.field(word(static_cast<End>(k)), against.ends[i][k]);
    json.end_object();
  }
  json.end_object();
  json.key("changes").begin_array();
  for (const ChangeCount& count : against.changes) write(json, count);
  json.end_array();
  json.key("segments").begin_array();
  for (const SegmentCount& count : against.segments) {
    json.begin_object().field("segment", count.segment).field("value", count.value);
    json.field("journeys", count.instances).field("changed", count.changed).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string report_json(const Report& report) {
  JsonWriter json;
  json.begin_object().field("journey", report.journey).field("title", report.title);
  json.field("events", report.events).field("customers", report.customers);
  json.field("first_event", format_instant(report.first)).field("as_of", format_instant(report.as_of));
  json.key("left_out").begin_object().field("duplicates", report.duplicates);
  json.field("from_future", report.from_future).field("nobodys", report.nobodys);
  json.field("rejected", report.rejected).end_object();
  json.field("caveat", caveat());
  write(json.key("after"), report.after);
  if (report.before) write(json.key("before"), *report.before);
  if (report.against) write(json.key("against"), *report.against);
  return std::move(json.end_object()).str();
}

}  // namespace lotse::backtest
