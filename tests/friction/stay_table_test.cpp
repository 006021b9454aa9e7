#include "engine/friction/stay_table.hpp"

#include <catch2/catch.hpp>

#include "engine/friction/places.hpp"
#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

std::vector<std::string> labels(const StayTable& table) {
  std::vector<std::string> labels;
  for (const Place& place : table.places) labels.push_back(place.label);
  return labels;
}

}  // namespace

TEST_CASE("stay_table: what had not happened by as_of is not there", "[friction]") {
  Stay first = stay(order, day(0), Cause::advanced, day(4));
  first.escalated = day(3);
  first.deadline = day(2);
  first.awaits = TouchpointIndex{appointment};
  first.feedback.push_back({.at = day(1), .scale = Scale::nps, .score = 3, .comment = {}, .segments = {}});
  first.feedback.push_back({.at = day(3), .scale = Scale::nps, .score = 9, .comment = {}, .segments = {}});
  const std::vector<JourneyState> customers = {
      customer({first, stay(appointment, day(4), Cause::dropped, day(14))})};

  struct Row {
    const char* why;
    double as_of;
    std::size_t stays;
    Cause first_cause;
    std::size_t escalations, feedback;
  };
  const auto row = GENERATE(Row{"before anything", -1, 0, Cause::open, 0, 0},
                            Row{"the first stay is open, one answer is in", 2, 1, Cause::open, 0, 1},
                            Row{"the escalation and the second answer have come", 3, 1, Cause::open, 1, 2},
                            Row{"left at this instant", 4, 2, Cause::advanced, 1, 2},
                            Row{"silence has not lasted its window", 13.9, 2, Cause::advanced, 1, 2});
  CAPTURE(row.why);
  const StayTable table = table_of(customers, day(row.as_of));

  REQUIRE(table.size() == row.stays);
  CHECK(table.customers == (row.stays > 0 ? 1U : 0U));
  CHECK(table.escalations.size() == row.escalations);
  CHECK(table.feedback.size() == row.feedback);
  if (row.stays > 0) CHECK(table.cause[0] == row.first_cause);
  if (row.stays > 0) CHECK(table.deadline[0] == day(2));
  if (row.stays > 0) CHECK(table.awaits[0] == 1);
  if (row.stays > 1) CHECK(table.awaits[1] == no_index);
  if (row.stays > 1) CHECK(table.left[1] == never);
}

TEST_CASE("stay_table: a drop-off is dated when the silence has lasted its window", "[friction]") {
  const auto customers = std::vector{customer({stay(order, day(0), Cause::dropped, day(10))})};
  CHECK(table_of(customers, day(9.99)).cause[0] == Cause::open);
  const StayTable table = table_of(customers, day(10));
  CHECK(table.cause[0] == Cause::dropped);
  CHECK(table.left[0] == day(10));
  CHECK(table.instances[0].status == Status::dropped);
}

TEST_CASE("stay_table: hops are counted where the customer came from", "[friction]") {
  Stay called = stay(appointment, day(1), Cause::open, {}, call_center);
  called.forced_hop = true;
  const auto forced = table_of({customer({stay(order, day(0), Cause::advanced, day(1)), called})}, day(2));
  CHECK(forced.flags[0] == (StayTable::hop_forced | StayTable::assist_pull));
  called.forced_hop = false;
  const auto designed = table_of({customer({stay(order, day(0), Cause::advanced, day(1)), called})}, day(2));
  CHECK(designed.flags[0] == (StayTable::hop_designed | StayTable::assist_pull));
  const auto same =
      table_of({customer({stay(order, day(0), Cause::advanced, day(1)), stay(appointment, day(1))})}, day(2));
  CHECK(same.flags[0] == 0);
}

