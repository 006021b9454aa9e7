#include "engine/workbench/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/workbench/simulation.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/paths.hpp"

namespace lotse {
namespace {

using namespace std::chrono_literals;

const Instant monday = parse_instant("2024-03-04T00:00:00Z").value();

/// A log written down case by case: `a b c`, an hour between events, and long over when the log ends.
class Written {
 public:
  Written& cases(std::size_t count, const std::string& types, Duration between = 1h) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string who = fmt::format("c{}", ++cases_);
      Instant at = monday;
      for (std::size_t begin = 0; begin < types.size();) {
        const std::size_t end = std::min(types.find(' ', begin), types.size());
        add(who, types.substr(begin, end - begin), at);
        at += between;
        begin = end + 1;
      }
    }
    return *this;
  }
  Written& add(const std::string& who, const std::string& type, Instant at, const std::string& channel = "") {
    Event event;
    event.id = fmt::format("{:06}", events_.size());
    event.source = "test";
    event.type = type;
    event.time = at;
    event.channel = channel;
    events_.emplace_back(who, event);
    return *this;
  }
  std::vector<std::pair<std::string, Event>>& events() { return events_; }

  [[nodiscard]] Discovery discovered(double noise = 0.05, unsigned threads = 1) const {
    CaseLog log;
    std::vector<CaseLog::Entry> entries;
    for (const auto& [who, event] : events_) entries.push_back({.who = who, .event = &event});
    log.add(entries);
    return discover(log, {.noise = noise, .threads = threads});
  }

 private:
  std::size_t cases_ = 0;
  std::vector<std::pair<std::string, Event>> events_;
};

const DiscoveredTouchpoint& touchpoint(const Discovery& found, const std::string& id) {
  const auto at = std::ranges::find(found.touchpoints, id, &DiscoveredTouchpoint::id);
  INFO(id);
  REQUIRE(at != found.touchpoints.end());
  return *at;
}

/// `b c`: where it goes on from `id`, most frequent first.
std::string next_of(const Discovery& found, const std::string& id) {
  std::string text;
  for (const DiscoveredTransition& transition : touchpoint(found, id).next)
    text += (text.empty() ? "" : " ") + found.touchpoints[transition.to].id;
  return text;
}

const DiscoveredTransition& way(const Discovery& found, const std::string& from, const std::string& to) {
  for (const DiscoveredTransition& transition : touchpoint(found, from).next) {
    if (found.touchpoints[transition.to].id == to) return transition;
  }
  FAIL("no transition from " << from << " to " << to);
  std::abort();
}

std::vector<std::string> ids(const Discovery& found) {
  std::vector<std::string> made;
  for (const DiscoveredTouchpoint& touchpoint : found.touchpoints) made.push_back(touchpoint.id);
  return made;
}

Loaded<std::shared_ptr<const Journey>> loaded(const Discovery& found, const ProposalOptions& options = {}) {
  Channels channels;
  for (const std::string& id : options.channels) {
    Channel channel;
    channel.id = id;
    channels.channels.push_back(channel);
  }
  return load_journey("proposal.yaml", journey_yaml(found, options), channels);
}

void check_loads(const Discovery& found, const ProposalOptions& options = {}) {
  const auto journey = loaded(found, options);
  std::string findings;
  for (const Diagnostic& finding : journey.findings) findings += render(finding);
  INFO(journey_yaml(found, options));
  CHECK(findings.empty());
  CHECK(journey.value.has_value());
}

}  // namespace

TEST_CASE("discover: a straight way is proposed with its start, goal and figures", "[workbench][discover]") {
  Written log;
  log.cases(90, "order pay arrive").cases(10, "order").add("late", "nothing", monday + 24h * 365);

  const Discovery found = log.discovered();

  CHECK(found.cases == 101);
  CHECK(ids(found) == std::vector<std::string>{"order", "pay", "arrive"});
  CHECK(next_of(found, "order") == "pay");
  CHECK(next_of(found, "pay") == "arrive");
  CHECK(next_of(found, "arrive").empty());
  CHECK(touchpoint(found, "order").start);
  CHECK(touchpoint(found, "arrive").goal);
  CHECK(touchpoint(found, "order").stops == Approx(0.1));
  CHECK(way(found, "order", "pay").count == 90);
  CHECK(way(found, "order", "pay").share == Approx(0.9));
  CHECK(way(found, "order", "pay").dependency == Approx(90.0 / 91));
  CHECK(found.fitness() == Approx(280.0 / 281));  // all but `nothing`, which is noise
  check_loads(found);
}

