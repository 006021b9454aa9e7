#include "tests/journey/support.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/paths.hpp"

namespace lotse::test {

std::string read_test_file(std::string_view path) {
  std::ifstream stream(source_dir() / "tests" / "journey" / path, std::ios::binary);
  REQUIRE(stream);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

const Channels& example_channels() {
  static const Channels channels = [] {
    const auto loaded = load_channels("channels.yaml", read_test_file("example/channels.yaml"));
    REQUIRE(render(loaded.findings) == "");
    return *loaded.value;
  }();
  return channels;
}

const std::string& example_text() {
  static const std::string text = read_test_file("example/journeys/broadband-onboarding.yaml");
  return text;
}

Loaded<std::shared_ptr<const Journey>> load(std::string_view text) {
  return load_journey("j.yaml", text, example_channels());
}

std::string findings_of(std::string_view text) { return render(load(text).findings); }

std::shared_ptr<const Journey> must_load(std::string_view text) {
  const auto loaded = load(text);
  REQUIRE(render(loaded.findings) == "");
  REQUIRE(loaded.value);
  return *loaded.value;
}

std::string forty_layers(std::uint64_t growth) {
  std::string text;
  const auto message = [&](std::string_view id, std::string_view name, std::string_view next) {
    text += fmt::format("  {}: {{channels: [email], send: {{template: {}, purpose: service}}, next: [{}]}}\n",
                        id, name, next);
  };
  std::uint64_t longer = 1;
  for (int layer = 0; layer < 39; ++layer, longer *= growth) {
    const std::string next = fmt::format(
        "{{to: a{0}, after: 1ms}}, {{to: a{0}, after: {1}ms}}, {{to: b{0}, after: 1ms}}, {{to: b{0}, after: "
        "{1}ms}}",
        layer + 1, longer + 1);
    message(fmt::format("a{}", layer), "nudge", next);
    message(fmt::format("b{}", layer), "nudge", next);
  }
  message("a39", "nudge", "{to: last, after: 1ms}");
  message("b39", "nudge", "");
  message("last", "welcome", "");
  return text;
}

}  // namespace lotse::test
