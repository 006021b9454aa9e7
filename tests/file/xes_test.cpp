#include <catch2/catch.hpp>

#include "tests/file/reading.hpp"

namespace lotse::test {
namespace {

constexpr std::string_view log_text = R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- <trace> is only a word here -->
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <string key="concept:name" value="two cases"/>
  <trace>
    <string key="concept:name" value="case-1"/>
    <string key="channel" value="Desk &amp; &quot;Post&quot;"/>
    <event>
      <string key="concept:name" value="Confirm &gt; send"/>
      <date key="time:timestamp" value="2011-10-11T13:45:40.276+02:00"/>
      <string key="org:resource" value="Resource21"/>
      <string key="lifecycle:transition" value="complete"/>
      <int key="cost" value="12"><string key="unit" value="EUR"/></int>
      <float key="share" value="0.5"/>
      <boolean key="urgent" value="true"/>
      <date key="due" value="2011-10-12T00:00:00+02:00"/>
      <list key="many"><string key="a" value="b"/></list>
    </event>
    <event>
      <string key="concept:name" value="Close"/>
      <date key="time:timestamp" value="soon"/>
    </event>
    <event><date key="time:timestamp" value="2011-10-13T10:00:00Z"/><string key="concept:name" value="Close"/></event>
  </trace>
  <trace/>
  <xes:trace><xes:string key="concept:name" value="case-2"/><xes:event><xes:string key="concept:name" value="Open"/>
  <xes:date key="time:timestamp" value="2011-10-14T10:00:00Z"/></xes:event></xes:trace>
</log>
)";

}  // namespace

TEST_CASE("xes: traces become events of their case", "[file]") {
  const auto read = read_text("log.xes", log_text);

  CHECK_FALSE(read.error.has_value());
  REQUIRE(read.events.size() == 3);
  CHECK(
      describe(read.events[0]) ==
      R"(Confirm > send 2011-10-11T11:45:40.276Z - case=case-1 {"case:channel":"Desk & \"Post\"",)"
      R"("org:resource":"Resource21","lifecycle:transition":"complete","cost":12,"share":0.5,"urgent":true,)"
      R"("due":"2011-10-11T22:00:00Z"} {})");
  CHECK(read.events[0].id == read.file_id + ":000000000001.000001");
  CHECK(read.events[1].id == read.file_id + ":000000000001.000003");
  CHECK(read.events[2].id == read.file_id + ":000000000003.000001");
  CHECK(read.events[2].ids == std::vector<Identifier>{{"case", "case-2"}});
  CHECK(read.lines == std::vector<std::uint64_t>{10, 25, 28});
  REQUIRE(read.rejected.size() == 1);
  CHECK(read.rejected[0].line == 21);
  CHECK(read.rejected[0].reason == "column `time:timestamp` is not a time");
  CHECK(read.rejected[0].detail == "\"soon\"");
  CHECK(read.rejected[0].raw.starts_with("<event>\n      <string key=\"concept:name\" value=\"Close\"/>"));
  CHECK(read.rejected[0].raw.ends_with("</event>"));
}

TEST_CASE("xes: a mapping names attributes as columns, those of the trace behind `case:`", "[file]") {
  const auto log = mapping(
      "format: xes\nchannel: case:channel\nproperties: {who: org:resource, cost: {column: cost, type: "
      "integer}}\n");

  const auto read = read_text("log.xes.gz", gzip(log_text), {.mapping = &log});

  REQUIRE(read.events.size() == 3);
  CHECK(
      describe(read.events[0]) ==
      R"(Confirm > send 2011-10-11T11:45:40.276Z Desk & "Post" case=case-1 {"who":"Resource21","cost":12} {})");
  CHECK(describe(read.events[1]) == R"(Close 2011-10-13T10:00:00Z Desk & "Post" case=case-1 {} {})");
}

