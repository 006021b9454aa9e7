#include "engine/runtime/live_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "engine/friction/finding_name.hpp"
#include "engine/runtime/live_engine.hpp"

namespace lotse {
namespace {

/// There is one kind of Live.
LiveEngine& engine_of(Live& live) { return static_cast<LiveEngine&>(live); }

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::conflict, std::move(message)); }

Result<void> no_such_change(std::string_view finding, std::uint64_t number) {
  return fail(ErrorCode::not_found, fmt::format("`{}` has no change of number {}", finding, number));
}

/// `change` as it was asked for: of a claim without a `since` what stands holds.
bool changes_nothing(const FindingChange& change, const std::vector<FindingChange>& before) {
  const FindingChange open;
  const FindingChange& last = before.empty() ? open : before.back();
  return change.state == last.state && change.note == last.note &&
         (!change.since || change.since == last.since);
}

bool is_of_segment(std::string_view finding) {
  const std::optional<FindingName> name = parse_finding_name(finding);
  return name && name->part && name->part->by_segment();
}

Result<void> check_room(Store& store, const FindingChange& change) {
  if (!is_of_segment(change.finding)) return {};
  LOTSE_TRY(const auto judged, store.judged_findings(change.journey));
  if (std::ranges::count_if(judged, is_of_segment) < static_cast<std::ptrdiff_t>(segment_findings_max))
    return {};
  return refuse(
      fmt::format("{} findings of parts by segments of `{}` have states, which is the most that "
                  "may",
                  segment_findings_max, change.journey));
}

}  // namespace

Result<FindingChange> recordable(Store& store, FindingChange change, Instant now) {
  if (!change.command.empty()) {
    LOTSE_TRY(const std::optional<FindingChange> known, store.finding_change_by(change.command));
    if (known) return refuse("this change has been recorded already");
  }
  LOTSE_TRY(const FindingChange completed, complete(change, now));
  LOTSE_TRY(const auto before, store.finding_changes(change.journey, change.finding));
  if (before.size() >= finding_changes_max) {
    return refuse(fmt::format("`{}` of `{}` has been changed {} times, which is the most that is kept",
                              change.finding, change.journey, before.size()));
  }
  if (changes_nothing(change, before)) {
    return refuse(fmt::format("`{}` is {} already, with this note: say another state or note", change.finding,
                              name(change.state)));
  }
  if (before.empty()) LOTSE_CHECK(check_room(store, change));
  return completed;
}

Result<FindingChange> change_finding(Live& live, FindingChange change) {
  return engine_of(live).change_finding(std::move(change));
}

Result<std::vector<FindingChange>> finding_changes(Live& live, std::string_view journey,
                                                   std::string_view finding) {
  return engine_of(live).finding_changes(journey, finding);
}

Result<std::vector<FindingChange>> standing_findings(Live& live, std::string_view journey,
                                                     std::optional<Instant> as_of) {
  return engine_of(live).standing_findings(journey, as_of);
}

Result<std::optional<FindingChange>> finding_change_by(Live& live, std::string_view command) {
  return engine_of(live).finding_change_by(command);
}

Result<void> redact_finding(Live& live, std::string_view journey, std::string_view finding,
                            std::uint64_t number) {
  return engine_of(live).redact_finding(journey, finding, number);
}

Result<void> redact_finding(Store& store, std::string_view journey, std::string_view finding,
                            std::uint64_t number) {
  LOTSE_CHECK(store.begin());
  LOTSE_TRY(const bool known, store.blank_finding_note(journey, finding, number));
  LOTSE_CHECK(store.commit());
  return known ? Result<void>() : no_such_change(finding, number);
}

Result<void> LiveEngine::redact_finding(std::string_view journey, std::string_view finding,
                                        std::uint64_t number) {
  Result<void> done;
  LOTSE_CHECK(on_writer([&] {
    if (rep_.broken) {
      done = tl::unexpected(*rep_.broken);
      return;
    }
    done = write_redaction(journey, finding, number);
    if (!done && done.error().code != ErrorCode::not_found) break_with(done.error());
  }));
  return done;
}

Result<void> LiveEngine::write_redaction(std::string_view journey, std::string_view finding,
                                         std::uint64_t number) {
  LOTSE_CHECK(rep_.store->begin());
  LOTSE_TRY(const bool known, rep_.store->blank_finding_note(journey, finding, number));
  LOTSE_CHECK(rep_.commit());
  return known ? Result<void>() : no_such_change(finding, number);
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
    LOTSE_TRY(change.number, rep_.store->add_finding_change(change));
    return rep_.commit();
  };
  if (const auto done = write(); !done) {
    break_with(done.error());
    return tl::unexpected(done.error());
  }
  return change;
}

Result<std::vector<FindingChange>> LiveEngine::finding_changes(std::string_view journey,
                                                               std::string_view finding) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->finding_changes(journey, finding);
}

Result<std::vector<FindingChange>> LiveEngine::standing_findings(std::string_view journey,
                                                                 std::optional<Instant> as_of) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->standing_findings(journey, as_of);
}

Result<std::optional<FindingChange>> LiveEngine::finding_change_by(std::string_view command) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
  return reader->finding_change_by(command);
}

}  // namespace lotse
