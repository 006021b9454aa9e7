#include "channels/http/desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/expression/value.hpp"
#include "tests/http/api_service.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;
using http::Role;
using test::Fields;
using test::principal;

constexpr const char* order_file = "journeys/order.yaml";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// JSON without the white space that it is laid out with.
std::string compact(std::string_view json) {
  std::string text;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '\n') {
      i = std::min(json.find_first_not_of(' ', i + 1), json.size()) - 1;
    } else if (json[i] != ' ' || !text.ends_with("\":")) {
      text += json[i];
    }
  }
  return text;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string replaced(std::string text, std::string_view part, std::string_view by) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

std::string json_of(std::string_view file, std::string_view text) {
  return to_json(Value(Map{{Value("file"), Value(file)}, {Value("text"), Value(text)}}));
}

/// The service over the shop, at whose desk somebody sits.
class Sitting {
 public:
  explicit Sitting(Role role = Role::author) : who_(principal(role)) {
    const auto routes = lotse_.service().server().routes();
    routes_.assign(routes.begin(), routes.end());
  }
  [[nodiscard]] fs::path path(std::string_view file = order_file) const { return lotse_.folder() / file; }
  [[nodiscard]] std::string order() const { return read(path()); }
  [[nodiscard]] std::string list() const {
    return compact(test::call(routes_, "getDesk", "", {}, who_).body);
  }
  [[nodiscard]] http::Response text(const std::string& file) const {
    return test::call(routes_, "getJourneyFile", "", {{"file", file}}, who_);
  }
  [[nodiscard]] std::string etag(const std::string& file = order_file) const {
    const std::string body = text(file).body;
    const std::size_t at = body.find("\\\"");  // the tag's own quotes
    return fmt::format("\"{}\"", body.substr(at + 2, 16));
  }
  [[nodiscard]] http::Response ask(std::string_view operation, std::string_view text,
                                   std::string_view file = order_file) const {
    auto answer = test::post_to(routes_, operation, json_of(file, text), who_);
    answer.body = compact(answer.body);
    return answer;
  }
  [[nodiscard]] http::Response save(std::string_view text, const Fields& condition,
                                    const std::string& file = order_file) const {
    const std::string body = to_json(Value(Map{{Value("text"), Value(text)}}));
    auto answer = test::post_to(routes_, "putJourneyFile", body, who_, {}, condition, {{"file", file}});
    answer.body = compact(answer.body);
    return answer;
  }
  [[nodiscard]] test::ApiService& service() { return lotse_; }
  [[nodiscard]] std::size_t versions_of_order() {
    const auto snapshot = lotse_.service().live().snapshot().value();
    return snapshot->tracker().journeys()[1].versions.size();
  }

 private:
  test::ApiService lotse_;
  std::vector<http::Route> routes_;
  http::Principal who_;
};

std::string second_version(const std::string& first) {
  return replaced(replaced(first, "version: 1", "version: 2"), "{to: call, after: 30m}",
                  "{to: call, after: 1ms}");
}

}  // namespace

