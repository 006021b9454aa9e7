#include "engine/report/finding_states_text.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/friction/finding_states.hpp"
#include "engine/report/friction_html.hpp"
#include "engine/report/friction_text.hpp"
#include "tests/report/sample.hpp"

namespace lotse::test {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

FindingChange said(FindingState state, std::string note = {}) {
  return {.number = 1,
          .journey = "broadband",
          .finding = "drop_off:appointment",
          .state = state,
          .at = day(58),
          .by = "ada",
          .note = std::move(note),
          .since = state == FindingState::mended ? std::optional(day(20)) : std::nullopt};
}

FrictionReport reported(std::vector<FindingChange> standing) {
  const StayTable table = sample_table();
  auto report = friction_report(table, {});
  REQUIRE(report);
  REQUIRE(add_states(*report, table, {}, std::move(standing)));
  return *std::move(report);
}

/// A judged claim with these figures.
StandingState claim(MendedVerdict verdict) {
  StandingState standing{.change = said(FindingState::mended)};
  SinceMended& found = standing.since_mended.emplace();
  found.since = day(20);
  found.verdict = verdict;
  found.change.before = ComparedRate{.rate = 0.4, .sample = {160, 400}, .n = 400};
  found.change.now = ComparedRate{.rate = 0.35, .sample = {35, 100}, .n = 110};
  found.change.interval = {-0.15, 0.06};
  found.change.margin = 0.04;
  return standing;
}

}  // namespace

TEST_CASE("finding states: a short word for each, and what is claimed is not taken for what is",
          "[report][states]") {
  CHECK(state_words({.change = said(FindingState::seen)}) == "seen");
  CHECK(state_words({.change = said(FindingState::in_progress)}) == "in progress");
  CHECK(state_words({.change = said(FindingState::accepted)}) == "accepted");
  CHECK(state_words({.change = said(FindingState::mended)}) == "claimed mended");
  CHECK(state_words(claim(MendedVerdict::better)) == "claimed mended, better");
  CHECK(state_words(claim(MendedVerdict::no_difference)) == "claimed mended, not better");
  CHECK(state_words(claim(MendedVerdict::worse)) == "claimed mended, worse");
  CHECK(state_words(claim(MendedVerdict::inconclusive)) == "claimed mended, not known yet");
}

TEST_CASE("finding states: a claim's sentence has both rates, the difference and what is missing",
          "[report][states]") {
  const std::string figures =
      "drop-off since 2024-03-21T00:00:00Z: 35.0 % [26.4, 44.7] of 110 stays; before: 40.0 % [35.3, 44.9] of "
      "400 stays";
  CHECK(mended_sentence(claim(MendedVerdict::no_difference)) ==
        figures + "; -5.0 points [-15.0, +6.0] at every look: not better");

  CHECK(mended_sentence(claim(MendedVerdict::better)) ==
        figures + "; -5.0 points [-15.0, +6.0] at every look: better, in part perhaps a return to the usual");

  StandingState unknown = claim(MendedVerdict::inconclusive);
  unknown.since_mended->unsettled = Unsettled::few_since;
  unknown.since_mended->more_needed = 1'234;
  CHECK(mended_sentence(unknown) == figures +
                                        "; -5.0 points [-15.0, +6.0] at every look: not known yet: "
                                        "needs about 1,234 stays more");
  unknown.since_mended->unsettled = Unsettled::few_before;
  CHECK(mended_sentence(unknown).ends_with(
      "not known yet: too few stays before to tell a difference of 4.0 points"));
  unknown.since_mended->unsettled = Unsettled::near_margin;
  CHECK(mended_sentence(unknown).ends_with(
      "not known: enough stays, and a difference too near the margin of 4.0 points to tell"));

  StandingState early = claim(MendedVerdict::inconclusive);
  early.since_mended->unsettled = Unsettled::too_early;
  early.since_mended->ready = day(40);
  CHECK(mended_sentence(early) == figures + ": too early to say before 2024-04-10T00:00:00Z");

  early.since_mended->change.now.reset();
  CHECK(has(mended_sentence(early), "2024-03-21T00:00:00Z: no stays; before: 40.0 %"));
}

TEST_CASE("finding states: why a claim is not judged is in the text and the JSON", "[report][states]") {
  struct Row {
    NotJudged why;
    const char* words;
    const char* name;
  };
  const auto row =
      GENERATE(Row{NotJudged::other_cut, "it is of a part, and this report is not cut by that", "other_cut"},
               Row{NotJudged::beyond_most, "not judged: only the latest 50 claims are", "beyond_most"},
               Row{NotJudged::not_counted, "this report counts no stays there", "not_counted"});
  StandingState standing{.change = said(FindingState::mended)};
  standing.not_judged = row.why;

  CHECK(mended_sentence(standing) == "claimed mended since 2024-03-21T00:00:00Z; " + std::string(row.words));
  JsonWriter json;
  json.begin_object();
  write_state(json, &standing);
  json.end_object();
  CHECK(has(std::move(json).str(), R"("not_judged": ")" + std::string(row.name)));
}

TEST_CASE("friction report: a state is beside its finding in every format, and an open one is not",
          "[report][states]") {
  const FrictionReport open = reported({});
  const FrictionReport seen = reported({said(FindingState::seen, "a *star* <b>")});

  CHECK(has(friction_table(seen), "     State: seen (ada, 2024-04-28T00:00:00Z): a *star* <b>.\n"));
  CHECK(has(friction_markdown(seen), "    - State: seen (ada, 2024-04-28T00:00:00Z): a \\*star\\* "));
  CHECK(has(friction_html(seen, ""), "<p>State: seen (ada, 2024-04-28T00:00:00Z): a *star* &lt;b&gt;.</p>"));
  CHECK(has(friction_json(seen), R"("state": "seen")"));
  for (const std::string& text : {friction_table(open), friction_markdown(open), friction_html(open, "")}) {
    CHECK_FALSE(has(text, "State: "));
    CHECK_FALSE(has(text, "laimed mended"));
  }
  CHECK(has(friction_json(open), R"("state": "open")"));
}

TEST_CASE("friction report: what is claimed mended has a section of its own, of findings and what is none",
          "[report][states]") {
  FindingChange elsewhere = said(FindingState::mended);
  elsewhere.finding = "negative_feedback:visit";
  elsewhere.number = 2;
  const FrictionReport report = reported({said(FindingState::mended), elsewhere});

  const std::string table = friction_table(report);
  CHECK(has(table, "\nCLAIMED MENDED\n- drop_off:appointment: drop-off since 2024-03-21T00:00:00Z: "));
  CHECK(has(table, "- negative_feedback:visit: negative feedback since 2024-03-21T00:00:00Z: no answers"));
  CHECK(has(friction_json(report), R"("finding": "negative_feedback:visit")"));
}

TEST_CASE("finding history: the words in their order, since when where that was another time",
          "[report][states]") {
  FindingChange later = said(FindingState::mended, "done");
  FindingChange at_once = later;
  at_once.since = at_once.at;
  CHECK(finding_history_table("drop_off:appointment", {}) ==
        "drop_off:appointment: open; nobody has said anything about it\n");

  const std::string table = finding_history_table("drop_off:appointment", std::vector{later, at_once});

  CHECK(table.starts_with("drop_off:appointment: mended\n\n"));
  CHECK(has(table, "mended since 2024-03-21T00:00:00Z  ada  done"));
  CHECK(has(table, "2024-04-28T00:00:00Z  mended  "));
}

}  // namespace lotse::test
