#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tests/journey/support.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

/// A folder that is gone when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lotse-journey-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string journey(std::string_view head) {
  return std::string(head) + "touchpoints: {order: {start: true, on: order_placed, goal: true}}\n";
}

/// A journey that sends the template `welcome` by `message` along `next`, from a start with `order`.
std::string sender(std::string_view id, std::string_view order, std::string_view next,
                   std::string_view message = "channels: [email]") {
  return fmt::format(R"yaml(journey: {}
touchpoints:
  order: {{start: true, {}, next: [happy, {}]}}
  hello: {{{}, send: {{template: welcome, purpose: service}}}}
  happy: {{on: first_login, goal: true}}
)yaml",
                     id, order, next, message);
}

std::string findings_in(const TemporaryFolder& folder) {
  return render(load_workspace(folder.path()).findings);
}

}  // namespace

TEST_CASE("load_workspace: the example's folder", "[journey][workspace]") {
  const auto loaded = load_workspace(source_dir() / "tests" / "journey" / "example");

  REQUIRE(render(loaded.findings) == "");
  REQUIRE(loaded.value);
  CHECK(loaded.value->settings.zone == "Europe/Berlin");
  CHECK(loaded.value->settings.stale_after == std::chrono::hours(2));
  CHECK(loaded.value->settings.store == "lotse.db");
  CHECK(loaded.value->settings.retention == Retention{std::chrono::days(730), LocalTime{135}});
  CHECK(loaded.value->channels.channels.size() == 8);
  REQUIRE(loaded.value->journeys.size() == 1);
  CHECK(loaded.value->journeys[0].versions.at(0)->file == "journeys/broadband-onboarding.yaml");
  CHECK(loaded.value->journeys[0].in_force.at(0) == Instant::min());
}

TEST_CASE("load_workspace: versions of a journey come together, ascending, each from its instant",
          "[journey][workspace]") {
  const TemporaryFolder folder;
  folder.write("journeys/b.yaml", journey("journey: b\nversion: 10\nin_force_from: 2024-03-01T00:00:00Z\n"));
  folder.write("journeys/a.yaml", journey("journey: b\nversion: 2\n"));
  folder.write("journeys/c.test.yaml", "no journey\n");
  folder.write("a.journey.yaml", journey("journey: a\n"));
  folder.write("mapping.yaml", "no journey\n");
  const auto loaded = load_workspace(folder.path());

  REQUIRE(render(loaded.findings) == "");
  REQUIRE(loaded.value->journeys.size() == 2);
  CHECK(loaded.value->journeys[0].versions.at(0)->id == "a");
  const JourneyVersions& versions = loaded.value->journeys[1];
  REQUIRE(versions.versions.size() == 2);
  CHECK(versions.versions[0]->version == 2);
  CHECK(versions.versions[1]->version == 10);
  CHECK(versions.in_force[0] == Instant::min());
  CHECK(format_instant(versions.in_force[1]) == "2024-03-01T00:00:00Z");
}

