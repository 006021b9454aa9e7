#include <fmt/format.h>

#include <array>
#include <string_view>

#include "engine/report/json.hpp"
#include "engine/workbench/publish_plan.hpp"

namespace lotse {
namespace {

using Change = PublishPlan::Change;
using Fate = PublishPlan::Fate;

std::string_view word(VersionChange::What what) {
  constexpr std::array<std::string_view, 3> words = {"drained", "resumed", "stopped"};
  return words.at(static_cast<std::size_t>(what));
}

std::string_view word(Fate fate) {
  constexpr std::array<std::string_view, 5> words = {"stays", "unplaced", "moves", "exits", "opens"};
  return words.at(static_cast<std::size_t>(fate));
}

std::string since(Instant in_force) {
  return in_force == Instant::min() ? std::string("in force for ever")
                                    : "in force from " + format_instant(in_force);
}

std::string title(const Change& change) {
  std::string text;
  for (const PublishPlan::Version& version : change.published) {
    text += fmt::format("{} version {}: new, {} ({})\n", change.journey, version.number,
                        since(version.in_force), version.file);
  }
  if (change.change) {
    text += fmt::format("{} version {}: to be {}\n", change.journey, change.change->version,
                        word(change.change->what));
  }
  return text;
}

std::string becomes(const PublishPlan::Group& group) {
  switch (group.fate) {
    case Fate::stays:
      return "stays";
    case Fate::unplaced:
      return "stays: the newer version has no place for it";
    case Fate::moves:
    case Fate::opens:
      return fmt::format("{}version {}, {}", group.fate == Fate::opens ? "opens: " : "", group.to_version,
                         group.to);
    case Fate::exits:
      return "exits";
  }
  return {};
}

std::string counts(const Change& change) {
  std::string text = fmt::format("{} stay, {} move, {} find no place, {} exit",
                                 grouped(change.count(Fate::stays)), grouped(change.count(Fate::moves)),
                                 grouped(change.count(Fate::unplaced)), grouped(change.count(Fate::exits)));
  if (const std::uint64_t opens = change.count(Fate::opens); opens > 0)
    text += fmt::format(", {} open", grouped(opens));
  return text;
}

std::string list(const std::map<PublishPlan::Sending, std::uint64_t>& sendings) {
  std::string text;
  for (const auto& [sending, count] : sendings) {
    text += fmt::format("{}{}{} {}", text.empty() ? "" : ", ", sending.task ? "task " : "",
                        sending.touchpoint, grouped(count));
  }
  return text.empty() ? "nothing" : text;
}

std::string text_of(const Change& change, const TextStyle& style) {
  std::string text = title(change) + "  instances: " + counts(change) + "\n";
  TextTable table;
  table.column("  version", TextTable::Align::left);
  table.column("position", TextTable::Align::left);
  table.column("instances", TextTable::Align::right);
  table.column("becomes", TextTable::Align::left);
  for (const auto& [group, count] : change.instances) {
    table.row({group.version == 0 ? "  none" : fmt::format("  {}", group.version), group.position,
               grouped(count), becomes(group)});
  }
  if (!table.empty()) text += table.text(style.width);
  return text + "  sent at once: " + list(change.sent) + "\n  withdrawn: " + list(change.withdrawn) + "\n";
}

void write(JsonWriter& json, const PublishPlan::Group& group, std::uint64_t count) {
  json.begin_object().field("fate", word(group.fate)).field("count", count);
  if (group.fate != Fate::opens)
    json.field("version", std::uint64_t{group.version}).field("position", group.position);
  if (group.to_version != 0) json.field("to_version", std::uint64_t{group.to_version}).field("to", group.to);
  json.end_object();
}

void write(JsonWriter& json, std::string_view name,
           const std::map<PublishPlan::Sending, std::uint64_t>& sendings) {
  json.key(name).begin_array();
  for (const auto& [sending, count] : sendings) {
    json.begin_object()
        .field("touchpoint", sending.touchpoint)
        .field("kind", sending.task ? "task" : "message")
        .field("count", count)
        .end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, const Change& change) {
  json.begin_object().field("journey", change.journey).key("published").begin_array();
  for (const PublishPlan::Version& version : change.published) {
    json.begin_object()
        .field("version", std::uint64_t{version.number})
        .field("in_force", version.in_force == Instant::min()
                               ? std::nullopt
                               : std::optional<std::string>(format_instant(version.in_force)))
        .field("file", version.file)
        .end_object();
  }
  json.end_array();
  if (change.change) {
    json.key("change")
        .begin_object()
        .field("version", std::uint64_t{change.change->version})
        .field("what", word(change.change->what))
        .end_object();
  }
  json.key("counts").begin_object();
  for (const Fate fate : {Fate::stays, Fate::unplaced, Fate::moves, Fate::exits, Fate::opens})
    json.field(word(fate), change.count(fate));
  json.end_object().key("instances").begin_array();
  for (const auto& [group, count] : change.instances) write(json, group, count);
  json.end_array();
  write(json, "sent", change.sent);
  write(json, "withdrawn", change.withdrawn);
  json.end_object();
}

}  // namespace

std::string publish_plan_text(const PublishPlan& plan, const TextStyle& style) {
  if (plan.changes.empty()) return "nothing to publish: the store knows every version of the workspace\n";
  std::string text;
  for (const Change& change : plan.changes) text += text_of(change, style) + "\n";
  return text + "As of " + format_instant(plan.as_of) + ".\n";
}

std::string publish_plan_json(const PublishPlan& plan) {
  JsonWriter json;
  json.begin_object().field("as_of", format_instant(plan.as_of)).key("changes").begin_array();
  for (const Change& change : plan.changes) write(json, change);
  return std::move(json.end_array().end_object()).str();
}

}  // namespace lotse
