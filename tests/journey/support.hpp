#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/journey/workspace.hpp"

namespace lotse::test {

/// The text of a file under tests/journey/; fails the test where it cannot be read.
[[nodiscard]] std::string read_test_file(std::string_view path);

/// Channels of tests/journey/example/channels.yaml.
[[nodiscard]] const Channels& example_channels();
/// SEMANTICS' journey, tests/journey/example/journeys/broadband-onboarding.yaml, as text.
[[nodiscard]] const std::string& example_text();

/// Loads `text` as `j.yaml` with the example's channels.
[[nodiscard]] Loaded<std::shared_ptr<const Journey>> load(std::string_view text);
/// All findings of `text`, rendered.
[[nodiscard]] std::string findings_of(std::string_view text);
/// The journey in `text`; fails the test, with its findings, where it has any.
[[nodiscard]] std::shared_ptr<const Journey> must_load(std::string_view text);

/// Forty layers of two messages, `a0` and `b0` to `a39` and `b39`. From each of a layer to each of the next
/// lead two delays: 1 ms, and longer by `growth` (1 or 2) to the power of the layer in ms. All send the
/// template `nudge`; `last` follows `a39` after 1 ms and sends `welcome`.
[[nodiscard]] std::string forty_layers(std::uint64_t growth);

}  // namespace lotse::test