TEST_CASE("discover: the dependency measure is the Heuristics Miner's", "[workbench][discover]") {
  // |b > c| = 60, |c > b| = 40.
  const Discovery found = Written().cases(60, "a b c d").cases(40, "a c b d").discovered();

  CHECK(way(found, "b", "c").dependency == Approx(20.0 / 101));
  CHECK(way(found, "c", "b").dependency == Approx(-20.0 / 101));
  CHECK(way(found, "b", "c").guess == TransitionGuess::either_order);
  CHECK(way(found, "c", "b").guess == TransitionGuess::either_order);
  CHECK(way(found, "a", "b").guess == TransitionGuess::then);
  CHECK(found.fitness() == 1);
}

TEST_CASE("discover: what nearly always goes the other way round is no transition, unless it is a loop",
          "[workbench][discover]") {
  const auto log = [](const std::string& rare) {
    return Written().cases(400, "a b d").cases(20, rare).discovered(0.04);
  };

  const Discovery disorder = log("b a d");
  const Discovery loop = log("a b a b d");

  CHECK(next_of(disorder, "b") == "d");  // 20 of 420 are above the noise; b ⇒ a = -380/421
  CHECK(way(loop, "b", "a").guess == TransitionGuess::back);
  CHECK(way(loop, "b", "a").dependency < 0);
}

TEST_CASE("discover: a repeat that is usual is a loop of length one", "[workbench][discover]") {
  const Discovery found = Written().cases(50, "a b b c").cases(50, "a b c").discovered();

  CHECK(next_of(found, "b") == "c b");
  CHECK(way(found, "b", "b").guess == TransitionGuess::again);
  CHECK(way(found, "b", "b").dependency == Approx(50.0 / 51));
}

