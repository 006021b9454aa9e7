#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;

/// Keeps what it is sent.
class Kept final : public http::EventStream {
 public:
  bool send(std::string_view event, std::string_view data) override {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    events_.emplace_back(std::string(event), std::string(data));
    return true;
  }
  [[nodiscard]] bool closed() const override {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::pair<std::string, std::string>> events_;
};

/// Waits until it has been sent so many events; the engine tells them after the commit.
bool hears(const Kept& stream, std::size_t count) {
  for (int turn = 0; turn < 500 && stream.events().size() < count; ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return stream.events().size() >= count;
}

}  // namespace

TEST_CASE("api changes: moves as they become durable, with the customer only for who may read customers",
          "[http][api]") {
  test::ApiLive shop(std::vector<Event>{});
  const auto routes = shop.routes();
  const auto listen = [&](Role role, const test::Fields& query = {}, const test::Fields& headers = {}) {
    auto stream = std::make_shared<Kept>();
    test::listen(routes, "streamChanges", stream, query, test::principal(role), headers);
    return stream;
  };

  const auto analyst = listen(Role::analyst);
  const auto admin = listen(Role::admin);
  const auto claims = listen(Role::admin, {{"journey", "claim"}});
  const auto again = listen(Role::analyst, {}, {{"last-event-id", "7"}});
  const auto gone = listen(Role::analyst);
  gone->close();
  shop.post(test::api_events());

  constexpr std::size_t all = 6;  // the start, four openings and a step
  REQUIRE(hears(*analyst, all));
  REQUIRE(hears(*admin, all));
  REQUIRE(hears(*claims, 2));
  CHECK(analyst->events()[0].first == "start");
  CHECK(again->events()[0].first == "restart");
  CHECK(analyst->events()[1].first == "move");
  CHECK(
      analyst->events()[1].second ==
      R"({"at":"2024-03-01T09:00:00Z","journey":"order","version":1,"from":null,"to":"ordered","cause":"opened","channel":"web"})");
  CHECK(admin->events()[1].second.find(R"("customer":"user_id:ada","instance":0)") != std::string::npos);
  CHECK(analyst->events().size() == admin->events().size());
  for (const auto& [event, data] : analyst->events()) {
    CHECK(data.find("ada") == std::string::npos);
    CHECK(data.find("bob") == std::string::npos);
    CHECK(data.find(test::canary_iban) == std::string::npos);
  }
  REQUIRE(claims->events().size() == 2);
  CHECK(claims->events()[1].second.find(R"("journey":"claim")") != std::string::npos);
}

}  // namespace lotse
