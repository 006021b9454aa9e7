#include "engine/tracking/consents.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace lotse {
namespace {

Event said(int second, const std::string& type, const std::string& purpose, const std::string& channel = "") {
  Event event;
  event.id = "e" + std::to_string(second);
  event.source = "shop";
  event.type = type;
  event.time = Instant(std::chrono::seconds(second));
  Map properties = {{Value("purpose"), Value(purpose)}};
  if (!channel.empty()) properties.emplace_back(Value("channel"), Value(channel));
  event.properties = Value(std::move(properties));
  return event;
}

TEST_CASE("consents: the last word on a purpose and channel counts, whatever the order of arrival",
          "[tracking]") {
  struct Row {
    const char* why;
    std::vector<Event> events;
    std::optional<bool> email;
    std::optional<bool> sms;
  };
  const auto given = [](int second, const std::string& channel = "") {
    return said(second, "consent_given", "news", channel);
  };
  const auto withdrawn = [](int second, const std::string& channel = "") {
    return said(second, "consent_withdrawn", "news", channel);
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"nothing was said", {}, std::nullopt, std::nullopt},
      {"given for all channels", {given(1)}, true, true},
      {"given for one", {given(1, "email")}, true, std::nullopt},
      {"one is taken out of all", {given(1), withdrawn(2, "sms")}, true, false},
      {"all takes back what was said of one", {withdrawn(1, "sms"), given(2)}, true, true},
      {"arrived the other way round", {given(2), withdrawn(1, "sms")}, true, true},
      {"withdrawn last", {withdrawn(3), given(1), given(2, "email")}, false, false},
      {"another purpose", {said(1, "consent_given", "service")}, std::nullopt, std::nullopt},
      {"a no to everything", {given(1), said(2, "consent_withdrawn", "")}, false, false},
      {"a no to everything, of one channel",
       {given(1), said(2, "consent_withdrawn", "", "sms")},
       true,
       false},
      {"a no to everything, and a yes to this later",
       {said(1, "consent_withdrawn", ""), given(2)},
       true,
       true},
      {"a yes to nothing", {withdrawn(1), said(2, "consent_given", "")}, false, false},
      {"another event", {said(1, "consent_asked", "news")}, std::nullopt, std::nullopt},
  }));
  CAPTURE(row.why);

  const std::vector<Consent> consents = consents_of(row.events);

  CHECK(is_allowed(consents, "news", "email") == row.email);
  CHECK(is_allowed(consents, "news", "sms") == row.sms);
}

TEST_CASE("consents: each says since when, and by which event", "[tracking]") {
  const std::vector<Consent> consents =
      consents_of(std::vector{said(5, "consent_withdrawn", "news", "sms"), said(1, "consent_given", "news"),
                              said(7, "consent_given", "")});

  REQUIRE(consents.size() == 2);
  CHECK(consents[0] == Consent{.purpose = "news",
                               .channel = "",
                               .given = true,
                               .since = Instant(std::chrono::seconds(1)),
                               .source = "shop",
                               .event = "e1"});
  CHECK(consents[1].channel == "sms");
  CHECK_FALSE(consents[1].given);
}

}  // namespace
}  // namespace lotse
