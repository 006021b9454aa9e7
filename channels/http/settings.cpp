#include "channels/http/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse::http {
namespace {

using shape::Section;

constexpr std::int64_t port_max = 65'535;
constexpr std::array<std::string_view, 2> formats{"text", "json"};
constexpr std::array<std::string_view, 4> levels{"debug", "info", "warning", "error"};
constexpr std::string_view address_hint =
    "write the address of an interface: 127.0.0.1 for this machine only, 0.0.0.0 or \"::\" for all";

bool is_address(const std::string& text) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, text.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

/// The section under `key`, if there is one; `read` is not called where it is no mapping.
template <class Read>
void read_section(Section& around, std::string_view key, std::span<const std::string_view> keys, Read read) {
  const yaml::Node* node = around.find(key);
  if (node == nullptr) return;
  Section section(around.findings(), *node, fmt::format("`{}`", key));
  if (!section.is_mapping()) return;
  section.allow(keys);
  read(section);
}

template <class Number>
void read_number(Section& section, std::string_view key, std::int64_t min, std::int64_t max, Number& number) {
  if (const auto found = section.integer(key, min, max)) number = static_cast<Number>(*found);
}

void read_timeout(Section& section, std::string_view key, Duration& timeout) {
  const auto found = section.duration(key);
  if (!found) return;
  timeout = *found;
  if (timeout == Duration::zero()) {
    section.findings().error("J067", section.find(key)->mark,
                             fmt::format("`{}` of no length cuts every request", key),
                             "write `10s`, or leave it out");
  }
}

void read_address(Section& serve, ServerOptions& server) {
  const auto address = serve.text("address");
  if (!address) return;
  server.address = *address;
  if (!is_address(*address)) {
    serve.findings().error("J067", serve.find("address")->mark,
                           fmt::format("`{}` is no IP address", *address), std::string(address_hint));
  }
}

void read_tls(Section& serve, ServerOptions& server) {
  constexpr std::array<std::string_view, 2> keys{"certificate", "key"};
  read_section(serve, "tls", keys, [&](Section& tls) {
    for (const std::string_view key : keys) tls.require(key);
    if (auto path = tls.text("certificate")) server.certificate = *std::move(path);
    if (auto path = tls.text("key")) server.key = *std::move(path);
  });
}

void read_threads(Section& serve, ServerOptions& server) {
  constexpr std::array<std::string_view, 2> keys{"io", "readers"};
  constexpr std::int64_t threads_max = 256;
  read_section(serve, "threads", keys, [&](Section& threads) {
    read_number(threads, "io", 1, threads_max, server.io_threads);
    read_number(threads, "readers", 1, threads_max, server.reader_threads);
  });
}

void read_limits(Section& serve, Settings& settings) {
  constexpr std::array<std::string_view, 5> keys{"head_bytes", "body_bytes", "connections", "queued_bytes",
                                                 "rejects"};
  constexpr std::int64_t head_min = 1'024;
  constexpr std::int64_t head_max = std::int64_t{1} << 20U;
  constexpr std::int64_t body_min = std::int64_t{32} << 10U;  // of one event
  constexpr std::int64_t body_max = std::int64_t{256} << 20U;
  constexpr std::int64_t connections_max = 1'000'000;
  constexpr std::int64_t queued_max = std::int64_t{64} << 30U;
  constexpr std::int64_t rejects_max = 1'000'000;
  read_section(serve, "limits", keys, [&](Section& limits) {
    read_number(limits, "head_bytes", head_min, head_max, settings.server.header_bytes_max);
    read_number(limits, "body_bytes", body_min, body_max, settings.server.body_bytes_max);
    read_number(limits, "connections", 1, connections_max, settings.server.connections_max);
    read_number(limits, "queued_bytes", body_min, queued_max, settings.queued_bytes_max);
    read_number(limits, "rejects", 0, rejects_max, settings.rejects_max);
    // A chunked or compressed body is held twice, in buffers that grow by doubling.
    settings.server.buffered_bytes_max =
        std::max(settings.server.buffered_bytes_max, 4 * settings.server.body_bytes_max);
    if (2 * settings.server.body_bytes_max <= settings.queued_bytes_max) return;  // stored text may be longer
    const yaml::Node* body = limits.find("body_bytes");
    limits.findings().error("J067", (body != nullptr ? body : limits.find("queued_bytes"))->mark,
                            fmt::format("a body may have {} bytes, and all that wait for the writer only {}",
                                        settings.server.body_bytes_max, settings.queued_bytes_max),
                            "let `queued_bytes` be several times `body_bytes`");
  });
}

void read_timeouts(Section& serve, ServerOptions& server) {
  constexpr std::array<std::string_view, 4> keys{"head", "body", "idle", "drain"};
  read_section(serve, "timeouts", keys, [&](Section& timeouts) {
    read_timeout(timeouts, "head", server.header_timeout);
    read_timeout(timeouts, "body", server.body_timeout);
    read_timeout(timeouts, "idle", server.idle_timeout);
    read_timeout(timeouts, "drain", server.drain_timeout);
  });
}

void read_cors(Section& serve, ServerOptions& server) {
  if (serve.find("cors") == nullptr) return;
  server.cors_origins.clear();
  std::vector<const yaml::Node*> origins;
  for (const yaml::Node* item : serve.items("cors")) {
    if (!shape::is_text(serve.findings(), *item, "an item of `cors`")) continue;
    origins.push_back(item);
    server.cors_origins.push_back(item->text);
    const std::string_view origin = item->text;
    const bool http = origin.starts_with("https://") || origin.starts_with("http://");
    const bool path = http && origin.find('/', origin.find("://") + 3) != std::string_view::npos;
    if (origin == "*" || (http && !path)) continue;
    serve.findings().error("J067", item->mark, fmt::format("`{}` is no origin", origin),
                           "write scheme and host, without a path: https://shop.example; or \"*\" for all");
  }
  shape::refuse_repetitions(serve.findings(), origins, "`cors`");
}

void read_log(Section& serve, Settings& settings) {
  constexpr std::array<std::string_view, 2> keys{"level", "format"};
  read_section(serve, "log", keys, [&](Section& log) {
    if (const auto level = log.choice("level", levels)) settings.log_level = static_cast<LogLevel>(*level);
    if (const auto format = log.choice("format", formats))
      settings.log_format = static_cast<LogFormat>(*format);
  });
}

void read_alerts(Section& serve, IncidentWatchSettings& alerts) {
  constexpr std::array<std::string_view, 2> keys{"every", "late"};
  read_section(serve, "alerts", keys, [&](Section& section) {
    alerts.every = section.duration("every").value_or(alerts.every);
    alerts.late = section.duration("late").value_or(alerts.late);
    if (alerts.every == Duration::zero() || alerts.every >= std::chrono::seconds(1)) return;
    section.findings().error("J067", section.find("every")->mark, "`every` is less than a second",
                             "write `5m`; `0s` watches for nothing");
  });
}

void read_risk(Section& serve, RiskRefreshSettings& risk) {
  constexpr std::array<std::string_view, 1> keys{"at"};
  read_section(serve, "risk", keys, [&](Section& section) {
    const auto text = section.text("at");
    if (!text) return;
    if (const auto at = parse_local_time(*text)) {
      risk.at = *at;
    } else {
      section.findings().error("J067", section.find("at")->mark, fmt::format("`{}` is no time of day", *text),
                               "write it as \"03:00\"");
    }
  });
}

Settings read_serve(Findings& findings, const yaml::Node& node) {
  constexpr std::array<std::string_view, 12> keys{"address", "port",     "tls",    "threads",
                                                  "limits",  "timeouts", "cors",   "log",
                                                  "metrics", "watch",    "alerts", "risk"};
  constexpr std::array<std::string_view, 2> accesses{"token", "open"};
  Settings settings;
  Section serve(findings, node, "`serve`");
  if (!serve.is_mapping()) return settings;
  serve.allow(keys);
  read_address(serve, settings.server);
  read_number(serve, "port", 0, port_max, settings.server.port);
  read_tls(serve, settings.server);
  read_threads(serve, settings.server);
  read_limits(serve, settings);
  read_timeouts(serve, settings.server);
  read_cors(serve, settings.server);
  read_log(serve, settings);
  read_alerts(serve, settings.alerts);
  read_risk(serve, settings.risk);
  settings.metrics_open = serve.choice("metrics", accesses) == 1;
  settings.watch = serve.boolean("watch").value_or(settings.watch);
  return settings;
}

Result<void> take_port(Settings& settings, const Override& given) {
  std::uint16_t port = 0;
  const char* end = given.value.data() + given.value.size();
  const auto [rest, error] = std::from_chars(given.value.data(), end, port);
  if (error != std::errc{} || rest != end) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: `{}` is no port; write a whole number from 0 (any free one) to {}",
                            given.from, given.value, port_max));
  }
  settings.server.port = port;
  return {};
}

