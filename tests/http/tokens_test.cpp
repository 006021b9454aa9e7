#include "channels/http/tokens.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "channels/http/token_file.hpp"
#include "engine/base/hash.hpp"
#include "tests/support/folder.hpp"

namespace lotse::http {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const Instant monday = *parse_instant("2024-03-04T09:00:00Z");

Principal shop() { return {.name = "web-shop", .role = Role::channel, .channels = {"web", "app"}}; }
Principal desk() { return {.name = "desk", .role = Role::agent, .channels = {}, .sensitive = true}; }

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
}

std::string why(const Result<Tokens>& loaded) {
  return loaded ? std::string("loaded") : loaded.error().message;
}

}  // namespace

TEST_CASE("tokens: what each role may, and nothing else", "[http][tokens]") {
  struct Row {
    Role role;
    bool post, customers, reports, findings, journeys, administer;
  };
  const auto row = GENERATE(Row{Role::channel, true, false, false, false, false, false},  //
                            Row{Role::agent, false, true, false, false, false, false},    //
                            Row{Role::analyst, false, false, true, true, false, false},   //
                            Row{Role::author, false, false, true, true, true, false},     //
                            Row{Role::admin, true, true, true, true, true, true});
  CAPTURE(name_of(row.role));

  CHECK(allows(row.role, Permission::post_events) == row.post);
  CHECK(allows(row.role, Permission::read_customers) == row.customers);
  CHECK(allows(row.role, Permission::read_reports) == row.reports);
  CHECK(allows(row.role, Permission::judge_findings) == row.findings);
  CHECK(allows(row.role, Permission::write_journeys) == row.journeys);
  CHECK(allows(row.role, Permission::administer) == row.administer);
  CHECK(find_role(name_of(row.role)) == row.role);
  const std::vector<Permission> listed = permissions_of(row.role);
  for (const Permission permission :
       {Permission::post_events, Permission::read_customers, Permission::read_reports,
        Permission::judge_findings, Permission::write_journeys, Permission::administer}) {
    CAPTURE(name_of(permission));
    CHECK((std::ranges::count(listed, permission) == 1) == allows(row.role, permission));
  }
}

TEST_CASE("tokens: a file gives back who may what, and holds hashes only", "[http][tokens]") {
  const test::Folder folder;
  const fs::path file = tokens_file(folder / "lotse.db");
  Tokens tokens;
  const std::string first = *tokens.add(shop(), monday);
  const std::string second = *tokens.add(desk(), monday, monday + 24h);

  REQUIRE(tokens.save(file));
  const Result<Tokens> loaded = Tokens::load(file);

  REQUIRE(loaded);
  CHECK(loaded->find(first, monday) == shop());
  Principal until_tuesday = desk();
  until_tuesday.expires = monday + 24h;
  CHECK(loaded->find(second, monday) == until_tuesday);
  CHECK(loaded->entries().at(1).expires == monday + 24h);
  CHECK(loaded->entries().at(0).hash == hex(sha256(first)));
  CHECK(file.filename() == "lotse.db-tokens");
  struct stat found{};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777U) == 0600U);
  const std::string text = text_of(file);
  for (const std::string& token : {first, second})
    CHECK(text.find(token.substr(token.find('_', 6) + 1)) == std::string::npos);
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("tokens: each is lotse_ROLE_ and 43 characters of base64url, never the same", "[http][tokens]") {
  std::set<std::string> secrets;
  for (int i = 0; i < 200; ++i) {
    Tokens tokens;
    const std::string text = *tokens.add(shop(), monday);
    REQUIRE(text.starts_with("lotse_channel_"));
    const std::string secret = text.substr(std::string("lotse_channel_").size());
    CHECK(secret.size() == 43);
    CHECK(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
          std::string::npos);
    secrets.insert(secret);
  }
  CHECK(secrets.size() == 200);
}

