#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/file/reading.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view plain =
    R"({"id":"e1","type":"order_placed","time":"2024-03-01T09:00:00.250+01:00","source":"shop","channel":"web",)"
    R"("ids":{"user_id":"ada","loyalty_id":4711},"properties":{"amount":39.9,"items":[1,{"sku":"a"}],"gift":true},)"
    R"("traits":{"region":"north"}})";

std::string with(const std::string& fields) {
  return R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"user_id":"ada"},)" + fields + "}";
}

}  // namespace

TEST_CASE("ndjson: an event is read with all its fields", "[file]") {
  const auto read = read_text("log.ndjson", plain);

  REQUIRE(read.events.size() == 1);
  const Event& event = read.events.front();
  CHECK(event.id == "e1");
  CHECK(event.source == "shop");
  CHECK(describe(event) == R"(order_placed 2024-03-01T08:00:00.250Z web user_id=ada loyalty_id=4711 )"
                           R"({"amount":39.9,"items":[1,{"sku":"a"}],"gift":true} {"region":"north"})");
  CHECK(read.raw.front() == plain);
}

TEST_CASE("ndjson: a whole number is an int, any other a double", "[file]") {
  struct Row {
    const char* why;
    const char* text;
    Value value;
  };
  const auto row =
      GENERATE(Row{"whole", "4", Value(std::int64_t{4})}, Row{"with a point", "4.0", Value(4.0)},
               Row{"with an exponent", "4e0", Value(4.0)},
               Row{"the least int", "-9223372036854775808", Value(std::numeric_limits<std::int64_t>::min())},
               Row{"beyond int", "9223372036854775808", Value(std::uint64_t{9223372036854775808U})},
               Row{"beyond 64 bits", "18446744073709551616", Value(18446744073709551616.0)},
               Row{"far below", "-18446744073709551616", Value(-18446744073709551616.0)});
  CAPTURE(row.why);

  const auto read =
      read_text("log.ndjson", with(std::string(R"("properties":{"x":)") + row.text + R"(,"y":1})"));

  REQUIRE(read.rejected.empty());
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].properties.find("x")->identical(row.value));
  CHECK(read.events[0].properties.find("y")->identical(Value(std::int64_t{1})));
}

TEST_CASE("ndjson: events without id or source get the file's", "[file]") {
  const std::string text =
      with(R"("channel":"web")") + "\n\n" + with(R"("id":17)") + "\r\n" + with(R"("source":"crm")");

  SECTION("which is a hash of the first 64 KiB") {
    const auto read = read_text("log.ndjson", text);
    REQUIRE(read.events.size() == 3);
    CHECK(read.file_id.size() == 16);
    CHECK(read.events[0].id == read.file_id + ":000000000001");
    CHECK(read.events[0].source == read.file_id);
    CHECK(read.events[1].id == "17");
    CHECK(read.events[1].source == read.file_id);
    CHECK(read.events[2].id == read.file_id + ":000000000004");
    CHECK(read.events[2].source == "crm");
    CHECK(read_text("other.ndjson", text).file_id == read.file_id);
    CHECK(read_text("log.ndjson.gz", gzip(text)).file_id == read.file_id);
    CHECK(read_text("log.ndjson", text + " ").file_id != read.file_id);
  }
  SECTION("or what the caller says") {
    const auto read = read_text("log.ndjson", text, {.source = "march"});
    CHECK(read.events.at(0).id == "march:000000000001");
    CHECK(read.events.at(0).source == "march");
  }
}

