#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/http/api_service.hpp"
#include "tests/http/client.hpp"

namespace lotse {
namespace {

using http::testing::Received;

/// While it lives, no file of this process can grow.
class FullDisk {
 public:
  FullDisk() : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*signal_)(int);
  rlimit before_{};
};

Received ask(const test::ApiService& lotse, std::string_view request, const std::string& kind,
             std::string_view body = {}) {
  http::testing::Client client(lotse.port());
  return client
      .ask(fmt::format("{} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nConnection: close\r\n"
                       "Content-Length: {}\r\n\r\n{}",
                       request, lotse.tokens().at(kind), body.size(), body))
      .value_or(Received{});
}

}  // namespace

TEST_CASE("api: a body that cannot be taken at all is in the list of rejects, without its text",
          "[http][api]") {
  test::ApiService lotse;
  const std::size_t before = lotse.service().live().rejects(100).value().size();

  CHECK(ask(lotse, "POST /v1/t", "channel", "\x1f\x8b no gzip").status == 400);
  CHECK(ask(lotse, "POST /v1/t", "garbage", "\x1f\x8b no gzip").status == 401);  // of nobody nothing is kept
  CHECK(ask(lotse, "POST /v1/events", "channel", "{}").status == 200);           // behind it, and on disk

  const auto rejects = lotse.service().live().rejects(100).value();
  REQUIRE(rejects.size() == before + 2);
  CHECK(rejects[1].reason == "Malformed body");
  CHECK(rejects[1].dialect == "segment");
  CHECK(rejects[1].text.empty());
}

TEST_CASE("api: where the store cannot be written, the log learns why and clients when to come back",
          "[http][api]") {
  std::mutex mutex;
  std::vector<std::string> causes;
  test::ApiService lotse([&](const http::Finished& request) {
    const std::lock_guard lock(mutex);
    if (!request.cause.empty()) causes.emplace_back(request.cause);
  });
  // What the engine does by itself at its start must not be the first to meet the full disk.
  Live& live = lotse.service().live();
  const auto is_quiet = [&] {
    const LiveStatus status = live.status();
    return status.queued_requests == 0 && (!status.next_timer || *status.next_timer > live.now());
  };
  const auto quiet_by = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!is_quiet() && std::chrono::steady_clock::now() < quiet_by)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  Received native;
  Received segment;
  Received ready;
  Received report;
  Received customer;
  {
    const FullDisk full;
    native = ask(lotse, "POST /v1/events", "channel",
                 R"({"id":"x","type":"ordered","time":"2024-03-01T09:30:00Z","ids":{"user_id":"cy"}})");
    segment = ask(lotse, "POST /v1/t", "channel", R"({"event":"ordered","userId":"cy"})");
    ready = ask(lotse, "GET /readyz", "none");
    report = ask(lotse, "GET /v1/reports/friction?journey=order", "analyst");
    customer = ask(lotse, "GET /v1/customers/user_id:ada?as_of=2024-03-01T09:04:00Z", "agent");
  }

  CHECK(native.status == 503);
  CHECK(segment.status == 429);  // Segment's clients do not look at the Retry-After of a 503
  CHECK(ready.status == 503);
  CHECK(ready.body.find("\"the store: ") != std::string::npos);
  CHECK(report.status == 503);
  for (const Received* answer : {&native, &segment, &ready, &report}) {
    INFO(answer->head << answer->body);
    CHECK(answer->header("retry-after") == "1");
    CHECK(answer->body.find(lotse.folder().filename().string()) == std::string::npos);
  }
  CHECK(customer.status == 200);
  const auto told = [&] {  // a request is told of once it has been answered
    const std::lock_guard lock(mutex);
    return causes.size();
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (told() < 2 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const std::lock_guard lock(mutex);
  REQUIRE(causes.size() == 2);  // the post that failed, and the report
  for (const std::string& cause : causes) CHECK(cause.find("shop.lotse") != std::string::npos);
}

}  // namespace lotse
