#include "channels/cloudevents/cloudevents.hpp"

#include <catch2/catch.hpp>

#include "channels/cloudevents/attributes.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {
namespace {

const Sender crm{.source = "crm-token", .channels = {"call_center"}};

tl::expected<Understood, Fault> read(std::string_view body, Fields headers) {
  const Posted posted("/v1/cloudevents", body, std::move(headers));
  return cloudevents::dialect()->read(posted.post(), crm);
}

Fields structured() { return {{"content-type", "application/cloudevents+json; charset=utf-8"}}; }
Fields batched() { return {{"content-type", "application/cloudevents-batch+json"}}; }

std::string event(const std::string& more) {
  return R"({"specversion":"1.0","id":"e-1","source":"/crm","type":"order.placed","time":"2024-03-01T09:00:00Z")" +
         more + "}";
}

std::string only(const tl::expected<Understood, Fault>& read) {
  if (!read) return read.error().reason + "; " + read.error().detail + "; " + read.error().place;
  REQUIRE(read->events.size() == 1);
  return describe(read->events.front());
}

}  // namespace

TEST_CASE("cloudevents: attributes and data become an event", "[cloudevents]") {
  struct Row {
    const char* why;
    std::string more;
    const char* event;
  };
  const auto row = GENERATE(values<Row>({
      {"ids by attributes", R"(,"userid":"ada","loyaltyid":7,"subject":"order/4","data":{"amount":1.5})",
       R"(/crm e-1 order.placed 2024-03-01T09:00:00Z call_center user_id=ada loyalty_id=7 {"amount":1.5,"subject":"order/4"} {})"},
      {"a subject with its namespace", R"(,"subject":"email:ada@example.net")",
       R"(/crm e-1 order.placed 2024-03-01T09:00:00Z call_center email=ada@example.net {"subject":"email:ada@example.net"} {})"},
      {"a subject alone", R"(,"subject":"4711","data":[1])",
       R"(/crm e-1 order.placed 2024-03-01T09:00:00Z call_center user_id=4711 {"data":[1],"subject":"4711"} {})"},
      {"data as an event has them",
       R"(,"data":{"ids":{"user_id":"ada"},"properties":{"a":1},"traits":{"b":2},"channel":"call_center"})",
       R"(/crm e-1 order.placed 2024-03-01T09:00:00Z call_center user_id=ada {"a":1} {"b":2})"},
      {"data in base64",
       R"(,"userid":"ada","datacontenttype":"application/json","data_base64":"eyJhIjoxfQ==")",
       R"(/crm e-1 order.placed 2024-03-01T09:00:00Z call_center user_id=ada {"a":1} {})"},
  }));
  CAPTURE(row.why);

  CHECK(only(read(event(row.more), structured())) == row.event);
}

TEST_CASE("cloudevents: a trace is carried beside the event, not among its properties", "[cloudevents]") {
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto traced = [](const std::string& traceparent) {
    const auto understood = read(
        event(R"(,"userid":"ada","tracestate":"a=b","traceparent":")" + traceparent + "\""), structured());
    REQUIRE(understood);
    CHECK(understood->events.front().properties.map()->empty());
    return understood->events.front().traceparent;
  };

  CHECK(traced(trace) == trace);
  CHECK(traced("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331").empty());
}

TEST_CASE("cloudevents: the binary form has its attributes in headers", "[cloudevents]") {
  const Fields headers{{"ce-specversion", "1.0"},
                       {"ce-id", "e-1"},
                       {"ce-source", "\"/crm\""},
                       {"ce-type", "t"},
                       {"ce-subject", "Gr%C3%B6%C3%9Fe%2520"},
                       {"ce-campaign", "fr\xC3\xBChling"},
                       {"content-type", "application/json"}};
  CHECK(only(read(R"({"a":true})", headers)) ==
        "/crm e-1 t 2024-03-01T12:00:00Z call_center user_id=Größe%20 "
        "{\"a\":true,\"campaign\":\"frühling\",\"subject\":\"Größe%20\"} {}");
  CHECK(cloudevents::header_value("\"a\\\"b\"") == "a\"b");
  CHECK(cloudevents::header_value("100%") == "100%");
  CHECK_FALSE(cloudevents::header_value("%FF"));
}

TEST_CASE("cloudevents: what is wrong with one event is wrong with its request", "[cloudevents]") {
  struct Row {
    const char* why;
    std::string body;
    std::string told;
  };
  const auto row = GENERATE(values<Row>({
      {"no customer", event(""),
       "no customer is named; by `data.ids`, by an attribute such as `userid`, or by `subject`; "},
      {"no id", R"({"specversion":"1.0","source":"s","type":"t"})", "`id` is missing; ; "},
      {"another version", R"({"specversion":"0.3","id":"i","source":"s","type":"t"})",
       "`specversion` is not 1.0; \"0.3\"; "},
      {"an attribute that is a list", event(R"(,"userid":[1])"),
       "an attribute must be text, a number or a truth value; `userid`; /userid"},
      {"another channel", event(R"(,"userid":"u","channel":"web")"),
       "`channel` is not the token's; \"web\"; this token posts as call_center; "},
      {"a time that is none", R"({"specversion":"1.0","id":"i","source":"s","type":"t","time":"x"})",
       "`time` is not RFC 3339; \"x\"; "},
      {"no base64", event(R"(,"userid":"u","data_base64":"!")"), "`data_base64` is not base64; ; "},
      {"a field twice", event(R"(,"userid":"u","data":{"a":1,"a":2})"), "a field is given twice; `a`; /data"},
  }));
  CAPTURE(row.why);

  const auto understood = read(row.body, structured());

  REQUIRE_FALSE(understood);
  CHECK(understood.error().status == 400);
  CHECK(only(understood) == row.told);
}

TEST_CASE("cloudevents: of a batch the good ones are taken", "[cloudevents]") {
  const auto batch = read(
      "[" + event(R"(,"userid":"a")") + "," + event("") + ",7," + event(R"(,"userid":"b")") + "]", batched());
  REQUIRE(batch);
  CHECK(is_whole(*batch, 4));
  CHECK(batch->index == std::vector<std::size_t>{0, 3});
  CHECK(batch->refused[1].place == "/2");
  CHECK_FALSE(read("[" + event("") + ",", batched()));
}

TEST_CASE("cloudevents: a form that is not known is told so", "[cloudevents]") {
  const auto xml = read("<event/>", {{"content-type", "application/cloudevents+xml"}});
  REQUIRE_FALSE(xml);
  CHECK(xml.error().status == 415);
  const auto plain = read("{}", {{"content-type", "application/json"}});
  REQUIRE_FALSE(plain);
  CHECK(plain.error().status == 415);
}

TEST_CASE("cloudevents: the handshake of web hooks is answered", "[cloudevents]") {
  const Posted posted("/v1/cloudevents", "", {{"webhook-request-origin", "crm.example.net"}}, {}, "OPTIONS");
  const auto reply = cloudevents::dialect()->answer(posted.post());
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(reply->headers.at(1) == std::pair<std::string, std::string>("WebHook-Allowed-Origin", "*"));
  CHECK_FALSE(cloudevents::dialect()->answer(Posted("/v1/cloudevents", "{}").post()));
}

}  // namespace lotse::test
