#include <catch2/catch.hpp>

#include "tests/file/reading.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view mapping_text = R"(
source: orders
zone: UTC
time: ts
type: event
channel: channel
ids: {user_id: customer}
properties:
  amount: {column: amount, type: number}
  note: note
)";

constexpr std::string_view header = "ts,event,channel,customer,amount,note\n";

}  // namespace

TEST_CASE("csv: cells become an event as the mapping says", "[file]") {
  const auto log = mapping(mapping_text);

  const auto read =
      read_text("log.csv",
                std::string(header) +
                    "2024-03-01 09:00:00,order_placed,web,ada,39.90,\"said \"\"hi\"\",\n twice\"\r\n"
                    "2024-03-02T10:30:00.5+02:00, order_paid ,,bob,,\n",
                {.mapping = &log});

  CHECK(read.rejected.empty());
  REQUIRE(read.events.size() == 2);
  CHECK(
      describe(read.events[0]) ==
      R"(order_placed 2024-03-01T09:00:00Z web user_id=ada {"amount":39.9,"note":"said \"hi\",\n twice"} {})");
  CHECK(read.events[0].id == "orders:000000000002");
  CHECK(read.events[0].source == "orders");
  CHECK(read.lines == std::vector<std::uint64_t>{2, 4});
  CHECK(describe(read.events[1]) == R"(order_paid 2024-03-02T08:30:00.500Z - user_id=bob {} {})");
  CHECK(read.events[1].id == "orders:000000000004");
  CHECK(read.raw[1] == "2024-03-02T10:30:00.5+02:00, order_paid ,,bob,,");
}

TEST_CASE("csv: files of all habits are read", "[file]") {
  struct Row {
    const char* why;
    std::string mapping;
    std::string text;
  };
  const std::string plain = "zone: UTC\ntime: t\ntype: e\nids: {u: c}\n";
  const auto row = GENERATE_COPY(
      Row{"LF", plain, "t,e,c\n2024-03-01,x,1\n"}, Row{"CRLF", plain, "t,e,c\r\n2024-03-01,x,1\r\n"},
      Row{"no line break at the end", plain, "t,e,c\n2024-03-01,x,1"},
      Row{"a CR at the very end", plain, "t,e,c\n2024-03-01,x,1\r"},
      Row{"a byte order mark", plain, "\xEF\xBB\xBFt,e,c\n2024-03-01,x,1\n"},
      Row{"all cells quoted", plain, "\"t\",\"e\",\"c\"\n\"2024-03-01\",\"x\",\"1\"\n"},
      Row{"a quoted cell at the very end", plain, "e,c,t\nx,1,\"2024-03-01\""},
      Row{"empty lines", plain, "t,e,c\n\n2024-03-01,x,1\n \r\n\n"},
      Row{"spaces around names", plain, " t ,e , c\n2024-03-01 , x, 1\n"},
      Row{"a semicolon", plain + "delimiter: ;\n", "t;e;c\n2024-03-01;x;1\n"},
      Row{"a tab", plain + "delimiter: tab\n", "t\te\tc\n2024-03-01\tx\t1\n"},
      Row{"columns in another order, and more of them", plain, "z,c,t,e,y\n,1,2024-03-01,x,\n"},
      Row{"gzip", plain, gzip("t,e,c\n2024-03-01,x,1\n")});
  CAPTURE(row.why);
  const auto log = mapping(row.mapping);

  const auto read = read_text("log.csv", row.text, {.mapping = &log});

  CHECK_FALSE(read.error.has_value());
  CHECK(read.rejected.empty());
  REQUIRE(read.events.size() == 1);
  CHECK(describe(read.events.front()) == "x 2024-03-01T00:00:00Z - u=1 {} {}");
}

