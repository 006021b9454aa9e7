#include "engine/workbench/update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/workbench/simulation.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;

const Instant monday = parse_instant("2024-03-04T00:00:00Z").value();

const std::string shop = R"yaml(journey: shop
abandon_after: 5d
stages: [choice, delivery]
touchpoints:
  basket: {stage: choice, start: true, on: basket_filled, next: [help, order]}
  help: {stage: choice, start: true, on: help_asked, next: [order]}
  order: {stage: choice, on: order_placed, next: [parcel, refund]}
  parcel: {stage: delivery, channels: [web, app], on: parcel_delivered, next: [refund, review]}
  refund: {stage: delivery, on: refund_asked, next: [review]}
  review: {stage: delivery, on: review_given, goal: true}
)yaml";

/// `shop` with pieces of its text replaced.
std::string with(const std::vector<std::pair<std::string, std::string>>& pieces) {
  std::string text = shop;
  for (const auto& [piece, other] : pieces) {
    const std::size_t at = text.find(piece);
    INFO(piece);
    REQUIRE(at != std::string::npos);
    text.replace(at, piece.size(), other);
  }
  return text;
}

const std::vector<std::pair<std::string, std::string>> no_refund{
    {"  refund: {stage: delivery, on: refund_asked, next: [review]}\n", ""},
    {"next: [parcel, refund]", "next: [parcel]"},
    {"next: [refund, review]", "next: [review]"}};

std::shared_ptr<const Journey> journey(const std::string& text) {
  Channels channels;
  for (const char* id : {"web", "app", "store"}) {
    Channel channel;
    channel.id = id;
    channels.channels.push_back(channel);
  }
  const auto loaded = load_journey("shop.yaml", text, channels);
  std::string findings;
  for (const Diagnostic& finding : loaded.findings) findings += render(finding);
  INFO(findings);
  REQUIRE(loaded.value);
  return *loaded.value;
}

/// The log of 2,000 customers of the whole shop, some events late, some twice.
EventsByCustomer walked(std::uint64_t seed) {
  const auto whole = journey(shop);
  Simulation simulation = guess_simulation(*whole);
  simulation.duplicates = 0.02;
  simulation.late = 0.05;
  CustomerLog log({});
  simulate(*whole, simulation,
           {.customers = 2000, .seed = seed, .from = monday, .span = std::chrono::days(60)},
           [&](const Event& event) { log.add(event); });
  return log.take();
}

/// A log written down: `basket_filled order_placed` with a time between events.
class Written {
 public:
  Written& cases(int count, const std::vector<std::string>& types, Duration between = 24h) {
    for (int i = 0; i < count; ++i) {
      Event event;
      event.ids = {{"user_id", fmt::format("u{:03}", ++customers_)}};
      event.source = "test";
      event.channel = channel_;
      event.time = monday;
      for (const std::string& type : types) {
        event.id = fmt::format("e{}", ++events_);
        event.type = type;
        log_.add(event);
        event.time += between;
      }
    }
    return *this;
  }
  /// What follows happens in this channel; it begins in `web`.
  Written& in(const std::string& channel) {
    channel_ = channel;
    return *this;
  }
  JourneyUpdate beside(const std::string& text) {
    return compare_with_log(journey(text), {}, log_.take(), {});
  }

 private:
  CustomerLog log_{WorkspaceSettings{}};
  std::string channel_ = "web";
  int customers_ = 0;
  int events_ = 0;
};

JourneyUpdate compared(const std::string& text, const EventsByCustomer& log) {
  return compare_with_log(journey(text), {}, log, {});
}

