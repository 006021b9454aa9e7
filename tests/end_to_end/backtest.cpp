#include <simdjson.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

// The marketplace's orders, held against a shorter promise: what the back-test counts adds up, and each
// customer it names is found by `lotse customer` as it says.

using namespace lotse;
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

namespace {

const std::string mapping = "tests/end_to_end/marketplace/mapping.yaml";

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Two workspaces with the same journey: delivery by the day that was told, or within ten days; and a store
/// of each.
struct World {
  World() {
    fs::copy("tests/end_to_end/marketplace", folder / "told", fs::copy_options::recursive);
    fs::copy("tests/end_to_end/marketplace", folder / "ten", fs::copy_options::recursive);
    std::string journey = text_of(file("told"));
    const auto replace = [&](std::string_view from, std::string_view to) {
      const std::size_t at = journey.find(from);
      REQUIRE(at != std::string::npos);
      journey.replace(at, from.size(), to);
    };
    replace("version: 1", "version: 2");
    replace("by: context.promised", "within: 10d");
    std::ofstream(file("ten"), std::ios::binary) << journey;
  }
  [[nodiscard]] fs::path file(const std::string& workspace) const {
    return folder / (workspace + "/journeys/marketplace-order.yaml");
  }
  [[nodiscard]] std::string store(const std::string& workspace) const {
    return (folder / (workspace + ".lotse")).string();
  }
  [[nodiscard]] test::Finished backtest(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments{"backtest", file("ten").string(), "--against", file("told").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::lotse(arguments);
  }

  test::Folder folder;
};

std::int64_t number(dom::element element, std::string_view key) { return element[key].get_int64().value(); }
std::string string(dom::element element, std::string_view key) {
  return std::string(element[key].get_string().value());
}

}  // namespace

TEST_CASE("backtest: a shorter promise on the marketplace's orders", "[end_to_end]") {
  const auto log = test::shared("data/olist/events_sample15k.csv.gz");
  if (!log) LOTSE_SKIP("../shared/data/olist is absent");
  const World world;
  const std::vector<std::string> from_log{"--events", log->string(), "--mapping",
                                          mapping,    "--format",    "json"};
  const test::Finished done = world.backtest(from_log);
  INFO(done.err);
  REQUIRE(done.status == 0);
  dom::parser parser;
  const dom::element report = parser.parse(done.out);

  SECTION("the counts add up") {
    CHECK(number(report, "events") == 89'131);
    CHECK(number(report, "customers") == 14'904);
    const dom::element against = report["against"];
    std::int64_t sum = 0;
    for (const auto row : against["ends"].get_object()) {
      std::int64_t own = 0;
      for (const auto cell : row.value.get_object()) own += cell.value.get_int64().value();
      sum += own;
      if (row.key != "not entered") CHECK(own == number(report["before"], row.key));
    }
    CHECK(sum == number(against, "journeys"));
    CHECK(sum == 15'000);
    const auto broken = [](dom::element version) { return number(version["promises"].at(0), "broken"); };
    std::int64_t change = 0;
    std::int64_t changed = 0;
    for (const dom::element each : against["changes"].get_array()) {
      REQUIRE(string(each, "kind") == "promise");
      if (string(each, "after") == "broken") change += number(each, "times");
      if (string(each, "before") == "broken") change -= number(each, "times");
      changed += number(each, "journeys");
    }
    CHECK(broken(report["after"]) - broken(report["before"]) == change);
    CHECK(changed == number(against, "changed"));  // no order has two of these promises
    CHECK(change > 1'000);
  }

  SECTION("each example is as `lotse customer` tells it, under either journey") {
    for (const std::string workspace : {"told", "ten"}) {
      const auto stored =
          test::lotse({"ingest", log->string(), "--mapping", mapping, "--workspace",
                       (world.folder / workspace).string(), "--store", world.store(workspace), "-q"});
      INFO(stored.err);
      REQUIRE(stored.status == 0);
    }
    std::size_t looked_at = 0;
    for (const dom::element change : report["against"]["changes"].get_array()) {
      for (const dom::element example : change["examples"].get_array()) {
        for (const auto& [workspace, when] :
             {std::pair<std::string, std::string>{"told", "before"}, {"ten", "after"}}) {
          const auto customer =
              test::lotse({"customer", string(example, "customer"), "--workspace",
                           (world.folder / workspace).string(), "--store", world.store(workspace)});
          REQUIRE(customer.status == 0);
          const std::size_t order = customer.out.find(string(example, "key") + "  ");
          REQUIRE(order != std::string::npos);
          const std::string line = "promise     delivered_as_promised: " + string(change, when);
          CAPTURE(customer.out, line);
          CHECK(customer.out.find(line, order) != std::string::npos);
          ++looked_at;
        }
      }
    }
    CHECK(looked_at >= 12);

    // From the store of the one journey, against the version that it was run with: the same but for where
    // that stands.
    const auto from_store = test::lotse({"backtest", world.file("ten").string(), "--store",
                                         world.store("told"), "--against", "1", "--format", "json"});
    INFO(from_store.err);
    REQUIRE(from_store.status == 0);
    dom::parser other;
    const dom::element same = other.parse(from_store.out);
    CHECK(dom::element(same["against"]["ends"]).get_object().size() == 5);
    CHECK(simdjson::minify(same["against"]) == simdjson::minify(report["against"]));
  }

  SECTION("equal runs give equal bytes") { CHECK(world.backtest(from_log).out == done.out); }
}

TEST_CASE("backtest: bad input has a clear error", "[end_to_end]") {
  const test::Folder folder;
  const std::string journey = "journeys/broadband/journeys/broadband-onboarding.yaml";
  const std::string events = folder / "events.ndjson";
  std::ofstream(events)
      << R"({"id":"1","type":"order_placed","time":"2024-03-01T09:00:00Z","ids":{"user_id":"u1"}})"
      << "\nno json\n";
  const auto error = [](const std::vector<std::string>& arguments) {
    const auto done = test::lotse(arguments);
    CHECK(done.out.empty());
    CHECK(done.status == 2);
    return done.err;
  };

  CHECK(error({"backtest", journey}) ==
        "lotse: error: which events? --events names a log, --store a store\n");
  CHECK(error({"backtest", journey, "--events", events, "--against", "77"})
            .find("has no version 77 of broadband-onboarding; --store would look") != std::string::npos);
  CHECK(error({"backtest", "absent.yaml", "--events", events}).find("cannot read `absent.yaml`") !=
        std::string::npos);
  CHECK(error({"backtest", journey, "--events", (folder / "none.ndjson").string()}).find("none.ndjson") !=
        std::string::npos);
  const auto done = test::lotse({"backtest", journey, "--events", events});
  CHECK(done.status == 0);
  CHECK(done.err == "1 record could not be read; the first: " + events +
                        ":2: not JSON: Problem while parsing an atom starting with the letter 'n'\n");
  CHECK(done.out.find("left out: 1 record that gave no event") != std::string::npos);
}