TEST_CASE("csv: a broken record is rejected with its place and reason, and the rest goes on", "[file]") {
  struct Row {
    const char* why;
    std::string record;
    std::uint32_t column;
    std::string reason;
    std::string detail;
  };
  const auto row = GENERATE(values<Row>({
      {"too few cells", "2024-03-01,x,web,ada,1", 0, "other number of cells than the header",
       "5 instead of 6"},
      {"too many", "2024-03-01,x,web,ada,1,,", 0, "other number of cells than the header", "7 instead of 6"},
      {"no time", ",x,web,ada,1,", 1, "column `ts` is empty: the event has no time", ""},
      {"a time that is none", "2024-02-30,x,web,ada,1,", 1, "column `ts` is not a time", "\"2024-02-30\""},
      {"no type", "2024-03-01,,web,ada,1,", 12, "column `event` is empty: the event has no type", ""},
      {"no identifier", "2024-03-01,x,web, ,1,", 0, "no identifier: all columns of `ids` are empty", ""},
      {"a number that is none", "2024-03-01,x,web,ada,\"1,5\",", 23, "column `amount` is not a number",
       "\"1,5\""},
      {"text behind a quote", "2024-03-01,x,web,ada,1,\"a\"b", 0, "text behind a closing quote", ""},
      {"bytes that are no UTF-8", "2024-03-01,x,web,ada,1,\xFC", 0, "not UTF-8", ""},
      {"more than an event may have", "2024-03-01,x,web,ada,1," + std::string(32'768, 'x'), 0,
       "longer than 32768 bytes", "32791 bytes"},
  }));
  CAPTURE(row.why);
  const auto log = mapping(mapping_text);
  const std::string good = "2024-03-01,x,web,ada,1,\n";

  const auto read =
      read_text("log.csv", std::string(header) + good + row.record + "\n" + good, {.mapping = &log});

  CHECK(read.lines == std::vector<std::uint64_t>{2, 4});
  REQUIRE(read.rejected.size() == 1);
  CHECK(read.rejected[0].line == 3);
  CHECK(read.rejected[0].column == row.column);
  CHECK(read.rejected[0].reason == row.reason);
  CHECK(read.rejected[0].detail == row.detail);
  CHECK(read.rejected[0].raw == row.record);
}

TEST_CASE("csv: a stray quote costs its own line, not those that it seems to swallow", "[file]") {
  const auto log = mapping(mapping_text);
  const std::string good = "2024-03-01,x,web,ada,1,\n";
  const std::string bad = "2024-03-01,x,web,ada,1,\"oops\n";

  SECTION("closed by a later one") {
    const auto read = read_text("log.csv", std::string(header) + bad + good + bad + good, {.mapping = &log});
    CHECK(read.lines == std::vector<std::uint64_t>{3, 5});
    REQUIRE(read.rejected.size() == 2);
    CHECK(read.rejected[0].reason == "text behind a closing quote");
    CHECK(read.rejected[1].reason == "a quote is not closed");
  }
  SECTION("never closed") {
    std::string text(header);
    text += bad;
    for (int i = 0; i < 40'000; ++i) text += good;
    const auto read = read_text("log.csv", text, {.mapping = &log, .batch_bytes = 1});
    CHECK(read.events.size() == 40'000);
    REQUIRE(read.rejected.size() == 1);
    CHECK(read.rejected[0].line == 2);
    CHECK(read.rejected[0].reason == "a quote is not closed");
    CHECK(read.lines.back() == 40'002);
  }
}

TEST_CASE("csv: records are told apart wherever a piece of the file ends", "[file]") {
  const auto log = mapping(mapping_text);
  std::string text(header);
  for (int i = 0; i < 9'000; ++i) {
    text += "2024-03-01,x" + std::to_string(i) + ",web,ada,1,\"a \"\"b\"\"\r\n" +
            std::string(static_cast<std::size_t>(i % 53), 'c') + "\"\r\n";
  }
  text += "2024-03-01," + std::string(300'000, 'y') + "\n";  // longer than a piece
  text += "2024-03-01,last,web,ada,1,";

  const auto read = read_text("log.csv", text, {.mapping = &log, .batch_bytes = 1});

  CHECK(read.batches > 2);
  REQUIRE(read.events.size() == 9'001);
  for (std::size_t i = 0; i < 9'000; ++i) {
    REQUIRE(read.events[i].type == "x" + std::to_string(i));
    REQUIRE(read.lines[i] == 2 + 2 * i);
    REQUIRE(*read.events[i].properties.find("note")->string() == "a \"b\"\r\n" + std::string(i % 53, 'c'));
  }
  REQUIRE(read.rejected.size() == 1);
  CHECK(read.rejected[0].line == 18'002);
  CHECK(read.rejected[0].reason == "longer than 32768 bytes");
  CHECK(read.lines.back() == 18'003);
  CHECK(read.events.back().type == "last");
}

TEST_CASE("csv: without a mapping the columns are named as an event's fields", "[file]") {
  const auto read =
      read_text("log.csv",
                "id,time,type,channel,ids.user_id,ids.email,properties.plan,traits.region,other\n"
                "e1,2024-03-01T09:00:00Z,signed_up,web,ada,,fibre,north,x\n");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].id == "e1");
  CHECK(describe(read.events[0]) ==
        R"(signed_up 2024-03-01T09:00:00Z web user_id=ada {"plan":"fibre"} {"region":"north"})");

  const TemporaryFile file("log.csv", "a,b\n1,2\n");
  const auto other = read_path(file.path());
  REQUIRE(other.error.has_value());
  CHECK(*other.error ==
        Error{ErrorCode::bad_input, file.path().string() +
                                        ": a CSV file needs a mapping, or columns named `time`, `type` "
                                        "and `ids.NAMESPACE`"});
}

TEST_CASE("csv: a mapping that does not fit the header says where", "[file]") {
  const auto log = mapping("zone: UTC\ntime: ts\ntype: evnt\nids: {u: customer}\nproperties: {a: twice}\n");
  const TemporaryFile file("log.csv", "ts,event,customer,twice,twice\n");

  const auto read = read_path(file.path(), {.mapping = &log});

  CHECK(render(read.findings) ==
        "mapping.yaml:3:7: error: " + file.path().string() +
            " has no column `evnt` [M006]\n  hint: did you mean `event`?\n"
            "mapping.yaml:5:17: error: " +
            file.path().string() +
            " has 2 columns `twice` [M007]\n  hint: give each its own name in the header\n");
  REQUIRE(read.error.has_value());
  CHECK(*read.error == Error{ErrorCode::bad_input,
                             file.path().string() + " does not have the columns that mapping.yaml names"});

  SECTION("and guesses at another delimiter") {
    const TemporaryFile semicolons("log.csv", "ts;event;customer\n");
    const auto again = read_path(semicolons.path(), {.mapping = &log});
    REQUIRE(again.findings.size() == 4);
    CHECK(again.findings[0].hint == "is the delimiter another one? `delimiter: \";\"`");
  }
}

TEST_CASE("file: what cannot be read at all is an error that says why", "[file]") {
  const TemporaryFile utf16("log.ndjson", std::string_view("\xFF\xFE{\0", 4));
  CHECK(read_path(utf16.path()).error ==
        Error{ErrorCode::bad_input, utf16.path().string() + ": is UTF-16; write it as UTF-8"});
  CHECK(read_path("no/such/file.csv").error ==
        Error{ErrorCode::not_found, "no/such/file.csv: cannot be opened: No such file or directory"});
  CHECK(read_path("/").error == Error{ErrorCode::storage, "/: is a folder"});
  const TemporaryFile empty("log.csv", "");
  CHECK(read_path(empty.path()).error ==
        Error{ErrorCode::bad_input, empty.path().string() + ": has no header line"});
  CHECK_FALSE(read_text("log.ndjson", "").error.has_value());
}

TEST_CASE("file: damaged gzip gives what was good and then an error", "[file]") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"user_id":")" +
            std::to_string(i * 7919 % 100'003) + "\"}}\n";
  }
  const std::string whole = gzip(text);
  REQUIRE(whole.size() > 80'000);

  SECTION("cut short") {
    const TemporaryFile file("log.ndjson.gz", whole.substr(0, whole.size() - 20'000));
    const auto read = read_path(file.path(), {.batch_bytes = 1});
    CHECK(read.events.size() > 10'000);
    CHECK(read.events.size() < 20'000);
    REQUIRE(read.error.has_value());
    CHECK(*read.error == Error{ErrorCode::bad_input, file.path().string() + ": the gzip data ends early"});
  }
  SECTION("followed by something else") {
    const TemporaryFile file("log.ndjson.gz", whole + "no gzip");
    const auto read = read_path(file.path(), {.batch_bytes = 1});
    CHECK(read.events.size() == 20'000);
    REQUIRE(read.error.has_value());
    CHECK(read.error->message.starts_with(file.path().string() + ": the gzip data is damaged near byte "));
  }
}

TEST_CASE("file: progress counts the bytes of the file as it lies there", "[file]") {
  const std::string text = gzip(R"({"type":"t","time":"2024-03-01T09:00:00Z","ids":{"u":1}})");
  const TemporaryFile file("log.ndjson.gz", text);
  std::vector<Diagnostic> findings;
  auto reader = file::EventFile::open(file.path(), {}, findings);
  REQUIRE(reader.has_value());
  file::Batch batch;

  REQUIRE(reader->next(batch).value());
  REQUIRE_FALSE(reader->next(batch).value());

  CHECK(reader->progress().bytes == text.size());
  CHECK(reader->progress().bytes_total == text.size());
  CHECK(reader->progress().records == 1);
  CHECK(batch.events.empty());
}

}  // namespace lotse::test