Result<void> take_address(Settings& settings, const Override& given) {
  if (!is_address(given.value)) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: `{}` is no IP address; {}", given.from, given.value, address_hint));
  }
  settings.server.address = given.value;
  return {};
}

template <class Choice>
Result<void> take_choice(Choice& choice, std::span<const std::string_view> words, const Override& given) {
  const auto found = std::ranges::find(words, given.value);
  if (found == words.end()) {
    return fail(ErrorCode::bad_input,
                fmt::format("{}: `{}` is not one of {}", given.from, given.value, fmt::join(words, ", ")));
  }
  choice = static_cast<Choice>(found - words.begin());
  return {};
}

}  // namespace

Loaded<Settings> load_serve_settings(std::string_view file, std::string_view text, const FileLimits& limits) {
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  const yaml::Node* serve = document->root().find("serve");
  Settings settings = serve == nullptr ? Settings{} : read_serve(findings, *serve);
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(settings), findings.take()};
}

Result<void> apply(Settings& settings, const Override& given) {
  if (given.key == "address") return take_address(settings, given);
  if (given.key == "port") return take_port(settings, given);
  if (given.key == "log_level") return take_choice(settings.log_level, levels, given);
  if (given.key == "log_format") return take_choice(settings.log_format, formats, given);
  auto& path = given.key == "certificate" ? settings.server.certificate : settings.server.key;
  path.reset();
  if (!given.value.empty()) path = given.value;
  return {};
}

Result<void> check_together(const Settings& settings) {
  const ServerOptions& server = settings.server;
  if (server.certificate.has_value() == server.key.has_value()) return {};
  return fail(ErrorCode::bad_input, server.certificate ? "TLS has a certificate but no key; give both"
                                                       : "TLS has a key but no certificate; give both");
}

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace lotse::http