TEST_CASE("ndjson: a broken line is rejected with its place and reason, and the rest goes on", "[file]") {
  struct Row {
    const char* why;
    std::string line;
    std::uint32_t column;
    std::string reason;
    std::string detail;
  };
  const auto row = GENERATE(values<Row>({
      {"no JSON at all", "hello", 1, "not JSON",
       "The JSON document has an improper structure: missing or superfluous commas, braces, missing keys, "
       "etc."},
      {"what only begins like null", "no json", 1, "not JSON",
       "Problem while parsing an atom starting with the letter 'n'"},
      {"null", "null", 1, "not an object", "it is null"},
      {"a list", "[1]", 1, "not an object", "it is a list"},
      {"two events on a line", with(R"("id":"a")") + with(R"("id":"b")"), 76, "not JSON",
       "text behind the event"},
      {"no type", R"({"time":"2024-03-01T09:00:00Z","ids":{"u":"1"}})", 0, "`type` is missing", ""},
      {"an empty type", R"({"type":"","time":"2024-03-01T09:00:00Z","ids":{"u":"1"}})", 9, "`type` is empty",
       ""},
      {"a type that is no text", R"({"type":3,"time":"2024-03-01T09:00:00Z","ids":{"u":"1"}})", 9,
       "`type` must be text", "\"3\""},
      {"no time", R"({"type":"t","ids":{"u":"1"}})", 0, "`time` is missing", ""},
      {"a time as a number", R"({"type":"t","time":1709283600000,"ids":{"u":"1"}})", 20,
       "`time` is not RFC 3339", "it is a number; write \"2024-03-01T09:00:00Z\""},
      {"a time without an offset", R"({"type":"t","time":"2024-03-01T09:00:00","ids":{"u":"1"}})", 20,
       "`time` is not RFC 3339", "\"2024-03-01T09:00:00\": the offset is missing, for example `Z`"},
      {"a time that is none", R"({"type":"t","time":"soon","ids":{"u":"1"}})", 20, "`time` is not RFC 3339",
       "\"soon\""},
      {"no ids", R"({"type":"t","time":"2024-03-01T09:00:00Z"})", 0, "`ids` is missing", ""},
      {"ids that are all null", R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":null}})", 0,
       "`ids` is missing", "it is empty"},
      {"an id that is no name", R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":true}})", 54,
       "an id must be text or a number", "`u` is true or false"},
      {"a field that is not known", with(R"("propertys":{})"), 67, "unknown field",
       "`propertys`; did you mean `properties`?"},
      {"a field twice", with(R"("type":"t")"), 67, "a field is given twice", "`type`"},
      {"a property twice", with(R"("properties":{"a":1,"a":2})"), 80, "a field is given twice", "`a`"},
      {"properties that are a list", with(R"("properties":[])"), 80, "`properties` must be an object",
       "it is a list"},
      {"a number that is none", with(R"("properties":{"a":01})"), 85, "a number cannot be read", "\"01\""},
      {"a number without bound", with(R"("properties":{"a":1e999})"), 85, "a number cannot be read",
       "\"1e999\""},
      {"bytes that are no UTF-8", with("\"channel\":\"\xC3\x28\""), 78, "not UTF-8", ""},
      {"nesting without end",
       with(R"("properties":{"a":)" + std::string(16, '[') + std::string(16, ']') + "}"), 100,
       "nested deeper than 16", ""},
      {"more than an event may have", with(R"("channel":")" + std::string(32'768, 'x') + "\""), 0,
       "longer than 32768 bytes", "32847 bytes"},
  }));
  CAPTURE(row.why);
  const std::string good = with(R"("id":"good")");

  const auto read = read_text("log.ndjson", good + "\n" + row.line + "\n" + good);

  CHECK(read.lines == std::vector<std::uint64_t>{1, 3});
  REQUIRE(read.rejected.size() == 1);
  CHECK(read.rejected[0].line == 2);
  CHECK(read.rejected[0].column == row.column);
  CHECK(read.rejected[0].reason == row.reason);
  CHECK(read.rejected[0].detail == row.detail);
  CHECK(read.rejected[0].raw == row.line);
}