TEST_CASE("load_workspace: what does not fit together is a finding", "[journey][workspace]") {
  const TemporaryFolder folder;
  SECTION("no journey at all") {
    const std::string root = folder.path().string();
    CHECK(findings_in(folder) == root +
                                     ": error: there is no journey here [J061]\n"
                                     "  hint: put one into journeys/, as journeys/NAME.yaml\n");
  }
  SECTION("no folder") {
    CHECK(render(load_workspace(folder.path() / "absent").findings) ==
          (folder.path() / "absent").string() + ": error: there is no such folder [J061]\n");
  }
  SECTION("one version in two files") {
    folder.write("journeys/a.yaml", journey("journey: a\n"));
    folder.write("journeys/b.yaml", journey("journey: a\n"));
    CHECK(findings_in(folder) ==
          "journeys/b.yaml:1:10: error: `a` version 1 is also in journeys/a.yaml [J062]\n"
          "    journey: a\n"
          "             ^\n"
          "  hint: raise the version in one of them\n");
  }
  SECTION("a version that does not say when it comes into force") {
    folder.write("journeys/a.yaml", journey("journey: a\n"));
    folder.write("journeys/b.yaml", journey("journey: a\nversion: 2\n"));
    CHECK(findings_in(folder) ==
          "journeys/b.yaml:2:10: warning: version 2 comes into force when it is published, for its file does "
          "not "
          "say when [J063]\n"
          "    version: 2\n"
          "             ^\n"
          "  hint: `lotse publish --plan` shows what that does; a date: `in_force_from: …`\n");
    CHECK(load_workspace(folder.path()).value->journeys[0].in_force[1] == Instant::max());
  }
  SECTION("a version in force before an older one") {
    folder.write("journeys/a.yaml", journey("journey: a\n"));
    folder.write("journeys/b.yaml", journey("journey: a\nversion: 2\nin_force_from: 2024-03-01T00:00:00Z\n"));
    folder.write("journeys/c.yaml", journey("journey: a\nversion: 3\nin_force_from: 2024-02-01T00:00:00Z\n"));
    CHECK(
        findings_in(folder) ==
        "journeys/c.yaml:3:16: error: version 3 is in force from 2024-02-01T00:00:00Z, no later than version "
        "2 [J063]\n"
        "    in_force_from: 2024-02-01T00:00:00Z\n"
        "                   ^\n");
  }
  SECTION("a migration from what is not here") {
    folder.write("journeys/a.yaml", journey("journey: a\nversion: 2\n"));
    folder.write("journeys/b.yaml", journey("journey: a\nversion: 3\nin_force_from: 2024-02-01T00:00:00Z\n"
                                            "migrate: {from: [1, 2], positions: {gone: order}}\n"));
    CHECK(findings_in(folder) ==
          "journeys/b.yaml:4:18: error: `migrate` names version 1, which is not here [J064]\n"
          "    migrate: {from: [1, 2], positions: {gone: order}}\n"
          "                     ^\n"
          "  hint: keep the files of older versions in journeys/\n"
          "journeys/b.yaml:4:37: error: `migrate` moves `gone`, which version 2 does not have [J064]\n"
          "    migrate: {from: [1, 2], positions: {gone: order}}\n"
          "                                        ^\n");
  }
  SECTION("findings of all files together") {
    folder.write("lotse.yaml", "zones: UTC\n");
    folder.write("channels.yaml", "channel: {}\n");
    folder.write("journeys/a.yaml", "journey: a\n");
    const auto loaded = load_workspace(folder.path());
    CHECK_FALSE(loaded.value);
    std::vector<std::string> files;
    for (const Diagnostic& finding : loaded.findings)
      files.push_back(finding.where.file + " " + finding.code);
    CHECK(files == std::vector<std::string>{"lotse.yaml J010", "channels.yaml J010", "channels.yaml J011",
                                            "journeys/a.yaml J011"});
  }
}

TEST_CASE("load_settings: a file of comments alone is fine, all keys are optional", "[journey][workspace]") {
  CHECK(load_settings("lotse.yaml", "# nothing yet\n").value.has_value());
  CHECK(load_settings("lotse.yaml", "").value.has_value());
  const auto loaded =
      load_settings("lotse.yaml",
                    "identity: {rank: [user_id], limits: {user_id: 2, email: 3}, never: [\"\", none]}\n"
                    "future_tolerance: 10m\nstore: data.db\n");
  REQUIRE(loaded.value);
  CHECK(loaded.value->namespace_rank == std::vector<std::string>{"user_id"});
  CHECK(loaded.value->identity_limits ==
        decltype(loaded.value->identity_limits){{"user_id", 2}, {"email", 3}});
  CHECK(loaded.value->identity_never == std::vector<std::string>{"", "none"});
  CHECK(loaded.value->future_tolerance == std::chrono::minutes(10));
  CHECK(loaded.value->store == "data.db");
}

TEST_CASE("load_channels: a secret in the place of a variable's name is not repeated",
          "[journey][workspace]") {
  const auto loaded =
      load_channels("channels.yaml",
                    "channels:\n  app:\n    adapter: webhook\n    webhook:\n      url: https://example.net/\n"
                    "      secrets: [GOOD, whsec_CANARY/8261=]\n  mail:\n    adapter: smtp\n    smtp:\n"
                    "      url: smtps://example.net:465\n      from: a@example.net\n      user: MAIL_USER\n"
                    "      password: CANARY 8261\n");

  const std::string told = render(loaded.findings);
  CHECK_FALSE(loaded.value);
  CHECK(told.find("CANARY") == std::string::npos);
  CHECK(told.find("channels.yaml:6:23: error: what stands under") != std::string::npos);
  CHECK(told.find("channels.yaml:13:17: error: what stands under") != std::string::npos);
  CHECK(told.find("hint: put a secret into a variable of the environment, and its name here") !=
        std::string::npos);
}

