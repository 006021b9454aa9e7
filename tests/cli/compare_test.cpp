// `lotse compare`: two periods or two versions.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"

namespace lotse::test {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* journey = R"(journey: order
version: 1
title: From cart to order
abandon_after: 2d
key: event.order
stages: [buy]
touchpoints:
  cart: {stage: buy, channels: [web, app], start: true, on: cart_filled, next: [paid]}
  paid: {stage: buy, channels: [web, app], on: paid, goal: true}
)";

/// 40 carts on 1 March of which 8 are left, 40 on 15 March of which 24 are; it is the 26th.
void fill(const Folder& folder) {
  folder.write("lotse.yaml", "zone: UTC\n");
  folder.write("channels.yaml", "channels: {web: {title: Web}, app: {title: App}}\n");
  folder.write("journeys/order.yaml", journey);
  std::string log;
  const auto event = [&](const std::string& id, const std::string& type, const std::string& day) {
    log += R"({"id": ")" + id + type + R"(", "type": ")" + type + R"(", "time": "2024-03-)" + day +
           R"(T09:00:00Z", "source": "shop", "channel": ")" + (id.back() % 2 == 0 ? "web" : "app") +
           R"(", "ids": {"user_id": ")" + id + R"("}, "properties": {"order": ")" + id + "\"}}\n";
  };
  for (int i = 0; i < 80; ++i) {
    const std::string id = "u" + std::to_string(100 + i);
    event(id, "cart_filled", i < 40 ? "01" : "15");
    if (i < 40 ? i >= 8 : i >= 64) event(id, "paid", i < 40 ? "02" : "16");
  }
  event("u999", "cart_filled", "26");
  folder.write("events.ndjson", log);
  const Run ingest = lotse({"ingest", "events.ndjson"}, folder.path());
  INFO(ingest.err);
  REQUIRE(ingest.status == 0);
}

}  // namespace

TEST_CASE("cli compare: says what became worse, in each format, by the output's name", "[cli][compare]") {
  const Folder folder;
  fill(folder);
  const std::vector<std::string> periods = {"compare",        "order",      "--from",       "2024-03-14",
                                            "--to",           "2024-03-16", "--as-of",      "2024-03-26",
                                            "--against-from", "2024-03-01", "--against-to", "2024-03-03"};

  const Run table = lotse(periods, folder.path());
  CHECK(table.err == "");
  CHECK(table.status == 0);
  INFO(table.out);
  CHECK(has(table.out, "CHANGES: 1 worse, 0 better"));
  CHECK(has(table.out, "  1. worse  cart: drop-off from 20.0 % to 60.0 %, +40.0 points ["));
  CHECK(has(table.out, "About 16 more lost than at the rate before. By channel: mix"));
  for (const char* name : {"change.json", "change.csv", "change.md"}) {
    CAPTURE(name);
    std::vector<std::string> arguments = periods;
    arguments.insert(arguments.end(), {"-o", name});
    CHECK(lotse(arguments, folder.path()).status == 0);
  }
  CHECK(folder.read("change.json").starts_with("{\n  \"report\": \"comparison\","));
  CHECK(folder.read("change.csv").starts_with("level,touchpoint,"));
  CHECK(folder.read("change.md").starts_with("# What changed in From cart to order\n"));
}

TEST_CASE("cli compare: without dates it is the last 28 days against those before", "[cli][compare]") {
  const Folder folder;
  fill(folder);

  const Run run = lotse({"compare"}, folder.path());

  CHECK(run.status == 0);
  CHECK(has(run.out,
            "now:    80 customers, 80 journeys, 128 stays entered from 2024-02-27T09:00:00Z to before"));
  CHECK(has(run.out, "None: there are no stays before."));
}

TEST_CASE("cli compare: what cannot be compared is said, with what could be", "[cli][compare]") {
  const Folder folder;
  fill(folder);
  struct Row {
    std::vector<std::string> options;
    const char* message;
  };
  const auto row = GENERATE(values<Row>(
      {{{"--from", "2024-03-10", "--to", "2024-03-10"},
        "lotse: error: no time lies from 2024-03-10T00:00:00Z to before 2024-03-10T00:00:00Z\n"},
       {{"--from", "2024-03-10", "--against-from", "2024-03-01", "--against-to", "2024-03-11"},
        "lotse: error: the periods overlap: before is 2024-03-01T00:00:00Z to before 2024-03-11T00:00:00Z, "
        "now "
        "is "
        "2024-03-10T00:00:00Z to before 2024-03-26T09:00:00Z; let before end by 2024-03-10T00:00:00Z\n"},
       {{"--versions", "1,2"}, "lotse: error: `order` has no version 2; there are: 1\n"},
       {{"--versions", "1,1"}, "lotse: error: version 1 cannot be compared with itself\n"},
       {{"--versions", "1-2"},
        "lotse: error: --versions: `1-2` are no two versions, before and now, such as 2,3\n"},
       {{"--versions", "1,2", "--against-to", "2024-03-01"},
        "lotse: error: --versions compares versions, and --against-from and --against-to compare periods: "
        "leave out one or the others\n"},
       {{"--against-from", "soon"}, "lotse: error: --against-from: `soon` is no point in time"},
       {{"--q", "2"},
        "lotse: error: --q: `2` is no false discovery rate from 0.001 to 0.5, such as 0.1\n"}}));
  std::vector<std::string> arguments = {"compare"};
  arguments.insert(arguments.end(), row.options.begin(), row.options.end());

  const Run run = lotse(arguments, folder.path());

  CHECK(run.status == 2);
  CHECK(run.out == "");
  CHECK(run.err.starts_with(row.message));
}

}  // namespace lotse::test
