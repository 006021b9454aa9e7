#include "engine/base/phrase.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <type_traits>

using namespace lotse;
using namespace std::chrono_literals;

TEST_CASE("phrase: its text is the format with what stands in the blanks", "[base][phrase]") {
  const std::string id = "order";

  CHECK(phrase("has reached its goal").text() == "has reached its goal");
  CHECK(phrase("{} asks for {} again, which is known", id, "plan").text() ==
        "order asks for plan again, which is known");
  CHECK(phrase("{} gives {} about {}", "rated", 7.5, id).text() == "rated gives 7.5 about order");
  CHECK(phrase("version {} takes it over at {}", 3U, "{} ").text() == "version 3 takes it over at {} ");
}

TEST_CASE("phrase: an instant in a blank is kept as one", "[base][phrase]") {
  const Phrase said = phrase("silent since {}", Instant{1h});

  CHECK(said.text() == "silent since 1970-01-01T01:00:00Z");
  CHECK(said.arguments().front().at() == Instant{1h});
  CHECK(phrase("due since {}", Phrase::moment(Instant{1h}, "1970-01-01 02:00")).text() ==
        "due since 1970-01-01 02:00");
}

TEST_CASE("phrase: phrases stand in the blanks of others", "[base][phrase]") {
  const Phrase said = phrase("{}: {}.", phrase("Not sent"), phrase("{} or {}", "`a`", "`b`"));

  CHECK(said.text() == "Not sent: `a` or `b`.");
  CHECK(said.format() == "{}: {}.");
  CHECK(said.arguments().at(1).format() == "{} or {}");
  CHECK(said == phrase("{}: {}.", phrase("Not sent"), phrase("{} or {}", "`a`", "`b`")));
  CHECK(said != phrase("{}: {}.", phrase("Not sent"), "`a` or `b`"));
}

TEST_CASE("phrase: a text of its own has no format, and none at all says nothing", "[base][phrase]") {
  CHECK(Phrase().empty());
  CHECK_FALSE(Phrase::verbatim("•••").empty());
  CHECK(Phrase::verbatim("•••").text() == "•••");
  CHECK(Phrase::verbatim("•••").format().empty());
}
