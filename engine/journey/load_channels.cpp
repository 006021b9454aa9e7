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
  constexpr std::array<std::string_view, 3> keys{"from", "to", "policy"};
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
  if (!from || !to) return;
  if (*from == *to) {
    findings.error("J060", section.find("to")->mark,
                   "quiet hours begin and end at the same time: never or always?",
                   "leave `quiet_hours` out, or leave the channel's `purposes` out");
    return;
  }
  read.quiet_hours = QuietHours{*from, *to, drop};
}

void read_caps(Section& channel, Channel& read) {
  constexpr std::array<std::string_view, 3> keys{"count", "per", "purpose"};
  constexpr std::int64_t count_max = 1'000'000;
  for (const Node* item : channel.items("caps")) {
    Section section(channel.findings(), *item, "a cap");
    if (!section.is_mapping()) continue;
    section.allow(keys);
    section.require("count");
    section.require("per");
    const auto count = section.integer("count", 1, count_max);
    const auto per = section.duration("per");
    auto purpose = section.name("purpose", NameStyle::slug);
    if (count && per) read.caps.push_back({static_cast<std::uint32_t>(*count), *per, std::move(purpose)});
  }
}

Channel read_channel(Findings& findings, const yaml::Entry& entry) {
  constexpr std::array<std::string_view, 8> keys{"title", "adapter", "purposes", "quiet_hours",
                                                 "caps",  "human",   "webhook",  "smtp"};
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
  read_caps(section, channel);
  channel.human = section.boolean("human").value_or(false);
  read_outlets(section, channel);
  return channel;
}

}  // namespace

Loaded<Channels> load_channels(std::string_view file, std::string_view text, const FileLimits& limits) {
  constexpr std::array<std::string_view, 3> keys{"channels", "teams", "alerts"};
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
    channels.teams = read_teams(root);
    channels.alerts = read_alerts(root, channels.channels);
  }
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(channels), findings.take()};
}

}  // namespace lotse