TEST_CASE("stay_table: versions are counted together where the touchpoint is unchanged", "[friction]") {
  Journey newer = hand_made_journey(2);
  newer.touchpoints[order].title = "Place your order";         // no change for the count
  newer.touchpoints[visit].next.pop_back();                    // a change
  newer.touchpoints[bill].abandon_after = Duration{20 * 24h};  // a change
  const auto versions = versions_of({hand_made_journey(1), newer});
  JourneyState in_first = customer({stay(order, day(0), Cause::advanced, day(1)), stay(appointment, day(1))});
  JourneyState in_second = customer({
      stay(order, day(0)),
  });
  in_second.instances[0].version = VersionIndex{1};

  const StayTable table = table_of({in_first, in_second}, day(2), versions);

  CHECK(labels(table) == std::vector<std::string>{"order", "appointment", "visit (v2)", "online", "bill (v2)",
                                                  "visit (v1)", "bill (v1)"});
  CHECK(table.places[0].versions == std::vector<std::uint32_t>{1, 2});
  CHECK(table.places[0].title == "Place your order");
  CHECK(table.place == std::vector<std::uint16_t>{0, 1, 0});
}

TEST_CASE("stay_table: a task behind the touchpoint is part of what its customers meet", "[friction]") {
  const Journey journey = hand_made_journey();
  Journey other = hand_made_journey();
  other.touchpoints[call_back].handover = HandoverSpec{.team = "other-desk", .keep = false};
  CHECK(experience_of(journey, TouchpointIndex{order}) != experience_of(other, TouchpointIndex{order}));
  CHECK(experience_of(journey, TouchpointIndex{visit}) == experience_of(other, TouchpointIndex{visit}));
}

TEST_CASE("stay_table: parts built apart and joined are the table built in one", "[friction]") {
  Journey journey = hand_made_journey();
  const auto with_plan = [&](const char* plan, double at) {
    Stay one = stay(order, day(at), Cause::advanced, day(at + 1));
    one.feedback.push_back({.at = day(at), .scale = Scale::stars, .score = 2, .comment = {}, .segments = 0});
    one.escalated = day(at + 0.5);
    JourneyState state = customer({one, stay(appointment, day(at + 1))}, {{Value(plan)}});
    state.instances[0].promises.push_back(
        {.promise = 0, .made = day(at), .deadline = day(at + 14), .reached = std::nullopt});
    state.unattributed_feedback = 1;
    state.effects = {sent(nudge, 0, day(at + 0.2))};
    return state;
  };
  add_nudge(journey);
  const std::vector<JourneyState> customers = {with_plan("fibre", 0), with_plan("cable", 1),
                                               with_plan("adsl", 2)};
  Segment plan{.name = "plan", .value = *Expression::compile("\"x\"", {})};
  journey.segments = {plan};
  const auto versions = versions_of({journey});

  StayTableBuilder first(versions, hand_made_channels(), day(3));
  StayTableBuilder second(versions, hand_made_channels(), day(3));
  first.add(customers[0]);
  second.add(customers[1]);
  second.add(customers[2]);
  first.append(std::move(second));
  const StayTable joined = std::move(first).finish();
  const StayTable whole = table_of(customers, day(3), versions);

  CHECK(joined.entered == whole.entered);
  CHECK(joined.instance == whole.instance);
  CHECK(joined.awaits == whole.awaits);
  CHECK(joined.instances == whole.instances);
  CHECK(joined.feedback == whole.feedback);
  CHECK(joined.escalations == whole.escalations);
  CHECK(joined.promises == whole.promises);
  CHECK(joined.messages == whole.messages);
  CHECK(joined.messages.size() == 3);
  CHECK(joined.segment_values == std::vector<std::vector<std::string>>{{"adsl", "cable", "fibre"}});
  for (std::size_t row = 0; row < whole.size(); ++row) {
    CHECK(joined.segment_value(joined.segment_set[row], 0) == whole.segment_value(whole.segment_set[row], 0));
  }
  CHECK(joined.segment_value(joined.segment_set[0], 0) == "fibre");
  CHECK(joined.unattributed_feedback == 3);
  CHECK(joined.customers == 3);
}

