#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/file/reading.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::test {
namespace {

file::Mapping mapping_of(const std::string& workspace) {
  std::ifstream in(source_dir() / "tests/end_to_end" / workspace / "mapping.yaml");
  std::stringstream text;
  text << in.rdbuf();
  REQUIRE(in.good());
  return mapping(text.str());
}

}  // namespace

TEST_CASE("file: the marketplace's log is read whole", "[file][shared]") {
  const auto path = shared("data/olist/events_sample15k.csv.gz");
  if (!path) LOTSE_SKIP("../shared/data/olist is not here");
  const auto log = mapping_of("marketplace");

  const auto read = read_path(*path, {.mapping = &log});

  CHECK_FALSE(read.error.has_value());
  CHECK(read.rejected.empty());
  REQUIRE(read.events.size() == 89'131);
  std::map<std::string, std::size_t> of_type;
  std::map<std::string, std::size_t> scores;
  std::set<std::string> orders;
  std::set<Identifier> customers;
  for (const Event& event : read.events) {
    ++of_type[event.type];
    REQUIRE(event.ids.size() == 1);
    customers.insert(event.ids.front());
    orders.insert(*event.properties.find("order")->string());
    if (event.type == "review_answered") ++scores[to_json(*event.properties.find("score"))];
  }
  CHECK(of_type == std::map<std::string, std::size_t>{{"purchase", 15'000},
                                                      {"payment_approved", 14'969},
                                                      {"handed_to_carrier", 14'722},
                                                      {"delivered", 14'552},
                                                      {"review_form_sent", 14'944},
                                                      {"review_answered", 14'944}});
  CHECK(orders.size() == 15'000);
  CHECK(customers.size() == 14'904);
  CHECK(scores.at("1") + scores.at("2") == 1'251 + 597 + 331);
  CHECK(describe(read.events.front()) ==
        R"(purchase 2016-09-15T12:16:38Z marketplace customer=830d5b7aaa3b6f1e9ad63703bec97d23 )"
        R"({"order":"bfbd0f9bdef84302105ad712db648a6c","promised":"2016-10-04T00:00:00Z","state":"SP",)"
        R"("status":"delivered"} {})");
  CHECK(read.events.front().id == "olist-sample-15k:000000000002");
}

TEST_CASE("file: the permit desk's log is read whole", "[file][shared]") {
  const auto path = shared("data/receipt_wabo/receipt.csv.gz");
  if (!path) LOTSE_SKIP("../shared/data/receipt_wabo is not here");
  const auto log = mapping_of("permits");

  const auto read = read_path(*path, {.mapping = &log});

  CHECK_FALSE(read.error.has_value());
  CHECK(read.rejected.empty());
  REQUIRE(read.events.size() == 8'577);
  std::map<std::string, std::set<Identifier>> cases;
  std::set<std::string> activities;
  for (const Event& event : read.events) {
    cases[event.channel].insert(event.ids.at(0));
    activities.insert(event.type);
  }
  CHECK(activities.size() == 27);
  CHECK(cases.at("Internet").size() == 1'250);
  CHECK(cases.at("Desk").size() == 109);
  CHECK(cases.at("Post").size() == 53);
  CHECK(cases.at("e-mail").size() == 21);
  CHECK(cases.at("Intern").size() == 1);
  CHECK(format_instant(read.events.front().time) == "2011-10-11T11:45:40.276Z");
}

}  // namespace lotse::test