/// `transition order refund`, one an item.
std::vector<std::string> told(const JourneyUpdate& update) {
  std::vector<std::string> all;
  for (const UpdateFinding& finding : update.findings) {
    const char* kind = "?";
    switch (finding.kind) {
      case UpdateKind::event_type:
        kind = "event_type";
        break;
      case UpdateKind::channel:
        kind = "channel";
        break;
      case UpdateKind::transition:
        kind = "transition";
        break;
      case UpdateKind::start:
        kind = "start";
        break;
      case UpdateKind::end:
        kind = "end";
        break;
      case UpdateKind::window:
        kind = "window";
        break;
      case UpdateKind::unreached:
        kind = "unreached";
        break;
      case UpdateKind::untaken:
        kind = "untaken";
        break;
      case UpdateKind::long_window:
        kind = "long_window";
        break;
    }
    all.push_back(
        fmt::format("{} {}{}{}", kind, finding.touchpoint, finding.to.empty() ? "" : " ", finding.to));
  }
  return all;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("update: beside its own log a whole file lacks nothing", "[workbench][update]") {
  const auto seed = GENERATE(range(1U, 6U));
  CAPTURE(seed);

  const JourneyUpdate update = compared(shop, walked(seed));

  CHECK(told(update) == Told{});
  CHECK(update.fitness() == 1);
  CHECK(update.customers == 2000);
}

TEST_CASE("update: what was taken out of the file, or put in, is told, and nothing else",
          "[workbench][update]") {
  struct Row {
    const char* why;
    std::vector<std::pair<std::string, std::string>> pieces;
    Told told;
  };
  const auto row = GENERATE(
      Row{"a transition out", {{"next: [parcel, refund]", "next: [parcel]"}}, {"transition order refund"}},
      Row{"a touchpoint out", no_refund, {"event_type refund_asked"}},
      Row{"a channel out", {{"channels: [web, app]", "channels: [web]"}}, {"channel parcel app"}},
      Row{"a start out", {{"help: {stage: choice, start: true,", "help: {stage: choice,"}}, {"start help"}},
      Row{"a touchpoint in",
          {{"  review:", "  gift: {on: gift_chosen, next: [review]}\n  review:"},
           {"next: [parcel, refund]", "next: [parcel, refund, gift]"}},
          {"unreached gift"}},
      Row{"a transition in",
          {{"next: [help, order]", "next: [help, order, parcel]"}},
          {"untaken basket parcel"}});
  const auto seed = GENERATE(1U, 2U);
  CAPTURE(row.why, seed);

  const JourneyUpdate update = compared(with(row.pieces), walked(seed));

  CHECK(told(update) == row.told);
}

TEST_CASE("update: evidence counts what customers did", "[workbench][update]") {
  const JourneyUpdate update =
      Written()
          .cases(60, {"basket_filled", "order_placed", "parcel_delivered", "review_given"})
          .cases(20, {"basket_filled", "order_placed", "refund_asked", "review_given"})
          .cases(20, {"help_asked", "order_placed", "parcel_delivered", "refund_asked", "review_given"})
          .cases(10, {"basket_filled", "help_asked", "order_placed", "order_placed", "parcel_delivered"})
          .beside(with({{"next: [parcel, refund]", "next: [parcel]"}}));

  REQUIRE(told(update) == Told{"transition order refund"});
  const UpdateFinding& finding = update.findings.front();
  CHECK(finding.count == 20);
  CHECK(finding.share == Approx(20.0 / 120));  // of its events, repeats too
  CHECK(finding.dependency == Approx(20.0 / 21));
  CHECK(finding.examples == std::vector<std::string>{"user_id:u061", "user_id:u062", "user_id:u063"});
  CHECK(finding.where->line == 7);
  CHECK(update.events == 470);
  CHECK(update.following == 450);
}

TEST_CASE("update: a new event type comes with where it stands, and its lines mend the file",
          "[workbench][update]") {
  const EventsByCustomer log = walked(3);
  const JourneyUpdate update = compared(with(no_refund), log);
  REQUIRE(told(update) == Told{"event_type refund_asked"});
  const UpdateFinding& finding = update.findings.front();
  CHECK(finding.before.size() == 2);
  CHECK(finding.after.size() == 1);
  CHECK(finding.after.front().first == "review");

  const std::string text = update_text(update);
  std::string mended = with(no_refund);
  const std::size_t begin = text.find("      refund_asked:\n");
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find("      # and to `next:`", begin);
  REQUIRE(end != std::string::npos);
  std::string lines = text.substr(begin, end - begin);
  for (std::size_t at = lines.find("      "); at != std::string::npos; at = lines.find("\n      ", at + 1))
    lines.erase(at == 0 ? 0 : at + 1, 4);  // two columns in, as touchpoints are
  mended += lines;
  mended.replace(mended.find("next: [parcel]"), 14, "next: [parcel, refund_asked]");
  mended.replace(mended.find("next: [review]"), 14, "next: [refund_asked, review]");
  INFO(mended);

  CHECK(told(compared(mended, log)) == Told{});
}

TEST_CASE("update: for events without a channel `channels` is to be left out", "[workbench][update]") {
  const std::vector<std::string> usual{"basket_filled", "order_placed", "parcel_delivered", "review_given"};
  Written log;
  log.cases(80, usual).in("").cases(20, usual);
  const std::string without_channels = with({{"channels: [web, app], ", ""}});
  Written same;
  same.cases(80, usual).in("").cases(20, usual);

  const JourneyUpdate update = log.beside(shop);
  const std::string text = update_text(update);

  REQUIRE(told(update).front() == "channel parcel");
  INFO(text);
  CHECK(text.find("  parcel does not hear its events without a channel\n"
                  "    20 events, 20.0 % of its events\n") != std::string::npos);
  CHECK(text.find("    could be changed in parcel (shop.yaml:8:3):\n"
                  "      # leave `channels` out: it then hears its events in any channel, and without one; "
                  "20 events, 20.0 % of its events\n") != std::string::npos);
  CHECK(text.find("channels: [") == std::string::npos);
  CHECK(update_json(update).find("channels: [") == std::string::npos);
  for (const std::string& each : told(same.beside(without_channels))) CHECK(each.find("channel ") != 0);
}

TEST_CASE("update: a channel is added to those that the touchpoint hears", "[workbench][update]") {
  const std::vector<std::string> usual{"basket_filled", "order_placed", "parcel_delivered", "review_given"};

  const std::string text = update_text(Written().cases(80, usual).in("store").cases(20, usual).beside(shop));

  CHECK(text.find("    could be added to parcel (shop.yaml:8:3):\n"
                  "      channels: [web, app, store]  # 20 events, 20.0 % of its events\n") !=
        std::string::npos);
}

TEST_CASE("update: a new event type is a start or an end only where nothing at all comes beside it",
          "[workbench][update]") {
  struct Row {
    const char* why;
    std::vector<std::string> rare;  ///< one customer in forty goes this way, `#` being the customer's number
    const char* start;
    const char* end;
  };
  const char* const is_start = "        start: true  # nothing comes before it\n";
  const char* const is_end = "        ends: ended  # nothing comes behind it; is it a goal, or a loss?\n";
  const char* const no_start =
      "        # 4 times something comes before it, but no usual way leads from there; is it a start?\n";
  const char* const no_end =
      "        # 4 times something comes behind it, but no usual way leads there; is it an end?\n";
  const auto row =
      GENERATE_COPY(Row{"alone", {"gift_chosen", "gift_chosen"}, is_start, is_end},
                    Row{"behind a touchpoint, rarely", {"basket_filled", "gift_chosen"}, no_start, is_end},
                    Row{"before a touchpoint, rarely", {"gift_chosen", "basket_filled"}, is_start, no_end},
                    Row{"behind event types that are noise", {"rare_#", "gift_chosen"}, no_start, is_end},
                    Row{"before event types that are noise", {"gift_chosen", "rare_#"}, is_start, no_end});
  CAPTURE(row.why);
  Written log;
  for (int i = 0; i < 4; ++i) {
    std::vector<std::string> types = row.rare;
    for (std::string& type : types) {
      if (type == "rare_#") type = fmt::format("rare_{}", i);
    }
    log.cases(39, {"gift_chosen"}).cases(1, types);
  }

  const JourneyUpdate update = log.beside(shop);
  const std::string text = update_text(update);

  REQUIRE(told(update).front() == "event_type gift_chosen");
  CHECK(update.findings.front().before.empty());
  CHECK(update.findings.front().after.empty());
  INFO(text);
  for (const char* const line : {is_start, is_end, no_start, no_end})
    CHECK((text.find(line) != std::string::npos) == (line == row.start || line == row.end));
}

TEST_CASE("update: windows that lie far from the times seen are told", "[workbench][update]") {
  const std::vector<std::string> usual{"basket_filled", "order_placed", "parcel_delivered", "review_given"};
  const JourneyUpdate soon =
      Written()
          .cases(70, usual)
          .cases(30, {"basket_filled", "order_placed"}, 24h * 9)
          .beside(with({{"help: {stage: choice, start: true, on: help_asked, next: [order]}",
                         "help: {stage: choice, on: help_asked, next: [order]}"}}));
  const JourneyUpdate late =
      Written().cases(100, usual).beside(with({{"abandon_after: 5d", "abandon_after: 30d"}}));

  REQUIRE(!soon.findings.empty());
  CHECK(soon.findings.front().kind == UpdateKind::window);
  CHECK(soon.findings.front().touchpoint == "basket");
  CHECK(soon.findings.front().count == 30);
  CHECK(soon.findings.front().share == Approx(0.3));
  CHECK(soon.findings.front().wait == Duration(24h * 9));
  CHECK(soon.findings.front().window == Duration(24h * 10));
  REQUIRE(!late.findings.empty());
  CHECK(late.findings.front().kind == UpdateKind::long_window);
  CHECK(late.findings.front().wait == Duration(24h));
  CHECK(late.findings.front().window == Duration(24h));
}

TEST_CASE("update: where most fall silent, and what is too rare to tell", "[workbench][update]") {
  const std::vector<std::string> usual{"basket_filled", "order_placed", "parcel_delivered", "review_given"};
  const JourneyUpdate update =
      Written()
          .cases(60, usual)
          .cases(40, {"help_asked"})
          .cases(2, {"basket_filled", "order_placed", "review_given"})
          .cases(2, {"basket_filled", "coupon_used", "order_placed"})
          .cases(1, usual, 24h * 4)  // the log goes on until the others have fallen silent
          .beside(shop);

  REQUIRE(!update.findings.empty());
  CHECK(update.findings.front().kind == UpdateKind::end);
  CHECK(update.findings.front().touchpoint == "help");
  CHECK(update.findings.front().count == 40);
  for (const std::string& each : told(update)) {
    CHECK(each.find("coupon_used") == std::string::npos);  // 2 of 105 customers
    CHECK(each != "transition order review");              // 2 of 65 events
  }
}

TEST_CASE("update: the text and the JSON say the same", "[workbench][update]") {
  Written log;
  log.cases(30, {"help_asked", "order_placed", "parcel_delivered", "refund_asked", "review_given"})
      .cases(30, {"basket_filled", "help_asked", "order_placed", "refund_asked", "review_given"})
      .cases(30, {"basket_filled", "order_placed", "parcel_delivered", "review_given"})
      .cases(30, {"basket_filled", "order_placed", "review_given"});

  const JourneyUpdate update = log.beside(with({{"next: [help, order]", "next: [help, order, parcel]"}}));

  CHECK(update_text(update) ==
        "shop.yaml beside 510 events of 120 customers: 94.1 % of the events follow its paths\n"
        "\n"
        "The log has it, the file lacks it:\n"
        "\n"
        "  order → review is no transition\n"
        "    30 times, 25.0 % of its events; dependency 0.97\n"
        "    for example user_id:u091, user_id:u092, user_id:u093\n"
        "    could be added to `next:` of order (shop.yaml:7:3):\n"
        "      - review  # 30 times, 25.0 % of its events; dependency 0.97\n"
        "\n"
        "The file has it, the log lacks it:\n"
        "\n"
        "  shop.yaml:5:79: basket → parcel is never taken\n");
  CHECK(update_json(update) == R"json({
  "journey": "shop",
  "version": 1,
  "file": "shop.yaml",
  "customers": 120,
  "events": 510,
  "following": 480,
  "fitness": 0.941176,
  "findings": [
    {
      "kind": "transition",
      "says": "order → review is no transition",
      "touchpoint": "order",
      "to": "review",
      "count": 30,
      "share": 0.25,
      "dependency": 0.967742,
      "examples": [
        "user_id:u091",
        "user_id:u092",
        "user_id:u093"
      ],
      "where": {
        "file": "shop.yaml",
        "line": 7,
        "column": 3
      },
      "propose": "- review  # 30 times, 25.0 % of its events; dependency 0.97\n"
    },
    {
      "kind": "untaken",
      "says": "basket → parcel is never taken",
      "touchpoint": "basket",
      "to": "parcel",
      "count": 0,
      "share": 0,
      "examples": [],
      "where": {
        "file": "shop.yaml",
        "line": 5,
        "column": 79
      },
      "propose": ""
    }
  ]
}
)json");
}

