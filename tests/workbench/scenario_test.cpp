#include "engine/workbench/scenario.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "tests/support/paths.hpp"

namespace lotse {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

constexpr std::string_view channels_text = R"(channels:
  web: {}
  app: {}
  call_center: {human: true}
  email: {adapter: log, purposes: [service]}
)";

constexpr std::string_view shop_text = R"(journey: shop
abandon_after: 10d
stages: [buy]
context: {amount: {type: number, default: 0}, note: {type: string}, promised: {type: timestamp}}
exit_when: [{on: cancelled, outcome: lost}]
promises: [{name: fast, from: order, until: delivery, within: 2d}]
feedback: [{on: rated, scale: stars, score: event.stars, comment: event.text}]
touchpoints:
  order:
    stage: buy
    channels: [web, app]
    start: true
    on: ordered
    capture: {amount: event.amount, promised: event.promised}
    next: [thanks, delivery, {to: reminder, after: 1d}, {to: call, after: 3d}]
  thanks:   {channels: [email], send: {template: thanks, purpose: service, with: {amount: context.amount}}}
  reminder: {channels: [email], send: {template: reminder, purpose: service}}
  call:     {channels: [call_center], handover: {team: sales}, promise: 4h}
  delivery: {on: delivered, goal: true}
)";

Workspace shop_workspace(std::string_view journey = shop_text) {
  Workspace workspace;
  workspace.channels = load_channels("channels.yaml", channels_text).value.value();
  auto loaded = load_journey("shop.yaml", journey, workspace.channels);
  INFO(render(loaded.findings));
  REQUIRE(loaded.value);
  workspace.journeys.push_back({.versions = {*loaded.value}, .in_force = {Instant::min()}});
  return workspace;
}

/// All failures and traces of a test file on the shop, as `lotse test` prints them.
std::string failures(const std::string& text) {
  const Workspace workspace = shop_workspace();
  const auto loaded = scenario::load_scenarios("t.test.yaml", text, workspace);
  if (!loaded.value) return render(loaded.findings);
  std::string out;
  for (const scenario::Outcome& outcome : scenario::run(*loaded.value, workspace)) {
    out += render(outcome.failures) + outcome.trace;
  }
  return out;
}

/// One test on an order of 1 March, ten o'clock UTC, with these lines as its expectation.
std::string order_then(const std::string& given, const std::string& expect) {
  return "tests:\n  - test: t\n    given:\n"
         "      - {at: 2024-03-01 10:00, customer: ada, event: ordered, channel: web, properties: {amount: "
         "12, promised: "
         "\"2024-03-03T00:00:00Z\"}}\n" +
         given + "    expect: {" + expect + "}\n";
}

/// The message of the only failure; empty when it passes.
std::string message(const std::string& text) {
  const Workspace workspace = shop_workspace();
  const auto loaded = scenario::load_scenarios("t.test.yaml", text, workspace);
  INFO(render(loaded.findings));
  REQUIRE(loaded.value);
  const auto outcomes = scenario::run(*loaded.value, workspace);
  REQUIRE(outcomes.size() == 1);
  if (outcomes[0].passed()) return "";
  REQUIRE(outcomes[0].failures.size() == 1);
  return outcomes[0].failures[0].message;
}

}  // namespace

TEST_CASE("scenario: the tests of the example workspace pass", "[workbench][scenario]") {
  const auto root = test::source_dir() / "journeys/broadband";
  const auto workspace = load_workspace(root);
  INFO(render(workspace.findings));
  REQUIRE(workspace.value);
  const auto files = scenario::find_test_files(root);
  CHECK(files.size() == 2);

  std::size_t tests = 0;
  for (const auto& file : files) {
    const auto loaded = scenario::load_scenarios(file.filename().string(), text_of(file), *workspace.value);
    INFO(render(loaded.findings));
    REQUIRE(loaded.value);
    for (const scenario::Outcome& outcome : scenario::run(*loaded.value, *workspace.value)) {
      INFO(outcome.name << '\n' << render(outcome.failures) << outcome.trace);
      CHECK(outcome.passed());
      ++tests;
    }
  }
  CHECK(tests >= 25);
}

