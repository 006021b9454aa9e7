#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/journey/findings.hpp"
#include "engine/journey/read_outlets.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Node;

namespace {

void read_quiet_hours(Section& channel, Channel& read) {
  const Node* node = channel.find("quiet_hours");
  if (node == nullptr) return;
  constexpr std::array<std::string_view, 4> keys{"from", "to", "policy", "holidays"};
  Findings& findings = channel.findings();
  Section section(findings, *node, "`quiet_hours`");
  if (!section.is_mapping()) return;
  section.allow(keys);
  section.require("from");
  section.require("to");
  const auto from = section.local_time("from");
  const auto to = section.local_time("to");
  constexpr std::array<std::string_view, 2> policies{"defer", "drop"};
  const bool drop = section.choice("policy", policies) == 1;
  const bool holidays = section.boolean("holidays").value_or(false);
  if (!from || !to) return;
  if (*from == *to) {
    findings.error("J060", section.find("to")->mark,
                   "quiet hours begin and end at the same time: never or always?",
                   "leave `quiet_hours` out, or leave the channel's `purposes` out");
    return;
  }
  read.quiet_hours = QuietHours{*from, *to, drop, holidays};
}

void read_caps(Section& within, std::vector<FrequencyCap>& read) {
  constexpr std::array<std::string_view, 3> keys{"count", "per", "purpose"};
  constexpr std::int64_t count_max = 1'000'000;
  for (const Node* item : within.items("caps")) {
    Section section(within.findings(), *item, "a cap");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("count");
    section.require("per");
    const auto count = section.integer("count", 1, count_max);
    const auto per = section.duration("per");
    auto purpose = section.name("purpose", NameStyle::slug);
    if (count && per) read.push_back({static_cast<std::uint32_t>(*count), *per, std::move(purpose)});
  }
}

Channel read_channel(Findings& findings, const yaml::Entry& entry) {
  constexpr std::array<std::string_view, 9> keys{"title", "adapter", "purposes", "quiet_hours", "caps",
                                                 "human", "address", "webhook",  "smtp"};
  constexpr std::array<std::string_view, 4> adapters{"none", "log", "webhook", "smtp"};
  Channel channel;
  channel.id = entry.key->text;
  channel.where = findings.location(entry.key->mark);
  Section section(findings, *entry.value, fmt::format("channel `{}`", channel.id));
  if (!section.is_mapping()) return channel;
  section.allow(keys);
  channel.title = section.text("title").value_or(channel.id);
  channel.adapter = adapters[section.choice("adapter", adapters).value_or(0)];
  for (const Node* purpose : section.names("purposes", NameStyle::slug))
    channel.purposes.push_back(purpose->text);
  read_quiet_hours(section, channel);
  read_caps(section, channel.caps);
  channel.human = section.boolean("human").value_or(false);
  channel.address = section.text("address");
  if (!channel.address && channel.adapter == "smtp") channel.address = "email";
  read_outlets(section, channel);
  return channel;
}

std::vector<Purpose> read_purposes(Section& root) {
  constexpr std::array<std::string_view, 1> keys{"consent"};
  constexpr std::array<std::string_view, 2> consents{"opt_in", "opt_out"};
  std::vector<Purpose> purposes;
  if (root.find("purposes") == nullptr) return purposes;
  for (const yaml::Entry& entry : root.entries("purposes", NameStyle::slug)) {
    Section section(root.findings(), *entry.value, fmt::format("purpose `{}`", entry.key->text));
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("consent");
    purposes.push_back({entry.key->text, section.choice("consent", consents) != 1});
  }
  return purposes;
}

bool is_date(const std::string& text) {
  constexpr std::size_t length = std::string_view("2026-12-25").size();
  return text.size() == length && parse_instant(text + "T00:00:00Z");
}

std::vector<std::string> read_holidays(Section& root) {
  Findings& findings = root.findings();
  std::vector<std::string> holidays;
  std::vector<const Node*> read;
  for (const Node* item : root.items("holidays")) {
    if (!shape::is_text(findings, *item, "a holiday")) continue;
    read.push_back(item);
    holidays.push_back(item->text);
    if (is_date(item->text)) continue;
    findings.error("J069", item->mark, fmt::format("`{}` is no date", item->text),
                   "write year, month and day: 2026-12-25");
  }
  shape::refuse_repetitions(findings, read, "`holidays`");
  return holidays;
}

}  // namespace

Loaded<Channels> load_channels(std::string_view file, std::string_view text, const FileLimits& limits) {
  constexpr std::array<std::string_view, 6> keys{"channels", "purposes", "caps",
                                                 "holidays", "teams",    "alerts"};
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  Channels channels;
  channels.file = file;
  Section root(findings, document->root(), "a channels file");
  if (root.is_mapping()) {
    root.allow(keys);
    root.require("channels");
    for (const yaml::Entry& entry : root.entries("channels", NameStyle::slug)) {
      channels.channels.push_back(read_channel(findings, entry));
    }
    channels.purposes = read_purposes(root);
    read_caps(root, channels.caps);
    channels.holidays = read_holidays(root);
    channels.teams = read_teams(root);
    channels.alerts = read_alerts(root, channels.channels);
  }
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(channels), findings.take()};
}

}  // namespace lotse
