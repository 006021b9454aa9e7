#include "channels/native/native.hpp"

#include <catch2/catch.hpp>

#include "tests/support/post.hpp"

namespace lotse::test {
namespace {

const Sender till{.source = "till-7", .channels = {"store", "web"}};
const Sender anyone{.source = "hub", .channels = {}};

std::string event(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id +
         R"(","type":"order_placed","time":"2024-03-01T09:00:00Z","ids":{"user_id":"ada"})" + more + "}";
}

tl::expected<Understood, Fault> read(std::string_view body, const Sender& sender = anyone,
                                     Fields headers = {}) {
  const Posted posted("/v1/events", body, std::move(headers));
  auto understood = native::dialect()->read(posted.post(), sender);
  return understood;
}

Understood good(tl::expected<Understood, Fault> read) {
  REQUIRE(read);
  return *std::move(read);
}

}  // namespace

TEST_CASE("native: one event, a list and lines are told by what the body is", "[native]") {
  struct Row {
    const char* why;
    std::string body;
    std::size_t events;
  };
  const auto row = GENERATE(values<Row>({
      {"one event", event("a"), 1},
      {"one laid out over lines",
       "{\n  \"id\": \"a\",\n  \"type\": \"t\",\n  \"time\": \"2024-03-01T09:00:00Z\",\n"
       "  \"ids\": {\n    \"user_id\": 1\n  }\n}\n",
       1},
      {"a list", "[" + event("a") + ", " + event("b") + "]", 2},
      {"a list of none", " [ ] ", 0},
      {"lines", event("a") + "\n" + event("b") + "\n", 2},
      {"lines with empty ones, and of Windows", event("a") + "\r\n\r\n  \r\n" + event("b"), 2},
      {"a byte order mark", "\xEF\xBB\xBF" + event("a"), 1},
  }));
  CAPTURE(row.why);

  const auto understood = good(read(row.body));

  CHECK(understood.refused.empty());
  CHECK(understood.events.size() == row.events);
  CHECK(is_whole(understood, row.events));
}

TEST_CASE("native: an event keeps what it says and gets what it leaves to the token", "[native]") {
  const std::string full = event(
      "a", R"(,"source":"crm","channel":"web","properties":{"amount":39.9},"traits":{"region":"north"})");

  const Posted posted("/v1/events", "[" + full + "," + event("b") + "]");
  const auto understood = good(native::dialect()->read(posted.post(), till));

  REQUIRE(understood.events.size() == 2);
  CHECK(describe(understood.events[0]) ==
        R"(crm a order_placed 2024-03-01T09:00:00Z web user_id=ada {"amount":39.9} {"region":"north"})");
  CHECK(describe(understood.events[1]) ==
        R"(till-7 b order_placed 2024-03-01T09:00:00Z store user_id=ada {} {})");
  CHECK(understood.text[1] == event("b"));
}

TEST_CASE("native: a number of many digits is not lost", "[native]") {
  const auto understood = good(
      read(event("a", R"(,"properties":{"x":0.1234567890123456789012345,"y":123456789012345678901234.5})")));
  REQUIRE(understood.events.size() == 1);
  const Value& properties = understood.events[0].properties;
  CHECK(properties.find("x")->identical(Value(0.1234567890123456789012345)));
  CHECK(properties.find("y")->identical(Value(123456789012345678901234.5)));
}

