#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/file/reading.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

using file::TimeFormat;

std::string findings_of(const std::string& text) {
  const auto loaded = file::load_mapping("m.yaml", text);
  CHECK(loaded.value.has_value() != has_errors(loaded.findings));
  return render(loaded.findings);
}

const std::string complete = "time: t\ntype: e\nids: {u: c}\n";

}  // namespace

TEST_CASE("mapping: everything that a mapping can say is read", "[file][mapping]") {
  const auto read = mapping(R"(
format: csv
source: shop
delimiter: tab
zone: Europe/Berlin
time: {column: booked, format: "%d.%m.%Y %H:%M"}
type: {constant: order_placed}
channel: channel
id: message
ids: {user_id: customer, email: mail}
properties:
  amount: {column: total, type: number}
  "odd name": {column: due, type: timestamp, format: epoch_ms}
traits: {region: {constant: north}}
)");

  CHECK(read.format == file::FileFormat::csv);
  CHECK(read.source == "shop");
  CHECK(read.delimiter == '\t');
  CHECK(read.zone->name() == "Europe/Berlin");
  CHECK(read.time->column == "booked");
  CHECK(read.time->format->text() == "%d.%m.%Y %H:%M");
  CHECK(read.type->constant == "order_placed");
  CHECK(read.type->column.empty());
  CHECK(read.channel->column == "channel");
  CHECK(read.id->column == "message");
  REQUIRE(read.ids.size() == 2);
  CHECK(read.ids[1].first == "email");
  CHECK(read.ids[1].second.where == Location{"mapping.yaml", 10, 33});
  REQUIRE(read.properties.size() == 2);
  CHECK(read.properties[0].second.type == file::CellType::number);
  CHECK(read.properties[1].first == "odd name");
  CHECK(read.properties[1].second.format->text() == "epoch_ms");
  CHECK(read.traits.at(0).second.constant == "north");
}

TEST_CASE("mapping: a mistake is shown with its place, its line and a hint", "[file][mapping]") {
  struct Row {
    const char* why;
    std::string text;
    const char* findings;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"nothing required is there", "source: x\n",
       "m.yaml:1:1: error: the mapping has no `ids` [J011]\n    source: x\n    ^\n  hint: add `ids: …`\n"
       "m.yaml:1:1: error: the mapping has no `time` [J011]\n    source: x\n    ^\n  hint: add `time: …`\n"
       "m.yaml:1:1: error: the mapping has no `type` [J011]\n    source: x\n    ^\n  hint: add `type: …`\n"},
      {"an unknown key", complete + "delimeter: ;\n",
       "m.yaml:4:1: error: `delimeter` is no key of the mapping [J010]\n    delimeter: ;\n    ^\n"
       "  hint: did you mean `delimiter`?\n"},
      {"neither column nor constant", "time: t\ntype: {type: text}\nids: {u: c}\n",
       "m.yaml:2:7: error: `type` needs either a `column` or a `constant` [M001]\n    type: {type: text}\n   "
       "       ^\n"},
      {"both", "time: t\ntype: {column: a, constant: b}\nids: {u: c}\n",
       "m.yaml:2:7: error: `type` needs either a `column` or a `constant` [M001]\n"
       "    type: {column: a, constant: b}\n          ^\n"},
      {"no time format", "time: {column: t, format: \"%d.%m\"}\ntype: e\nids: {u: c}\n",
       "m.yaml:1:27: error: this is no time format: a time needs its year, month and day (`%Y`, `%m`, `%d`) "
       "[M002]\n"
       "    time: {column: t, format: \"%d.%m\"}\n                              ^\n"
       "  hint: for example `%d.%m.%Y %H:%M:%S`, `epoch_seconds` or `epoch_ms`\n"},
      {"a format for what is no timestamp", complete + "properties:\n  a: {column: x, format: epoch_ms}\n",
       "m.yaml:5:26: error: only a timestamp has a `format` [M003]\n"
       "      a: {column: x, format: epoch_ms}\n                             ^\n"
       "  hint: add `type: timestamp`\n"},
      {"no delimiter", complete + "delimiter: \"||\"\n",
       "m.yaml:4:12: error: `||` is no delimiter [M004]\n    delimiter: \"||\"\n               ^\n"
       "  hint: one character, or `tab`\n"},
      {"no zone", complete + "zone: Berlin\n",
       "m.yaml:4:7: error: unknown time zone `Berlin` [M005]\n    zone: Berlin\n          ^\n"
       "  hint: an IANA name such as `Europe/Berlin`, or `UTC`\n"},
      {"columns for what has none", "format: ndjson\ntime: t\n",
       "m.yaml:2:1: error: lines of NDJSON are events already: `time` has nothing to say here [J019]\n    "
       "time: t\n    ^\n"},
  }));
  CAPTURE(row.why);

  CHECK(findings_of(row.text) == row.findings);
}

