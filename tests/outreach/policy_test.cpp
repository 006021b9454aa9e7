#include "engine/outreach/policy.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/outreach/support.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

namespace {

const Instant january = *parse_instant("2026-01-05T08:00:00Z");

Consent said(bool given, std::string purpose, std::string channel = {}) {
  return test::said(given, std::move(purpose), std::move(channel), january);
}

constexpr LocalTime at(int hours, int minutes = 0) {
  return {static_cast<std::uint16_t>(hours * 60 + minutes)};
}

/// Monday, 11:00 in Berlin.
const Instant noon = *parse_instant("2026-03-02T10:00:00Z");
/// The same day, 23:30 in Berlin.
const Instant night = *parse_instant("2026-03-02T22:30:00Z");

}  // namespace

TEST_CASE("policy: each reason for which a channel is not used", "[outreach][policy]") {
  struct Row {
    const char* why;
    std::function<void(Workspace&, Customer&, Message&)> change;
    std::string decision;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing speaks against it: the touchpoint's order", [](auto&, auto&, auto&) {},
       "send email kim@example.net; email; sms; app"},
      {"a channel that is no longer there",
       [](auto& workspace, auto&, auto&) {
         workspace.channels.channels.erase(workspace.channels.channels.begin());
       },
       "send sms +4930123; email no_adapter (no such channel); sms; app"},
      {"a channel without a way out",
       [](auto& workspace, auto&, auto&) { channel(workspace, "email").adapter = "none"; },
       "send sms +4930123; email no_adapter; sms; app"},
      {"not for this purpose",
       [](auto& workspace, auto&, auto&) { channel(workspace, "email").purposes = {"marketing"}; },
       "send sms +4930123; email not_for_purpose; sms; app"},
      {"this message has failed there",
       [](auto&, auto&, auto& message) { message.failed = {"email", "sms"}; },
       "send app ; email failed_before; sms failed_before; app"},
      {"opt-in and never said", [](auto&, auto&, auto& message) { message.purpose = "marketing"; },
       "block; email consent_missing; sms consent_missing; app consent_missing"},
      {"a purpose that nobody declared is opt-in",
       [](auto& workspace, auto&, auto&) { workspace.channels.purposes.clear(); },
       "block; email consent_missing; sms consent_missing; app consent_missing"},
      {"opt-in, given for one channel",
       [](auto&, auto& customer, auto& message) {
         message.purpose = "marketing";
         customer.consents = {said(true, "marketing", "sms")};
       },
       "send sms +4930123; email consent_missing; sms; app consent_missing"},
      {"opt-out and withdrawn for one channel",
       [](auto&, auto& customer, auto&) { customer.consents = {said(false, "service", "email")}; },
       "send sms +4930123; email consent_withdrawn (on 2026-01-05T08:00:00Z); sms; app"},
      {"withdrawn for all channels but one",
       [](auto&, auto& customer, auto&) {
         customer.consents = {said(false, "service"), said(true, "service", "app")};
       },
       "send app ; email consent_withdrawn (on 2026-01-05T08:00:00Z); "
       "sms consent_withdrawn (on 2026-01-05T08:00:00Z); app"},
      {"no address", [](auto&, auto& customer, auto&) { customer.identifiers = {{"phone", "+4930123"}}; },
       "send sms +4930123; email no_address (neither a trait nor an identifier `email`); sms; app"},
      {"of several identifiers the bytewise smallest",
       [](auto&, auto& customer, auto&) { customer.identifiers.push_back({"email", "hello@example.net"}); },
       "send email hello@example.net; email; sms; app"},
      {"the trait goes before identifiers",
       [](auto&, auto& customer, auto&) { customer.set("email", Value("new@example.net")); },
       "send email new@example.net; email; sms; app"},
      {"an empty trait, or one that is no text, does not",
       [](auto&, auto& customer, auto&) {
         customer.set("email", Value(""));
         customer.set("phone", Value(std::int64_t{4930123}));
       },
       "send email kim@example.net; email; sms; app"},
      {"the address was refused",
       [](auto&, auto& customer, auto&) {
         customer.address_failures = {refused("email", instant("2026-02-01T00:00:00Z"))};
       },
       "send sms +4930123; email address_failed (on 2026-02-01T00:00:00Z); sms; app"},
      {"so may a channel refuse that needs no address",
       [](auto&, auto& customer, auto& message) {
         customer.address_failures = {refused("app", instant("2026-02-01T00:00:00Z"))};
         message.channels = {"app"};
       },
       "block; app address_failed (on 2026-02-01T00:00:00Z)"},
      {"that very address was refused",
       [](auto&, auto& customer, auto&) {
         customer.address_failures = {refused("email", instant("2026-02-01T00:00:00Z"), "kim@example.net")};
       },
       "send sms +4930123; email address_failed (on 2026-02-01T00:00:00Z); sms; app"},
      {"another one was: a new address is tried",
       [](auto&, auto& customer, auto&) {
         customer.address_failures = {refused("email", instant("2026-02-01T00:00:00Z"), "old@example.net")};
       },
       "send email kim@example.net; email; sms; app"},
      {"the channel's cap",
       [](auto& workspace, auto& customer, auto&) {
         channel(workspace, "email").caps = {{2, 24h * 7, std::nullopt}};
         customer.sent = {{noon - 48h, "email", "marketing"}, {noon - 1h, "email", "service"}};
       },
       "send sms +4930123; email capped (2 in 7d, the last on 2026-03-02T09:00:00Z); sms; app"},
      {"the cap over all channels",
       [](auto& workspace, auto& customer, auto&) {
         workspace.channels.caps = {{2, 24h, "service"}};
         customer.sent = {{noon - 2h, "sms", "service"}, {noon - 1h, "email", "service"}};
       },
       "block; email capped (2 for service in 1d, the last on 2026-03-02T09:00:00Z, over all channels); "
       "sms capped (2 for service in 1d, the last on 2026-03-02T09:00:00Z, over all channels); "
       "app capped (2 for service in 1d, the last on 2026-03-02T09:00:00Z, over all channels)"},
      {"no channels at all", [](auto&, auto&, auto& message) { message.channels.clear(); }, "block"},
  }));
  CAPTURE(row.why);
  Workspace workspace = three_channels();
  Customer customer;
  Message message;
  row.change(workspace, customer, message);

  CHECK(describe(ask(workspace, customer, message, noon)) == row.decision);
}