TEST_CASE("load_channels: a channel's settings", "[journey][workspace]") {
  const Channels& channels = example_channels();

  const Channel& sms = channels.channels.at(6);
  CHECK(sms.id == "sms");
  CHECK(sms.adapter == "webhook");
  CHECK(sms.purposes == std::vector<std::string>{"service"});
  REQUIRE(sms.quiet_hours);
  CHECK(sms.quiet_hours->from == LocalTime{21 * 60});
  CHECK(sms.quiet_hours->to == LocalTime{8 * 60});
  CHECK_FALSE(sms.quiet_hours->drop);
  CHECK(sms.quiet_hours->holidays);
  CHECK(sms.address == "phone");
  const Channel& email = channels.channels.at(5);
  REQUIRE(email.caps.size() == 1);
  CHECK(email.caps[0].count == 3);
  CHECK(email.caps[0].per == std::chrono::days(7));
  CHECK(email.caps[0].purpose == "marketing");
  CHECK(email.address == "email");  // of smtp, where nothing else is said
  CHECK_FALSE(channels.channels.at(7).address);
  CHECK(channels.channels.at(2).human);
}

TEST_CASE("load_channels: what holds for all channels together", "[journey][workspace]") {
  const Channels& channels = example_channels();

  REQUIRE(channels.purposes.size() == 2);
  CHECK(channels.purposes[0].id == "marketing");
  CHECK(channels.purposes[0].opt_in);
  CHECK(channels.purposes[1].id == "service");
  CHECK_FALSE(channels.purposes[1].opt_in);
  REQUIRE(channels.caps.size() == 2);
  CHECK(channels.caps[0].count == 5);
  CHECK(channels.caps[0].per == std::chrono::days(1));
  CHECK_FALSE(channels.caps[0].purpose);
  CHECK(channels.caps[1].purpose == "marketing");
  CHECK(channels.holidays == std::vector<std::string>{"2026-12-25", "2026-12-26"});
}

TEST_CASE("load_channels: what a task costs is a team's own, and not below zero", "[journey][workspace]") {
  const auto good = load_channels(
      "c.yaml",
      "channels: {a: {}}\nteams: {desk: {cost: 12.5}, free: {cost: 0}, unknown: {title: Unknown}}\n");
  REQUIRE(good.value);
  REQUIRE(good.value->teams.size() == 3);
  CHECK(good.value->teams[0].cost == 12.5);
  CHECK(good.value->teams[1].cost == 0);
  CHECK_FALSE(good.value->teams[2].cost.has_value());

  for (const char* cost : {"-1", "lots", "1e13"}) {
    CAPTURE(cost);
    const auto bad =
        load_channels("c.yaml", std::string("channels: {a: {}}\nteams: {desk: {cost: ") + cost + "}}\n");
    REQUIRE(bad.findings.size() == 1);
    CHECK(bad.findings[0].message.find("`cost` must") != std::string::npos);
  }
}

TEST_CASE("load_channels: holidays are dates of the calendar", "[journey][workspace]") {
  struct Row {
    const char* text;
    const char* code;
  };
  const auto row = GENERATE(Row{"\"2024-02-29\"", ""}, Row{"2026-12-25", ""}, Row{"\"2026-02-29\"", "J069"},
                            Row{"\"2026-13-01\"", "J069"}, Row{"\"26-12-25\"", "J069"},
                            Row{"\"2026-12-25T00:00:00Z\"", "J069"}, Row{"Christmas", "J069"},
                            Row{"1225", "J012"}, Row{"\"\"", "J014"});
  INFO(row.text);

  const auto findings =
      load_channels("c.yaml", std::string("channels: {a: {}}\nholidays: [") + row.text + "]\n").findings;

  CHECK((findings.empty() ? std::string() : findings.front().code) == row.code);
}