TEST_CASE("scenario: a failure says where, what was found, and what happened instead",
          "[workbench][scenario]") {
  CHECK(failures("tests:\n"
                 "  - test: The reminder comes after two days\n"
                 "    given:\n"
                 "      - {at: 2024-03-01 10:00, customer: ada, event: ordered, channel: web}\n"
                 "    expect:\n"
                 "      after: 36h\n"
                 "      sent:\n"
                 "        - {touchpoint: reminder, at: 2024-03-03 10:00}\n") ==
        "t.test.yaml:8:11: error: expected {touchpoint: reminder, at: 2024-03-03 10:00} to be sent, found "
        "`thanks` at "
        "2024-03-01 10:00, `reminder` at 2024-03-02 10:00 [failed]\n"
        "            - {touchpoint: reminder, at: 2024-03-03 10:00}\n"
        "              ^\n"
        "  what happened to ada:\n"
        "    2024-03-01 10:00:00  ordered by web\n"
        "    2024-03-01 10:00:00    ordered opens an instance of shop 1\n"
        "    2024-03-01 10:00:00    stands at order\n"
        "    2024-03-01 10:00:00    event.amount gives nothing: no such key: amount\n"
        "    2024-03-01 10:00:00    event.promised gives nothing: no such key: promised\n"
        "    2024-03-01 10:00:00    fast is promised\n"
        "    2024-03-01 10:00:00    sends thanks\n"
        "    2024-03-02 10:00:00    the time has come for reminder\n"
        "    2024-03-02 10:00:00    sends reminder\n");
}

TEST_CASE("scenario: each expectation holds or says what was found", "[workbench][scenario]") {
  struct Row {
    const char* holds;
    const char* fails;
    const char* message;
  };
  const auto row = GENERATE(
      Row{"position: order", "position: delivery",
          "expected position `delivery`, but ada stands at `order` since 2024-03-01 10:00"},
      Row{"position: order", "position: none",
          "expected position `none`, but ada stands at `order` since 2024-03-01 10:00"},
      Row{"status: active", "status: dropped",
          "expected status `dropped`, found `active`: ada stands at `order` since 2024-03-01 10:00"},
      Row{"channel: web", "channel: app",
          "expected channel `app`, found `web`: ada stands at `order` since 2024-03-01 10:00"},
      Row{"stage: buy", "stage: none",
          "expected stage `none`, found `buy`: ada stands at `order` since 2024-03-01 10:00"},
      Row{"outcome: none", "outcome: lost",
          "expected outcome `lost`, found `none`: ada stands at `order` since 2024-03-01 10:00"},
      Row{"context: {amount: 12.0}", "context: {amount: 13}", "expected `amount` to be 13, found 12.0"},
      Row{"context: {note: ~}", "context: {note: x}", "expected `note` to be x, found unknown"},
      Row{"context: {promised: 2024-03-03}", "context: {promised: 2024-03-04}",
          "expected `promised` to be 2024-03-04, found 2024-03-03 00:00"},
      Row{"visited: [order]", "visited: [order, delivery]", "expected the path order, delivery, found order"},
      Row{"stays: [{touchpoint: order, channel: web, entry: start, left: open}]",
          "stays: [{touchpoint: order, left: dropped}]",
          "expected a stay {touchpoint: order, left: dropped}, found `order` (start by web, open)"},
      Row{"sent: [{touchpoint: thanks, channel: email, template: thanks, with: {amount: 12}}]",
          "sent: [{touchpoint: thanks, with: {amount: 13}}]",
          "expected {touchpoint: thanks, with: {amount: 13}} to be sent, found `thanks` at 2024-03-01 10:00"},
      Row{"sent: [thanks]", "sent: []", "expected nothing to be sent, found `thanks` at 2024-03-01 10:00"},
      Row{"not_sent: [reminder, call]", "not_sent: [thanks]",
          "expected no `thanks`, but it was sent at 2024-03-01 10:00"},
      Row{"tasks: []", "tasks: [call]", "expected call to be opened, found nothing"},
      Row{"coming: [{touchpoint: reminder, at: 2024-03-02 10:00}, call]",
          "coming: [{touchpoint: reminder, at: 2024-03-05}]",
          "expected {touchpoint: reminder, at: 2024-03-05} to be still to come, found `reminder` at "
          "2024-03-02 10:00, `call` "
          "at 2024-03-04 10:00"},
      Row{"feedback: []", "feedback: [{score: 1}]", "expected feedback {score: 1}, found none"},
      Row{"promises: {fast: open}", "promises: {fast: kept}",
          "expected the promise `fast` to be kept, found open"},
      Row{"instances: 1", "instances: 2", "expected 2 `instances`, found 1"},
      Row{"unattributed_feedback: 0", "unattributed_feedback: 1",
          "expected 1 `unattributed_feedback`, found 0"});
  CAPTURE(row.holds, row.fails);

  CHECK(message(order_then("", row.holds)) == "");
  CHECK(message(order_then("", row.fails)) == row.message);
}