TEST_CASE("tokens: what is not exactly a valid token is nobody's", "[http][tokens]") {
  Tokens tokens;
  const std::string token = *tokens.add(shop(), monday, monday + 1h);
  std::string other = token;
  other.back() = other.back() == 'A' ? 'B' : 'A';

  CHECK(tokens.find(token, monday + 1h - 1ms));
  CHECK_FALSE(tokens.find(token, monday + 1h));
  CHECK_FALSE(tokens.find(other, monday));
  CHECK_FALSE(tokens.find(token.substr(0, token.size() - 1), monday));
  CHECK_FALSE(tokens.find(token + "A", monday));
  CHECK_FALSE(tokens.find("", monday));
  CHECK_FALSE(tokens.find(tokens.entries().front().hash, monday));
  CHECK_FALSE(Tokens().find(token, monday));
}

TEST_CASE("tokens: two of a name are valid at once, a third is refused until one is gone", "[http][tokens]") {
  Tokens tokens;
  const std::string first = *tokens.add(shop(), monday);
  const std::string second = *tokens.add(shop(), monday);
  const std::string id = tokens.entries().front().id;

  const Result<std::string> third = tokens.add(shop(), monday);
  REQUIRE_FALSE(third);
  CHECK(third.error().code == ErrorCode::conflict);
  CHECK(third.error().message == "two tokens of `web-shop` are valid already (" + id + ", " +
                                     tokens.entries().back().id + "); revoke one of them first");
  CHECK(tokens.find(first, monday));
  CHECK(tokens.find(second, monday));

  SECTION("by its id one is gone, the other stays") {
    CHECK(tokens.revoke(id));
    CHECK_FALSE(tokens.find(first, monday));
    CHECK(tokens.find(second, monday));
    CHECK(tokens.add(shop(), monday));
  }
  SECTION("by the name both are gone") {
    CHECK(tokens.revoke("web-shop"));
    CHECK_FALSE(tokens.find(first, monday));
    CHECK_FALSE(tokens.find(second, monday));
    CHECK_FALSE(tokens.revoke("web-shop"));
  }
  SECTION("one that has expired makes room") {
    CHECK(tokens.expire(id, monday + 1h));
    CHECK(tokens.find(first, monday));
    CHECK_FALSE(tokens.add(shop(), monday));
    CHECK(tokens.add(shop(), monday + 2h));
    CHECK_FALSE(tokens.find(first, monday + 2h));
  }
  SECTION("expiry only ever comes nearer") {
    CHECK(tokens.expire(id, monday + 1h));
    CHECK(tokens.expire(id, monday + 2h));
    CHECK(tokens.entries().front().expires == monday + 1h);
    CHECK_FALSE(tokens.expire("nobody", monday));
  }
  SECTION("the name keeps its role") {
    const Result<std::string> other = tokens.add({.name = "web-shop", .role = Role::admin}, monday);
    REQUIRE_FALSE(other);
    CHECK(other.error().message == "`web-shop` names tokens of the role channel already; take another name");
  }
}

TEST_CASE("tokens: what is wrong with a file is told with its place and without a hash", "[http][tokens]") {
  const test::Folder folder;
  const fs::path file = folder / "t";
  const std::string hash(64, 'a');
  struct Row {
    const char* why;
    std::string text;
    std::string message;
  };
  const auto row = GENERATE_COPY(
      Row{"cut short", "tokens: [{name: a", ":1:"},
      Row{"no list", "tokens: 3\n", ":1:9: `tokens` must be a list; this is a whole number"},
      Row{"unknown role",
          "tokens:\n- {name: a, id: b, role: root, sha256: " + hash + ", created: 2024-01-01T00:00:00Z}\n",
          ":2:26: `role` cannot be `root`"},
      Row{"no hash", "tokens:\n- {name: a, id: b, role: admin, created: 2024-01-01T00:00:00Z}\n",
          ":2:3: a token has no `sha256`"},
      Row{"half a hash",
          "tokens:\n- {name: a, id: b, role: admin, sha256: aaaa, created: 2024-01-01T00:00:00Z}\n",
          ":2:41: `sha256` must be 64 hexadecimal digits in lower case"},
      Row{"a day is no instant",
          "tokens:\n- {name: a, id: b, role: admin, sha256: " + hash + ", created: 2024-01-01}\n",
          "`2024-01-01` is no point in time"});
  CAPTURE(row.why);
  write(file, row.text);

  const Result<Tokens> loaded = Tokens::load(file);

  CAPTURE(why(loaded));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::bad_input);
  CHECK(why(loaded).find(file.string() + ":") == 0);
  CHECK(why(loaded).find(row.message) != std::string::npos);
  CHECK(why(loaded).find(hash) == std::string::npos);
}