TEST_CASE("native: what is no event is refused with its reason and place, and the rest is taken",
          "[native]") {
  struct Row {
    const char* why;
    std::string text;
    std::string reason;
    std::string detail;
    std::string place;
  };
  const std::string first = event("a");
  const std::string nan = event("x", R"(,"properties":{"price":NaN})");
  const std::string no_utf8 = event("x", ",\"properties\":{\"a\":\"\xC3\x28\"}");
  const std::string large = event("x", R"(,"properties":{"a":")" + std::string(32'768, 'x') + "\"}");
  const std::size_t begin = first.size() + 2;  // of the row's text in the list
  const auto row = GENERATE_COPY(values<Row>({
      {"no id", R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":"1"}})", "`id` is missing",
       "with `source` it tells an event that is sent again", "/1"},
      {"no ids", R"({"id":"x","type":"t","time":"2024-03-01T09:00:00Z"})", "`ids` is missing", "", "/1"},
      {"another channel", event("x", R"(,"channel":"app")"), "`channel` is not the token's",
       "\"app\"; this token posts as store, web", "/1/channel"},
      {"a property twice", event("x", R"(,"properties":{"a":{"b":1,"b":2}})"), "a field is given twice",
       "`b`", "/1/properties/a"},
      {"a field twice", event("x", R"(,"type":"u")"), "a field is given twice", "`type`", "/1/type"},
      {"an unknown field", event("x", R"(,"typ":"u")"), "unknown field", "`typ`; did you mean `type`?",
       "/1/typ"},
      {"NaN", nan, "not JSON", "", "byte " + std::to_string(begin + nan.find("NaN"))},
      {"a number beyond all", event("x", R"(,"properties":{"a":[1,{"price":1e999}]})"),
       "a number cannot be read", "\"1e999\"", "/1/properties/a/1/price"},
      {"too deep", event("x", R"(,"properties":{"a":)" + std::string(16, '[') + std::string(16, ']') + "}"),
       "nested deeper than 16", "", "/1/properties/a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"},
      {"bytes that are no UTF-8", no_utf8, "not UTF-8", "",
       "byte " + std::to_string(begin + no_utf8.find('\xC3'))},
      {"no object", "17", "not an object", "it is a number", "/1"},
      {"brackets that do not fit", event("x", R"(,"properties":{"a":[1})") + "]", "not JSON", "", ""},
      {"a time without zone", R"({"id":"x","type":"t","time":"2024-03-01T09:00:00","ids":{"u":"1"}})",
       "`time` is not RFC 3339", "\"2024-03-01T09:00:00\": the offset is missing, for example `Z`",
       "/1/time"},
      {"too long", large, "longer than 32768 bytes", std::to_string(large.size()) + " bytes", "/1"},
  }));
  CAPTURE(row.why);

  const auto understood = good(read("[" + first + "," + row.text + "," + event("z") + "]", till));

  CHECK(is_whole(understood, 3));
  REQUIRE(understood.refused.size() == 1);
  const RefusedPart& refused = understood.refused.front();
  CHECK(refused.index == 1);
  CHECK(refused.reason == row.reason);
  if (!row.detail.empty()) CHECK(refused.detail == row.detail);
  if (!row.place.empty()) CHECK(refused.place == row.place);
  CHECK(refused.text.size() <= 2'048);
  CHECK_FALSE(find_bad_utf8(refused.text));
}

TEST_CASE("native: a broken line costs no other line, whatever the first one is", "[native]") {
  const auto broken_first = good(read("{\"id\": \"x\n" + event("a") + "\nnonsense\n" + event("b") + "\n"));
  CHECK(is_whole(broken_first, 4));
  CHECK(broken_first.index == std::vector<std::size_t>{1, 3});
  CHECK(broken_first.refused.at(0).place == "byte 0");

  const auto said = good(read("nonsense\n" + event("a"), anyone, {{"content-type", "application/x-ndjson"}}));
  CHECK(is_whole(said, 2));
  CHECK(said.index == std::vector<std::size_t>{1});
}

TEST_CASE("native: places in a single event have no index before them", "[native]") {
  const auto understood = good(read(event("x", R"(,"properties":{"a~/b":{"c":1e999}})")));
  REQUIRE(understood.refused.size() == 1);
  CHECK(understood.refused[0].place == "/properties/a~0~1b/c");
}

