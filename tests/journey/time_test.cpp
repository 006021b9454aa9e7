#include <fmt/format.h>

#include <chrono>

#include "tests/journey/support.hpp"

namespace lotse::test {

using namespace std::chrono_literals;

namespace {

/// The codes found in a journey that begins at `order` and has a goal `happy`, a message `mail`, a message
/// `last` after it, a task `task`, and a milestone `settled` that always holds.
std::string codes(std::string_view head, std::string_view order, std::string_view more = "") {
  const std::string text = fmt::format(R"yaml(journey: demo
{}
touchpoints:
  order: {{start: true, on: order_placed, {}}}
  happy: {{on: first_login, goal: true}}
{}
)yaml",
                                       head, order, more);
  std::string found;
  for (const Diagnostic& finding : load(text).findings) found += (found.empty() ? "" : " ") + finding.code;
  return found;
}

constexpr const char* settled = "  settled: {when: 'true', next: happy}\n";
constexpr const char* mail = "  mail: {channels: [email], send: {template: nudge, purpose: service}}\n";

}  // namespace

TEST_CASE("time: which delays another overtakes", "[journey][time]") {
  struct Row {
    const char* why;
    const char* next;
    const char* found;
  };
  const auto row = GENERATE(
      Row{"later", "{to: settled, after: 3d}, {to: mail, after: 4d}", "J070"},
      Row{"at the same instant and further down", "{to: settled, after: 3d}, {to: mail, after: 3d}", "J070"},
      Row{"at the same instant and further up", "{to: mail, after: 3d}, {to: settled, after: 3d}", ""},
      Row{"sooner", "{to: settled, after: 3d}, {to: mail, after: 71h}", ""},
      Row{"the other asks for something", "{to: settled, after: 3d, when: now > now}, {to: mail, after: 4d}",
          ""},
      Row{"the other asks, but for nothing", "{to: settled, after: 3d, when: 'true'}, {to: mail, after: 4d}",
          "J050 J070"},
      Row{"the other is an arm of a split",
          "{to: settled, after: 3d, split: s, share: 50}, {hold: true, after: 3d, split: s, share: 50}, "
          "{to: mail, after: 4d}",
          ""},
      Row{"a message moves nobody", "{to: mail, after: 3d}, {to: settled, after: 4d}", ""},
      Row{"the first of two milestones wins",
          "{to: mail, after: 1d}, {to: settled, after: 3d}, {to: settled, after: 9d}", "J070"},
      Row{"a calendar time far behind", "{to: settled, after: 3d}, {to: mail, at: {days: 6, time: '09:00'}}",
          "J070"},
      Row{"one that may come before", "{to: settled, after: 3d}, {to: mail, at: {days: 4, time: '09:00'}}",
          ""},
      Row{"one behind a calendar time", "{to: settled, at: {days: 3, time: '09:00'}}, {to: mail, after: 6d}",
          "J070"},
      Row{"a calendar time that may be skipped",
          "{to: settled, at: {days: 0, time: '09:00'}, if_past: skip}, {to: mail, after: 6d}", ""});
  CAPTURE(row.why);

  CHECK(codes("", fmt::format("next: [happy, {}]", row.next), std::string(settled) + mail) == row.found);
}

TEST_CASE("time: a delay of what happens beside counts from when that is reached", "[journey][time]") {
  const auto beside = [](std::string_view next, std::string_view mail_next) {
    const std::string more = fmt::format(
        "{}  mail: {{channels: [email], send: {{template: nudge, purpose: service}}, next: [{}]}}\n"
        "  last: {{channels: [email], send: {{template: last, purpose: service}}}}\n",
        settled, mail_next);
    return codes("", fmt::format("next: [happy, {{to: settled, after: 3d}}, {}]", next), more);
  };

  CHECK(beside("{to: mail, after: 1d}", "{to: last, after: 2d}") == "J070");
  CHECK(beside("{to: mail, after: 1d}", "{to: last, after: 47h}") == "");
  CHECK(beside("mail", "{to: last, after: 2d}") == "");
  CHECK(beside("{to: mail, on: asked}", "{to: last, after: 3d}") == "J070");
  // Elsewhere it is in time.
  CHECK(codes("anywhere: [{to: mail, after: 4d}]", "next: [happy, {to: settled, after: 3d}]",
              std::string(settled) + mail) == "");
}

TEST_CASE("time: silence that counts as written, and that does not", "[journey][time]") {
  CHECK(codes("abandon_after: 1d", "abandon_after: 3d, next: [happy, {to: mail, after: 73h}]", mail) ==
        "J071");
  CHECK(codes("abandon_after: 1d", "abandon_after: 3d, next: [happy, {to: mail, after: 72h}]", mail) == "");
  CHECK(codes("abandon_after: 1d", "next: [happy, {to: mail, after: 73h}]", mail) == "");
  CHECK(codes("", "abandon_after: never, turn: us, next: happy") == "");
  CHECK(codes("",
              "abandon_after: 3d, next: [happy, {to: mail, after: 9d, split: s, share: 50}, "
              "{hold: true, after: 1d, split: s, share: 50}]",
              mail) == "");
}

