#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/journey/workspace.hpp"
#include "tests/support/command.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/skip.hpp"

// `lotse discover` on real logs and as a command; what it guesses is in tests/workbench/discover_test.cpp.

using namespace lotse;

namespace {

struct Proposal {
  test::Finished done;
  test::Finished checked;
  std::shared_ptr<const Journey> journey;
  double fitness = 0;
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Runs it into a workspace folder that has the channels, and checks what it wrote with `lotse check`.
Proposal propose(const std::filesystem::path& log, const std::string& workspace,
                 const std::vector<std::string>& more = {}) {
  const test::Folder folder;
  for (const char* name : {"channels.yaml", "lotse.yaml"})
    std::filesystem::copy_file(workspace + "/" + name, folder / name);
  const std::string file = (folder / "proposal.yaml").string();
  std::vector<std::string> arguments{
      "discover", "--events", log.string(), "--mapping", workspace + "/mapping.yaml", "--output", file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Proposal made;
  made.done = test::lotse(arguments);
  INFO(made.done.err);
  REQUIRE(made.done.status == 0);
  made.checked = test::lotse({"check", file});
  const Channels channels = load_channels("channels.yaml", text_of(folder / "channels.yaml")).value.value();
  made.journey = load_journey(file, text_of(file), channels).value.value();
  const std::string printed = "fitness ";
  made.fitness = std::stod(made.done.err.substr(made.done.err.find(printed) + printed.size()));
  return made;
}

bool leads(const Journey& journey, std::string_view from, std::string_view to) {
  const auto here = journey.find_touchpoint(from);
  const auto there = journey.find_touchpoint(to);
  if (!here || !there) return false;
  return std::ranges::any_of(at(journey.touchpoints, *here).next,
                             [&](const Transition& transition) { return transition.to == there; });
}

}  // namespace

TEST_CASE("discover: the marketplace's log gives the way from purchase to review", "[end_to_end]") {
  const auto log = test::shared("data/olist/events_sample15k.csv.gz");
  if (!log) LOTSE_SKIP("../shared/data/olist is absent");

  const Proposal made = propose(*log, "tests/end_to_end/marketplace");
  const Journey& journey = *made.journey;

  CHECK(made.checked.status == 0);
  CHECK(made.checked.out.ends_with(": no findings\n"));
  CHECK(made.fitness >= 0.95);
  CHECK(journey.touchpoints.size() == 6);
  CHECK(journey.touchpoints.front().id == "purchase");
  CHECK(journey.touchpoints.front().start);
  CHECK(leads(journey, "purchase", "payment_approved"));
  CHECK(leads(journey, "payment_approved", "handed_to_carrier"));
  CHECK(leads(journey, "handed_to_carrier", "delivered"));
  CHECK(leads(journey, "delivered", "review_form_sent"));
  CHECK(leads(journey, "review_form_sent", "review_answered"));
  CHECK(at(journey.touchpoints, journey.find_touchpoint("review_answered").value()).goal);
}

TEST_CASE("discover: the marketplace's log by order, one instance each", "[end_to_end]") {
  const auto log = test::shared("data/olist/events_sample15k.csv.gz");
  if (!log) LOTSE_SKIP("../shared/data/olist is absent");

  const Proposal made = propose(*log, "tests/end_to_end/marketplace", {"--key", "order"});

  CHECK(made.checked.status == 0);
  CHECK(made.done.err.find("in 15,000 cases") != std::string::npos);
  CHECK(made.fitness >= 0.95);
  REQUIRE(made.journey->key);
  CHECK(made.journey->key->source() == "event.order");
}

TEST_CASE("discover: the permit desk's log gives a file that one can read", "[end_to_end]") {
  const auto log = test::shared("data/receipt_wabo/receipt.csv.gz");
  if (!log) LOTSE_SKIP("../shared/data/receipt_wabo is absent");

  const Proposal made = propose(*log, "tests/end_to_end/permits");

  CHECK(made.checked.status == 0);
  CHECK(made.journey->touchpoints.size() <= 15);
  CHECK(made.fitness >= 0.85);
  CHECK(made.journey->touchpoints.front().id == "confirmation_of_receipt");
}

TEST_CASE("discover: what was proposed simulates, and is proposed again", "[end_to_end]") {
  const test::Folder folder;
  const std::string events = (folder / "events.ndjson").string();
  const std::string again = (folder / "again.yaml").string();
  REQUIRE(test::lotse({"simulate", "journeys/broadband", "--customers", "2000", "--output", events}).status ==
          0);

  const auto first = test::lotse({"discover", "--events", events, "-w", "journeys/broadband", "--journey",
                                  "found", "--customer", "user_id"});
  // Where the file will lie there are no channels, so it names none; a workspace that is named has some.
  const auto second = test::lotse(
      {"discover", "--events", events, "--journey", "found", "--customer", "user_id", "--output", again});

  INFO(first.err);
  CHECK(first.status == 0);
  CHECK(first.out.find("\njourney: found\n") != std::string::npos);
  CHECK(first.out.find("\n    channels: [") != std::string::npos);
  CHECK(first.err.find("events name no case and were passed over") != std::string::npos);
  CHECK(second.status == 0);
  CHECK(second.out.empty());
  CHECK(test::lotse({"check", again}).status == 0);
}

TEST_CASE("discover: a log without cases, and a name that no journey may have, are said", "[end_to_end]") {
  const test::Folder folder;
  const std::string events = (folder / "events.ndjson").string();
  std::ofstream(events) << R"({"type": "a", "time": "2024-03-01T09:00:00Z", "ids": {"user_id": "1"}})"
                        << '\n';

  const auto nobody = test::lotse({"discover", "--events", events, "--customer", "email"});
  const auto name = test::lotse({"discover", "--events", events, "--journey", "my journey"});

  CHECK(nobody.status == 2);
  CHECK(nobody.err ==
        "lotse: error: the log has no case to learn from: 1 events have no identifier `email`\n");
  CHECK(name.status == 1);
  CHECK(name.err.find("[J014]") != std::string::npos);
  CHECK(name.out.empty());
}

TEST_CASE("discover: --update tells what the log and the file have over each other", "[end_to_end]") {
  const test::Folder folder;
  const std::string events = (folder / "events.ndjson").string();
  const std::string file = (folder / "order.yaml").string();
  const std::string whole =
      "journey: order\nabandon_after: 5d\ntouchpoints:\n"
      "  order: {on: order_placed, start: true, next: [parcel]}\n"
      "  parcel: {on: parcel_delivered, goal: true}\n";
  std::ofstream log(events);
  for (int customer = 10; customer < 40; ++customer) {
    for (const char* event : {R"("order_placed", "time": "2024-03-01T09:00:00Z")",
                              R"("parcel_delivered", "time": "2024-03-02T09:00:00Z")"}) {
      log << R"({"type": )" << event << R"(, "ids": {"user_id": "u)" << customer << "\"}}\n";
    }
  }
  log.close();

