// `lotse publish`: the head count, publishing, draining and stopping.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/program.hpp"

namespace lotse::test {
namespace {

constexpr const char* first = R"yaml(journey: order
version: 1
key: event.order
touchpoints:
  order: {on: ordered, start: true, next: [pack]}
  pack: {on: packed, next: [arrived]}
  arrived: {on: arrived, goal: true}
)yaml";

constexpr const char* second = R"yaml(journey: order
version: 2
key: event.order
migrate: {from: [1], positions: {pack: packing}}
touchpoints:
  order: {on: ordered, start: true, next: [packing]}
  packing: {on: packed, next: [arrived, {to: late, after: 1d}]}
  late: {channels: [email], send: {template: late, purpose: service}}
  arrived: {on: arrived, goal: true}
)yaml";

constexpr const char* events =
    R"({"id":"1","type":"ordered","time":"2024-03-01T09:00:00Z","channel":"web","ids":{"user_id":"ada"},"properties":{"order":"a"}}
{"id":"2","type":"packed","time":"2024-03-02T09:00:00Z","channel":"web","ids":{"user_id":"ada"},"properties":{"order":"a"}}
{"id":"3","type":"ordered","time":"2024-03-03T09:00:00Z","channel":"web","ids":{"user_id":"bob"},"properties":{"order":"b"}}
)";

/// A workspace whose store was run with version 1.
void begin(const Folder& folder) {
  std::filesystem::create_directory(folder.path() / "journeys");
  folder.write("lotse.yaml", "{}\n");
  folder.write("channels.yaml", "channels:\n  web: {}\n  email: {adapter: log, purposes: [service]}\n");
  std::string never = first;
  never.insert(never.find("touchpoints"), "abandon_after: never\n");
  folder.write("journeys/order.yaml", never);
  folder.write("events.ndjson", events);
  REQUIRE(lotse({"ingest", "events.ndjson"}, folder.path()).status == 0);
}

void write_second(const Folder& folder) {
  std::string never = second;
  never.insert(never.find("touchpoints"), "abandon_after: never\n");
  folder.write("journeys/order-2.yaml", never);
}

}  // namespace

TEST_CASE("cli publish: a plan, then the thing itself", "[cli][publish]") {
  const Folder folder;
  begin(folder);
  CHECK(lotse({"publish", "--plan"}, folder.path()).out ==
        "nothing to publish: the store knows every version of the workspace\n");
  write_second(folder);

  const Run plan = lotse({"publish", "--plan"}, folder.path());
  CHECK(plan.status == 0);
  CHECK(plan.out.find("order version 2: new, in force from ") == 0);
  CHECK(plan.out.find("  instances: 0 stay, 2 move, 0 find no place, 0 exit\n") != std::string::npos);
  CHECK(plan.out.find("  sent at once: nothing\n  withdrawn: nothing\n") != std::string::npos);
  CHECK(lotse({"publish", "--plan", "--format", "json"}, folder.path()).out.find("\"moves\": 2") !=
        std::string::npos);

  const Run unsaid = lotse({"publish"}, folder.path());
  CHECK(unsaid.status == 2);
  CHECK(unsaid.err == "lotse: nothing was written; say it again with --yes\n");
  CHECK(lotse({"publish", "--plan"}, folder.path()).out.find("2 move") != std::string::npos);

  const Run done = lotse({"publish", "--yes"}, folder.path());
  CHECK(done.status == 0);
  CHECK(done.out.ends_with("published order version 2\n"));
  CHECK(lotse({"publish", "--yes"}, folder.path()).out.starts_with("nothing to publish"));
  const Run customer = lotse({"customer", "user_id:ada", "--as-of", "now"}, folder.path());
  CHECK(customer.out.find("packing") != std::string::npos);
}

TEST_CASE("cli publish: other content under a published number is refused", "[cli][publish]") {
  const Folder folder;
  begin(folder);
  folder.write("journeys/order.yaml", std::string(first));
  for (const std::string option : {"--plan", "--yes"}) {
    const Run run = lotse({"publish", option}, folder.path());
    CHECK(run.status == 2);
    CHECK(run.err.find("journey `order` version 1 was published with other content (") != std::string::npos);
    CHECK(run.err.ends_with("): raise its `version`\n"));
  }
}

TEST_CASE("cli publish: a version is drained, resumed and stopped", "[cli][publish]") {
  const Folder folder;
  begin(folder);
  const auto publish = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "publish");
    return lotse(arguments, folder.path());
  };
  CHECK(publish({"--drain", "order@1", "--yes"}).out.ends_with("drained order version 1\n"));
  CHECK(publish({"--drain", "order", "--yes"}).err ==
        "lotse: error: journey `order` version 1 cannot be drained: it is drained already\n");
  CHECK(publish({"--resume", "order", "--yes"}).out.ends_with("resumed order version 1\n"));

  const Run plan = publish({"--stop", "order", "--plan"});
  CHECK(plan.status == 0);
  CHECK(plan.out.find("0 stay, 0 move, 0 find no place, 2 exit") != std::string::npos);
  CHECK(publish({"--stop", "order", "--yes"}).out.ends_with("stopped order version 1\n"));
  CHECK(publish({"--resume", "order@1", "--yes"}).err ==
        "lotse: error: journey `order` version 1 cannot be resumed: it is stopped for good\n");
  CHECK(lotse({"customer", "user_id:ada", "--as-of", "now"}, folder.path())
            .out.find("its version was stopped") != std::string::npos);

  CHECK(publish({"--stop", "order@x", "--plan"}).err ==
        "lotse: error: --stop: `order@x` names no version; JOURNEY or JOURNEY@3 was expected\n");
  CHECK(publish({"--stop", "visit", "--plan"}).err == "lotse: error: the store knows no journey `visit`\n");
  CHECK(publish({"--stop", "order@4", "--plan"}).status == 2);
  CHECK(publish({"--stop", "order", "--drain", "order"}).status == 2);
}

TEST_CASE("cli publish: without a store there is nothing to tell, and publishing begins one",
          "[cli][publish]") {
  const Folder folder;
  begin(folder);
  CHECK(lotse({"publish", "--plan", "--store", "new.db"}, folder.path()).err ==
        "lotse: error: new.db: no such store\n");
  CHECK(lotse({"publish", "--store", "new.db"}, folder.path()).out ==
        "published order version 1\nnew.db: a new store\n");
}

}  // namespace lotse::test
