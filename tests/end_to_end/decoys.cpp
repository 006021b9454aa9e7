#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/friction/collect_stays.hpp"
#include "engine/friction/friction_report.hpp"
#include "engine/friction/tally.hpp"
#include "engine/report/friction_text.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/end_to_end/decoy_logs.hpp"
#include "tests/end_to_end/orders.hpp"
#include "tests/support/command.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/folder.hpp"

// The friction report from events to findings: what only looks like friction is not reported, what is leads,
// and the bytes do not depend on how the events came.

namespace lotse::test {
namespace {

namespace fs = std::filesystem;

/// The stays of the store's only journey as of its last event, cut into so many partitions.
StayTable stays_of(Engine& engine, const Workspace& workspace, std::uint32_t partitions) {
  const Instant as_of = engine.last_event_time().value();
  const EachState each = [&](const auto& take) {
    return engine.for_each_state({.as_of = as_of}, partitions, take);
  };
  auto table = collect_stays(engine.tracker().journeys(), 0, workspace.channels, as_of, partitions, each);
  REQUIRE(table);
  return *std::move(table);
}

/// Ingested by the program from NDJSON.
StayTable ingested(const Folder& folder, Decoy decoy, std::size_t customers) {
  const fs::path workspace = folder / "workspace";
  write_decoy_workspace(workspace, decoy);
  std::string text;
  for (const Event& event : decoy_events(decoy, customers)) text += line_of(event) + "\n";
  write_file(folder / "log.ndjson", text);
  const fs::path store = folder / "s.lotse";
  const Finished done = lotse({"ingest", (folder / "log.ndjson").string(), "--workspace", workspace.string(),
                               "--store", store.string()});
  INFO(done.out << done.err);
  REQUIRE(done.status == 0);
  const auto loaded = load_workspace(workspace);
  REQUIRE(loaded.value);
  EngineOptions options;
  options.access = Access::read;
  const auto engine = Engine::open(*loaded.value, store, options);
  REQUIRE(engine);
  return stays_of(**engine, *loaded.value, 2);
}

/// What is called friction, by the touchpoint's id.
std::multimap<std::string, Verdict> shown(const FrictionReport& report) {
  std::multimap<std::string, Verdict> found;
  for (const Finding& finding : report.findings) {
    const Verdict verdict = judgement_of(report, finding).verdict;
    if (verdict <= Verdict::suspected) found.emplace(row_of(report, finding).touchpoint, verdict);
  }
  return found;
}

FrictionReport report_of(const StayTable& table, const std::string& by = "", const std::string& where = "") {
  FrictionQuery query;
  query.by = by;
  query.where = where;
  auto report = friction_report(table, query, 2);
  REQUIRE(report);
  return *std::move(report);
}

const FrictionRow& row_named(const FrictionReport& report, std::string_view touchpoint) {
  const auto found = std::ranges::find(report.rows, touchpoint, &FrictionRow::touchpoint);
  REQUIRE(found != report.rows.end());
  return *found;
}

double dropped(const FrictionRow& row) { return row.split.share[static_cast<std::size_t>(Cause::dropped)]; }

}  // namespace

TEST_CASE("decoys: none is reported as friction, and the true one is confirmed and leads", "[end_to_end]") {
  const Decoy decoy = GENERATE(from_range(std::begin(all_decoys), std::end(all_decoys)));
  CAPTURE(name(decoy));
  const Folder folder;
  const StayTable table = ingested(folder, decoy, 1'200);

  const FrictionReport report = report_of(table);

  INFO(friction_json(report));
  const auto found = shown(report);
  CHECK(found.count("decoy") == 0);
  REQUIRE_FALSE(report.findings.empty());
  const Finding& first = report.findings.front();
  CHECK(row_of(report, first).touchpoint == "appointment");
  CHECK(first.signal == Signal::drop_off);
  CHECK(judgement_of(report, first).verdict == Verdict::confirmed);

  // The log is what it says: without these the decoy would be no temptation.
  const FrictionRow& row = row_named(report, "decoy");
  switch (decoy) {
    case Decoy::declared:
      CHECK(dropped(row) > 0.35);
      CHECK(row.entered > 500);
      break;
    case Decoy::tiny:
      CHECK(dropped(row) > 0.5);
      CHECK(row.entered >= 5);
      CHECK(row.entered < 20);
      break;
    case Decoy::simpson:
      CHECK(row.entered > 500);
      break;
    case Decoy::slow:
      CHECK(row.dwell.median.value() > std::chrono::hours(140));
      CHECK(dropped(row) < 0.15);
      break;
    case Decoy::structural:
      CHECK(row.entered > 100);
      break;
    case Decoy::timer:
      CHECK(found.count("details") == 0);  // where customers wait for it
      CHECK(row_named(report, "details").dwell.median == Duration{std::chrono::hours(72)});
      CHECK(row.entered > 500);
      break;
  }
}

TEST_CASE("decoys: within each plan the channel that seemed worse is not called friction", "[end_to_end]") {
  const Folder folder;
  const StayTable table = ingested(folder, Decoy::simpson, 1'200);
  const auto rate = [&](const std::string& where) {
    return dropped(row_named(report_of(table, "", where), "decoy"));
  };

  CHECK(rate("channel == 'web'") > 1.5 * rate("channel == 'app'"));
  const FrictionReport by_channel = report_of(table, "channel");
  INFO(friction_json(by_channel));
  CHECK(shown(by_channel).count("decoy") == 0);
  REQUIRE(by_channel.explained.size() == 1);
  CHECK(by_channel.parts[by_channel.explained[0].row].touchpoint == "decoy");
  CHECK(by_channel.parts[by_channel.explained[0].row].part == "web");
  CHECK(by_channel.explained[0].segment == "plan");
  CHECK(by_channel.explained[0].crude.ratio > 1.5);
  CHECK(by_channel.explained[0].adjusted.ratio < 1);
  for (const std::string plan : {"adsl", "fibre"}) {
    CAPTURE(plan);
    const std::string where = "segments.plan == '" + plan + "'";
    CHECK(rate(where + " && channel == 'web'") < rate(where + " && channel == 'app'"));
    const FrictionReport report = report_of(table, "channel", where);
    CHECK(shown(report).count("decoy") == 0);
  }
}

namespace {

/// Everything that a report says, under each cut and a filter. Megabytes: a comparison is not printed.
std::vector<std::string> reports(const StayTable& table, unsigned threads) {
  std::vector<std::string> texts;
  for (const char* by : {"", "channel", "plan", "promise"}) {
    for (const char* where :
         {"", "segments.plan == 'fibre' && channel != 'app'", "dwell > duration('10h')"}) {
      FrictionQuery query;
      query.by = by;
      query.where = where;
      texts.push_back(friction_json(friction_report(table, query, threads).value()));
    }
  }
  return texts;
}

/// A store of these events, given in pieces of so many.
std::unique_ptr<Engine> engine_of(const Workspace& workspace, const fs::path& store,
                                  const std::vector<Event>& events, std::size_t piece) {
  auto engine = Engine::open(workspace, store, {});
  REQUIRE(engine);
  for (std::size_t first = 0; first < events.size(); first += piece) {
    const auto some = std::span(events).subspan(first, std::min(piece, events.size() - first));
    REQUIRE((*engine)->ingest(some));
  }
  return *std::move(engine);
}

}  // namespace

TEST_CASE("decoys: the report's bytes do not depend on how the events came", "[end_to_end]") {
  const Folder folder;
  write_decoy_workspace(folder / "workspace", Decoy::simpson);
  const auto loaded = load_workspace(folder / "workspace");
  REQUIRE(loaded.value);
  const Workspace& workspace = *loaded.value;
  const std::vector<Event> events = decoy_events(Decoy::simpson, 120);
  REQUIRE(events.size() > 400);
  const auto batch = engine_of(workspace, folder / "batch.lotse", events, events.size());
  const StayTable whole = stays_of(*batch, workspace, 1);
  const std::vector<std::string> expected = reports(whole, 1);

  SECTION("one by one") {
    const auto live = engine_of(workspace, folder / "live.lotse", events, 1);
    CHECK((reports(stays_of(*live, workspace, 1), 1) == expected));
  }
  SECTION("shuffled, and some of them twice") {
    std::vector<Event> shuffled = events;
    Dice dice(6);
    for (std::size_t i = 0; i < events.size() / 5; ++i) shuffled.push_back(events[dice(events.size())]);
    dice.shuffle(shuffled);
    const auto untidy = engine_of(workspace, folder / "untidy.lotse", shuffled, 37);
    CHECK((reports(stays_of(*untidy, workspace, 1), 1) == expected));
  }
  SECTION("in partitions, on threads") {
    for (const std::uint32_t partitions : {2U, 3U, 7U}) {
      CHECK((reports(stays_of(*batch, workspace, partitions), partitions) == expected));
    }
  }
  SECTION("counted apart and added up") {
    const Instant as_of = whole.as_of;
    std::vector<StayTableBuilder> builders;
    for (int part = 0; part < 3; ++part) {
      builders.emplace_back(batch->tracker().journeys()[0], workspace.channels, as_of);
    }
    std::size_t next = 0;
    REQUIRE(batch->for_each_state({.as_of = as_of}, 1, [&](std::uint32_t, const CustomerState& state) {
      builders[next++ % builders.size()].add(state.journeys[0]);
    }));
    Tally sum;
    for (StayTableBuilder& builder : builders) {
      sum.add(bins_of(whole), tally(std::move(builder).finish(), {}));
    }
    const Tally at_once = tally(whole, {});
    CHECK(friction_json(friction_report(whole, FrictionCounts{.chosen = sum}, {})) ==
          friction_json(friction_report(whole, FrictionCounts{.chosen = at_once}, {})));
  }
}

}  // namespace lotse::test