TEST_CASE("stay_table: messages are those handed out by then, by stay and time", "[friction]") {
  Journey journey = hand_made_journey();
  add_nudge(journey);
  const auto versions = versions_of({journey});
  JourneyState one = customer({stay(order, day(0), Cause::advanced, day(4)), stay(appointment, day(4))});
  Effect waiting = sent(nudge, 1, day(5));
  waiting.handed_out.reset();
  Effect task = sent(call_back, 0, day(1));
  task.task = TaskStatus::open;
  one.effects = {sent(nudge, 1, day(6)), waiting, sent(nudge, 0, day(2)), task, sent(nudge, 0, day(1))};
  JourneyState other = one;
  other.effects = {sent(nudge, 1, day(5))};
  const auto messages = [&](double as_of) { return table_of({one, other}, day(as_of), versions).messages; };
  using Row = StayTable::MessageRow;

  CHECK(table_of({one}, day(7), versions).message_places == std::vector<std::string>{"nudge"});
  CHECK(messages(0.9).empty());
  CHECK(messages(1) == std::vector<Row>{{.stay = 0, .which = 0, .at = day(1)}});
  CHECK(messages(7) == std::vector<Row>{{.stay = 0, .which = 0, .at = day(1)},
                                        {.stay = 0, .which = 0, .at = day(2)},
                                        {.stay = 1, .which = 0, .at = day(6)},
                                        {.stay = 3, .which = 0, .at = day(5)}});
  // Handed out before late events gave it a stay that begins after as_of.
  one.effects = {sent(nudge, 1, day(3))};
  CHECK(table_of({one}, day(3.5), versions).messages.empty());
}

TEST_CASE("stay_table: comments come masked, up to as_of, and stay with their feedback", "[friction]") {
  const auto saying = [](const char* who, const char* comment, double at) {
    Stay one = stay(order, day(at));
    one.feedback.push_back({.at = day(at), .scale = Scale::nps, .score = 3, .comment = "", .segments = {}});
    one.feedback.push_back(
        {.at = day(at + 1), .scale = Scale::nps, .score = 3, .comment = comment, .segments = {}});
    one.feedback.push_back(
        {.at = day(9), .scale = Scale::nps, .score = 3, .comment = "late", .segments = {}});
    CustomerState state;
    state.customer = who;
    state.traits = Value(Map{{Value("nick"), Value("Zed")}});
    state.journeys = {customer({one})};
    return state;
  };
  const std::vector<CustomerState> all = {saying("user_id:fox", "fox and zed: a@b.de", 0),
                                          saying("user_id:owl", " \t ", 1),
                                          saying("user_id:elk", "fox is not me", 2)};
  const auto versions = versions_of({hand_made_journey()});
  const auto built = [&](std::size_t cut) {
    StayTableBuilder first(versions, hand_made_channels(), day(8));
    StayTableBuilder second(versions, hand_made_channels(), day(8));
    for (std::size_t i = 0; i < all.size(); ++i) {
      (i < cut ? first : second).add(all[i].journeys.front(), &all[i]);
    }
    first.append(std::move(second));
    return std::move(first).finish();
  };
  const StayTable whole = built(3);
  CHECK(whole.comments == std::vector<std::string>{"[personal] and [personal]: [e-mail]", "fox is not me"});
  std::vector<std::uint32_t> rows;
  for (const StayTable::FeedbackRow& row : whole.feedback) rows.push_back(row.comment);
  CHECK(rows == std::vector<std::uint32_t>{no_comment, 0, no_comment, no_comment, no_comment, 1});
  for (const std::size_t cut : {0U, 1U, 2U}) {
    const StayTable parts = built(cut);
    CHECK(parts.comments == whole.comments);
    CHECK(parts.feedback == whole.feedback);
  }
  StayTableBuilder nobody(versions, hand_made_channels(), day(8));
  nobody.add(all[0].journeys.front());
  CHECK(std::move(nobody).finish().comments == std::vector<std::string>{"fox and zed: [e-mail]"});
}

TEST_CASE("stay_table: who leaves the journey before a promise is due is owed nothing", "[friction]") {
  JourneyState cancelled = customer({stay(order, day(0), Cause::exited, day(2))});
  cancelled.instances[0].promises.push_back(
      {.promise = 0, .made = day(0), .deadline = day(14), .reached = std::nullopt});
  CHECK(table_of({cancelled}, day(30)).promises[0].deadline == never);
  JourneyState waiting = customer({stay(order, day(0))});
  waiting.instances[0].promises = cancelled.instances[0].promises;
  CHECK(table_of({waiting}, day(30)).promises[0].deadline == day(14));
}

}  // namespace lotse::test