TEST_CASE("native: a body that cannot be told into events takes nothing", "[native]") {
  struct Row {
    const char* why;
    std::string body;
    unsigned status;
    std::string detail;
    std::string place;
  };
  const std::string a = event("a");
  const auto at = [&](std::size_t more) { return "byte " + std::to_string(a.size() + more); };
  const auto row = GENERATE_COPY(values<Row>({
      {"empty", "  \n", 400, "it is empty", "byte 3"},
      {"something else", "id,type\n", 400, "neither an object, a list nor NDJSON begins here", "byte 0"},
      {"an event without end", "{\"id\":\"a\"", 400, "the end where the object goes on", "byte 9"},
      {"a text without end", "{\"id\":\"a", 400, "the end where the object goes on", "byte 8"},
      {"text behind the event", a + " x", 400, "text behind the event; several are a list, or one a line",
       at(0)},
      {"a list without end", "[" + a + ",", 400, "the end where the list has a value", at(2)},
      {"a list without comma", "[" + a + a + "]", 400, "\"{\" where the list has a comma or ends", at(1)},
      {"a comma too many", "[" + a + ",]", 400, "\"]\" where the list has a value", at(2)},
      {"two lists", "[" + a + "] []", 400, "\"[\" where the list has ended", at(3)},
  }));
  CAPTURE(row.why);

  const auto understood = read(row.body);

  REQUIRE_FALSE(understood);
  CHECK(understood.error().status == row.status);
  CHECK(understood.error().reason == "the body cannot be told into events");
  CHECK(understood.error().detail == row.detail);
  CHECK(understood.error().place == row.place);
}

TEST_CASE("native: a request has 10,000 events at most", "[native]") {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "1\n";
  const Fields ndjson{{"content-type", "application/x-ndjson"}};
  CHECK(good(read(lines, anyone, ndjson)).refused.size() == 10'000);

  const auto more = read(lines + "1", anyone, ndjson);
  REQUIRE_FALSE(more);
  CHECK(more.error().status == 413);
  std::string list = "[1";
  for (int i = 0; i < 10'000; ++i) list += ",1";
  const auto listed = read(list + "]");
  REQUIRE_FALSE(listed);
  CHECK(listed.error().status == 413);
}

TEST_CASE("native: the token comes as Bearer", "[native]") {
  const auto dialect = native::dialect();
  const Posted posted("/v1/events", "{}", {{"authorization", "bEarer  lotse_channel_x "}});
  CHECK(dialect->keys(posted.post()) == std::vector<std::string>{"lotse_channel_x"});
  CHECK(dialect->keys(Posted("/v1/events", "{}", {{"authorization", "Basic eDo="}}).post()).empty());
  CHECK(dialect->keys(Posted("/v1/events", "{}").post()).empty());
}

TEST_CASE("native: the answer counts and names what was rejected", "[native]") {
  const auto dialect = native::dialect();
  const Posted posted("/v1/events", "{}");
  const Taken taken{
      .accepted = 2,
      .duplicate = 1,
      .conflict = 0,
      .from_future = 1,
      .refused = {
          {.index = 3, .reason = "unknown field", .detail = "`a\"b`", .place = "/3/a", .text = "{}"}}};

  const Reply reply = dialect->taken(posted.post(), taken);
  CHECK(reply.status == 200);
  CHECK(
      reply.body ==
      R"({"accepted":2,"duplicate":1,"conflict":0,"from_future":1,"rejected":[{"index":3,"reason":"unknown field","detail":"`a\"b`","place":"/3/a"}]})"
      "\n");

  const Reply refused =
      dialect->refused(posted.post(), {.status = 400, .reason = "no", .detail = "\xFF", .place = "byte 3"});
  CHECK(refused.status == 400);
  CHECK(refused.content_type == "application/problem+json");
  CHECK(refused.body == R"({"type":"about:blank","title":"no","status":400,"detail":")"
                        "\xEF\xBF\xBD"
                        R"(","place":"byte 3"})"
                        "\n");
}

}  // namespace lotse::test