TEST_CASE("discover: noise is what falls below the stated share", "[workbench][discover]") {
  const Written log = Written().cases(96, "a b c").cases(4, "a x c");

  const Discovery coarse = log.discovered(0.05);
  const Discovery fine = log.discovered(0.04);

  CHECK(ids(coarse) == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(coarse.left_out.size() == 1);
  CHECK(coarse.left_out.front().type == "x");
  CHECK(next_of(coarse, "a") == "b");  // a > c, past the noise, four times
  CHECK(coarse.fitness() == Approx(292.0 / 300));
  CHECK(next_of(fine, "a") == "b x");
  CHECK(fine.fitness() == 1);
}

TEST_CASE("discover: what no usual way reaches is connected by the most frequent one",
          "[workbench][discover]") {
  // d is in 16 % of the cases, and follows each of a, b and c after under 10 % of their events.
  Written log;
  for (const char* types : {"a b c d", "a b d", "a d", "a d"}) log.cases(4, types);
  const Discovery found = log.cases(84, "a b c").discovered(0.1);

  CHECK(way(found, "a", "d").guess == TransitionGuess::connecting);
  check_loads(found);
}

TEST_CASE("discover: two ways to begin that never meet are two starts", "[workbench][discover]") {
  const Discovery found = Written().cases(99, "a b").cases(6, "x y").discovered();

  CHECK(touchpoint(found, "a").start);
  CHECK(touchpoint(found, "x").start);
  CHECK(touchpoint(found, "b").goal);
  CHECK_FALSE(touchpoint(found, "y").goal);  // 6 cases against 99
  CHECK(touchpoint(found, "y").ends);
  check_loads(found);
}

TEST_CASE("discover: a case that the log cuts short is open, and no exit", "[workbench][discover]") {
  Written log;
  log.cases(100, "a b");
  const Instant end = monday + 24h * 30;
  for (int i = 0; i < 50; ++i) log.add(fmt::format("open{}", i), "a", end);

  const Discovery found = log.discovered();
  const DiscoveredTouchpoint& a = touchpoint(found, "a");

  CHECK(a.last == 50);
  CHECK(a.open == 50);
  CHECK(a.stops == 0);
}

TEST_CASE("discover: silence counts as leaving where 99 in 100 have gone on", "[workbench][discover]") {
  Written log;
  log.cases(1980, "a b c", 90min).cases(20, "a b c", 24h * 80);
  Written slow_b = log;
  for (int i = 0; i < 2000; ++i)
    slow_b.add(fmt::format("s{}", i), "b", monday).add(fmt::format("s{}", i), "c", monday + 24h * 4);

  CHECK(log.discovered().abandon_after == 3h);
  CHECK(log.discovered().wait_p99 == 90min);
  CHECK(touchpoint(log.discovered(), "a").abandon_after == std::nullopt);
  CHECK(touchpoint(slow_b.discovered(), "a").abandon_after == Duration(3h));
  CHECK(slow_b.discovered().abandon_after == Duration(24h * 5));
}

TEST_CASE("discover: fitness replays cases as instances move", "[workbench][discover]") {
  struct Row {
    const char* why;
    const char* types;
    std::uint64_t following;
  };
  const auto row = GENERATE(Row{"the usual way", "a b c", 3}, Row{"a repeat moves nobody", "a b b c", 4},
                            Row{"a step that is left out is a deviation", "a c", 1},
                            Row{"before the start there is no instance", "b c a b", 2},
                            Row{"after the goal a start opens another one", "a b c a b", 5},
                            Row{"after the goal nothing else does", "a b c b", 3},
                            Row{"going back is a deviation, going on from there is not", "a b a b c", 4});
  CAPTURE(row.why);
  const std::uint64_t usual = 3 * 200;

  const Discovery found = Written().cases(200, "a b c").cases(1, row.types).discovered();

  CHECK(found.events_following - usual == row.following);
}

TEST_CASE("discover: any order of arrival, duplicates and number of threads give the same proposal",
          "[workbench][discover]") {
  Written log;
  log.cases(60, "a b c d").cases(40, "a c b d").cases(30, "a b b d").cases(5, "d a");
  const std::string once = journey_yaml(log.discovered(), {});
  test::Dice dice(7);
  const auto seed = GENERATE(range(0, 5));
  CAPTURE(seed);
  for (int i = 0; i < seed; ++i) dice(2);

  Written shuffled = log;
  for (std::size_t i = 0; i < 100; ++i) {
    const auto again = shuffled.events()[dice(log.events().size())];
    shuffled.events().push_back(again);
  }
  dice.shuffle(shuffled.events());

  CHECK(journey_yaml(shuffled.discovered(0.05, 1 + static_cast<unsigned>(seed)), {}) == once);
}

TEST_CASE("discover: of events with one source and id the first in the log counts", "[workbench][discover]") {
  const auto apart = GENERATE(Duration(0), Duration(1h), Duration(-1h));
  Written log;
  log.cases(30, "x y");
  const std::vector<std::pair<std::string, Event>> once = log.events();
  for (auto [who, event] : once) {
    if (event.type != "y") continue;
    event.time += apart;
    log.events().emplace_back(who, event);
    event.type = "z";
    log.events().emplace_back("nobody else", event);
  }

  const Discovery found = log.discovered();

  CHECK(found.events == 60);
  CHECK(found.cases == 30);
  CHECK(ids(found) == std::vector<std::string>{"x", "y"});
  CHECK(next_of(found, "x") == "y");
  CHECK(next_of(found, "y").empty());
  CHECK(found.last_event == monday + 1h);
}

TEST_CASE("discover: one id from two sources is two events", "[workbench][discover]") {
  Written log;
  log.cases(30, "x y");
  const std::vector<std::pair<std::string, Event>> once = log.events();
  for (auto [who, event] : once) {
    event.source = "other";
    log.events().emplace_back(who, event);
  }

  CHECK(log.discovered().events == 120);
}

TEST_CASE("discover: Lotse's own event types are no touchpoints", "[workbench][discover]") {
  const Discovery found = Written().cases(10, "identify a message_sent b task_done").discovered();

  CHECK(ids(found) == std::vector<std::string>{"a", "b"});
  CHECK(found.own_events == 30);
  CHECK(found.events == 20);
  CHECK(found.fitness() == 1);
}

TEST_CASE("discover: an empty log gives no touchpoints, one event a whole journey", "[workbench][discover]") {
  CHECK(Written().discovered().touchpoints.empty());

  const Discovery one = Written().cases(1, "a").discovered();

  CHECK(one.fitness() == 1);
  check_loads(one);
}

TEST_CASE("discover: whatever types and channels are called, the file passes the checks",
          "[workbench][discover]") {
  Written log;
  const std::vector<std::string> types{"true",  "in",     "12",        "a: b # c", "\"quoted\"", "- dash",
                                       "Ärger", "T02 Do", "t02 (do)",  "while",    "{x}",        "*star",
                                       "null",  "~",      "it's 50 %", "\\back",   "#"};
  for (int who = 0; who < 30; ++who) {
    Instant at = monday;
    for (const std::string& type : types)
      log.add(fmt::format("c{}", who), type, at += 1h, who % 2 == 0 ? "e-mail" : "web site");
  }

  const Discovery found = log.discovered();
  const std::string text = journey_yaml(found, {});

  CHECK(found.touchpoints.size() == types.size());
  check_loads(found, {.journey = "names", .key = "order number", .channels = {}});
  check_loads(found, {.journey = "names", .key = "order", .channels = {"e-mail"}});
  CHECK(text.find(
            "any channel, because `e-mail` is not in channels.yaml; seen: e-mail 50.0 %, web site 50.0 %") !=
        std::string::npos);
  const auto journey = loaded(found);
  REQUIRE(journey.value);
  std::set<std::string> read((*journey.value)->event_types.begin(), (*journey.value)->event_types.end());
  CHECK(read == std::set<std::string>(types.begin(), types.end()));
}

TEST_CASE("discover: channels that channels.yaml has are proposed, the usual first",
          "[workbench][discover]") {
  Written log;
  for (int i = 0; i < 40; ++i)
    log.add(fmt::format("c{}", i), "a", monday, i % 4 == 0 ? "app" : "web")
        .add(fmt::format("c{}", i), "b", monday + 1h);

  const std::string text = journey_yaml(log.discovered(), {.channels = {"app", "web"}});

  CHECK(text.find("    channels: [web, app]  # web 75.0 %, app 25.0 %\n") != std::string::npos);
}

TEST_CASE("discover: the proposal reads as it is documented", "[workbench][discover]") {
  Written log;
  log.cases(90, "basket_filled order_placed parcel_delivered", 20h).cases(10, "basket_filled");

  CHECK(journey_yaml(log.discovered(), {.journey = "first-order"}) ==
        R"(# Proposed by `lotse discover` from 280 events in 100 cases, 2024-03-04 to 2024-03-05:
# what customers do today. Read it, rename it, mend it; every guess has its evidence beside it.
#
# Fitness: 100.0 % of the events follow the paths below (280 of 280).
# Noise, left out: event types in under 5 % of the cases, transitions behind under 5 % of a
#   touchpoint's events, and those that nearly always go the other way round (0 of 180 moves).
# Dependency: of the Heuristics Miner; near 1 the order is always this, near 0 either, below 0 mostly
#   the other way round; 0.9 counts as an order.
journey: first-order
version: 1
abandon_after: 1d  # 99 % of 180 waits between events were over within 20h
stages: [basket_filled, order_placed]  # by mean place on the way, cut at the widest gaps, named after their first

touchpoints:
  basket_filled:
    # in 100.0 % of the cases; 100 events; at 0.00 of the way
    stage: basket_filled
    start: true  # 100.0 % of the cases begin here
    on: basket_filled
    # likely exit: 10.0 % of its events are a case's last
    next:
      - order_placed  # 90 times, 90.0 % of its events; dependency 0.99
  order_placed:
    # in 90.0 % of the cases; 90 events; at 0.50 of the way
    stage: order_placed
    on: order_placed
    next:
      - parcel_delivered  # 90 times, 100.0 % of its events; dependency 0.99
  parcel_delivered:
    # in 90.0 % of the cases; 90 events; at 1.00 of the way
    stage: order_placed
    on: parcel_delivered
    goal: true  # a guess: 100.0 % of its events are a case's last (90 still open aside); 90.0 % of the cases end here
)");
}

namespace {

/// A journey of a way from start to goal with detours, short cuts and loops thrown in.
std::string random_journey(test::Dice& dice) {
  const std::size_t size = 6 + dice(std::size_t{7});
  std::string text = "journey: random\ntouchpoints:\n";
  for (std::size_t i = 0; i < size; ++i) {
    std::set<std::size_t> next;
    if (i + 1 < size) {
      next.insert(i + 1);
      for (std::size_t more = dice(std::size_t{3}); more > 0; --more) {
        const std::size_t to = 1 + dice(size - 1);
        if (to != i) next.insert(to);
      }
    }
    text += fmt::format("  t{}: {{on: e{}, {}", i, i,
                        i == 0          ? "start: true"
                        : i + 1 == size ? "goal: true"
                                        : "turn: us");
    std::string list;
    for (const std::size_t to : next) list += fmt::format("{}t{}", list.empty() ? "" : ", ", to);
    text += next.empty() ? "}\n" : fmt::format(", next: [{}]}}\n", list);
  }
  return text;
}

struct Agreement {
  std::size_t used = 0;   ///< true transitions that at least 20 took
  std::size_t found = 0;  ///< of them
  std::size_t proposed = 0;
  std::size_t wrong = 0;  ///< of them: not in the journey
};

/// Simulates the journey, loses one event in a hundred, and holds what is discovered against what is true.
Agreement agreement(const Journey& journey, std::uint64_t seed) {
  Simulation simulation = guess_simulation(journey);
  simulation.duplicates = 0.02;
  simulation.late = 0.05;
  std::map<std::string, std::map<std::pair<Instant, std::string>, std::string>> walks;
  CaseLog log;
  test::Dice dice(seed);
  const SimulationOptions options{
      .customers = 1000, .seed = seed, .from = monday, .span = std::chrono::days(60)};
  std::set<std::string> lost;
  simulate(journey, simulation, options, [&](const Event& event) {
    const std::string& who = event.ids.front().value;
    walks[who][{event.time, event.id}] = event.type;
    if (dice.one_in(100)) lost.insert(event.id);
    const CaseLog::Entry entry{.who = who, .event = &event};
    if (!lost.contains(event.id)) log.add({&entry, 1});
  });

  using Way = std::pair<std::string, std::string>;
  std::set<Way> truth;
  for (std::size_t i = 0; i < journey.touchpoints.size(); ++i) {
    for (const NextStep& step : simulation.touchpoints[i].next)
      truth.emplace(simulation.touchpoints[i].event, simulation.touchpoints[step.to.value()].event);
  }
  std::map<Way, std::size_t> taken;
  for (const auto& [who, events] : walks) {
    const std::string* before = nullptr;
    for (const auto& [when, type] : events) {
      if (before != nullptr && truth.contains({*before, type})) ++taken[{*before, type}];
      before = &type;
    }
  }
  const Discovery found = discover(log, {});
  std::set<Way> proposed;
  for (const DiscoveredTouchpoint& touchpoint : found.touchpoints) {
    for (const DiscoveredTransition& transition : touchpoint.next)
      proposed.emplace(touchpoint.type, found.touchpoints[transition.to].type);
  }
  Agreement agreed{.proposed = proposed.size()};
  for (const auto& [used_way, count] : taken) {
    if (count < 20) continue;
    ++agreed.used;
    if (proposed.contains(used_way)) ++agreed.found;
  }
  for (const Way& each : proposed) {
    if (!truth.contains(each)) ++agreed.wrong;
  }
  return agreed;
}

void check_agreement(const Agreement& agreed) {
  CAPTURE(agreed.used, agreed.found, agreed.proposed, agreed.wrong);
  REQUIRE(agreed.used > 0);
  CHECK(static_cast<double>(agreed.found) >= 0.95 * static_cast<double>(agreed.used));
  CHECK(static_cast<double>(agreed.wrong) <= 0.05 * static_cast<double>(agreed.proposed));
}

}  // namespace

TEST_CASE("discover: of a simulated journey nearly all used transitions are found, and hardly a false one",
          "[workbench][discover]") {
  const auto seed = GENERATE(range(1, 11));
  CAPTURE(seed);
  test::Dice dice(static_cast<std::uint64_t>(seed));
  const std::string text = random_journey(dice);
  INFO(text);
  const auto journey = load_journey("random.yaml", text, {}).value;
  REQUIRE(journey);

  check_agreement(agreement(**journey, static_cast<std::uint64_t>(seed)));
}

TEST_CASE("discover: the example's journey is found again in a log simulated from it",
          "[workbench][discover]") {
  const auto seed = GENERATE(1U, 2U);
  CAPTURE(seed);
  const Workspace workspace = load_workspace(test::source_dir() / "journeys/broadband").value.value();

  check_agreement(agreement(*workspace.journeys.front().versions.back(), seed));
}

}  // namespace lotse