TEST_CASE("tokens: a file that others may change is refused, one that is not there holds none",
          "[http][tokens]") {
  const test::Folder folder;
  write(folder / "t", "tokens: []\n");
  CHECK(Tokens::load(folder / "t"));
  fs::permissions(folder / "t", fs::perms::group_write, fs::perm_options::add);

  CHECK(why(Tokens::load(folder / "t")) ==
        "`" + (folder / "t").string() +
            "` can be changed by others than its owner (mode 0620); make it 0600");
  fs::create_directory(folder / "folder");
  fs::permissions(folder / "folder", fs::perms::owner_all);
  CHECK_FALSE(Tokens::load(folder / "folder"));
  const Result<Tokens> none = Tokens::load(folder / "absent");
  REQUIRE(none);
  CHECK(none->entries().empty());
}

TEST_CASE("tokens: changes by several at once are all kept", "[http][tokens]") {
  const test::Folder folder;
  const fs::path file = folder / "t";
  constexpr int writers = 4;
  constexpr int each = 10;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < each; ++i) {
        const auto added = change_tokens(file, [&](Tokens& tokens) -> Result<void> {
          LOTSE_CHECK(
              tokens.add({.name = "n" + std::to_string(writer * each + i), .role = Role::agent}, monday));
          return {};
        });
        if (!added) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(Tokens::load(file)->entries().size() == writers * each);
}

TEST_CASE("tokens: a change of the file is seen, once", "[http][tokens]") {
  const test::Folder folder;
  const fs::path path = folder / "t";
  TokenFile file(path);
  REQUIRE(file.take_changed().value()->entries().empty());
  CHECK_FALSE(file.take_changed());

  Tokens tokens;
  REQUIRE(tokens.add(shop(), monday));
  REQUIRE(tokens.save(path));
  CHECK(file.take_changed().value()->entries().size() == 1);
  CHECK_FALSE(file.take_changed());

  REQUIRE(tokens.save(path));  // the same size, within the same moment
  CHECK(file.take_changed());

  write(path, "tokens: 3");
  CHECK_FALSE(file.take_changed().value());
  CHECK_FALSE(file.take_changed());

  fs::remove(path);
  CHECK(file.take_changed().value()->entries().empty());
}

TEST_CASE("tokens: a file that could not be read for a moment is read once it can be", "[http][tokens]") {
  const test::Folder folder;
  const fs::path path = folder / "t";
  Tokens tokens;
  REQUIRE(tokens.add(shop(), monday));
  REQUIRE(tokens.save(path));
  TokenFile file(path);
  REQUIRE(Tokens::load(path));  // the sanitizer wants descriptors where it meets a type for the first time
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);

  const rlimit none{.rlim_cur = 0, .rlim_max = files.rlim_max};  // no descriptor is left to open it by
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto first = file.take_changed();
  const auto second = file.take_changed();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  const auto third = file.take_changed();

  REQUIRE(first);
  CHECK_FALSE(*first);
  CHECK_FALSE(second);  // told once
  REQUIRE(third);
  CHECK(third->value().entries().size() == 1);
  CHECK_FALSE(file.take_changed());
}

}  // namespace lotse::http
