#include "channels/segment/segment.hpp"

#include <catch2/catch.hpp>

#include "channels/segment/message.hpp"
#include "tests/support/post.hpp"

namespace lotse::test {
namespace {

const Sender web{.source = "shop", .channels = {"web", "app"}};

tl::expected<Understood, Fault> read(const std::string& path, std::string_view body,
                                     const Sender& sender = web) {
  const Posted posted(path, body, {{"content-type", "text/plain"}});
  return segment::dialect()->read(posted.post(), sender);
}

/// The one event of what was understood.
std::string only(const tl::expected<Understood, Fault>& read) {
  REQUIRE(read);
  CHECK(read->refused.empty());
  REQUIRE(read->events.size() == 1);
  return describe(read->events.front());
}

const std::string who = R"("messageId":"m-1","userId":"ada","anonymousId":"anon-1",)";
const std::string when = R"("timestamp":"2024-03-01T11:00:00.000Z")";

}  // namespace

TEST_CASE("segment: each call becomes an event of its own kind", "[segment]") {
  struct Row {
    const char* path;
    std::string body;
    const char* event;
  };
  const auto row = GENERATE(values<Row>({
      {"/v1/track", R"("event":"Order Placed","properties":{"amount":39.9})",
       R"(order_placed 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {"amount":39.9} {})"},
      {"/v1/t", R"("event":"orderPlaced")",
       R"(order_placed 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {} {})"},
      {"/v1/identify", R"("traits":{"email":"ada@example.net","plan":"fibre"})",
       R"(identify 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 email=ada@example.net {} {"email":"ada@example.net","plan":"fibre"})"},
      {"/v1/i", R"("context":{"traits":{"plan":"fibre"},"ip":"192.0.2.1"})",
       R"(identify 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {} {"plan":"fibre"})"},
      {"/v1/page",
       R"("name":"Home","properties":{"path":"/"},"context":{"page":{"path":"/"},"locale":"de-DE"})",
       R"(page 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {"path":"/","name":"Home","context":{"locale":"de-DE"}} {})"},
      {"/v1/s", R"("name":"Cart","category":"shop")",
       R"(screen 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {"name":"Cart","category":"shop"} {})"},
      {"/v1/g", R"("groupId":"acme","traits":{"seats":3})",
       R"(group 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {"group_id":"acme","traits":{"seats":3}} {})"},
      {"/v1/alias", R"("previousId":"anon-1")",
       R"(alias 2024-03-01T11:00:00Z web user_id=ada anonymous_id=anon-1 {} {})"},
      {"/v1/a", R"("previousId":"ada-old")",
       R"(alias 2024-03-01T11:00:00Z web user_id=ada user_id=ada-old {} {})"},
      {"/v1/t",
       R"("event":"x","context":{"channel":"app","device":{"id":"secret","type":"ios"},"externalIds":[{"type":"loyalty_id","id":"7","collection":"users"},{"type":"account","id":"8","collection":"accounts"}]})",
       R"(x 2024-03-01T11:00:00Z app user_id=ada anonymous_id=anon-1 loyalty_id=7 {"context":{"device":{"type":"ios"}}} {})"},
  }));
  CAPTURE(row.path, row.body);

  const auto read_one = read(row.path, "{" + who + row.body + "," + when + "}");

  CHECK(only(read_one) == std::string("shop m-1 ") + row.event);
}

TEST_CASE("segment: names of events become types", "[segment]") {
  CHECK(segment::event_type("Order Placed") == "order_placed");
  CHECK(segment::event_type("order_placed") == "order_placed");
  CHECK(segment::event_type(" NPS-Answered! ") == "nps_answered");
  CHECK(segment::event_type("HTTPError") == "http_error");
  CHECK(segment::event_type("Größe gewählt") == "größe_gewählt");
  CHECK(segment::event_type("2FA Enabled") == "2fa_enabled");
  CHECK(segment::event_type("!?").empty());
}

TEST_CASE("segment: a batch is taken message by message", "[segment]") {
  const std::string good = R"({"type":"track","event":"Good","messageId":"a","userId":1,)" + when + "}";
  const auto batch = read(
      "/v1/b",
      R"({"batch":[)" + good +
          R"(,{"type":"track","event":"Bad","userId":"u","properties":{"a":1,"a":2}},{"type":"nonsense","userId":"u"},{"type":"track","event":"x"},{"userId":"u"},{"type":"track","event":"y","userId":"u","timestamp":"soon"},)" +
          good + R"(],"writeKey":"k","sentAt":"2024-03-01T12:00:00.100Z"})");

  REQUIRE(batch);
  CHECK(is_whole(*batch, 7));
  CHECK(batch->index == std::vector<std::size_t>{0, 6});
  CHECK(describe(batch->events[0]) == "shop a good 2024-03-01T11:00:00Z web user_id=1 {} {}");
  REQUIRE(batch->refused.size() == 5);
  CHECK(batch->refused[0].reason == "a field is given twice");
  CHECK(batch->refused[0].place == "/batch/1/properties");
  CHECK(batch->refused[1].reason == "`type` is none of the calls");
  CHECK(batch->refused[1].place == "/batch/2/type");
  CHECK(batch->refused[2].reason == "`userId` and `anonymousId` are missing");
  CHECK(batch->refused[3].reason == "`type` is missing");
  CHECK(batch->refused[4].place == "/batch/5/timestamp");
}

TEST_CASE("segment: clocks that are wrong are set right, others are left alone", "[segment]") {
  const auto at = [](const char* text) { return *parse_instant(text); };
  const Instant received = at("2024-03-01T12:00:00Z");
  const Instant made = at("2024-03-01T09:00:00Z");
  // Its clock is three hours behind, and it sent after a minute.
  CHECK(segment::without_skew(made, at("2024-03-01T09:01:00Z"), received) == at("2024-03-01T11:59:00Z"));
  CHECK(segment::without_skew(at("2031-01-01T00:00:00Z"), at("2031-01-01T00:00:10Z"), received) ==
        at("2024-03-01T11:59:50Z"));
  CHECK(segment::without_skew(made, at("2024-03-01T11:59:57Z"), received) == made);
  CHECK(segment::without_skew(made, std::nullopt, received) == made);
  CHECK(segment::without_skew(made, at("2024-03-01T08:59:00Z"), received) == made);

  const std::string track = R"({"messageId":"m","userId":"u","event":"e",)";
  CHECK(
      only(read("/v1/t",
                track + R"("originalTimestamp":"2024-03-01T09:00:00Z","sentAt":"2024-03-01T09:01:00Z"})")) ==
      "shop m e 2024-03-01T11:59:00Z web user_id=u {} {}");
  // RudderStack's `timestamp` is the customer's own.
  CHECK(
      only(read(
          "/v1/t",
          track +
              R"("timestamp":"2020-01-01T00:00:00Z","originalTimestamp":"2024-03-01T09:00:00Z","sentAt":"2024-03-01T09:01:00Z"})")) ==
      "shop m e 2020-01-01T00:00:00Z web user_id=u {} {}");
  CHECK(only(read("/v1/t", track + R"("sentAt":null})")) ==
        "shop m e 2024-03-01T12:00:00Z web user_id=u {} {}");
}

TEST_CASE("segment: a message without an id has one of its content", "[segment]") {
  const std::string dated = R"({"userId":"u","event":"e",)" + when + "}";
  const auto id = [](const std::string& body) { return read("/v1/t", body)->events.at(0).id; };
  CHECK(id(dated) == id(dated));
  CHECK(id(dated).size() == 32);
  CHECK(id(dated) != id(R"({"userId":"v","event":"e",)" + when + "}"));
}

TEST_CASE("segment: the key is looked for where clients put it, in this order", "[segment]") {
  const auto dialect = segment::dialect();
  const std::string body = R"({"writeKey":"body","batch":[]})";
  const auto keys = [&](Fields headers, Fields query) {
    return dialect->keys(Posted("/v1/b", body, std::move(headers), std::move(query)).post());
  };
  CHECK(keys({{"authorization", "Basic aGVhZGVyOg=="}, {"x-write-key", "other"}}, {{"writeKey", "query"}}) ==
        std::vector<std::string>{"header", "other", "query"});
  CHECK(keys({{"authorization", "Bearer header"}}, {}) == std::vector<std::string>{"header"});
  CHECK(keys({}, {{"writeKey", "query"}}) == std::vector<std::string>{"query"});
  CHECK(keys({}, {}) == std::vector<std::string>{"body"});
  CHECK(keys({{"authorization", "Basic !"}}, {}) == std::vector<std::string>{"body"});
}

TEST_CASE("segment: only what cannot be read is refused as a whole", "[segment]") {
  const auto broken = read("/v1/b", R"({"batch":[{"type":"track"})");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().status == 400);
  CHECK(broken.error().place == "byte 26");
  CHECK_FALSE(read("/v1/t", "nonsense"));
  CHECK_FALSE(read("/v1/b", "{}"));
  CHECK_FALSE(read("/v1/t", R"({"event":"x","userId":nothing})"));
  CHECK_FALSE(
      read("/v1/t", R"({"event":"x","userId":"u","properties":{"a":")" + std::string(40'000, 'x') + "\"}}"));
  CHECK(read("/v1/t", R"({"event":"x"})")->refused.size() == 1);

  const auto dialect = segment::dialect();
  const Posted posted("/v1/b", "{}");
  struct Row {
    unsigned status;
    unsigned shown;
  };
  const auto row =
      GENERATE(values<Row>({{400, 400}, {401, 401}, {403, 401}, {413, 400}, {429, 429}, {503, 429}}));
  CHECK(dialect->refused(posted.post(), {.status = row.status, .reason = "no"}).status == row.shown);
  CHECK(dialect->taken(posted.post(), {}).body == "{\"success\":true}\n");
}