TEST_CASE("update: of many findings the text shows the first twelve", "[workbench][update]") {
  const auto count = GENERATE(12, 13, 14);
  std::vector<std::string> types{"basket_filled"};
  for (int i = 1; i <= count; ++i) types.push_back(fmt::format("new_{:02}", i));

  const JourneyUpdate update = Written().cases(10, types).beside(shop);
  const std::string text = update_text(update);

  INFO(text);
  CHECK(std::ranges::count(update.findings, UpdateKind::event_type, &UpdateFinding::kind) == count);
  CHECK(text.find("  new_12: no touchpoint hears these events\n") != std::string::npos);
  CHECK(text.find("  new_13: no touchpoint hears these events\n") == std::string::npos);
  CHECK((text.find("\n\n  and 1 rarer one (--format json)\n") != std::string::npos) == (count == 13));
  CHECK((text.find("\n\n  and 2 rarer ones (--format json)\n") != std::string::npos) == (count == 14));
  CHECK((text.find("(--format json)") != std::string::npos) == (count > 12));
}

TEST_CASE("update: what the file takes as a fact follows it, what it blocks or never hears does not",
          "[workbench][update]") {
  const JourneyUpdate update =
      Written()
          .cases(20, {"basket_filled", "address_given", "order_placed", "parcel_delivered", "score_given"})
          .cases(1, {"basket_filled", "coupon_used", "order_cancelled"})
          .cases(1, {"parcel_delivered"})
          .beside(R"yaml(journey: facts
abandon_after: 5d
context: {address: {type: string}}
remember: [{on: address_given, capture: {address: "'Mill Lane'"}}]
exit_when: [{on: order_cancelled, outcome: lost}]
feedback: [{on: score_given, scale: stars, score: "3"}]
touchpoints:
  basket: {on: basket_filled, start: true, next: [order]}
  order: {on: order_placed, next: [parcel]}
  parcel: {on: parcel_delivered, goal: true}
)yaml");

  CHECK(told(update) == Told{});
  CHECK(update.events == 104);
  CHECK(update.following == 102);  // not the coupon, nor the parcel that nobody ordered
}