TEST_CASE("mapping: what a kind of file needs no word for may be left out", "[file][mapping]") {
  CHECK(findings_of("format: ndjson\nsource: march\n").empty());
  CHECK(findings_of("format: xes\n").empty());
  CHECK(findings_of("format: xes\nzone: UTC\nids: {permit: case:concept:name}\n").empty());
}

TEST_CASE("time format: instants are read as the format says", "[file][mapping]") {
  struct Row {
    const char* format;
    const char* text;
    const char* instant;  ///< empty: none
  };
  const auto row = GENERATE(values<Row>({
      {"%d.%m.%Y %H:%M", "01.03.2024 09:05", "2024-03-01T08:05:00Z"},
      {"%d.%m.%Y %H:%M", "1.3.2024   9:5", "2024-03-01T08:05:00Z"},
      {"%d.%m.%Y %H:%M", "01.03.2024 09:05:00", ""},
      {"%d.%m.%Y %H:%M", "30.02.2024 09:05", ""},
      {"%d.%m.%Y %H:%M", "01.03.2024 24:00", ""},
      {"%d.%m.%Y %H:%M", "01.03.2024 12:60", ""},
      {"%d.%m.%Y", "01.07.2024", "2024-06-30T22:00:00Z"},
      {"%Y%m%dT%H%M%S", "20240301T090500.25", "2024-03-01T08:05:00.250Z"},
      {"%Y-%m-%d %H:%M:%S %z", "2024-03-01 09:05:00 -0530", "2024-03-01T14:35:00Z"},
      {"%Y-%m-%d %H:%M:%S%z", "2024-03-01 09:05:00Z", "2024-03-01T09:05:00Z"},
      {"%m/%d/%y %I:%M %p", "03/01/24 12:05 am", "2024-02-29T23:05:00Z"},
      {"%m/%d/%y %I:%M %p", "03/01/70 01:05 PM", "1970-03-01T12:05:00Z"},
      {"%m/%d/%y %I:%M %p", "03/01/24 13:05 PM", ""},
      {"%d-%b-%Y", "01-mar-2024", "2024-02-29T23:00:00Z"},
      {"%d-%b-%Y", "01-foo-2024", ""},
      {"100%% %Y %m %d", "100% 2024 3 1", "2024-02-29T23:00:00Z"},
      {"%d.%m.%Y %H:%M", "31.03.2024 02:30", "2024-03-31T01:00:00Z"},  // skipped by daylight saving
      {"%d.%m.%Y %H:%M", "27.10.2024 02:30", "2024-10-27T00:30:00Z"},  // occurs twice
      {"epoch_seconds", "1709283600", "2024-03-01T09:00:00Z"},
      {"epoch_seconds", "1709283600.5", "2024-03-01T09:00:00.500Z"},
      {"epoch_seconds", "-1.5", "1969-12-31T23:59:58.500Z"},
      {"epoch_seconds", "1709283600s", ""},
      {"epoch_ms", "1709283600250", "2024-03-01T09:00:00.250Z"},
      {"epoch_ms", "1709283600.5", ""},
      {"epoch_ms", "99999999999999999", ""},
  }));
  CAPTURE(row.format, row.text);

  const auto format = TimeFormat::parse(row.format);
  REQUIRE(format.has_value());
  const auto instant = format->read(row.text, Zone::find("Europe/Berlin"));

  CHECK((instant ? format_instant(*instant) : "") == row.instant);
}

