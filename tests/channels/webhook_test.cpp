#include "channels/webhook/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "channels/webhook/cloudevent.hpp"
#include "channels/webhook/signature.hpp"
#include "engine/store/event_text.hpp"
#include "tests/channels/deliveries.hpp"
#include "tests/channels/receiver.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::webhook {
namespace {

using test::deliver;
using test::Deliveries;
using test::Receiver;
using Kind = Delivery::Kind;

constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* newer = "whsec_bmV3ZXIgc2VjcmV0IG9mIHRoaXMgdGVzdCE=";

transfer::Environment environment() {
  return test::environment_of(
      {{"OLD", secret}, {"NEW", newer}, {"WRONG", "whsec_c2hvcnQ="}, {"BARE", "hunter2"}});
}

WebhookSettings settings_of(const std::string& url) {
  return {.url = url, .secrets = {"OLD"}, .private_addresses = true, .timeout = std::chrono::seconds(10)};
}

std::shared_ptr<ChannelAdapter> adapter_of(const WebhookSettings& settings, transfer::Options options = {}) {
  auto made = make_adapter(settings, environment(), std::move(options));
  REQUIRE(made);
  return *std::move(made);
}

std::string url_of(const Receiver& receiver, const std::string& path) {
  return fmt::format("http://127.0.0.1:{}/{}", receiver.port(), path);
}

ChannelAdapter::Attempt attempt(const std::string& body = "{}") { return {"m-1", body, test::now()}; }

Outgoing message() {
  return {.id = "m-1",
          .handed_out = *parse_instant("2024-03-01T09:00:00Z"),
          .due = *parse_instant("2024-03-01T08:59:00Z"),
          .journey = "basket",
          .version = 2,
          .touchpoint = "reminder",
          .channel = "app",
          .purpose = "service",
          .template_name = "your_basket",
          .title = "Your basket",
          .customer = "user_id:4711",
          .ids = {{"user_id", "4711"}},
          .address = "token",
          .with = Value(Map{{Value("name"), Value("Zoë \"Z\"")}}),
          .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
}

Value parsed(const std::string& json) {
  auto value = read_json_object(json);
  REQUIRE(value);
  return *value;
}

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

}  // namespace

TEST_CASE("webhook: signatures are those of Standard Webhooks", "[webhook]") {
  const Instant at{std::chrono::milliseconds(1'614'265'330'999)};
  const auto key = key_of_secret(secret);
  REQUIRE(key);

  CHECK(signature({*key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("webhook: a message is a CloudEvent with all that a receiver needs", "[webhook]") {
  CHECK(
      cloudevent(message()) ==
      R"json({"specversion":"1.0","id":"m-1","source":"lotse","type":"lotse.message.requested",)json"
      R"json("time":"2024-03-01T09:00:00Z","subject":"user_id:4711","datacontenttype":"application/json",)json"
      R"json("traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data":{)json"
      R"json("journey":"basket","version":2,"touchpoint":"reminder","title":"Your basket","channel":"app",)json"
      R"json("purpose":"service","template":"your_basket","due":"2024-03-01T08:59:00Z",)json"
      R"json("customer":"user_id:4711","ids":[{"namespace":"user_id","value":"4711"}],"address":"token",)json"
      R"json("with":{"name":"Zoë \"Z\""}}})json");
}

TEST_CASE("webhook: a task has its team and its deadline, an alert no customer", "[webhook]") {
  const Instant now = *parse_instant("2024-03-01T09:00:00Z");
  const Outgoing task{.kind = Outgoing::Kind::task,
                      .id = "t-1",
                      .handed_out = now,
                      .due = now,
                      .journey = "basket",
                      .version = 1,
                      .touchpoint = "call_back",
                      .team = "desk",
                      .customer = "user_id:1",
                      .deadline = now + std::chrono::hours(4)};
  const Outgoing alert{
      .kind = Outgoing::Kind::alert, .id = "a-1", .handed_out = now, .due = now, .title = "Too many leave"};

  CHECK(
      cloudevent(task) ==
      R"json({"specversion":"1.0","id":"t-1","source":"lotse","type":"lotse.task.opened",)json"
      R"json("time":"2024-03-01T09:00:00Z","subject":"user_id:1","datacontenttype":"application/json","data":{)json"
      R"json("journey":"basket","version":1,"touchpoint":"call_back","team":"desk",)json"
      R"json("due":"2024-03-01T09:00:00Z","deadline":"2024-03-01T13:00:00Z","customer":"user_id:1","with":{}}})json");
  CHECK(cloudevent(alert) ==
        R"json({"specversion":"1.0","id":"a-1","source":"lotse","type":"lotse.alert.raised",)json"
        R"json("time":"2024-03-01T09:00:00Z","datacontenttype":"application/json","data":{)json"
        R"json("title":"Too many leave","due":"2024-03-01T09:00:00Z","with":{}}})json");
}

TEST_CASE("webhook: an id that cannot stand in a header is refused", "[webhook]") {
  const auto adapter = adapter_of(settings_of("https://example.net"));
  Outgoing outgoing = message();
  outgoing.id = GENERATE(as<std::string>{}, "", "a b", "a\r\nx-evil: 1", "a\n", "é");
  CAPTURE(outgoing.id);

  const auto composed = adapter->compose(outgoing);

  REQUIRE_FALSE(composed);
  CHECK(composed.error().code == ErrorCode::bad_input);
}

TEST_CASE("webhook: a secret that is missing or malformed is named and never shown", "[webhook]") {
  struct Row {
    const char* variable;
    const char* message;
  };
  const auto row = GENERATE(
      Row{"NOWHERE", "the environment variable `NOWHERE`, which is to hold a webhook's secret, is not set"},
      Row{"BARE",
          "the environment variable `BARE` holds no webhook secret: `whsec_` and the base64 of 24 to 64 "
          "bytes"},
      Row{"WRONG",
          "the environment variable `WRONG` holds no webhook secret: `whsec_` and the base64 of 24 to 64 "
          "bytes"});
  WebhookSettings settings = settings_of("https://example.net");
  settings.secrets = {"OLD", row.variable};

  const auto made = make_adapter(settings, environment());

  REQUIRE_FALSE(made);
  CHECK(made.error() == Error{ErrorCode::bad_input, row.message});
}

TEST_CASE("webhook: receivers' libraries take the signatures, by the old secret and by the new",
          "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and judge the signatures");
  const std::string known = GENERATE(as<std::string>{}, secret, newer);
  Receiver receiver("webhook_receiver.mjs", {known});
  WebhookSettings settings = settings_of(url_of(receiver, "200"));
  settings.secrets = {"NEW", "OLD"};
  const auto adapter = adapter_of(settings);
  const auto body = adapter->compose(message());
  REQUIRE(body);

  const Delivery delivery = deliver(*adapter, attempt(*body));
  const auto line = receiver.line();

  CHECK(delivery.kind == Kind::delivered);
  CHECK(delivery.detail == "answered 200");
  REQUIRE(line);
  const Value got = parsed(*line);
  CAPTURE(*line);
  CHECK(*got.find("standardwebhooks")->boolean());
  CHECK(*got.find("svix")->boolean());
  CHECK(text_at(got, "body") == *body);
  const Value& headers = *got.find("headers");
  CHECK(text_at(headers, "webhook-id") == "m-1");
  CHECK(text_at(headers, "idempotency-key") == "m-1");
  CHECK(text_at(headers, "content-type") == "application/cloudevents+json; charset=utf-8");
}

TEST_CASE("webhook: by an unknown secret, receivers' libraries refuse", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and judge the signatures");
  Receiver receiver("webhook_receiver.mjs", {newer});
  const auto adapter = adapter_of(settings_of(url_of(receiver, "200")));

  deliver(*adapter, attempt());

  const auto line = receiver.line();
  REQUIRE(line);
  CHECK_FALSE(*parsed(*line).find("standardwebhooks")->boolean());
  CHECK_FALSE(*parsed(*line).find("svix")->boolean());
}

TEST_CASE("webhook: what an answer means", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and answer");
  struct Row {
    const char* why;
    const char* path;
    Kind kind;
    const char* detail;
    std::optional<Duration> retry_after;
  };
  using namespace std::chrono_literals;
  static Receiver receiver("webhook_receiver.mjs", {secret});
  const auto row =
      GENERATE(Row{"accepted", "204", Kind::delivered, "answered 204", {}},
               Row{"accepted, for later", "202?retry-after=9", Kind::delivered, "answered 202", {}},
               Row{"nobody is followed", "moved", Kind::failed, "answered 301", {}},
               Row{"nor here", "307", Kind::failed, "answered 307", {}},
               Row{"its fault for good", "400", Kind::refused, "answered 400", {}},
               Row{"no entry", "401", Kind::refused, "answered 401", {}},
               Row{"between two deployments", "404", Kind::failed, "answered 404", {}},
               Row{"too slow", "408", Kind::failed, "answered 408", {}},
               Row{"nothing more, please", "410", Kind::gone, "answered 410", {}},
               Row{"too early", "425", Kind::failed, "answered 425", {}},
               Row{"too much", "429?retry-after=7", Kind::failed, "answered 429", 7s},
               Row{"for ever is a day", "503?retry-after=999999999", Kind::failed, "answered 503", 24h},
               Row{"what is no time is none", "503?retry-after=soon", Kind::failed, "answered 503", {}},
               Row{"its fault for now", "500", Kind::failed, "answered 500", {}},
               Row{"it hangs up",
                   "drop",
                   Kind::failed,
                   "no answer: Server returned nothing (no headers, no data)",
                   {}},
               Row{"it never answers", "hang", Kind::failed, "no answer: Timeout was reached", {}},
               Row{"it answers and never ends", "stall", Kind::delivered, "answered 200", {}},
               Row{"it answers a flood", "flood", Kind::delivered, "answered 200", {}});
  CAPTURE(row.why, row.path);
  WebhookSettings settings = settings_of(url_of(receiver, row.path));
  settings.timeout = 2s;
  const auto adapter = adapter_of(settings);

  const Delivery delivery = deliver(*adapter, attempt());

  CHECK(delivery.kind == row.kind);
  CHECK(delivery.detail == row.detail);
  CHECK(delivery.retry_after == row.retry_after);
  const auto line = receiver.line();
  REQUIRE(line);
  CHECK(text_at(parsed(*line), "method") == "POST");
}

TEST_CASE("webhook: a redirect is not followed", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and answer");
  Receiver receiver("webhook_receiver.mjs", {secret});
  deliver(*adapter_of(settings_of(url_of(receiver, "moved"))), attempt());

  REQUIRE(receiver.line());
  CHECK_FALSE(receiver.line(std::chrono::milliseconds(300)));
}

TEST_CASE("webhook: Retry-After as a date is obeyed", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and answer");
  Receiver receiver("webhook_receiver.mjs", {secret});
  const std::time_t then = std::time(nullptr) + 600;
  std::array<char, 64> date{};
  REQUIRE(std::strftime(date.data(), date.size(), "%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT",
                        std::gmtime(&then)) > 0);

  const Delivery delivery = deliver(
      *adapter_of(settings_of(url_of(receiver, fmt::format("503?retry-after={}", date.data())))), attempt());

  REQUIRE(delivery.retry_after);
  CHECK(*delivery.retry_after > std::chrono::seconds(570));
  CHECK(*delivery.retry_after <= std::chrono::seconds(600));
}

TEST_CASE("webhook: where nobody listens it fails", "[webhook]") {
  const Delivery delivery = deliver(*adapter_of(settings_of("http://127.0.0.1:1/")), attempt());

  CHECK(delivery.kind == Kind::failed);
  CHECK(delivery.detail == "no answer: Couldn't connect to server");
}

TEST_CASE("webhook: a name that leads to an address that is not public is not connected to", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and would be connected to");
  Receiver receiver("webhook_receiver.mjs", {secret});
  const std::string host = GENERATE(as<std::string>{}, "127.0.0.1", "localhost", "2130706433", "0x7f.1");
  const std::string scheme = GENERATE(as<std::string>{}, "http", "https");
  WebhookSettings settings = settings_of(fmt::format("{}://{}:{}/200", scheme, host, receiver.port()));
  settings.private_addresses = false;
  CAPTURE(settings.url);

  const Delivery delivery = deliver(*adapter_of(settings), attempt());

  CHECK(delivery.kind == Kind::failed);
  CHECK(delivery.detail ==
        "no answer: it resolves to an address that is not public, and `private_addresses` is not set");
  CHECK_FALSE(receiver.line(std::chrono::milliseconds(50)));
}

TEST_CASE("webhook: nothing goes to a public address in the clear", "[webhook]") {
  const Delivery delivery = deliver(*adapter_of(settings_of("http://192.88.98.1/")), attempt());

  CHECK(delivery.detail ==
        "no answer: it resolves to a public address, for which the URL must begin with https://");
}

TEST_CASE("webhook: the environment's proxy is not asked", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and would be connected to");
  Receiver receiver("webhook_receiver.mjs", {secret});
  REQUIRE(::setenv("http_proxy", url_of(receiver, "200").c_str(), 1) == 0);

  const Delivery delivery = deliver(*adapter_of(settings_of("http://127.0.0.1:1/")), attempt());

  REQUIRE(::unsetenv("http_proxy") == 0);
  CHECK(delivery.kind == Kind::failed);
}

TEST_CASE("webhook: many are under way at once, no more than are allowed, and the rest waits", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and answer");
  Receiver receiver("webhook_receiver.mjs", {secret});
  constexpr std::size_t count = 100;
  constexpr double allowed = 20;
  Deliveries deliveries;
  const auto adapter = adapter_of(settings_of(url_of(receiver, "slow")), {.in_flight = 20});

  for (std::size_t i = 0; i < count; ++i) adapter->deliver(attempt(), deliveries.taker());
  const auto all = deliveries.wait(count);

  REQUIRE(all.size() == count);
  CHECK(
      std::all_of(all.begin(), all.end(), [](const Delivery& each) { return each.kind == Kind::delivered; }));
  double most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto line = receiver.line();
    REQUIRE(line);
    most = std::max(most, parsed(*line).find("open")->number().value_or(0));
  }
  CHECK(most == allowed);
}

