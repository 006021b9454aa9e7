#include "channels/http/settings.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace lotse::http {
namespace {

using namespace std::chrono_literals;

std::string findings_of(const std::string& text) {
  return render(load_serve_settings("lotse.yaml", text).findings);
}

}  // namespace

TEST_CASE("settings: what lotse.yaml says of the service, and what holds where it says nothing",
          "[http][settings]") {
  const Settings settings =
      *load_serve_settings("lotse.yaml",
                           "zone: UTC\n"
                           "serve:\n"
                           "  address: \"::\"\n"
                           "  port: 9000\n"
                           "  tls: {certificate: a.pem, key: b.pem}\n"
                           "  threads: {io: 3, readers: 4}\n"
                           "  limits: {body_bytes: 65536, queued_bytes: 1000000, rejects: 5}\n"
                           "  timeouts: {head: 1s, idle: 2m}\n"
                           "  cors: [\"https://shop.example\"]\n"
                           "  log: {level: debug, format: json}\n"
                           "  metrics: open\n"
                           "  alerts: {every: 2m, late: 1d}\n"
                           "  risk: {at: \"02:30\"}\n"
                           "  watch: false\n")
           .value;
  const ServerOptions defaults;

  CHECK(settings.server.address == "::");
  CHECK(settings.server.port == 9000);
  CHECK(settings.server.certificate == "a.pem");
  CHECK(settings.server.key == "b.pem");
  CHECK(settings.server.io_threads == 3);
  CHECK(settings.server.reader_threads == 4);
  CHECK(settings.server.body_bytes_max == 65536);
  CHECK(settings.server.header_bytes_max == defaults.header_bytes_max);
  CHECK(settings.queued_bytes_max == 1000000);
  CHECK(settings.rejects_max == 5);
  CHECK(settings.server.header_timeout == 1s);
  CHECK(settings.server.body_timeout == defaults.body_timeout);
  CHECK(settings.server.idle_timeout == 2min);
  CHECK(settings.server.cors_origins == std::vector<std::string>{"https://shop.example"});
  CHECK(settings.log_level == LogLevel::debug);
  CHECK(settings.log_format == LogFormat::json);
  CHECK(settings.metrics_open);
  CHECK_FALSE(settings.watch);
  CHECK(settings.alerts.every == 2min);
  CHECK(settings.alerts.late == 24h);
  CHECK(settings.risk.at == LocalTime{150});

  const Settings none = *load_serve_settings("lotse.yaml", "zone: UTC\n").value;
  CHECK(none.server.address == "127.0.0.1");
  CHECK_FALSE(none.metrics_open);
  CHECK(none.watch);
  CHECK(none.risk.at == LocalTime{180});
  CHECK(load_serve_settings("lotse.yaml", "").value);
}

TEST_CASE("settings: mistakes are told with their place and the next thing to try", "[http][settings]") {
  CHECK(findings_of("serve:\n  adress: 127.0.0.1\n") ==
        "lotse.yaml:2:3: error: `adress` is no key of `serve` [J010]\n"
        "      adress: 127.0.0.1\n"
        "      ^\n"
        "  hint: did you mean `address`?\n");
  CHECK(findings_of("serve: {port: 99999}\n") ==
        "lotse.yaml:1:15: error: `port` must lie from 0 to 65535; this is 99999 [J016]\n"
        "    serve: {port: 99999}\n"
        "                  ^\n");
  CHECK(findings_of("serve: {tls: {certificate: a.pem}}\n") ==
        "lotse.yaml:1:14: error: `tls` has no `key` [J011]\n"
        "    serve: {tls: {certificate: a.pem}}\n"
        "                 ^\n"
        "  hint: add `key: …`\n");
  CHECK(
      findings_of("serve: {cors: [shop.example, \"https://a.example/\", \"*\", \"https://b.example\"]}\n") ==
      "lotse.yaml:1:16: error: `shop.example` is no origin [J067]\n"
      "    serve: {cors: [shop.example, \"https://a.example/\", \"*\", \"https://b.example\"]}\n"
      "                   ^\n"
      "  hint: write scheme and host, without a path: https://shop.example; or \"*\" for all\n"
      "lotse.yaml:1:30: error: `https://a.example/` is no origin [J067]\n"
      "    serve: {cors: [shop.example, \"https://a.example/\", \"*\", \"https://b.example\"]}\n"
      "                                 ^\n"
      "  hint: write scheme and host, without a path: https://shop.example; or \"*\" for all\n");
  CHECK(findings_of("serve: {timeouts: {idle: 0s}}\n") ==
        "lotse.yaml:1:26: error: `idle` of no length cuts every request [J067]\n"
        "    serve: {timeouts: {idle: 0s}}\n"
        "                             ^\n"
        "  hint: write `10s`, or leave it out\n");
  CHECK(findings_of("serve: {log: {level: loud}}\n") ==
        "lotse.yaml:1:22: error: `level` cannot be `loud` [J013]\n"
        "    serve: {log: {level: loud}}\n"
        "                         ^\n"
        "  hint: there are `debug`, `info`, `warning`, `error`\n");
  CHECK(findings_of("serve: {limits: {body_bytes: 100000000}}\n") ==
        "lotse.yaml:1:30: error: a body may have 100000000 bytes, and all that wait for the writer only "
        "67108864 [J067]\n"
        "    serve: {limits: {body_bytes: 100000000}}\n"
        "                                 ^\n"
        "  hint: let `queued_bytes` be several times `body_bytes`\n");
}

TEST_CASE("settings: a flag or a variable is stronger than the file, and checked as well",
          "[http][settings]") {
  struct Row {
    Override given;
    std::string message;
  };
  const auto row = GENERATE(
      Row{{"port", "http", "LOTSE_PORT"},
          "LOTSE_PORT: `http` is no port; write a whole number from 0 (any free one) to 65535"},
      Row{{"port", "65536", "--port"},
          "--port: `65536` is no port; write a whole number from 0 (any free one) to 65535"},
      Row{{"address", "localhost", "--address"},
          "--address: `localhost` is no IP address; write the address of an interface: 127.0.0.1 for this "
          "machine "
          "only, 0.0.0.0 or \"::\" for all"},
      Row{{"log_format", "xml", "LOTSE_LOG_FORMAT"}, "LOTSE_LOG_FORMAT: `xml` is not one of text, json"});
  Settings settings;

  const Result<void> refused = apply(settings, row.given);

  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::bad_input);
  CHECK(refused.error().message == row.message);

  CHECK(apply(settings, {"port", "9001", "--port"}));
  CHECK(settings.server.port == 9001);
  CHECK(apply(settings, {"log_level", "error", "--log-level"}));
  CHECK(settings.log_level == LogLevel::error);
  CHECK(check_together(settings));
  CHECK(apply(settings, {"certificate", "/tls/a.pem", "--tls-certificate"}));
  CHECK(check_together(settings).error().message == "TLS has a certificate but no key; give both");
  CHECK(apply(settings, {"key", "/tls/b.pem", "--tls-key"}));
  CHECK(check_together(settings));
}

TEST_CASE("settings: what only this machine can reach", "[http][settings]") {
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.1.2.3"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
  CHECK_FALSE(is_loopback("10.0.0.1"));
}

}  // namespace lotse::http