TEST_CASE("segment: browsers are told to send here", "[segment]") {
  const auto dialect = segment::dialect();
  const Posted settings("/v1/projects/lotse_channel_key-1/settings", "",
                        {{"host", "events.example.net"}, {"x-forwarded-proto", "https"}}, {}, "GET");
  const auto reply = dialect->answer(settings.post());
  REQUIRE(reply);
  CHECK(reply->body.find(
            R"("apiKey":"lotse_channel_key-1","apiHost":"events.example.net/v1","protocol":"https")") !=
        std::string::npos);

  const Posted config("/sourceConfig/", "", {}, {{"writeKey", "lotse_channel_key-2"}}, "GET");
  CHECK(dialect->answer(config.post())->body.find(R"("writeKey":"lotse_channel_key-2","enabled":true)") !=
        std::string::npos);

  const Posted odd("/v1/projects/\xFF/settings", "", {{"host", "\xFF"}}, {}, "GET");
  CHECK(dialect->answer(odd.post())->body.find(R"("apiKey":"","apiHost":"","protocol":"http")") !=
        std::string::npos);
  CHECK(dialect->answer(Posted("/v1/m", "{}").post())->status == 204);
  CHECK_FALSE(dialect->answer(Posted("/v1/t", "{}").post()));
}

}  // namespace lotse::test
