#include "engine/journey/read_outlets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "engine/journey/mailbox.hpp"

namespace lotse {

using shape::NameStyle;
using shape::Section;
using yaml::Node;

namespace {

constexpr const char* code = "J080";

/// What follows `scheme` is a host and more, in visible ASCII, without a name or password.
bool is_url(std::string_view url, std::string_view scheme) {
  if (!url.starts_with(scheme) || url.size() == scheme.size()) return false;
  url.remove_prefix(scheme.size());
  const std::string_view host = url.substr(0, url.find_first_of("/?#"));
  return !host.empty() && !host.starts_with(':') && host.find('@') == std::string_view::npos &&
         url.find('#') == std::string_view::npos &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

std::optional<Duration> read_timeout(Section& section) {
  using namespace std::chrono_literals;
  const auto timeout = section.duration("timeout");
  if (!timeout || (*timeout >= 1s && *timeout <= 5min)) return timeout;
  section.findings().error(code, section.find("timeout")->mark,
                           fmt::format("nobody is waited for {}", format_duration(*timeout)),
                           "write from 1s to 5m");
  return std::nullopt;
}

void check_webhook_url(Section& section, const WebhookSettings& read) {
  const bool secure = is_url(read.url, "https://");
  if (secure || (read.private_addresses && is_url(read.url, "http://"))) return;
  if (is_url(read.url, "http://")) {
    section.findings().error(code, section.find("url")->mark, "personal data would be posted in the clear",
                             "write https://; in your own network add `private_addresses: true`");
  } else {
    section.findings().error(code, section.find("url")->mark, fmt::format("`{}` is no web address", read.url),
                             "write it as https://host/path, without a name or password");
  }
}

std::optional<WebhookSettings> read_webhook(Section& parent) {
  const Node* node = parent.find("webhook");
  if (node == nullptr) return std::nullopt;
  constexpr std::array<std::string_view, 4> keys{"url", "secrets", "private_addresses", "timeout"};
  Section section(parent.findings(), *node, "`webhook`");
  if (!section.is_mapping()) return std::nullopt;
  section.allow(keys);
  section.require("url");
  section.require("secrets");
  WebhookSettings read;
  for (const Node* variable : section.names("secrets", NameStyle::variable))
    read.secrets.push_back(variable->text);
  read.private_addresses = section.boolean("private_addresses").value_or(false);
  read.timeout = read_timeout(section).value_or(read.timeout);
  if (auto url = section.text("url")) {
    read.url = *std::move(url);
    check_webhook_url(section, read);
  }
  return read;
}

void check_smtp(Section& section, const SmtpSettings& read) {
  Findings& findings = section.findings();
  const bool secure = is_url(read.url, "smtps://");
  if (!read.url.empty() && !secure && !is_url(read.url, "smtp://")) {
    findings.error(code, section.find("url")->mark, fmt::format("`{}` is no mail server", read.url),
                   "write it as smtp://host:587 or smtps://host:465, without a name or password");
  }
  if (!read.from.empty() && !parse_mailbox(read.from)) {
    findings.error(code, section.find("from")->mark, fmt::format("`{}` is no mailbox", read.from),
                   "write it as \"Example <hello@example.net>\"");
  }
  if (read.password && read.tls != SmtpTls::required && !secure) {
    findings.error(code, section.find("password")->mark, "the password could be sent in the clear",
                   "leave `tls` out: it is required then");
  }
}

std::optional<SmtpSettings> read_smtp(Section& parent) {
  const Node* node = parent.find("smtp");
  if (node == nullptr) return std::nullopt;
  constexpr std::array<std::string_view, 6> keys{"url", "from", "tls", "user", "password", "timeout"};
  constexpr std::array<std::string_view, 3> tls{"required", "opportunistic", "none"};
  Section section(parent.findings(), *node, "`smtp`");
  if (!section.is_mapping()) return std::nullopt;
  section.allow(keys);
  section.require("url");
  section.require("from");
  SmtpSettings read;
  read.url = section.text("url").value_or("");
  read.from = section.text("from").value_or("");
  read.tls = static_cast<SmtpTls>(section.choice("tls", tls).value_or(0));
  read.user = section.name("user", NameStyle::variable);
  read.password = section.name("password", NameStyle::variable);
  read.timeout = read_timeout(section).value_or(read.timeout);
  check_smtp(section, read);
  return read;
}

/// Settings that no adapter reads are a slip.
void check_used(Section& section, const Channel& channel, std::string_view key) {
  if (section.find(key) == nullptr || channel.adapter == key) return;
  section.findings().warning(code, section.find(key)->mark,
                             fmt::format("`{}` is not read: the adapter is `{}`", key, channel.adapter),
                             fmt::format("write `adapter: {}`", key));
}

}  // namespace

void read_outlets(Section& section, Channel& channel) {
  channel.webhook = read_webhook(section);
  channel.smtp = read_smtp(section);
  check_used(section, channel, "webhook");
  check_used(section, channel, "smtp");
}

std::vector<Team> read_teams(Section& root) {
  constexpr std::array<std::string_view, 3> keys{"title", "webhook", "cost"};
  constexpr double most_cost = 1e12;
  std::vector<Team> teams;
  if (root.find("teams") == nullptr) return teams;
  for (const yaml::Entry& entry : root.entries("teams", NameStyle::free)) {
    Section section(root.findings(), *entry.value, fmt::format("team `{}`", entry.key->text));
    if (!section.is_mapping()) continue;
    section.allow(keys);
    teams.push_back({.id = entry.key->text,
                     .title = section.text("title").value_or(entry.key->text),
                     .webhook = read_webhook(section),
                     .cost = section.number("cost", 0, most_cost)});
  }
  return teams;
}

std::optional<std::string> read_alerts(Section& root, const std::vector<Channel>& channels) {
  auto alerts = root.name("alerts", NameStyle::slug);
  if (!alerts) return std::nullopt;
  std::vector<std::string_view> ids;
  for (const Channel& channel : channels) ids.emplace_back(channel.id);
  const auto found = std::find(ids.begin(), ids.end(), *alerts);
  if (found == ids.end()) {
    root.findings().error(code, root.find("alerts")->mark, fmt::format("there is no channel `{}`", *alerts),
                          did_you_mean_or_list(*alerts, ids));
  } else if (channels[static_cast<std::size_t>(found - ids.begin())].adapter == "none") {
    root.findings().error(code, root.find("alerts")->mark,
                          fmt::format("nothing leaves by `{}`, which has no adapter", *alerts),
                          "name a channel with `adapter: webhook`, `smtp` or `log`");
  }
  return alerts;
}

}  // namespace lotse