TEST_CASE("time: promises that silence ends, and that it does not", "[journey][time]") {
  struct Row {
    const char* why;
    const char* silence;
    const char* beside;
    bool found;
  };
  const auto row = GENERATE(
      Row{"longer than the patience", "abandon_after: 7d", "", true},
      Row{"as long", "abandon_after: 10d", "", false}, Row{"our turn", "turn: us", "", false},
      Row{"silence never counts", "abandon_after: never", "", false},
      Row{"a message holds nothing back", "abandon_after: 7d", ", last", true},
      Row{"delays hold the drop-off back for as long", "abandon_after: 7d", ", {to: mail, after: 5d}", false},
      Row{"they do not", "abandon_after: 7d", ", {to: mail, after: 4d}", true},
      Row{"a task may be open", "abandon_after: 7d", ", {to: task, after: 1d}", false},
      Row{"an event begins a delay", "abandon_after: 7d", ", {to: mail, on: asked}", false},
      Row{"the context tells when a message comes", "abandon_after: 7d",
          ", {to: last, at: {from: now, days: 1}}", false});
  CAPTURE(row.why);
  const std::string more =
      "  visit: {on: visited, promise: 10d, goal: true}\n"
      "  mail: {channels: [email], send: {template: nudge, purpose: service}, next: [{to: last, after: "
      "5d}]}\n"
      "  last: {channels: [email], send: {template: last, purpose: service}}\n"
      "  task: {channels: [call_center], handover: {team: desk}}\n";

  const std::string found =
      codes("", fmt::format("{}, next: [happy, visit{}]", row.silence, row.beside), more);

  CHECK((found.find("J072") != std::string::npos) == row.found);  // what is not used is unreachable besides
}

TEST_CASE("time: delays over layers of messages are added up quickly", "[journey][time]") {
  const auto promise = [](std::string_view within) {
    const std::string more =
        fmt::format("  visit: {{on: visited, promise: {}, goal: true}}\n{}", within, forty_layers(1));
    return codes("", "abandon_after: 10ms, next: [happy, visit, {to: a0, after: 1ms}, {to: b0, after: 1ms}]",
                 more);
  };

  const auto begin = std::chrono::steady_clock::now();
  CHECK(promise("81ms") == "J072");  // 1 ms to the first layer, 39 times 2, 1 to `last`: 80
  CHECK(promise("80ms") == "");
  CHECK(std::chrono::steady_clock::now() - begin < 20s);  // with sanitizers, on a busy machine
}

TEST_CASE("time: a promise across touchpoints counts against the longest patience on the way",
          "[journey][time]") {
  const auto promise = [](std::string_view within, std::string_view appointment) {
    return codes(fmt::format("promises: [{{name: soon, from: order, until: happy, within: {}}}]", within),
                 "abandon_after: 3d, next: appointment",
                 fmt::format("  appointment: {{on: booked, {}, next: happy}}\n", appointment));
  };

  CHECK(promise("14d", "abandon_after: 13d") == "J072");
  CHECK(promise("14d", "abandon_after: 14d") == "");
  CHECK(promise("60d", "turn: third_party") == "");
}

TEST_CASE("time: waits that nothing ends, and that something does", "[journey][time]") {
  struct Row {
    const char* why;
    const char* head;
    const char* order;
    const char* keen;
    const char* found;
  };
  const auto row = GENERATE(
      Row{"nothing writes the field meanwhile", "", "capture: {plan: '\"x\"'}, next: wait",
          "context.plan == 'y'", "J073"},
      Row{"a remembered fact does", "remember: [{on: changed, capture: {plan: event.plan}}]", "next: wait",
          "context.plan == 'y'", ""},
      Row{"another fact", "remember: [{on: changed, capture: {other: event.plan}}]",
          "capture: {plan: '\"x\"'}, next: wait", "context.plan == 'y'", "J073"},
      Row{"visits do not change", "", "next: wait", "visits.order > 2", "J073"},
      Row{"a trait may have changed when a fact comes",
          "remember: [{on: changed, capture: {other: event.plan}}]", "next: wait", "customer.vip == true",
          ""},
      Row{"something happens at any time", "anywhere: [happy]", "next: wait", "visits.order > 2", ""});
  CAPTURE(row.why);
  const std::string head = std::string("context: {plan: {type: string}, other: {type: string}}\n") + row.head;
  const std::string more = fmt::format(
      "  wait: {{on: waited, next: keen}}\n"
      "  keen: {{when: \"{}\", next: happy}}\n",
      row.keen);

  CHECK(codes(head, row.order, more) == row.found);
}

TEST_CASE("time: an instance that has reached its goal may end in some way", "[journey][time]") {
  const auto after_goal = [](std::string_view head, std::string_view goal) {
    return codes(head, "next: bought",
                 fmt::format("  bought: {{on: paid, goal: true, {}next: mail}}\n{}", goal, mail));
  };
  // `happy` is unreachable here; only what is said of `bought` counts.
  const auto said = [&](std::string_view head, std::string_view goal) {
    return after_goal(head, goal).find("J073") != std::string::npos;
  };

  CHECK(said("", "abandon_after: never, "));
  CHECK(said("", "turn: us, "));
  CHECK_FALSE(said("", ""));
  CHECK_FALSE(said("exit_when: [{on: cancelled, outcome: lost}]", "abandon_after: never, "));
  CHECK_FALSE(said("reentry: always", "abandon_after: never, "));
}

}  // namespace lotse::test