TEST_CASE("policy: the first reason is told, in the order in which they are asked", "[outreach][policy]") {
  Workspace workspace = three_channels();
  Channel& email = channel(workspace, "email");
  email.adapter = "none";
  email.purposes = {"marketing"};
  email.caps = {{1, 24h, std::nullopt}};
  email.quiet_hours = QuietHours{at(21), at(8)};
  Customer customer{.consents = {said(false, "service")},
                    .address_failures = {refused("email", noon)},
                    .identifiers = {},
                    .sent = {{night - 1h, "email", "service"}}};
  Message message{.channels = {"email"}, .failed = {"email"}};
  const auto refusal = [&] { return ask(workspace, customer, message, night).verdicts.at(0).refusal; };

  CHECK(refusal() == Refusal::no_adapter);
  email.adapter = "log";
  CHECK(refusal() == Refusal::not_for_purpose);
  email.purposes = {"service"};
  CHECK(refusal() == Refusal::failed_before);
  message.failed.clear();
  CHECK(refusal() == Refusal::consent_withdrawn);
  customer.consents.clear();
  workspace.channels.purposes.clear();
  CHECK(refusal() == Refusal::consent_missing);
  customer.consents = {said(true, "service")};
  CHECK(refusal() == Refusal::no_address);
  customer.identifiers = {{"email", "kim@example.net"}};
  CHECK(refusal() == Refusal::address_failed);
  customer.address_failures.clear();
  CHECK(refusal() == Refusal::capped);
  customer.sent.clear();
  CHECK(refusal() == Refusal::quiet_hours);
  email.quiet_hours.reset();
  CHECK(refusal() == std::nullopt);
}