TEST_CASE("webhook: who waits too long, or finds the line full, fails", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and hang");
  Receiver receiver("webhook_receiver.mjs", {secret});
  WebhookSettings settings = settings_of(url_of(receiver, "hang"));
  settings.timeout = std::chrono::seconds(2);
  Deliveries deliveries;
  const auto adapter = adapter_of(settings, {.in_flight = 1, .waiting = 2});
  adapter->deliver(attempt(), deliveries.taker());
  REQUIRE(receiver.line());  // it is under way

  for (int i = 0; i < 3; ++i) adapter->deliver(attempt(), deliveries.taker());
  const auto at_once = deliveries.wait(1);
  const auto all = deliveries.wait(4);

  REQUIRE(at_once.size() == 1);
  CHECK(at_once.front().detail == "no answer: too many transfers are under way");
  REQUIRE(all.size() == 4);
  CHECK(std::all_of(all.begin(), all.end(), [](const Delivery& each) { return each.kind == Kind::failed; }));
}

TEST_CASE("webhook: an adapter that goes calls nobody any more, and waits for nothing", "[webhook]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and hang");
  Receiver receiver("webhook_receiver.mjs", {secret});
  int called = 0;
  auto adapter = adapter_of(settings_of(url_of(receiver, "hang")), {.in_flight = 2});
  for (int i = 0; i < 4; ++i) adapter->deliver(attempt(), [&called](const Delivery&) { ++called; });
  REQUIRE(receiver.line());

  const auto before = std::chrono::steady_clock::now();
  adapter.reset();

  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(3));
  CHECK(called == 0);
}

}  // namespace lotse::webhook
