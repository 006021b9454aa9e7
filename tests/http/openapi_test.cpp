#include "channels/http/openapi.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/http/api_service.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse {
namespace {

/// One operation of the description.
struct Described {
  std::string operation;
  bool open = false;  ///< asks for no token
};

/// By `GET /v1/journeys`. Told by the file's own layout: paths stand two columns in, methods four, what they
/// say six.
std::map<std::string, Described> described_operations() {
  std::map<std::string, Described> found;
  std::istringstream lines{std::string(http::openapi_yaml())};
  std::string path;
  Described* now = nullptr;
  bool in_paths = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != ' ') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /")) path = line.substr(2, line.rfind(':') - 2);
    if (line.starts_with("    ") && line[4] >= 'a' && line[4] <= 'z' && line.ends_with(':')) {
      std::string method = line.substr(4, line.size() - 5);
      if (method == "parameters") continue;
      for (char& letter : method) letter = static_cast<char>(letter - 'a' + 'A');
      now = &found[method + " " + path];
    }
    constexpr std::string_view id = "      operationId: ";
    if (now != nullptr && line.starts_with(id)) now->operation = line.substr(id.size());
    if (now != nullptr && line == "      security: []") now->open = true;
  }
  return found;
}

bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }

/// False, with a line that says so, where npm or its packages cannot be had.
bool have_judges(const std::filesystem::path& folder) {
  if (!runs("node --version >/dev/null 2>&1 && npm --version >/dev/null 2>&1")) return false;
  // Several tests want them at once; the file is the last that npm writes.
  constexpr std::string_view install =
      "cd '{}' && flock package.json sh -c "
      "'test -e node_modules/.package-lock.json || npm ci --silent' >/dev/null 2>&1";
  return runs(fmt::format(install, folder.string()));
}

}  // namespace

TEST_CASE("openapi: the server has every operation that is described, and no other", "[http][openapi]") {
  test::ApiService lotse;
  std::map<std::string, Described> described = described_operations();
  REQUIRE(described.size() >= 10);

  for (const http::Route& route : lotse.service().server().routes()) {
    const std::string name = route.method + " " + route.pattern;
    INFO(name << " of the server");
    const auto found = described.find(name);
    REQUIRE(found != described.end());
    CHECK(found->second.operation == route.operation);
    CHECK(found->second.open == !(route.permission || route.any_token || route.admit));
    described.erase(found);
  }

  for (const auto& [name, operation] : described) {
    FAIL_CHECK(name << " (" << operation.operation << ") is described, and the server has it not");
  }
}

TEST_CASE("openapi: the linter finds nothing in the description", "[http][openapi]") {
  const auto folder = test::source_dir() / "tests" / "openapi";
  if (!have_judges(folder)) LOTSE_SKIP("node, npm or the packages of tests/openapi cannot be had");

  CHECK(runs(fmt::format("cd '{}' && npx redocly lint --config redocly.yaml ../../schemas/openapi.yaml",
                         folder.string())));
}

TEST_CASE("openapi: a proxy that judges every request and answer by the description has nothing to say",
          "[http][openapi]") {
  const auto folder = test::source_dir() / "tests" / "openapi";
  if (!have_judges(folder)) LOTSE_SKIP("node, npm or the packages of tests/openapi cannot be had");
  test::ApiService lotse;

  std::string tokens;
  for (const auto& [kind, token] : lotse.tokens()) tokens += fmt::format(" {}={}", kind, token);
  CHECK(runs(fmt::format("node '{}' {}{}", (folder / "judge.mjs").string(), lotse.port(), tokens)));
}

}  // namespace lotse
