#include "tests/end_to_end/orders.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/dice.hpp"

namespace lotse::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJourney = R"(
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: 10d
segments: {plan: customer.plan}
feedback:
  - {on: rated, scale: stars, score: event.score}
touchpoints:
  ordered: {channels: [web, store], start: true, on: ordered, next: [thanks, paid, {to: reminder, after: 2d}]}
  thanks: {channels: [email], send: {template: thanks, purpose: service}}
  reminder: {channels: [email], send: {template: reminder, purpose: service}}
  paid: {channels: [web, store], on: paid, promise: 3d, next: [used]}
  used: {channels: [app], on: used, goal: true}
)";
constexpr const char* kChannels = R"(
channels:
  web: {title: Web}
  app: {title: App}
  store: {title: Store, human: true}
  email: {title: E-mail, adapter: log, purposes: [service]}
)";

}  // namespace

void write_file(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void write_orders_workspace(const fs::path& workspace) {
  write_file(workspace / "lotse.yaml", "zone: UTC\n");
  write_file(workspace / "channels.yaml", kChannels);
  write_file(workspace / "journeys" / "order.yaml", kJourney);
}

std::vector<std::string> order_lines(std::size_t count) {
  Dice dice(11);
  std::vector<std::string> lines;
  const Instant start(std::chrono::hours(24 * 19'700));
  const char* const types[] = {"ordered", "paid", "used", "rated", "other"};
  const char* const channels[] = {"web", "app", "store"};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t user = dice(count / 8 + 1);
    const Instant time = start + std::chrono::minutes(i * 3 + dice(std::size_t{4'000}));
    const std::string other =
        dice.one_in(20) ? fmt::format(R"(,"anonymous_id":"a{}")", dice(count / 10 + 1)) : "";
    lines.push_back(fmt::format(
        R"({{"id":"e{}","source":"shop","type":"{}","time":"{}","channel":"{}","ids":{{"user_id":"u{}"{}}},)"
        R"("properties":{{"order":"o{}","score":{}}}}})",
        i, types[dice(5)], format_instant(time), channels[dice(3)], user, other, user, 1 + dice(5)));
    if (dice.one_in(50)) lines.push_back(lines[dice(lines.size())]);
  }
  return lines;
}

std::optional<StoreDump> dump(const fs::path& workspace, const fs::path& store, const Moment& moment) {
  const auto loaded = load_workspace(workspace);
  REQUIRE(loaded.value);
  EngineOptions options;
  options.access = Access::read;
  const auto opened = Engine::open(*loaded.value, store, options);
  if (!opened) return std::nullopt;
  StoreDump found{.counts = (*opened)->counts().value(), .states = {}};
  REQUIRE((*opened)->for_each_state(moment, 1, [&](std::uint32_t, const CustomerState& state) {
    REQUIRE(found.states.emplace(state.customer, encode(state)).second);
  }));
  return found;
}

}  // namespace lotse::test
