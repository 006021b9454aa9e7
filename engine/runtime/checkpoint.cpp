#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/runtime/customer_facts.hpp"
#include "engine/runtime/engine_rep.hpp"

namespace lotse {
namespace {

/// Customers written between two looks at the clock.
constexpr std::size_t kCustomersAtATime = 16;

}  // namespace

Result<void> Engine::checkpoint() {
  Rep& rep = *rep_;
  LOTSE_ASSERT(rep.options.access == Access::write);
  if (rep.broken) return tl::unexpected(*rep.broken);
  const auto write = [&rep]() -> Result<void> {
    constexpr auto for_ever = std::chrono::nanoseconds::max();
    if (rep.checkpoint) {  // one that goes up to here must be begun after it
      LOTSE_TRY([[maybe_unused]] const bool done, rep.continue_checkpoint(for_ever));
      LOTSE_CHECK(rep.commit());
    }
    if (rep.store->log().last() == rep.checkpointed && !rep.checkpoint_whole && !rep.erased_since_checkpoint)
      return {};
    LOTSE_TRY(const bool done, rep.continue_checkpoint(for_ever));
    LOTSE_ASSERT(done);
    return rep.commit();
  };
  auto written = write();
  if (!written) rep.broken = written.error();
  return written;
}

Result<void> Engine::Rep::commit() {
  if (!store->grouped()) return {};
  return store->commit();
}

Result<bool> Engine::Rep::continue_checkpoint(std::chrono::nanoseconds budget) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun = Clock::now();
  const auto used_up = [&] { return Clock::now() - begun >= budget; };
  if (!checkpoint) LOTSE_CHECK(begin_checkpoint());
  LOTSE_CHECK(store->begin());
  LOTSE_CHECK(projection.settle(store->log(), gate));
  CheckpointRun& run = *checkpoint;
  if (!run.cleared) {
    LOTSE_TRY(const auto before, store->text_value("image"));
    LOTSE_TRY(run.cleared, erase_other_images(before.value_or(""), used_up));
  }
  if (!run.cleared) return false;
  if (!run.valid) {
    LOTSE_TRY(run.valid, write_checkpoint(used_up));
  }
  if (!run.valid) return false;
  LOTSE_TRY(const bool done, erase_other_images(run.name, used_up));
  if (!done) return false;
  erased_since_checkpoint = false;
  checkpoint.reset();
  return true;
}

/// True: there are none any more.
template <class UsedUp>
Result<bool> Engine::Rep::erase_other_images(const std::string& name, const UsedUp& used_up) {
  while (true) {
    LOTSE_TRY(const bool more, store->erase_part_but({"identities" + name, "heads" + name}));
    if (!more) return true;
    if (used_up()) return false;
  }
}

/// True: with the next commit() it is valid.
template <class UsedUp>
Result<bool> Engine::Rep::write_checkpoint(const UsedUp& used_up) {
  CheckpointRun& run = *checkpoint;
  while (run.customers_written < run.customers.size()) {
    const std::size_t end = std::min(run.customers_written + kCustomersAtATime, run.customers.size());
    for (; run.customers_written < end; ++run.customers_written) {
      LOTSE_CHECK(checkpoint_customer(run.customers[run.customers_written]));
    }
    if (used_up()) return false;
  }
  const auto write_part = [&](std::string_view what, std::string_view bytes, std::size_t offset) {
    return store->set_part(fmt::format("{}{}", what, run.name), offset / Store::part_bytes,
                           bytes.substr(offset, Store::part_bytes));
  };
  const std::size_t identities = run.image.identities.size();
  const std::size_t whole = identities + run.image.heads.size();
  while (run.image_written < whole) {
    const bool first = run.image_written < identities;
    const std::string_view bytes = first ? run.image.identities : run.image.heads;
    const std::size_t offset = run.image_written - (first ? 0 : identities);
    LOTSE_CHECK(write_part(first ? "identities" : "heads", bytes, offset));
    run.image_written += std::min(Store::part_bytes, bytes.size() - offset);
    if (used_up()) return false;
  }
  const auto parts = [](const std::string& bytes) {
    return (bytes.size() + Store::part_bytes - 1) / Store::part_bytes;
  };
  LOTSE_CHECK(store->cut_parts("identities" + run.name, parts(run.image.identities)));
  LOTSE_CHECK(store->cut_parts("heads" + run.name, parts(run.image.heads)));
  LOTSE_CHECK(finish_checkpoint());
  return true;
}

Result<void> Engine::Rep::begin_checkpoint() {
  if (options.sliced_checkpoints) {  // timers fire by the clock
    LOTSE_CHECK(projection.settle(store->log(), gate));
  } else {
    LOTSE_CHECK(
        projection.settle_to(store->log(), gate, projection.last_event_time().value_or(Instant::min())));
    const Gate::Stay stay(gate);
    projection.advance_to_last_event();
  }
  LOTSE_CHECK(store->begin());
  LOTSE_TRY(const auto before, store->text_value("image"));
  CheckpointRun run{.position = store->log().last()};
  run.name = fmt::format("@{}", run.position.value());
  if (before && (checkpoint_whole || erased_since_checkpoint)) {
    run.name = *before;  // of no use any more, and so written over: half the bytes
  } else if (before == run.name) {
    run.name += '+';
  }
  if (checkpoint_whole) {  // until the new one is complete there is none; rows of nobody are deleted on the
                           // way
    LOTSE_CHECK(store->erase_value("position"));
    LOTSE_TRY(const std::uint32_t stored_end, store->customers_end());
    const std::uint32_t end = std::max(projection.states().end(), stored_end);
    for (std::uint32_t number = 0; number < end; ++number) run.customers.emplace_back(number);
  } else {
    projection.for_each_touched([&](CustomerNumber customer) { run.customers.push_back(customer); });
  }
  projection.clear_touched();
  run.image = projection.image();
  checkpoint = std::move(run);
  return {};
}

Result<void> Engine::Rep::checkpoint_customer(CustomerNumber customer) {
  const std::string_view state = projection.states().find(customer);
  if (state.empty()) return store->erase_customer(customer.value());
  const std::string facts = customer_facts(*tracker, projection.identities(), customer, decode(state));
  return store->put_customer({.number = customer.value(), .state = state, .facts = facts});
}

Result<void> Engine::Rep::finish_checkpoint() {
  LOTSE_CHECK(store->set_value("image", checkpoint->name));
  LOTSE_CHECK(store->set_value("last_time", checkpoint->image.last_time_ms));
  LOTSE_CHECK(store->set_value("from_future", checkpoint->image.from_future));
  LOTSE_CHECK(store->set_value("meaning", meaning));
  LOTSE_CHECK(store->set_value("position", std::int64_t{checkpoint->position.value()}));
  checkpointed = checkpoint->position;
  checkpoint_whole = false;
  return {};
}

Result<void> Engine::Rep::keep_check_point_under(const std::string& text) {
  if (checkpoint_whole) return {};
  return store->set_value("meaning", text);
}

}  // namespace lotse
