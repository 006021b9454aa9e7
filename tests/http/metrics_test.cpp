#include "channels/http/metrics.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/folder.hpp"
#include "tests/support/skip.hpp"

namespace lotse::http {
namespace {

using namespace std::chrono_literals;

Finished request(std::string_view method, std::string_view route, unsigned status, double seconds) {
  return {.method = method,
          .route = route,
          .status = status,
          .bytes_in = 100,
          .bytes_out = 10,
          .seconds = seconds,
          .who = "web-shop"};
}

LiveStatus status() {
  LiveStatus status;
  status.ready = true;
  status.counts.events = 12;
  status.counts.customers = 3;
  status.queued_bytes = 4096;
  status.commits = 7;
  status.commit_seconds = 0.25;
  status.next_timer = Instant(1'700'000'000'500ms);
  status.retention_runs = 2;
  status.retention_customers = 31;
  status.next_retention = Instant(1'700'000'100s);
  return status;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

Taken taken(std::uint64_t accepted, std::vector<std::string> reasons) {
  Taken taken;
  taken.accepted = accepted;
  taken.duplicate = 2;
  for (const std::string& reason : reasons) {
    RefusedPart refusal;
    refusal.reason = reason;
    refusal.detail = "ada@example.net";
    refusal.text = "ada@example.net";
    taken.refused.push_back(std::move(refusal));
  }
  return taken;
}

/// With something in each family.
std::string filled() {
  Metrics metrics;
  metrics.count(request("POST", "/v1/events", 200, 0.002));
  metrics.count(request("POST", "/v1/events", 429, 0.0001));
  metrics.count(request("GET", "/v1/customers/{id}", 200, 20));
  metrics.count(request("BREW", "", 404, 0.001));
  metrics.count("native", taken(5, {"id is empty", "id is empty", "\"quoted\" \\ and\nbroken"}));
  metrics.count_reload(true, Instant(1'700'000'000s));
  metrics.count_reload(false, Instant(1'700'000'100s));
  return metrics.text(status(), "/nonexistent/lotse.db");
}

}  // namespace

TEST_CASE("metrics: requests by route, method and class, with how long they took", "[http][metrics]") {
  const std::string text = filled();

  CHECK(has_line(text, R"(lotse_http_requests_total{route="/v1/events",method="POST",status="2xx"} 1)"));
  CHECK(has_line(text, R"(lotse_http_requests_total{route="/v1/events",method="POST",status="4xx"} 1)"));
  CHECK(has_line(text, R"(lotse_http_requests_total{route="none",method="other",status="4xx"} 1)"));
  CHECK(has_line(
      text, R"(lotse_http_request_duration_seconds_bucket{route="/v1/events",method="POST",le="0.0005"} 1)"));
  CHECK(has_line(
      text, R"(lotse_http_request_duration_seconds_bucket{route="/v1/events",method="POST",le="0.0025"} 2)"));
  CHECK(has_line(
      text,
      R"(lotse_http_request_duration_seconds_bucket{route="/v1/customers/{id}",method="GET",le="10"} 0)"));
  CHECK(has_line(
      text,
      R"(lotse_http_request_duration_seconds_bucket{route="/v1/customers/{id}",method="GET",le="+Inf"} 1)"));
  CHECK(has_line(text,
                 R"(lotse_http_request_duration_seconds_sum{route="/v1/customers/{id}",method="GET"} 20)"));
  CHECK(has_line(text, R"(lotse_http_request_bytes_total{route="/v1/events",method="POST"} 200)"));
  CHECK(text.find("BREW") == std::string::npos);
  CHECK(text.find("web-shop") == std::string::npos);
}

TEST_CASE("metrics: events by dialect, rejects by reason, and nothing of what was sent", "[http][metrics]") {
  const std::string text = filled();

  CHECK(has_line(text, R"(lotse_events_total{dialect="native",result="accepted"} 5)"));
  CHECK(has_line(text, R"(lotse_events_total{dialect="native",result="duplicate"} 2)"));
  CHECK(has_line(text, R"(lotse_events_total{dialect="native",result="rejected"} 3)"));
  CHECK(has_line(text, R"(lotse_event_rejects_total{dialect="native",reason="id is empty"} 2)"));
  CHECK(
      has_line(text, R"(lotse_event_rejects_total{dialect="native",reason="\"quoted\" \\ and\nbroken"} 1)"));
  CHECK(text.find("ada@") == std::string::npos);
}

TEST_CASE("metrics: the engine, its store and the last reload", "[http][metrics]") {
  const test::Folder folder;
  std::ofstream(folder / "lotse.db") << std::string(5000, 'x');
  const std::string text = Metrics().text(status(), folder / "lotse.db");

  CHECK(has_line(text, "lotse_ready 1"));
  CHECK(has_line(text, "lotse_stored_events 12"));
  CHECK(has_line(text, "lotse_queue_bytes 4096"));
  CHECK(has_line(text, "lotse_commit_seconds_total 0.25"));
  CHECK(has_line(text, "lotse_next_timer_timestamp_seconds 1700000000.5"));
  CHECK(has_line(text, "lotse_retention_runs_total 2"));
  CHECK(has_line(text, "lotse_retention_customers_total 31"));
  CHECK(has_line(text, "lotse_next_retention_timestamp_seconds 1700000100"));
  CHECK(has_line(text, R"(lotse_store_bytes{file="database"} 5000)"));
  CHECK(text.find("lotse_store_free_bytes ") != std::string::npos);
  CHECK(has_line(text, "lotse_reload_failed 0"));
  CHECK(text.find("process_resident_memory_bytes ") != std::string::npos);

  const std::string reloaded = filled();
  CHECK(has_line(reloaded, "lotse_reload_failed 1"));
  CHECK(has_line(reloaded, R"(lotse_reloads_total{result="failed"} 1)"));
  CHECK(has_line(reloaded, "lotse_last_reload_timestamp_seconds 1700000000"));
}

TEST_CASE("metrics: reasons beyond 200 are counted together", "[http][metrics]") {
  Metrics metrics;
  for (int i = 0; i < 300; ++i) metrics.count("native", taken(0, {"reason " + std::to_string(i)}));
  std::istringstream lines(metrics.text(status(), "/nonexistent"));

  int series = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("lotse_event_rejects_total{")) ++series;
  }

  CHECK(series == 201);
}

TEST_CASE("metrics: counted by several threads, nothing is lost", "[http][metrics]") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) metrics.count(request("GET", "/v1/journeys", 200, 0.001));
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(has_line(metrics.text(status(), "/nonexistent"),
                 R"(lotse_http_requests_total{route="/v1/journeys",method="GET",status="2xx"} 4000)"));
}

TEST_CASE("metrics: Prometheus' own promtool finds nothing to blame", "[http][metrics][promtool]") {
  if (std::system("command -v promtool >/dev/null") != 0)  // NOLINT
    LOTSE_SKIP("promtool is not here (Debian package prometheus)");
  const test::Folder folder;
  std::ofstream(folder / "metrics") << filled();

  const std::string check = "promtool check metrics < '" + (folder / "metrics").string() + "' > '" +
                            (folder / "out").string() + "' 2>&1";
  const int status = std::system(check.c_str());  // NOLINT

  std::ifstream out(folder / "out");
  const std::string said((std::istreambuf_iterator<char>(out)), std::istreambuf_iterator<char>());
  CAPTURE(said);
  CHECK(status == 0);
  CHECK(said.empty());
}

}  // namespace lotse::http