TEST_CASE("xes: an event's own attribute goes before one of its trace", "[file]") {
  const auto log = mapping("format: xes\nchannel: case:channel\n");

  const auto read = read_text(
      "log.xes",
      R"(<log><trace><string key="concept:name" value="c"/><string key="channel" value="desk"/>)"
      R"(<event><string key="concept:name" value="Open"/><date key="time:timestamp" value="2024-03-01T09:00:00Z"/>)"
      R"(<string key="case:channel" value="post > desk"/></event></trace></log>)",
      {.mapping = &log});

  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].channel == "post > desk");  // XML allows a bare `>` in quotes
}

TEST_CASE("xes: a broken trace is rejected, and the rest goes on", "[file]") {
  const std::string good =
      R"(<trace><string key="concept:name" value="c"/><event><string key="concept:name" value="a"/>)"
      R"(<date key="time:timestamp" value="2011-10-14T10:00:00Z"/></event></trace>)";

  SECTION("where its XML is wrong") {
    const auto read =
        read_text("log.xes", "<log>" + good + "\n<trace><event></string></trace>\n" + good + "</log>");
    // The scanner pairs tags by number; pugixml reads names.
    CHECK(read.events.size() >= 1);
    REQUIRE_FALSE(read.rejected.empty());
    CHECK(read.rejected[0].line == 2);
    CHECK(read.rejected[0].reason == "not well-formed XML");
  }
  SECTION("where an event is too long") {
    std::string long_event = good;
    long_event.insert(long_event.find("<date"),
                      R"(<string key="x" value=")" + std::string(33'000, 'x') + "\"/>");
    const auto read = read_text("log.xes", "<log>" + good + long_event + good + "</log>");
    CHECK(read.events.size() == 2);
    REQUIRE(read.rejected.size() == 1);
    CHECK(read.rejected[0].reason == "longer than 32768 bytes");
  }
  SECTION("where its bytes are no UTF-8") {
    const auto read =
        read_text("log.xes", "<log><trace><string key=\"a\" value=\"\xFC\"/></trace>" + good + "</log>");
    CHECK(read.events.size() == 1);
    REQUIRE(read.rejected.size() == 1);
    CHECK(read.rejected[0].reason == "not UTF-8");
  }
}

TEST_CASE("xes: what is no log ends the reading with its line", "[file]") {
  struct Row {
    const char* text;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"<html>\n</html>", ":1: <html> where an XES log begins with <log>"},
      {"<?xml version='1.0'?>\n<!DOCTYPE log [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<log/>",
       ":2: a document type is not read (it could name entities)"},
      {"<log>\n<trace>\n", ":2: the log does not end"},
      {"\n\n", ":3: there is no <log> here"},
      {"<log></trace></log>", ":1: </trace> closes nothing"},
      {"<log/>\n<log/>", ":2: <log> behind the log"},
  }));
  const TemporaryFile file("log.xes", row.text);

  const auto read = read_path(file.path());

  REQUIRE(read.error.has_value());
  CHECK(*read.error == Error{ErrorCode::bad_input, file.path().string() + row.message});
}

TEST_CASE("xes: traces are told apart wherever a piece of the file ends, and may be longer than one",
          "[file]") {
  std::string text = "<log>\n";
  for (int trace = 0; trace < 12; ++trace) {
    text += "<trace><string key=\"concept:name\" value=\"c" + std::to_string(trace) + "\"/>\n";
    for (int event = 0; event < trace * 500; ++event) {
      text +=
          "<event><string key=\"concept:name\" value=\"a<!--\"/><!-- </trace> --><date key='time:timestamp' "
          "value='2011-10-14T10:00:00Z'/></event>\n";
    }
    text += "</trace>\n";
  }
  text += "</log>";

  const auto read = read_text("log.xes", text, {.batch_bytes = 1});

  CHECK_FALSE(read.error.has_value());
  CHECK(read.rejected.empty());
  CHECK(read.batches > 3);
  REQUIRE(read.events.size() == 500 * 66);
  CHECK(read.events.back().ids == std::vector<Identifier>{{"case", "c11"}});
  CHECK(read.events.back().id == read.file_id + ":000000000012.005500");
  CHECK(read.lines.back() == 2 + 500 * 66 + 2 * 12 - 2);
}

}  // namespace lotse::test
