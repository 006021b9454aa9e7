#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/workspace.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/tracking/event.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {

/// A journey per order with delays, a message, a task, feedback, an exit and abandonment; one per customer
/// beside it.
[[nodiscard]] std::string order_yaml(std::uint32_t version = 1, std::string_view abandon_after = "10d");
[[nodiscard]] std::string visit_yaml();
/// A task for who is at risk a day after ordering.
[[nodiscard]] std::string rescue_yaml();

/// A workspace of these journey texts. Asserts that they load.
[[nodiscard]] Workspace shop(const std::vector<std::string>& journeys = {order_yaml(), visit_yaml()});

/// Opens the store with a clock that stands at minute(1'000'000), unless the options have one.
[[nodiscard]] Result<std::unique_ptr<Engine>> open(const std::filesystem::path& file,
                                                   const Workspace& workspace = shop(),
                                                   EngineOptions options = {});

/// Minutes into the tests' time.
[[nodiscard]] Instant minute(std::int64_t minute);

/// An event of `user` in the shop.
[[nodiscard]] Event event(std::int64_t at, std::string id, std::string type, std::string user);

/// Histories of a few customers, of whom each text can be told from every other: every type that the shop's
/// journeys know, identities that meet and part, times that collide. All chance from one seed, so that a
/// failure can be run again.
[[nodiscard]] std::vector<Event> history(Dice& dice, std::size_t count);

/// What the engine must come to: identities and states from `events` as they were sent, by (source, id) the
/// first, by code that has neither log nor check-point. Ordered by the customer's name.
[[nodiscard]] std::vector<CustomerState> expected_states(const Workspace& workspace,
                                                         const std::vector<Event>& events, Instant as_of);

/// The engine's states, ordered as those.
[[nodiscard]] std::vector<CustomerState> states(Engine& engine, const Moment& moment = {},
                                                std::uint32_t partitions = 1);

}  // namespace lotse::test