TEST_CASE("policy: what a cap counts", "[outreach][policy]") {
  struct Row {
    const char* why;
    FrequencyCap cap;
    std::vector<SentMessage> sent;
    bool capped;
  };
  const auto row = GENERATE(values<Row>({
      {"fewer than the count", {2, 1h, {}}, {{noon - 1min, "email", "service"}}, false},
      {"just inside the window", {1, 1h, {}}, {{noon - 1h + 1ms, "email", "service"}}, true},
      {"just out of it", {1, 1h, {}}, {{noon - 1h, "email", "service"}}, false},
      {"at this very instant", {1, 1h, {}}, {{noon, "email", "service"}}, true},
      {"what is sent later does not count now", {1, 1h, {}}, {{noon + 1ms, "email", "service"}}, false},
      {"another channel", {1, 1h, {}}, {{noon, "sms", "service"}}, false},
      {"another purpose, where the cap names none", {1, 1h, {}}, {{noon, "email", "marketing"}}, true},
      {"another purpose, where it names one", {1, 1h, "service"}, {{noon, "email", "marketing"}}, false},
      {"an unknown purpose, where it names one", {1, 1h, "service"}, {{noon, "email", ""}}, false},
      {"a cap on other purposes", {1, 1h, "marketing"}, {{noon, "email", "marketing"}}, false},
  }));
  CAPTURE(row.why);
  Workspace workspace = three_channels();
  channel(workspace, "email").caps = {row.cap};
  const Customer customer{.sent = row.sent};

  const PolicyDecision decision = ask(workspace, customer, {.channels = {"email"}}, noon);

  CHECK((decision.kind == PolicyDecision::Kind::block) == row.capped);
}