TEST_CASE("ndjson: lines are told apart wherever a piece of the file ends", "[file]") {
  std::string text;
  for (int i = 0; i < 3'000; ++i) {
    text += with(R"("id":"e)" + std::to_string(i) + R"(","channel":")" +
                 std::string(static_cast<std::size_t>(i % 97), 'x') + "\"");
    text += "\n";
    if (i % 1'000 == 500) text += "{broken\n" + std::string(200'000, 'y') + "\n";  // longer than a piece
  }
  const unsigned threads = GENERATE(0U, 1U, 3U);
  const file::FileOptions options{.batch_bytes = 1, .threads = threads};  // the least that is taken

  for (const std::string& bytes :
       {text, gzip(text), gzip(text.substr(0, 100'003)) + gzip(text.substr(100'003))}) {
    const auto read = read_text("log", bytes, options);
    CHECK(read.batches > 2);
    REQUIRE(read.events.size() == 3'000);
    for (std::size_t i = 0; i < read.events.size(); ++i) {
      REQUIRE(read.events[i].id == "e" + std::to_string(i));
      REQUIRE(read.lines[i] == i + 1 + 2 * ((i + 499) / 1'000));
    }
    REQUIRE(read.rejected.size() == 6);
    CHECK(read.rejected[0].reason == "not JSON");
    CHECK(read.rejected[1].reason == "longer than 32768 bytes");
  }
}

TEST_CASE("ndjson: several threads end where one does, and leave off where they are left", "[file]") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += with("\"id\":\"e" + std::to_string(i) + "\"") + "\n";
  const file::FileOptions options{.batch_bytes = 1, .threads = 3};

  SECTION("at damage, after what was good") {
    const std::string bytes = gzip(text);
    const auto one = read_text("log", bytes.substr(0, bytes.size() - 9), {.batch_bytes = 1});
    const auto three = read_text("log", bytes.substr(0, bytes.size() - 9), options);
    REQUIRE(one.error.has_value());
    REQUIRE(three.error.has_value());
    CHECK(three.error->code == one.error->code);
    CHECK(three.events.size() == one.events.size());
  }
  SECTION("in the file's order, where all that may be read ahead has been") {
    const TemporaryFile log("log", text);
    std::vector<Diagnostic> findings;
    auto reader = file::EventFile::open(log.path(), options, findings);
    REQUIRE(reader);
    file::Batch batch;
    std::size_t events = 0;
    do {
      for (std::size_t i = 0; i < batch.events.size(); ++i)
        REQUIRE(batch.events[i].id == "e" + std::to_string(events + i));
      events += batch.events.size();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    } while (reader->next(batch).value());
    CHECK(events == 20'000);
  }
  SECTION("in the middle") {
    const TemporaryFile log("log", text);
    std::vector<Diagnostic> findings;
    auto reader = file::EventFile::open(log.path(), options, findings);
    REQUIRE(reader);
    file::Batch batch;
    REQUIRE(reader->next(batch).value());
    CHECK(batch.events.front().id == "e0");
  }
  SECTION("at once, where there is nothing") { CHECK(read_text("log.ndjson", "", options).events.empty()); }
}

TEST_CASE("ndjson: properties that nobody asked for are checked all the same", "[file]") {
  std::string text;
  for (const char* properties :
       {R"({"a":1,"b":{"c":[true,"x"]}})", R"({"a":1,"a":2})", R"({"b":{"a":1,"c":2,"a":3}})",
        R"({"a":1e999})", R"({"a":tru})", R"({"a":"\x"})", R"([1])", R"({"a":[1,{"b":2},}]})"}) {
    text += with(std::string("\"properties\":") + properties) + "\n";
    text += with(std::string("\"traits\":") + properties) + "\n";
  }

  const auto whole = read_text("log.ndjson", text);
  const auto light = read_text("log.ndjson", text, {.properties = false});

  CHECK(whole.events.size() == 2);
  CHECK(whole.events.front().properties.map()->size() == 2);
  REQUIRE(light.events.size() == 2);
  CHECK(light.events.front().properties.map()->empty());
  CHECK(light.events.back().traits.map()->empty());
  CHECK(light.lines == whole.lines);
  REQUIRE(whole.rejected.size() == 14);
  REQUIRE(light.rejected.size() == 14);
  for (std::size_t i = 0; i < whole.rejected.size(); ++i) {
    CAPTURE(whole.rejected[i].raw);
    CHECK(light.rejected[i].line == whole.rejected[i].line);
    CHECK(light.rejected[i].column == whole.rejected[i].column);
    CHECK(light.rejected[i].reason == whole.rejected[i].reason);
    CHECK(light.rejected[i].detail == whole.rejected[i].detail);
  }
}

TEST_CASE("json: an array of events may be laid out in any way", "[file]") {
  const std::string element = with(R"("properties":{"text":"a ] } , \" b"})");

  SECTION("on one line, or over many") {
    const auto read = read_text(
        "log.json", "\n [" + element + "\n,\n  {\n\"type\":\"t\",\n\"time\":\"2024-03-01T09:00:00Z\"," +
                        "\n\"ids\":{\"u\":1}\n} , " + element + "]\n");
    CHECK_FALSE(read.error.has_value());
    CHECK(read.rejected.empty());
    REQUIRE(read.events.size() == 3);
    CHECK(read.lines == std::vector<std::uint64_t>{2, 4, 8});
    CHECK(read.events[0].id == read.file_id + ":000000000001");
    CHECK(read.events[1].id == read.file_id + ":000000000002");
    CHECK(read.events[2].id == read.file_id + ":000000000003");
  }
  SECTION("with nothing in it") { CHECK(read_text("log.json", "[ ]").events.empty()); }
  SECTION("a broken element is rejected, and the rest goes on") {
    const auto read = read_text("log.json", "[" + element + ",\n 7,\n{\"type\":}," + element + "]");
    CHECK(read.events.size() == 2);
    REQUIRE(read.rejected.size() == 2);
    CHECK(read.rejected[0].line == 2);
    CHECK(read.rejected[0].reason == "not an object");
    CHECK(read.rejected[1].line == 3);
    CHECK(read.rejected[1].reason == "not JSON");
  }
  SECTION("what cannot be told into elements ends the reading, after what was good") {
    struct Row {
      std::string text;
      std::size_t events;
      const char* message;
    };
    const auto row = GENERATE_COPY(
        Row{"[" + element + " " + element + "]", 1, R"(:1: "{" where the array has a comma or ends)"},
        Row{"[" + element + ",]", 1, R"(:1: "]" where the array has an event)"},
        Row{"[" + element + "\n] x", 1, R"(:2: "x" where the array has ended)"},
        Row{"[" + element + ",\n", 1, ":2: the end of the file where the array goes on"},
        Row{"[" + element + ",{", 1, ":1: the end of the file where the array goes on"},
        Row{"[", 0, ":1: the end of the file where the array goes on"});
    const TemporaryFile file("log.json", row.text);
    const auto read = read_path(file.path());
    CHECK(read.events.size() == row.events);
    REQUIRE(read.error.has_value());
    CHECK(*read.error == Error{ErrorCode::bad_input, file.path().string() + row.message});
  }
  SECTION("over several pieces") {
    std::string text = "[";
    for (int i = 0; i < 3'000; ++i) text += (i == 0 ? "" : ",\n") + element;
    const auto read = read_text("log.json", text + "]", {.batch_bytes = 1});
    CHECK_FALSE(read.error.has_value());
    CHECK(read.batches > 1);
    CHECK(read.events.size() == 3'000);
    CHECK(read.lines.back() == 3'000);
  }
}

}  // namespace lotse::test
