// What is done with tasks, and done once: docs/tasks.md.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "channels/http/idempotency.hpp"
#include "tests/http/api_shop.hpp"

namespace lotse {
namespace {

using http::Role;
using test::api_minute;
using test::post_to;
using test::principal;

/// How often `part` stands in the one open task's detail.
std::size_t told(const std::vector<http::Route>& routes, const std::string& key, const std::string& part) {
  const std::string body = post_to(routes, "getTask", {}, principal(Role::agent), key).body;
  std::size_t count = 0;
  for (std::size_t at = body.find(part); at != std::string::npos; at = body.find(part, at + 1)) ++count;
  return count;
}

/// Once the timer that opens it has been caught up with.
std::string only_task(Live& live) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (live.tasks({}).value().empty() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return live.tasks({}).value().at(0).key;
}

struct Desk {
  test::ApiLive shop;
  std::vector<http::Route> routes = shop.routes();
  std::string task = only_task(shop.live());

  http::Response order(const char* what, const std::string& body, const std::string& idempotency_key,
                       const std::string& who = "kim") {
    auto agent = principal(Role::agent);
    agent.name = who;
    test::Fields headers;
    if (!idempotency_key.empty()) headers.emplace_back("idempotency-key", idempotency_key);
    return post_to(routes, what, body, agent, task, headers);
  }
};

}  // namespace

TEST_CASE("api tasks: a note that comes twice with one idempotency key stands there once", "[http][api]") {
  Desk desk;
  const std::string note = R"({"text": "called"})";

  CHECK(desk.order("noteOnTask", note, "k-1").status == 200);
  CHECK(desk.order("noteOnTask", note, "\"k-1\"").status == 200);  // quoted, as the draft has it
  CHECK(told(desk.routes, desk.task, "called") == 1);

  CHECK(desk.order("noteOnTask", note, "k-2").status == 200);
  CHECK(desk.order("noteOnTask", note, "k-1", "sam").status == 200);  // another one's key
  CHECK(desk.order("noteOnTask", note, {}).status == 200);
  CHECK(told(desk.routes, desk.task, "called") == 4);
}

TEST_CASE("api tasks: a key that came with another body is refused", "[http][api]") {
  Desk desk;
  REQUIRE(desk.order("noteOnTask", R"({"text": "called"})", "k-1").status == 200);

  const auto answer = desk.order("noteOnTask", R"({"text": "called again"})", "k-1");

  CHECK(answer.status == 422);
  CHECK(answer.body.find("a new command needs a new key") != std::string::npos);
  CHECK(told(desk.routes, desk.task, "called again") == 0);
  CHECK(desk.order("noteOnTask", R"({"text": ""})", {}).status == 400);
  CHECK(desk.order("noteOnTask", R"({"text": "x"})", "two words").status == 400);
  CHECK(desk.order("noteOnTask", R"({"text": "x"})", std::string(256, 'k')).status == 400);
}

TEST_CASE("api tasks: done is done, and may be said again by its key", "[http][api]") {
  Desk desk;
  REQUIRE(desk.order("completeTask", R"({"result": "helped"})", "k-1").status == 204);

  CHECK(desk.order("completeTask", R"({"result": "helped"})", "k-1").status == 204);
  CHECK(desk.order("completeTask", R"({"result": "lost"})", "k-1").status == 422);
  CHECK(desk.order("completeTask", R"({"result": "helped"})", "k-2").status == 404);
  CHECK(desk.order("completeTask", R"({"result": "helped"})", {}).status == 404);
}

TEST_CASE("api tasks: what is said of a task comes after all that is known of its customer", "[http][api]") {
  Desk desk;
  Event ahead = test::api_events()[0];  // of ada, from a desk whose clock is ahead
  ahead.id = "ahead";
  ahead.type = "task_claimed";
  ahead.time = api_minute(63);
  ahead.properties = Value(
      Map{{Value("journey"), Value("order")}, {Value("key"), Value(desk.task)}, {Value("by"), Value("sam")}});
  desk.shop.post({ahead});
  CHECK(desk.shop.live().tasks({}).value().at(0).claimed_by == "sam");

  CHECK(desk.order("releaseTask", "{}", {}).status == 200);
  CHECK(desk.shop.live().tasks({}).value().at(0).claimed_by.empty());
  CHECK(desk.order("claimTask", "{}", {}).status == 200);
  CHECK(desk.order("completeTask", R"({"result": "helped"})", {}).status == 204);
  CHECK(post_to(desk.routes, "getTask", {}, principal(Role::agent), desk.task).status == 404);
}

TEST_CASE("api tasks: a claim that comes again is told who has the task by now", "[http][api]") {
  Desk desk;
  REQUIRE(desk.order("claimTask", "{}", "k-1").status == 200);
  CHECK(desk.order("claimTask", "{}", "k-1").status == 200);
  REQUIRE(desk.order("releaseTask", "{}", {}).status == 200);
  REQUIRE(desk.order("claimTask", "{}", "k-1", "sam").status == 200);

  CHECK(desk.order("claimTask", "{}", "k-1").status == 409);
}

TEST_CASE("idempotency: what is under way is held until it ends", "[http]") {
  http::UnderWay under_way;
  auto first = under_way.enter("a");

  CHECK(first);
  CHECK_FALSE(under_way.enter("a"));
  CHECK(under_way.enter("b"));
  first.reset();
  CHECK(under_way.enter("a"));
}

}  // namespace lotse
