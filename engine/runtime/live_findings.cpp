#include "engine/runtime/live_findings.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/runtime/live_engine.hpp"

namespace lotse {
namespace {

/// There is one kind of Live.
LiveEngine& engine_of(Live& live) { return static_cast<LiveEngine&>(live); }

}  // namespace

Result<FindingChange> recordable(Store& store, FindingChange change, Instant now) {
  LOTSE_TRY(change, complete(std::move(change), now));
  LOTSE_TRY(const std::size_t count, store.finding_change_count(change.journey));
  if (count >= finding_changes_max) {
    return fail(ErrorCode::conflict, fmt::format("the findings of `{}` have been changed {} times, which is "
                                                 "the most that is kept",
                                                 change.journey, count));
  }
  if (change.command.empty()) return change;
  LOTSE_TRY(const std::optional<FindingChange> known, store.finding_change_by(change.command));
  if (known) return fail(ErrorCode::conflict, "this change has been recorded already");
  return change;
}

Result<FindingChange> change_finding(Live& live, FindingChange change) {
  return engine_of(live).change_finding(std::move(change));
}

Result<std::vector<FindingChange>> finding_changes(Live& live, std::string_view journey) {
  return engine_of(live).finding_changes(journey);
}

Result<std::optional<FindingChange>> finding_change_by(Live& live, std::string_view command) {
  return engine_of(live).finding_change_by(command);
}

Result<FindingChange> LiveEngine::change_finding(FindingChange change) {
  Result<FindingChange> written;
  LOTSE_CHECK(on_writer([&] { written = write_finding_change(std::move(change)); }));
  return written;
}

Result<FindingChange> LiveEngine::write_finding_change(FindingChange change) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  LOTSE_TRY(change, recordable(*rep_.store, std::move(change), now()));
  const auto write = [&]() -> Result<void> {
    LOTSE_CHECK(rep_.store->begin());
    LOTSE_CHECK(rep_.store->add_finding_change(change));
    return rep_.commit();
  };
  if (const auto done = write(); !done) {
    break_with(done.error());
    return tl::unexpected(done.error());
  }
  return change;
}

Result<std::vector<FindingChange>> LiveEngine::finding_changes(std::string_view journey) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->finding_changes(journey);
}

Result<std::optional<FindingChange>> LiveEngine::finding_change_by(std::string_view command) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->finding_change_by(command);
}

}  // namespace lotse