TEST_CASE("policy: quiet hours put a message off, or drop it", "[outreach][policy]") {
  struct Row {
    const char* why;
    std::function<void(Workspace&, Customer&)> change;
    const char* now;
    std::string decision;
  };
  const auto row = GENERATE(values<Row>({
      {"put off until they are over, over midnight", [](auto&, auto&) {}, "2026-03-02T22:30:00Z",
       "defer 2026-03-03T07:00:00Z; email quiet_hours until 2026-03-03T07:00:00Z (21:00 to 08:00 in "
       "Europe/Berlin)"},
      {"just before they begin", [](auto&, auto&) {}, "2026-03-02T19:59:59.999Z",
       "send email kim@example.net; email"},
      {"just as they end", [](auto&, auto&) {}, "2026-03-03T07:00:00Z", "send email kim@example.net; email"},
      {"dropped", [](auto& workspace, auto&) { channel(workspace, "email").quiet_hours->drop = true; },
       "2026-03-02T22:30:00Z", "block; email quiet_hours (21:00 to 08:00 in Europe/Berlin)"},
      {"an unknown zone is the workspace's",
       [](auto& workspace, auto& customer) {
         workspace.settings.zone = "Asia/Tokyo";
         customer.set("zone", Value("Europe/Atlantis"));
       },
       "2026-03-02T12:00:00Z",
       "defer 2026-03-02T23:00:00Z; email quiet_hours until 2026-03-02T23:00:00Z (21:00 to 08:00 in "
       "Asia/Tokyo)"},
      {"none is the workspace's", [](auto&, auto& customer) { customer.traits = Value(Map{}); },
       "2026-03-02T22:30:00Z",
       "defer 2026-03-03T08:00:00Z; email quiet_hours until 2026-03-03T08:00:00Z (21:00 to 08:00 in UTC)"},
      {"the night in which an hour is left out",
       [](auto& workspace, auto&) { channel(workspace, "email").quiet_hours = {{at(21), at(2, 30)}}; },
       "2026-03-28T23:00:00Z",
       "defer 2026-03-29T01:00:00Z; email quiet_hours until 2026-03-29T01:00:00Z (21:00 to 02:30 in "
       "Europe/Berlin)"},
      {"the hour that comes twice, the first time",
       [](auto& workspace, auto&) { channel(workspace, "email").quiet_hours = {{at(2, 15), at(2, 45)}}; },
       "2026-10-25T00:20:00Z",
       "defer 2026-10-25T00:45:00Z; email quiet_hours until 2026-10-25T00:45:00Z (02:15 to 02:45 in "
       "Europe/Berlin)"},
      {"the hour that comes twice, the second time",
       [](auto& workspace, auto&) { channel(workspace, "email").quiet_hours = {{at(2, 15), at(2, 45)}}; },
       "2026-10-25T01:20:00Z",
       "defer 2026-10-25T01:45:00Z; email quiet_hours until 2026-10-25T01:45:00Z (02:15 to 02:45 in "
       "Europe/Berlin)"},
      {"holidays follow on a night and on each other",
       [](auto& workspace, auto&) {
         channel(workspace, "email").quiet_hours->holidays = true;
         workspace.channels.holidays = {"2026-12-25", "2026-12-26"};
       },
       "2026-12-24T21:00:00Z",
       "defer 2026-12-27T07:00:00Z; email quiet_hours until 2026-12-27T07:00:00Z (21:00 to 08:00 in "
       "Europe/Berlin)"},
      {"a holiday at noon",
       [](auto& workspace, auto&) {
         channel(workspace, "email").quiet_hours = {{at(12), at(13), false, true}};
         workspace.channels.holidays = {"2026-12-25"};
       },
       "2026-12-25T10:00:00Z",
       "defer 2026-12-25T23:00:00Z; email quiet_hours until 2026-12-25T23:00:00Z (holiday 2026-12-25 in "
       "Europe/Berlin)"},
      {"holidays that the channel does not keep",
       [](auto& workspace, auto&) { workspace.channels.holidays = {"2026-12-25"}; }, "2026-12-25T10:00:00Z",
       "send email kim@example.net; email"},
  }));
  CAPTURE(row.why);
  Workspace workspace = three_channels();
  channel(workspace, "email").quiet_hours = QuietHours{at(21), at(8)};
  Customer customer;
  row.change(workspace, customer);

  CHECK(describe(ask(workspace, customer, {.channels = {"email"}}, instant(row.now))) == row.decision);
}

TEST_CASE("policy: the search for the end of quiet days has an end itself", "[outreach][policy]") {
  Workspace workspace = three_channels();
  channel(workspace, "email").quiet_hours = {{at(21), at(8), false, true}};
  for (int day = 1; day <= 28; ++day)
    workspace.channels.holidays.push_back("2026-02-" + std::string(day < 10 ? "0" : "") +
                                          std::to_string(day));
  const Instant now = instant("2026-02-01T12:00:00Z");

  const PolicyDecision decision = ask(workspace, {}, {.channels = {"email"}}, now);

  CHECK(decision.kind == PolicyDecision::Kind::defer);
  CHECK(decision.until == now + 24h * 14);
}

