#include "engine/base/time.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace lotse;
using namespace std::chrono_literals;

TEST_CASE("parse_instant: reads RFC 3339 and nothing else", "[base][time]") {
  struct Row {
    const char* why;
    const char* text;
    const char* instant;  ///< as format_instant writes it; empty: refused
  };
  const auto row = GENERATE(
      Row{"plain UTC", "2024-03-01T09:00:00Z", "2024-03-01T09:00:00Z"},
      Row{"an offset is taken off", "2024-03-01T09:00:00+01:30", "2024-03-01T07:30:00Z"},
      Row{"a western offset crosses midnight", "2024-02-29T23:00:00-05:00", "2024-03-01T04:00:00Z"},
      Row{"a space for T, lower case z", "2024-03-01 09:00:00z", "2024-03-01T09:00:00Z"},
      Row{"milliseconds", "2024-03-01T09:00:00.25Z", "2024-03-01T09:00:00.250Z"},
      Row{"finer than milliseconds is cut", "2024-03-01T09:00:00.1239999Z", "2024-03-01T09:00:00.123Z"},
      Row{"before 1970", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      Row{"no offset", "2024-03-01T09:00:00", ""}, Row{"no such day", "2023-02-29T09:00:00Z", ""},
      Row{"no such hour", "2024-03-01T24:00:00Z", ""}, Row{"a leap second", "2024-03-01T23:59:60Z", ""},
      Row{"no such month", "2024-13-01T09:00:00Z", ""},
      Row{"a point without digits", "2024-03-01T09:00:00.Z", ""},
      Row{"more behind it", "2024-03-01T09:00:00Z ", ""}, Row{"a date alone", "2024-03-01", ""},
      Row{"nothing", "", ""}, Row{"offset beyond a day", "2024-03-01T09:00:00+24:00", ""});
  CAPTURE(row.why, row.text);

  const auto instant = parse_instant(row.text);

  CHECK((instant ? format_instant(*instant) : "") == row.instant);
}

TEST_CASE("parse_instant: takes a missing offset as UTC where the caller says so", "[base][time]") {
  const auto instant = parse_instant("2016-09-15 12:16:38", true);

  REQUIRE(instant.has_value());
  CHECK(format_instant(*instant) == "2016-09-15T12:16:38Z");
}

TEST_CASE("parse_duration: reads short and ISO spellings of elapsed time", "[base][time]") {
  struct Row {
    const char* why;
    const char* text;
    long long ms;  ///< -1: refused
  };
  const auto row = GENERATE(
      Row{"days", "3d", 259'200'000}, Row{"two units", "2h30m", 9'000'000}, Row{"milliseconds", "250ms", 250},
      Row{"minutes and milliseconds do not mix up", "1m1ms", 60'001}, Row{"a week", "1w", 604'800'000},
      Row{"ISO", "P3DT2H", 266'400'000}, Row{"ISO minutes", "PT30M", 1'800'000},
      Row{"ISO week", "P1W", 604'800'000}, Row{"zero", "0s", 0}, Row{"months are no elapsed time", "P1M", -1},
      Row{"years neither", "P1Y", -1}, Row{"rising order", "30m2h", -1}, Row{"a unit twice", "1h1h", -1},
      Row{"no unit", "30", -1}, Row{"unknown unit", "3x", -1}, Row{"nothing", "", -1},
      Row{"P alone", "P", -1}, Row{"T alone", "P1DT", -1}, Row{"negative", "-3d", -1},
      Row{"over a century", "36501d", -1}, Row{"an absurd number", "999999999999w", -1},
      Row{"a fraction", "1.5h", -1});
  CAPTURE(row.why, row.text);

  const auto duration = parse_duration(row.text);

  CHECK((duration ? duration->count() : -1) == row.ms);
}

TEST_CASE("format_duration: is read back as the same duration", "[base][time]") {
  const Duration duration = GENERATE(Duration(0ms), Duration(1ms), Duration(90min), Duration(26h),
                                     Duration(336h), Duration(100h + 61s + 7ms));

  CHECK(parse_duration(format_duration(duration)) == duration);
}

TEST_CASE("describe_duration: shows at most two parts", "[base][time]") {
  CHECK(describe_duration(350ms) == "0.35s");
  CHECK(describe_duration(12min + 5s) == "12m 5s");
  CHECK(describe_duration(76h + 5min) == "3d 4h");
  CHECK(describe_duration(72h + 5s) == "3d");
  CHECK(describe_duration(-90min) == "-1h 30m");
}

TEST_CASE("Zone::at: counts calendar days in the zone, over both changes of daylight saving",
          "[base][time]") {
  const auto berlin = Zone::find("Europe/Berlin");
  REQUIRE(berlin.has_value());
  struct Row {
    const char* why;
    const char* from;
    int days;
    const char* time;
    const char* instant;
  };
  const auto row = GENERATE(
      Row{"winter", "2024-01-10T08:00:00Z", -1, "18:00", "2024-01-09T17:00:00Z"},
      Row{"over the start of summer time", "2024-03-30T12:00:00Z", 1, "09:00", "2024-03-31T07:00:00Z"},
      Row{"a time that the gap skips is the first after it", "2024-03-30T12:00:00Z", 1, "02:30",
          "2024-03-31T01:00:00Z"},
      Row{"a time that occurs twice is the earlier", "2024-10-26T12:00:00Z", 1, "02:30",
          "2024-10-27T00:30:00Z"},
      Row{"the day is the zone's, not UTC's", "2024-06-01T22:30:00Z", 0, "12:00", "2024-06-02T10:00:00Z"});
  CAPTURE(row.why);

  const Instant instant = berlin->at(*parse_instant(row.from), row.days, *parse_local_time(row.time));

  CHECK(format_instant(instant) == row.instant);
}

TEST_CASE("Zone::find: knows no zone that tzdata does not have", "[base][time]") {
  CHECK_FALSE(Zone::find("Europe/Atlantis").has_value());
  CHECK(Zone::utc() == *Zone::find("UTC"));
}

TEST_CASE("parse_local_time: reads a 24-hour clock with two digits each", "[base][time]") {
  CHECK(parse_local_time("18:00") == LocalTime{1080});
  CHECK(parse_local_time("00:00") == LocalTime{0});
  CHECK_FALSE(parse_local_time("24:00").has_value());
  CHECK_FALSE(parse_local_time("9:00").has_value());
  CHECK_FALSE(parse_local_time("09:60").has_value());
  CHECK_FALSE(parse_local_time("09:00:00").has_value());
}