TEST_CASE("update: of events with one source and id the first in the log counts", "[workbench][update]") {
  const auto apart = GENERATE(Duration(0), Duration(1h), Duration(-1h));
  CustomerLog log({});
  for (int i = 0; i < 30; ++i) {
    Event event;
    event.source = "test";
    event.ids = {{"user_id", fmt::format("u{}", i)}};
    event.time = monday;
    for (const char* type : {"basket_filled", "order_placed", "parcel_delivered", "review_given"}) {
      event.id = fmt::format("{} {}", i, type);
      event.type = type;
      event.channel = "web";
      event.time += 24h;
      log.add(event);
      Event again = event;
      again.time += apart;
      log.add(again);
      again.ids = {{"user_id", "another"}};
      again.type = "unheard_of";
      log.add(again);
    }
  }

  const EventsByCustomer customers = log.take();
  const JourneyUpdate update = compared(shop, customers);

  CHECK(customers.size() == 30);
  CHECK(update.customers == 30);
  CHECK(update.events == 120);
  CHECK(update.following == 120);
  CHECK(customers.begin()->second.size() == 4);
}

TEST_CASE("update: customers are told apart by all identifiers that events link", "[workbench][update]") {
  CustomerLog log({});
  Event event;
  event.source = "test";
  event.time = monday;
  const auto happens = [&](const std::string& type, std::vector<Identifier> ids) {
    event.id += "x";
    event.type = type;
    event.ids = std::move(ids);
    event.time += 1h;
    log.add(event);
  };
  happens("basket_filled", {{"anonymous_id", "a1"}});
  happens("order_placed", {{"user_id", "u1"}, {"anonymous_id", "a1"}});
  happens("parcel_delivered", {{"user_id", "u1"}});
  happens("parcel_delivered", {{"user_id", ""}});

  const EventsByCustomer customers = log.take();

  REQUIRE(customers.size() == 1);
  CHECK(customers.begin()->first == "anonymous_id:a1");
  CHECK(customers.begin()->second.size() == 3);
  CHECK(log.without_customer() == 1);
}

}  // namespace lotse