TEST_CASE("time format: one that cannot be read says what is wrong", "[file][mapping]") {
  const auto error_of = [](std::string_view text) { return TimeFormat::parse(text).error().message; };
  CHECK(error_of("%Y-%m") == "a time needs its year, month and day (`%Y`, `%m`, `%d`)");
  CHECK(error_of("%Y-%m-%d %Q") == "`%Q` is no field");
  CHECK(error_of("%Y-%m-%d %Y") == "`%Y` is given twice");
  CHECK(error_of("%Y-%m-%d %") == "a `%` at the end names no field");
  CHECK(error_of("%Y-%m-%d %I") == "`%I` and `%p` go together");
}

TEST_CASE("file: times without an offset need a zone", "[file][mapping]") {
  const auto without = mapping(complete);
  const auto read = read_text("log.csv", "t,e,c\n2024-03-01 09:00:00,x,1\n2024-03-01T09:00:00Z,x,1\n",
                              {.mapping = &without});
  CHECK(read.events.size() == 1);
  REQUIRE(read.rejected.size() == 1);
  CHECK(read.rejected[0].reason == "column `t` has no offset: the mapping must name a `zone`");

  const auto berlin = mapping("zone: Europe/Berlin\n" + complete);
  const auto local =
      read_text("log.csv", "t,e,c\n2024-07-01 09:00:00,x,1\n2024-07-01,x,1\n2024-03-01T09:00:00Z,x,1\n",
                {.mapping = &berlin});
  REQUIRE(local.events.size() == 3);
  CHECK(format_instant(local.events[0].time) == "2024-07-01T07:00:00Z");
  CHECK(format_instant(local.events[1].time) == "2024-06-30T22:00:00Z");
  CHECK(format_instant(local.events[2].time) == "2024-03-01T09:00:00Z");
}

TEST_CASE("file: cells are read in their own type", "[file][mapping]") {
  struct Row {
    const char* type;
    const char* cell;
    std::optional<Value> value;  ///< nothing: rejected
  };
  const auto row = GENERATE(values<Row>({
      {"text", " 12 ", Value(" 12 ")},
      {"integer", " +12", Value(std::int64_t{12})},
      {"integer", "-12", Value(std::int64_t{-12})},
      {"integer", "12.0", std::nullopt},
      {"integer", "9223372036854775808", std::nullopt},
      {"number", "12", Value(12.0)},
      {"number", "-1.5e3", Value(-1500.0)},
      {"number", "nan", std::nullopt},
      {"number", "1.000.000", std::nullopt},
      {"boolean", "Yes", Value(true)},
      {"boolean", "0", Value(false)},
      {"boolean", "maybe", std::nullopt},
      {"timestamp", "2024-03-01T10:00:00+01:00", Value("2024-03-01T09:00:00Z")},
      {"timestamp", "2024-03-01", std::nullopt},
  }));
  CAPTURE(row.type, row.cell);
  const auto log = mapping(complete + "properties: {p: {column: p, type: " + row.type + "}}\n");

  const auto read = read_text(
      "log.csv",
      std::string("t,e,c,p\n2024-03-01T09:00:00Z,x,1,") + row.cell + "\n" + "2024-03-01T09:00:00Z,x,1,\n",
      {.mapping = &log});

  REQUIRE(read.events.size() == (row.value ? 2U : 1U));
  if (row.value) CHECK(read.events[0].properties.find("p")->identical(*row.value));
  CHECK(read.events.back().properties.map()->empty());
  CHECK(read.rejected.size() == (row.value ? 0U : 1U));
}

}  // namespace lotse::test