TEST_CASE("load_workspace: two journeys that send the same in the same moment are a finding",
          "[journey][workspace]") {
  const TemporaryFolder folder;
  folder.write("channels.yaml", read_test_file("example/channels.yaml"));
  folder.write("journeys/a.yaml", sender("a", "on: order_placed", "{to: hello, after: 2d}"));
  folder.write("journeys/b.yaml", sender("b", "on: [order_placed, order_renewed]", "{to: hello, after: 2d}",
                                         "channels: [sms, email]"));

  const auto loaded = load_workspace(folder.path());

  CHECK(
      render(loaded.findings) ==
      "journeys/b.yaml:3:73: warning: the template `welcome` is sent here and by `a` in the same moment: 2d "
      "after "
      "`order_placed` [J066]\n"
      "      order: {start: true, on: [order_placed, order_renewed], next: [happy, {to: hello, after: 2d}]}\n"
      "                                                                            ^\n"
      "  hint: send it from one of them, or give one of them a delay or a condition\n"
      "  journeys/a.yaml:3:56: note: the other one\n");
  CHECK(loaded.value);
}

TEST_CASE("load_workspace: what makes one of two messages the same moment's, or not",
          "[journey][workspace]") {
  struct Row {
    const char* why;
    const char* order;
    const char* next;
    const char* message;
    bool found;
  };
  const auto row = GENERATE(
      Row{"the same", "on: order_placed, channels: [web, app]", "hello", "channels: [email]", true},
      Row{"by the transition's own event", "on: other", "{to: hello, on: order_placed}", "channels: [email]",
          true},
      Row{"another event", "on: order_renewed", "hello", "channels: [email]", false},
      Row{"a delay", "on: order_placed", "{to: hello, after: 1m}", "channels: [email]", false},
      Row{"a time of day", "on: order_placed", "{to: hello, at: {days: 1}}", "channels: [email]", false},
      Row{"a condition on the way", "on: order_placed", "{to: hello, when: event.x > 1}", "channels: [email]",
          false},
      Row{"a condition of the touchpoint", "on: order_placed, when: event.x > 1", "hello",
          "channels: [email]", false},
      Row{"the event comes by another channel", "on: order_placed, channels: [store]", "hello",
          "channels: [email]", false},
      Row{"by another channel", "on: order_placed", "hello", "channels: [sms]", false},
      Row{"of an older version", "on: order_placed", "hello", "channels: [email]", false});
  CAPTURE(row.why);
  const TemporaryFolder folder;
  folder.write("channels.yaml", read_test_file("example/channels.yaml"));
  folder.write("journeys/a.yaml", sender("a", "on: order_placed, channels: [web]", "hello"));
  folder.write("journeys/b.yaml", sender("b", row.order, row.next, row.message));
  if (std::string_view(row.why) == "of an older version") {
    folder.write("journeys/b2.yaml",
                 sender("b\nversion: 2\nin_force_from: 2024-03-01T00:00:00Z", "on: other", "hello"));
  }

  const auto findings = load_workspace(folder.path()).findings;

  CHECK(findings.size() == (row.found ? 1 : 0));
}

TEST_CASE("load_workspace: journeys of many ways are compared quickly", "[journey][workspace]") {
  struct Row {
    const char* why;
    std::uint64_t growth;
    const char* after;
    std::size_t found;
  };
  const auto row = GENERATE(Row{"the ways meet in the same moments", 1, "60ms", 1},
                            Row{"as late as any", 1, "80ms", 1}, Row{"later than any", 1, "81ms", 0},
                            Row{"each way has its own moment, and this is the first", 2, "41ms", 1},
                            Row{"and this the last, which is given up", 2, "549755813928ms", 0});
  CAPTURE(row.why);
  const TemporaryFolder folder;
  folder.write("channels.yaml", read_test_file("example/channels.yaml"));
  folder.write("journeys/a.yaml",
               sender("a", "on: order_placed", fmt::format("{{to: hello, after: {}}}", row.after)));
  folder.write("journeys/b.yaml",
               "journey: b\ntouchpoints:\n  happy: {on: first_login, goal: true}\n"
               "  order: {start: true, on: order_placed, next: [happy, {to: a0, after: 1ms}, b0]}\n" +
                   forty_layers(row.growth));

  const auto begin = std::chrono::steady_clock::now();
  const auto loaded = load_workspace(folder.path());

  CHECK(std::chrono::steady_clock::now() - begin <
        std::chrono::seconds(20));  // with sanitizers, on a busy machine
  CHECK(loaded.findings.size() == row.found);
  CHECK(loaded.value);
}

}  // namespace lotse::test
