#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "channels/http/tokens.hpp"
#include "tests/cli/program.hpp"

namespace lotse::test {
namespace {

/// A workspace with two channels and no journey: tokens need none.
struct Shop {
  Shop() {
    folder.write("lotse.yaml", "zone: UTC\nstore: data.db\n");
    folder.write("channels.yaml", "channels: {web: {}, store: {}}\n");
  }
  [[nodiscard]] Run token(std::vector<std::string> words) const {
    words.insert(words.begin(), "token");
    return lotse(words, folder.path());
  }
  [[nodiscard]] http::Tokens tokens() const { return *http::Tokens::load(folder.path() / "data.db-tokens"); }
  Folder folder;
};

std::string without_newline(std::string text) {
  REQUIRE(text.ends_with('\n'));
  text.pop_back();
  return text;
}

const Instant now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());

}  // namespace

TEST_CASE("cli token: add prints the token alone on the standard output, and the rest beside",
          "[cli][token]") {
  const Shop shop;

  const Run run =
      shop.token({"add", "web-shop", "--role", "channel", "--channel", "web", "--channel", "store"});

  REQUIRE(run.status == 0);
  const std::string token = without_newline(run.out);
  const http::Tokens tokens = shop.tokens();
  REQUIRE(tokens.entries().size() == 1);
  CHECK(tokens.find(token, now) ==
        http::Principal{.name = "web-shop", .role = http::Role::channel, .channels = {"web", "store"}});
  CHECK(run.err ==
        "token " + tokens.entries().front().id +
            " of `web-shop`: role channel, posts as web, store; valid until revoked. It is shown this once: "
            "only its hash is kept.\n");
}

TEST_CASE("cli token: rotate makes a second one of the same kind, revoke ends one or all", "[cli][token]") {
  const Shop shop;
  const std::string first =
      without_newline(shop.token({"add", "desk", "--role", "agent", "--sensitive"}).out);

  const Run rotated = shop.token({"rotate", "desk", "--old", "1d"});

  REQUIRE(rotated.status == 0);
  const std::string second = without_newline(rotated.out);
  auto same_but_for_its_end = shop.tokens().find(first, now);
  REQUIRE(same_but_for_its_end);
  CHECK(same_but_for_its_end->expires);
  same_but_for_its_end->expires.reset();
  CHECK(same_but_for_its_end == shop.tokens().find(second, now));
  CHECK(shop.tokens().find(second, now)->sensitive);
  CHECK_FALSE(shop.tokens().find(first, now + std::chrono::days(2)));
  CHECK(shop.tokens().find(second, now + std::chrono::days(2)));
  CHECK(rotated.err.find("is valid for 1d more.\n") != std::string::npos);
  CHECK(shop.token({"rotate", "desk"}).status == 2);

  const Run one = shop.token({"revoke", shop.tokens().entries().front().id});
  CHECK(one.status == 0);
  CHECK(one.err == "1 token revoked; a running `lotse serve` refuses it within two seconds.\n");
  CHECK_FALSE(shop.tokens().find(first, now));
  CHECK(shop.tokens().find(second, now));
  CHECK(shop.token({"revoke", "desk"}).status == 0);
  CHECK(shop.tokens().entries().empty());
}

TEST_CASE("cli token: list shows who may what, and nothing that could be used", "[cli][token]") {
  const Shop shop;
  CHECK(shop.token({"list"}).err == "./data.db-tokens has no token; `lotse token add` makes one\n");
  const std::string token =
      without_newline(shop.token({"add", "till", "--role", "channel", "--expires", "90d"}).out);
  REQUIRE(shop.token({"add", "boss", "--role", "admin"}).status == 0);

  const Run run = shop.token({"list"});

  CHECK(run.status == 0);
  CHECK(run.out.starts_with(
      "id        name  role     created               valid                         may\n"));
  CHECK(run.out.find("  till  channel  20") != std::string::npos);
  CHECK(run.out.find("  any channel\n") != std::string::npos);
  CHECK(run.out.find("  until revoked\n") != std::string::npos);
  CHECK(run.out.find(token) == std::string::npos);
  const http::Tokens tokens = shop.tokens();
  for (const http::Tokens::Entry& entry : tokens.entries())
    CHECK(run.out.find(entry.hash) == std::string::npos);
}

TEST_CASE("cli token: what cannot be is told by name, with what can", "[cli][token]") {
  struct Row {
    std::vector<std::string> words;
    std::string message;
  };
  const Shop shop;
  REQUIRE(shop.token({"add", "desk", "--role", "agent"}).status == 0);
  const auto row = GENERATE(
      Row{{"add", "x", "--role", "channel", "--channel", "wbe"},
          "lotse: error: --channel: `wbe` is not in channels.yaml; did you mean `web`?\n"},
      Row{{"add", "x", "--role", "agent", "--channel", "web"},
          "lotse: error: --channel is for the role channel; agent posts for none\n"},
      Row{{"add", "x", "--role", "analyst", "--sensitive"},
          "lotse: error: --sensitive is for those who read customers; the role analyst does not\n"},
      Row{{"add", "a b", "--role", "admin"},
          "lotse: error: `a b` is no name for a token; use letters, digits, `_`, `-` and `.`\n"},
      Row{{"add", "x", "--role", "admin", "--expires", "3 months"},
          "lotse: error: --expires: `3 months` is no duration; write `90d`, `12h`, `30m`\n"},
      Row{{"add", "desk", "--role", "admin"},
          "lotse: error: `desk` names tokens of the role agent already; take another name\n"},
      Row{{"rotate", "desc"}, "lotse: error: there is no valid token of `desc`; did you mean `desk`?\n"},
      Row{{"revoke", "nobody"},
          "lotse: error: no token has the name or id `nobody`; `lotse token list` shows all\n"},
      Row{{},
          "lotse: error: `lotse token` needs one of its commands: add, rotate, revoke, list\n"
          "  `lotse token --help` says what there is\n"});

  const Run run = shop.token(row.words);

  CHECK(run.status == 2);
  CHECK(run.out.empty());
  CHECK(run.err == row.message);
  CHECK(shop.tokens().entries().size() == 1);
}

TEST_CASE("cli token: a damaged file of tokens is told and left as it is", "[cli][token]") {
  const Shop shop;
  shop.folder.write("data.db-tokens", "tokens: [");
  std::filesystem::permissions(shop.folder.path() / "data.db-tokens",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  const Run run = shop.token({"add", "x", "--role", "admin"});

  CHECK(run.status == 2);
  CHECK(run.out.empty());
  CHECK(run.err.starts_with("lotse: error: ./data.db-tokens:1:"));
  CHECK(shop.folder.read("data.db-tokens") == "tokens: [");
}

}  // namespace lotse::test