TEST_CASE("policy: which of several channels", "[outreach][policy]") {
  struct Row {
    const char* why;
    std::function<void(Workspace&, Customer&)> change;
    std::string decision;
  };
  const auto quiet = [](Workspace& workspace, const char* name, LocalTime to) {
    channel(workspace, name).quiet_hours = QuietHours{at(21), to};
  };
  const auto row = GENERATE_COPY(values<Row>({
      {"the customer's preference",
       [](auto&, auto& customer) { customer.set("preferred_channel", Value("sms")); }, "send sms"},
      {"a preference in order",
       [](auto& workspace, auto& customer) {
         customer.set("preferred_channel", Value(List{Value("post"), Value("app"), Value("sms")}));
         channel(workspace, "app").adapter = "none";
       },
       "send sms"},
      {"a preference for what is not offered, or is no text",
       [](auto&, auto& customer) {
         customer.set("preferred_channel", Value(List{Value("post"), Value(std::int64_t{7})}));
       },
       "send email"},
      {"a preference that is no text",
       [](auto&, auto& customer) { customer.set("preferred_channel", Value(true)); }, "send email"},
      {"one that may be used now goes before a preferred one that waits",
       [quiet](auto& workspace, auto& customer) {
         customer.set("preferred_channel", Value("email"));
         quiet(workspace, "email", at(8));
         quiet(workspace, "sms", at(7));
       },
       "send app"},
      {"the earliest end",
       [quiet](auto& workspace, auto&) {
         quiet(workspace, "email", at(8));
         quiet(workspace, "sms", at(7));
         quiet(workspace, "app", at(9));
       },
       "defer 2026-03-03T06:00:00Z"},
      {"a channel that drops waits for nothing",
       [quiet](auto& workspace, auto&) {
         quiet(workspace, "email", at(8));
         quiet(workspace, "sms", at(7));
         quiet(workspace, "app", at(9));
         channel(workspace, "sms").quiet_hours->drop = true;
       },
       "defer 2026-03-03T07:00:00Z"},
      {"nor does one that something else speaks against",
       [quiet](auto& workspace, auto& customer) {
         quiet(workspace, "email", at(8));
         quiet(workspace, "sms", at(7));
         quiet(workspace, "app", at(9));
         customer.address_failures = {refused("sms", noon)};
       },
       "defer 2026-03-03T07:00:00Z"},
  }));
  CAPTURE(row.why);
  Workspace workspace = three_channels();
  Customer customer;
  row.change(workspace, customer);

  const PolicyDecision decision = ask(workspace, customer, {}, night);

  CHECK(describe(decision).starts_with(row.decision));
  CHECK(decision.verdicts.size() == 3);
}

TEST_CASE("policy: what may be said to a customer who is in contact", "[outreach][policy]") {
  struct Row {
    const char* why;
    const char* channel;
    const char* purpose;
    std::function<void(Workspace&, Customer&)> change;
    std::optional<Refusal> refusal;
  };
  const auto row = GENERATE(values<Row>({
      {"a person may speak about what needs no consent", "store", "service", [](auto&, auto&) {}, {}},
      {"but not about what needs one", "store", "marketing", [](auto&, auto&) {}, Refusal::consent_missing},
      {"nor against a no", "store", "service",
       [](auto&, auto& customer) { customer.consents = {said(false, "service")}; },
       Refusal::consent_withdrawn},
      {"a channel that is for some purposes is for these", "email", "survey",
       [](auto& workspace, auto&) { workspace.channels.purposes.push_back({"survey", false}); },
       Refusal::not_for_purpose},
      {"caps hold here too", "store", "service",
       [](auto& workspace, auto& customer) {
         workspace.channels.caps = {{1, 24h, std::nullopt}};
         customer.sent = {{night - 1h, "email", "service"}};
       },
       Refusal::capped},
      {"quiet hours, way out and address do not matter",
       "email",
       "service",
       [](auto& workspace, auto& customer) {
         Channel& email = channel(workspace, "email");
         email.quiet_hours = QuietHours{at(21), at(8)};
         email.adapter = "none";
         customer.identifiers.clear();
       },
       {}},
      {"an unknown channel", "fax", "service", [](auto&, auto&) {}, Refusal::no_adapter},
  }));
  CAPTURE(row.why);
  Workspace workspace = three_channels();
  Channel store;
  store.id = "store";
  store.adapter = "none";
  store.human = true;
  workspace.channels.channels.push_back(store);
  Customer customer;
  row.change(workspace, customer);

  const ChannelVerdict verdict =
      may_mention(workspace, customer.recipient(), row.channel, row.purpose, night);

  CHECK(verdict.channel == row.channel);
  CHECK(verdict.refusal == row.refusal);
}

}  // namespace lotse::test