  std::ofstream(file) << whole;
  const auto same = test::lotse({"discover", "--events", events, "--update", file});
  std::ofstream(file) << "journey: order\nabandon_after: 5d\ntouchpoints:\n"
                         "  order: {on: order_placed, start: true, ends: lost}\n";
  const auto less = test::lotse({"discover", "--events", events, "--update", file});
  const auto json = test::lotse({"discover", "--events", events, "--update", file, "--format", "json"});
  std::ofstream(file) << "journey: order\ntouchpoints: 7\n";
  const auto broken = test::lotse({"discover", "--events", events, "--update", file});
  const auto both = test::lotse({"discover", "--events", events, "--update", file, "--key", "order_id"});

  CHECK(same.status == 0);
  CHECK(same.out == file +
                        " beside 60 events of 30 customers: 100.0 % of the events follow its paths\n\n"
                        "Nothing is missing on either side.\n");
  CHECK(same.err.empty());
  CHECK(less.status == 1);
  CHECK(less.out == file +
                        " beside 60 events of 30 customers: 50.0 % of the events follow its paths\n"
                        R"(
The log has it, the file lacks it:

  parcel_delivered: no touchpoint hears these events
    30 events of 30 customers (100.0 %)
    comes behind order 30 times
    for example user_id:u10, user_id:u11, user_id:u12
    could be added to `touchpoints:`:
      parcel_delivered:
        # 30 events of 30 customers (100.0 %)
        on: parcel_delivered
        ends: ended  # nothing comes behind it; is it a goal, or a loss?
      # and to `next:` of order: - parcel_delivered  # 30 times
)");
  CHECK(json.status == 1);
  CHECK(json.out.find(R"("kind": "event_type")") != std::string::npos);
  CHECK(broken.status == 1);
  CHECK(broken.out.empty());
  CHECK(broken.err.find("order.yaml:2") != std::string::npos);
  CHECK(both.status == 2);
}