TEST_CASE("scenario: time passes by after and at, and a late event leaves the clock",
          "[workbench][scenario]") {
  struct Row {
    const char* why;
    const char* given;
    const char* expect;
  };
  const auto row = GENERATE(
      Row{"a timer that is due at that very instant has run", "      - {after: 1d}\n", "sent: [reminder]"},
      Row{"a millisecond less and it has not", "      - {after: 23h59m59s999ms}\n", "not_sent: [reminder]"},
      Row{"an expectation lets time pass itself", "",
          "after: 3d, tasks: [{touchpoint: call, status: open, team: sales}]"},
      Row{"its promise counts from when it was opened", "",
          "after: 3d, tasks: [{touchpoint: call, at: 2024-03-04 10:00, due: 2024-03-04 14:00}]"},
      Row{"silence counts as leaving", "      - {after: 14d, event: task_done, properties: {task: call}}\n",
          "after: 10d, status: dropped, position: none"},
      Row{"an event of yesterday is put where its time says",
          "      - {after: 2d}\n      - {at: 2024-03-01 20:00, event: delivered}\n",
          "status: achieved, not_sent: [reminder], promises: {fast: kept}"},
      Row{"an exit", "      - {after: 1h, event: cancelled}\n",
          "status: exited, outcome: lost, position: none"},
      Row{"feedback is about the stay in which it comes",
          "      - {after: 1h, event: rated, properties: {stars: 2, text: slow}}\n",
          "feedback: [{touchpoint: order, scale: stars, score: 2, comment: slow}]"},
      Row{"what a message was sent with outlives its stay", "      - {after: 1h, event: delivered}\n",
          "sent: [{touchpoint: thanks, with: {amount: 12}}]"},
      Row{"another customer is another history",
          "      - {after: 1h, customer: bob, event: ordered, channel: app}\n",
          "customer: ada, channel: web, instances: 1"});
  CAPTURE(row.why);

  CHECK(message(order_then(row.given, row.expect)) == "");
}

TEST_CASE("scenario: identifiers join and split histories as the workspace says", "[workbench][scenario]") {
  const std::string text =
      "tests:\n"
      "  - test: t\n"
      "    given:\n"
      "      - {at: 2024-03-01 10:00, customer: visitor, ids: {anonymous_id: a1}, event: ordered, channel: "
      "web}\n"
      "      - {after: 1h, expect: {customer: {user_id: ada}, instances: 0}}\n"
      "      - {customer: ada, ids: {user_id: ada, anonymous_id: a1}, event: identify}\n"
      "    expect:\n"
      "      - {customer: ada, instances: 1, position: order}\n"
      "      - {customer: {anonymous_id: a1}, instances: 1}\n"
      "      - {customer: {user_id: bob}, instances: 0}\n";

  CHECK(failures(text) == "");
}

TEST_CASE("scenario: mistakes in a test file are found before it runs", "[workbench][scenario]") {
  struct Row {
    const char* text;
    const char* finding;
  };
  const auto row = GENERATE(Row{"journey: shopp\ntests: [{test: t, given: []}]\n",
                                "t.test.yaml:1:10: error: `shopp` is no journey of this workspace [T001]\n"
                                "    journey: shopp\n"
                                "             ^\n"
                                "  hint: did you mean `shop`?\n"},
                            Row{"tests: [{test: t, given: [], expect: {position: ordr}}]\n",
                                "t.test.yaml:1:49: error: `ordr` is no touchpoint of `shop` [T002]\n"
                                "    tests: [{test: t, given: [], expect: {position: ordr}}]\n"
                                "                                                    ^\n"
                                "  hint: did you mean `order`?\n"},
                            Row{"tests: [{test: t, given: [], expect: {context: {amont: 1}}}]\n",
                                "t.test.yaml:1:49: error: `amont` is no context field of `shop` [T002]\n"
                                "    tests: [{test: t, given: [], expect: {context: {amont: 1}}}]\n"
                                "                                                    ^\n"
                                "  hint: did you mean `amount`?\n"},
                            Row{"tests: [{test: t, given: [{at: tomorrow, event: ordered}]}]\n",
                                "t.test.yaml:1:32: error: `tomorrow` is no point in time [T003]\n"
                                "    tests: [{test: t, given: [{at: tomorrow, event: ordered}]}]\n"
                                "                                   ^\n"
                                "  hint: write `2024-03-01 10:00`, in the test's zone, or with an offset: "
                                "`2024-03-01T10:00:00Z`\n"},
                            Row{"tests: [{test: t, given: [], expect: {customer: bob, instances: 0}}]\n",
                                "t.test.yaml:1:49: error: `bob` is no customer of this test so far [T004]\n"
                                "    tests: [{test: t, given: [], expect: {customer: bob, instances: 0}}]\n"
                                "                                                    ^\n"},
                            Row{"tests: [{test: t, customers: {ada: {split: {x: y}}}, given: []}]\n",
                                "t.test.yaml:1:45: error: `x` is no split of `shop` [T005]\n"
                                "    tests: [{test: t, customers: {ada: {split: {x: y}}}, given: []}]\n"
                                "                                                ^\n"});
  CAPTURE(row.text);

  CHECK(failures(row.text) == row.finding);
}

}  // namespace lotse
