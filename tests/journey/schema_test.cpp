#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "channels/http/settings.hpp"
#include "tests/journey/support.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/skip.hpp"

namespace lotse::test {
namespace {

/// One file with the verdict of its JSON Schema.
struct Judged {
  std::string kind;  ///< journey, channels, lotse
  bool accepted = false;
  std::string what;  ///< what was done to a valid file
  std::string text;
};

std::vector<Judged> read_judged(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream);
  std::vector<Judged> all;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("=== ")) {
      const std::size_t verdict = line.find(' ', 4) + 1;
      const std::size_t what = line.find(' ', verdict) + 1;
      all.push_back({line.substr(4, verdict - 5), line.substr(verdict, what - verdict - 1) == "accepted",
                     line.substr(what), ""});
    } else {
      all.back().text += line + '\n';
    }
  }
  return all;
}

std::vector<Diagnostic> findings_in(const Judged& file) {
  if (file.kind == "channels") return load_channels("f.yaml", file.text).findings;
  if (file.kind == "lotse") {
    auto findings = load_settings("f.yaml", file.text).findings;
    std::ranges::move(http::load_serve_settings("f.yaml", file.text).findings, std::back_inserter(findings));
    return findings;
  }
  return load(file.text).findings;
}

bool has_any(const std::vector<Diagnostic>& findings, std::string_view first, std::string_view last) {
  return std::any_of(findings.begin(), findings.end(), [&](const Diagnostic& finding) {
    return finding.code >= first && finding.code <= last;
  });
}

}  // namespace

TEST_CASE("schema: the JSON Schemas refuse exactly the files in which the loader finds a wrong shape",
          "[journey][schema]") {
  if (std::system("node --version >/dev/null 2>&1 && npm --version >/dev/null 2>&1") != 0) {
    LOTSE_SKIP("node and npm are not here, and ajv judges by them");
  }
  const auto folder = source_dir() / "tests" / "journey" / "schema_judge";
  if (!std::filesystem::exists(folder / "node_modules") &&
      std::system(fmt::format("npm ci --silent --prefix '{}' >/dev/null 2>&1", folder.string()).c_str()) !=
          0) {
    LOTSE_SKIP("npm cannot install ajv");
  }
  const auto judged = std::filesystem::temp_directory_path() / fmt::format("lotse-judged-{}.txt", getpid());
  constexpr int seed = 1;
  constexpr int mutations = 400;  // for each of four files, on the whole
  const std::string command =
      fmt::format("node '{}' {} {} '{}'", (folder / "judge.mjs").string(), seed, mutations, judged.string());
  REQUIRE(std::system(command.c_str()) == 0);
  const auto files = read_judged(judged);
  std::filesystem::remove(judged);

  REQUIRE(files.size() == 4 * (mutations + 1));
  int accepted = 0;
  for (const Judged& file : files) {
    const auto findings = findings_in(file);
    INFO(file.kind << ", " << file.what << "\n" << file.text << render(findings));
    CHECK_FALSE(has_any(findings, "J001", "J009"));
    CHECK(file.accepted != has_any(findings, "J010", "J019"));
    if (file.accepted) ++accepted;
  }
  CHECK(accepted > 100);
}

}  // namespace lotse::test
