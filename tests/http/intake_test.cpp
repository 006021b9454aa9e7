#include "channels/http/intake.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "tests/runtime/shop.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {
namespace {

/// A dialect in small: each line of a body is the id of an event, `?…` is none, a body that begins with `!`
/// cannot be read.
class Lines final : public Dialect {
 public:
  std::string_view name() const override { return "lines"; }
  std::vector<Endpoint> endpoints() const override {
    return {{.method = "POST", .path = "/v1/lines"}, {.method = "GET", .path = "/v1/lines/", .keyed = false}};
  }
  std::size_t request_bytes_max() const override { return 100; }
  std::vector<std::string> keys(const Post& post) const override {
    std::vector<std::string> out;
    for (const char* header : {"first", "second"}) {
      if (const auto key = post.headers->find(header)) out.emplace_back(*key);
    }
    return out;
  }
  std::optional<Reply> answer(const Post& post) const override {
    return post.method == "GET" ? std::optional(Reply{.body = "hello"}) : std::nullopt;
  }
  tl::expected<Understood, Fault> read(const Post& post, const Sender& sender) const override {
    if (post.body.starts_with('!'))
      return tl::make_unexpected(Fault{.status = 400, .reason = "broken", .detail = {}, .place = "byte 0"});
    Understood out;
    std::size_t index = 0;
    for (std::string_view rest = post.body; !rest.empty(); ++index) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.starts_with('?')) {
        out.refused.push_back(
            {.index = index, .reason = "no event", .detail = {}, .place = "here", .text = std::string(line)});
        continue;
      }
      Event one = event(1, std::string(line), "visit", "ada");
      one.source = sender.source;
      if (line.starts_with('-')) one.ids.clear();                     // what the engine rejects
      if (line.starts_with('~')) one.ids = {{"user_id", "unknown"}};  // and what it rejects only in its turn
      out.events.push_back(std::move(one));
      out.index.push_back(index);
      out.text.push_back(line);
    }
    return out;
  }
  Reply taken(const Post& /*post*/, const Taken& taken) const override { return counts_reply(taken); }
  Reply refused(const Post& /*post*/, const Fault& fault) const override { return problem_reply(fault); }
};

std::optional<http::Principal> authenticate(std::string_view token) {
  if (token == "till")
    return http::Principal{.name = "till-7", .role = http::Role::channel, .channels = {}, .sensitive = false};
  if (token == "desk")
    return http::Principal{.name = "desk", .role = http::Role::agent, .channels = {}, .sensitive = false};
  return std::nullopt;
}

/// A live engine on an empty store, and the routes of Lines.
struct Running {
  explicit Running(LiveOptions options = {}) {
    options.engine.clock = [] { return minute(1'000); };
    live = Live::start(shop(), folder.path() / "store.lotse", options).value();
    routes = http::intake_routes(*live, {std::make_shared<Lines>()}, authenticate);
  }

  /// As the server does it.
  http::Response send(const Posted& posted) {
    const http::Route& route = routes.at(posted.post().method == "POST" ? 0 : 1);
    auto request = std::make_shared<http::Request>();
    request->post = posted.post();
    if (route.admit) {
      http::Admission admission = route.admit(request->post, true);
      if (!admission) return admission.error();
      request->who = *std::move(admission);
    }
    std::promise<http::Response> promise;
    route.handle(std::move(request), [&](http::Response answer) { promise.set_value(std::move(answer)); });
    auto answered = promise.get_future();
    REQUIRE(answered.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    return answered.get();
  }
  http::Response send(std::string_view body, Fields headers = {{"first", "till"}}) {
    return send(Posted("/v1/lines", body, std::move(headers)));
  }

  Folder folder;
  std::unique_ptr<Live> live;
  std::vector<http::Route> routes;
};

}  // namespace

TEST_CASE("intake: what is taken and what is refused keep their places in the request", "[http][intake]") {
  Running running;
  CHECK(running.routes.at(0).operation == "post_v1_lines");
  CHECK(running.routes.at(1).operation == "get_v1_lines_");

  const auto answer = running.send("a\n?x\nb\n-c\na");

  CHECK(answer.status == 200);
  CHECK(
      answer.body ==
      R"({"accepted":2,"duplicate":1,"conflict":0,"from_future":0,"rejected":[{"index":1,"reason":"no event","place":"here"},{"index":3,"reason":"ids: none given"}]})"
      "\n");
  const auto rejects = running.live->rejects(10).value();
  REQUIRE(rejects.size() == 2);
  CHECK(rejects[0].sender == "till-7");
  CHECK(rejects[0].dialect == "lines");
  CHECK(std::set<std::string>{rejects[0].text, rejects[1].text} == std::set<std::string>{"?x", "-c"});
  CHECK(running.live->status().accepted == 2);
}

TEST_CASE("intake: an event that turns out to name nobody is told", "[http][intake]") {
  Running running;
  CHECK(
      running.send("?x\n~y\na\n-b").body ==
      R"({"accepted":1,"duplicate":0,"conflict":0,"from_future":0,"rejected":[{"index":0,"reason":"no event","place":"here"},{"index":1,"reason":"ids: none of them names a customer"},{"index":3,"reason":"ids: none given"}]})"
      "\n");
}

TEST_CASE("intake: rejects are kept where nothing is taken", "[http][intake]") {
  Running running;

  CHECK(running.send("?x").body.find("\"accepted\":0") != std::string::npos);
  const auto broken = running.send("!");
  CHECK(broken.status == 400);
  CHECK(broken.content_type == "application/problem+json");
  CHECK(running.send(std::string(101, 'a')).status == 413);
  CHECK(running.send("").status == 200);
  CHECK(running.send("a").status == 200);  // behind them, and on disk

  const auto rejects = running.live->rejects(10).value();
  REQUIRE(rejects.size() == 3);
  CHECK(rejects[0].reason == "larger than 100 bytes");
  CHECK(rejects[1].reason == "broken");
  CHECK(rejects[2].reason == "no event");
}

TEST_CASE("intake: the first key that may post events counts", "[http][intake]") {
  Running running;
  CHECK(running.send("a", {{"first", "unknown"}, {"second", "till"}}).status == 200);
  CHECK(running.send("a", {{"first", "desk"}}).status == 403);
  CHECK(running.send("a", {{"first", "unknown"}}).status == 401);
  CHECK(running.send("a", {}).status == 401);
  CHECK(running.send(Posted("/v1/lines/", "", {}, {}, "GET")).body == "hello");
  CHECK(running.live->status().accepted == 1);
}

TEST_CASE("intake: who sends too much, or after the end, is told when to come back", "[http][intake]") {
  const auto retry = [](const http::Response& answer) {
    for (const auto& [name, value] : answer.headers) {
      if (name == "Retry-After") return value;
    }
    return std::string{};
  };
  Running full({.queued_requests_max = 0});
  const auto overloaded = full.send("a");
  CHECK(overloaded.status == 429);
  CHECK(retry(overloaded) == "1");

  Running ended;
  REQUIRE(ended.live->stop());
  const auto stopped = ended.send("a");
  CHECK(stopped.status == 503);
  CHECK(retry(stopped) == "1");
}

}  // namespace lotse::test
