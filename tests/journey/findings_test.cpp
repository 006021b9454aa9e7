#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "channels/http/settings.hpp"
#include "tests/journey/support.hpp"
#include "tests/support/paths.hpp"

namespace lotse::test {
namespace {

/// A fenced block of docs/findings.md with the code of its section.
struct Block {
  std::string code;
  std::string info;  ///< "yaml bad", "text", "yaml good channels"
  std::string text;
  int line = 0;
};

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<Block> blocks_of(std::string_view name) {
  std::istringstream page(read_whole(source_dir() / "docs" / name));
  std::vector<Block> blocks;
  std::string code;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({code, line.substr(3), "", number});
    } else if (inside) {
      blocks.back().text += line + '\n';
    } else if (line.starts_with("## ")) {
      code = line.substr(3, 4);
    }
  }
  return blocks;
}

/// What the loader of the block's kind of file finds in it.
std::vector<Diagnostic> findings_in(const Block& block) {
  if (block.info.ends_with(" channels")) return load_channels("channels.yaml", block.text).findings;
  if (block.info.ends_with(" settings")) return load_settings("lotse.yaml", block.text).findings;
  if (block.info.ends_with(" service")) return http::load_serve_settings("lotse.yaml", block.text).findings;
  return load(block.text).findings;
}

/// Codes J000 to J999 in quotes or headings of a text.
void collect_codes(const std::string& text, std::string_view before, std::set<std::string>& codes) {
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
    const std::string code = text.substr(at + before.size() - 1, 4);
    if (code.size() == 4 && code.find_first_not_of("0123456789", 1) == std::string::npos) codes.insert(code);
  }
}

}  // namespace

TEST_CASE("findings: each bad example of the page gives the text below it, each good one nothing",
          "[journey]") {
  const auto blocks = blocks_of("findings.md");
  REQUIRE(blocks.size() > 150);
  std::set<std::string> shown;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    INFO("docs/findings.md:" << block.line << ", " << block.code);
    if (block.info.starts_with("yaml bad")) {
      REQUIRE(i + 1 < blocks.size());
      REQUIRE(blocks[i + 1].info == "text");
      const auto findings = findings_in(block);
      CHECK(render(findings) == blocks[i + 1].text);
      CHECK(std::any_of(findings.begin(), findings.end(),
                        [&](const Diagnostic& finding) { return finding.code == block.code; }));
      shown.insert(block.code);
    } else if (block.info.starts_with("yaml good")) {
      CHECK(render(findings_in(block)) == "");
    } else {
      CHECK(block.info == "text");
    }
  }
  CHECK(shown.size() >= 45);
}

TEST_CASE("authoring: the guide's whole files load without a finding", "[journey]") {
  int journeys = 0;
  int channels = 0;
  for (const Block& block : blocks_of("authoring.md")) {
    INFO("docs/authoring.md:" << block.line);
    if (block.text.find("touchpoints:") != std::string::npos) {
      CHECK(render(load(block.text).findings) == "");
      ++journeys;
    } else if (block.text.find("\nchannels:\n") != std::string::npos) {
      CHECK(render(load_channels("channels.yaml", block.text).findings) == "");
      ++channels;
    }
  }
  CHECK(journeys == 1);
  CHECK(channels == 1);
}

TEST_CASE("findings: the page has a section for each code in the sources, and no other", "[journey]") {
  std::set<std::string> used;
  for (const char* folder : {"engine/journey", "channels/http"}) {
    for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder)) {
      if (entry.path().extension() == ".cpp") collect_codes(read_whole(entry.path()), "\"J", used);
    }
  }
  std::set<std::string> documented;
  collect_codes(read_whole(source_dir() / "docs" / "findings.md"), "\n## J", documented);

  CHECK(used == documented);
  CHECK(used.size() >= 50);
}

}  // namespace lotse::test