TEST_CASE("desk: lists the workspace's journey files, and who may write them", "[http][desk]") {
  CHECK(has(Sitting(Role::author).list(), R"("writable":true,"hindrance":null)"));
  CHECK(has(Sitting(Role::analyst).list(), R"("writable":false,"hindrance":"token")"));

  const Sitting desk;
  std::ofstream(desk.path("journeys/broken.yaml")) << "journey: broken\n";
  const std::string body = desk.list();

  CHECK(has(body, R"("file":"journeys/order.yaml","etag":")"));
  CHECK(
      has(body, R"("errors":0,"journey":"order","title":"From order to use","version":1,"published":true)"));
  CHECK(has(body, R"("file":"journeys/broken.yaml")"));
  CHECK(has(body, R"("errors":1,"journey":null,"title":null,"version":null,"published":false)"));
  CHECK(has(body, R"({"id":"call_center","title":"Call centre","human":true})"));
}

TEST_CASE("desk: a folder that is not there cannot be written", "[http][desk]") {
  const Sitting desk;
  fs::remove_all(desk.path("journeys"));
  CHECK(has(desk.list(), R"("writable":true)"));  // there may be journeys beside
  fs::remove_all(desk.path(""));
  CHECK(has(desk.list(), R"("writable":false,"hindrance":"folder")"));
}

TEST_CASE("desk: what is wrong in other files is told without their lines", "[http][desk]") {
  const Sitting desk;
  std::ofstream(desk.path("channels.yaml")) << "channels:\n  web: {titel: CANARY}\n";
  const auto answer = desk.ask("checkDraft", desk.order());
  CHECK(has(answer.body, R"("file":"channels.yaml")"));
  CHECK_FALSE(has(answer.body, "CANARY"));
  CHECK_FALSE(has(answer.body, desk.path("").string()));
  CHECK(has(answer.body, R"("journey":{)"));
}

TEST_CASE("desk: a file outside the workspace's journeys can be neither read, checked nor written",
          "[http][desk]") {
  const Sitting desk;
  const auto file = GENERATE(
      as<std::string>(), "", "lotse.yaml", std::string("lotse.yaml\0.journey.yaml", 23),
      std::string("journeys/\0.yaml", 15), "journeys/a\nb.yaml", "channels.yaml", "../order.yaml",
      "journeys/../lotse.yaml", "journeys/../../etc/x.yaml", "/etc/x.yaml", "journeys/deep/order.yaml",
      "journeys/order.txt", "journeys/.order.yaml", "journeys/order.test.yaml");
  CAPTURE(file);

  CHECK(desk.text(file).status == 400);
  CHECK(desk.ask("checkDraft", "journey: x", file).status == 400);
  CHECK(desk.ask("planDraft", "journey: x", file).status == 400);
  CHECK(desk.save("journey: x", {{"if-none-match", "*"}}, file).status == 400);
}

TEST_CASE("desk: a draft is checked among the other files, and nothing is written", "[http][desk]") {
  const Sitting desk;
  const std::string before = desk.order();

  const auto good = desk.ask("checkDraft", second_version(desk.order()));
  CHECK(good.status == 200);
  CHECK(has(good.body, R"("version":{"number":2,"published":false,"changed":true,"running":1})"));
  CHECK(has(good.body, R"("touchpoints":[)"));
  CHECK(has(desk.ask("checkDraft", before).body,
            R"("version":{"number":1,"published":true,"changed":false,"running":1})"));

  const auto wrong = desk.ask("checkDraft", replaced(before, "next: [used]", "next: [usd]"));
  CHECK(has(wrong.body, R"("code":"J030")"));
  CHECK(has(wrong.body, "did you mean `used`?"));
  CHECK(has(wrong.body, R"("journey":null,"version":null)"));

  SECTION("a second file of the same version is told, with the draft's own journey shown all the same") {
    const auto twice = desk.ask("checkDraft", before, "journeys/copy.yaml");
    CHECK(has(twice.body, R"("code":"J062")"));
    CHECK(has(twice.body, R"("journey":{)"));
  }
  CHECK(desk.order() == before);
  CHECK_FALSE(fs::exists(desk.path("journeys/copy.yaml")));
}

TEST_CASE("desk: the head count says who moves and what is sent, before anything is", "[http][desk]") {
  Sitting desk;
  const std::string migrating =
      second_version(desk.order()) + "migrate: {from: [1], positions: {ordered: ordered}}\n";
  // What takes over needs the version that it takes over from beside it.
  fs::copy_file(desk.path(), desk.path("journeys/order-1.yaml"));

  const auto plan = desk.ask("planDraft", migrating);

  INFO(plan.body);
  CHECK(plan.status == 200);
  CHECK(has(plan.body, R"("journey":"order")"));
  CHECK(has(plan.body, R"("moves":)"));
  CHECK(desk.versions_of_order() == 1);
  const auto wrong = desk.ask("planDraft", "journey: order\n");
  CHECK(wrong.status == 422);
  CHECK(has(wrong.body, R"("findings":[)"));
}

TEST_CASE("desk: a saved draft is on the disk and in force; its mode stays", "[http][desk]") {
  Sitting desk;
  const std::string text = second_version(desk.order());
  fs::permissions(desk.path(), fs::perms::owner_read | fs::perms::owner_write);

  const auto saved = desk.save(text, {{"if-match", desk.etag()}});

  INFO(saved.body);
  REQUIRE(saved.status == 200);
  CHECK(has(saved.body, R"("published":[{"journey":"order","version":2}])"));
  CHECK(has(saved.body, fmt::format(R"("etag":"\"{}\"")", desk.etag().substr(1, 16))));
  CHECK(desk.order() == text);
  CHECK(desk.versions_of_order() == 2);
  CHECK(fs::status(desk.path()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(std::distance(fs::directory_iterator(desk.path().parent_path()), fs::directory_iterator()) == 2);
}

TEST_CASE("desk: a new journey is a new file, which must not be there yet", "[http][desk]") {
  Sitting desk;
  const std::string text = replaced(desk.order(), "journey: order", "journey: second");
  const Fields is_new{{"if-none-match", "*"}};

  CHECK(desk.save(text, is_new, "journeys/second.yaml").status == 200);
  CHECK(read(desk.path("journeys/second.yaml")) == text);
  CHECK(desk.save(text, is_new, "journeys/second.yaml").status == 412);
  CHECK(desk.save(text, is_new, "journeys/a b.yaml").status == 400);
}

TEST_CASE("desk: what may not be published is not written", "[http][desk]") {
  Sitting desk;
  const std::string before = desk.order();
  const Fields seen{{"if-match", desk.etag()}};

  SECTION("without saying what is replaced") { CHECK(desk.save(before + "\n", {}).status == 428); }
  SECTION("over somebody else's change") {
    std::ofstream(desk.path(), std::ios::app) << "# theirs\n";
    CHECK(desk.save(second_version(desk.order()), seen).status == 412);
    CHECK(desk.order() == before + "# theirs\n");
    return;
  }
  SECTION("with mistakes") {
    const auto answer = desk.save(replaced(before, "next: [used]", "next: [usd]"), seen);
    CHECK(answer.status == 422);
    CHECK(answer.content_type == "application/problem+json");
    CHECK(has(answer.body, R"("code":"J030")"));
  }
  SECTION("other content under a published number") {
    const auto answer = desk.save(replaced(before, "after: 30m", "after: 31m"), seen);
    CHECK(answer.status == 409);
    CHECK(has(answer.body, "raise its `version`"));
  }
  SECTION("through a link") {
    fs::rename(desk.path(), desk.path("elsewhere"));
    fs::create_symlink(desk.path("elsewhere"), desk.path());
    CHECK(desk.save(second_version(desk.order()), seen).status == 409);
    CHECK(fs::is_symlink(desk.path()));
  }
  SECTION("over what is no text") {
    std::ofstream(desk.path(), std::ios::binary) << "journey: order\n# \xFF\n";
    CHECK(desk.text(order_file).status == 409);
    CHECK(desk.save(second_version(before), seen).status == 409);
    std::ofstream(desk.path(), std::ios::binary) << before;
  }
  SECTION("that the engine refuses after all: the old text is put back") {
    std::ofstream(desk.path("lotse.yaml")) << "zone: UTC\nidentity: {rank: [email]}\n";
    const auto answer = desk.save(second_version(before), seen);
    CHECK(answer.status == 409);
    CHECK(has(answer.body, "stop the engine and start it again"));
  }
  SECTION("a new file that the engine refuses is not there") {
    std::ofstream(desk.path("lotse.yaml")) << "zone: UTC\nidentity: {rank: [email]}\n";
    const std::string text = replaced(before, "journey: order", "journey: second");
    CHECK(desk.save(text, {{"if-none-match", "*"}}, "journeys/second.yaml").status == 409);
    CHECK_FALSE(fs::exists(desk.path("journeys/second.yaml")));
  }
  SECTION("longer than a journey file may be") {
    CHECK(desk.save(std::string(FileLimits{}.bytes + 1, '#'), seen).status == 400);
  }
  CHECK(desk.order() == before);
  CHECK(desk.versions_of_order() == 1);
}

TEST_CASE("desk: of several authors who save at once one is let through", "[http][desk]") {
  Sitting desk;
  const Fields seen{{"if-match", desk.etag()}};
  const std::string text = second_version(desk.order());
  std::atomic<int> saved = 0;
  std::atomic<int> refused = 0;
  std::vector<std::jthread> authors;
  for (int author = 0; author < 4; ++author) {
    authors.emplace_back([&, author] {
      const auto answer = desk.save(text + fmt::format("# {}\n", author), seen);
      saved += answer.status == 200 ? 1 : 0;
      refused += answer.status == 412 || answer.status == 409 ? 1 : 0;
    });
  }
  authors.clear();
  CHECK(saved == 1);
  CHECK(refused == 3);
}

}  // namespace lotse
