// What a team has said of findings: a table of its own, which is added to; only notes are taken out.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/store/store.hpp"

namespace lotse {
namespace {

Result<FindingChange> change_in(sqlite::Statement& row) {
  const auto state = read_finding_state(row.bytes(3));
  if (!state) {
    return fail(ErrorCode::storage, fmt::format("change {} of a finding cannot be read: {}", row.integer(0),
                                                state.error().message));
  }
  FindingChange change{.number = static_cast<std::uint64_t>(row.integer(0)),
                       .journey = std::string(row.bytes(1)),
                       .finding = std::string(row.bytes(2)),
                       .state = *state,
                       .at = Instant(Duration(row.integer(4))),
                       .by = std::string(row.bytes(5)),
                       .note = std::string(row.bytes(6)),
                       .command = std::string(row.bytes(8)),
                       .said = std::string(row.bytes(9))};
  if (!row.is_null(7)) change.since = Instant(Duration(row.integer(7)));
  if (change.state == FindingState::mended && !change.since) {
    return fail(ErrorCode::storage,
                fmt::format("change {} of a finding cannot be read: mended, and since when is not there",
                            change.number));
  }
  return change;
}

Result<std::vector<FindingChange>> changes_in(sqlite::Statement& rows) {
  std::vector<FindingChange> changes;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return changes;
    LOTSE_TRY(FindingChange change, change_in(rows));
    changes.push_back(std::move(change));
  }
}

constexpr std::string_view select =
    "SELECT number, journey, finding, state, at, by_whom, note, since, command, said FROM finding_change "
    "WHERE";

}  // namespace

Result<std::vector<FindingChange>> Store::finding_changes(std::string_view journey,
                                                          std::string_view finding) {
  LOTSE_TRY(auto rows,
            connection_.prepare(fmt::format("{} journey = ?1 AND finding = ?2 ORDER BY number", select)));
  rows.bind(1, journey);
  rows.bind(2, finding);
  return changes_in(rows);
}

Result<std::vector<FindingChange>> Store::standing_findings(std::string_view journey,
                                                            std::optional<Instant> as_of) {
  LOTSE_TRY(auto rows, connection_.prepare(fmt::format(
                           "{} state <> 'open' AND number IN (SELECT max(number) FROM finding_change WHERE "
                           "journey = ?1 AND at <= ?2 GROUP BY finding) ORDER BY finding",
                           select)));
  rows.bind(1, journey);
  rows.bind(2, as_of.value_or(Instant::max()).time_since_epoch().count());
  return changes_in(rows);
}

Result<std::vector<std::string>> Store::judged_findings(std::string_view journey) {
  LOTSE_TRY(auto rows, connection_.prepare("SELECT DISTINCT finding FROM finding_change WHERE journey = ?1 "
                                           "ORDER BY finding"));
  rows.bind(1, journey);
  std::vector<std::string> findings;
  while (true) {
    LOTSE_TRY(const bool more, rows.step());
    if (!more) return findings;
    findings.emplace_back(rows.bytes(0));
  }
}

Result<std::optional<FindingChange>> Store::finding_change_by(std::string_view command) {
  LOTSE_TRY(auto rows, connection_.prepare(fmt::format("{} command = ?1", select)));
  rows.bind(1, command);
  LOTSE_TRY(std::vector<FindingChange> changes, changes_in(rows));
  return changes.empty() ? std::nullopt : std::optional(std::move(changes.front()));
}

Result<std::uint64_t> Store::add_finding_change(const FindingChange& change) {
  LOTSE_ASSERT(group_);
  LOTSE_ASSERT(change.since.has_value() == (change.state == FindingState::mended));
  LOTSE_TRY(auto insert,
            connection_.prepare("INSERT INTO finding_change (journey, finding, state, at, by_whom, note, "
                                "since, command, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  insert.bind(1, std::string_view(change.journey));
  insert.bind(2, std::string_view(change.finding));
  insert.bind(3, name(change.state));
  insert.bind(4, change.at.time_since_epoch().count());
  insert.bind(5, std::string_view(change.by));
  insert.bind(6, std::string_view(change.note));
  if (change.since) {
    insert.bind(7, change.since->time_since_epoch().count());
  } else {
    insert.bind_null(7);
  }
  if (change.command.empty()) {
    insert.bind_null(8);
  } else {
    insert.bind(8, std::string_view(change.command));
  }
  insert.bind(9, std::string_view(change.said));
  LOTSE_CHECK(insert.run());
  LOTSE_TRY(const auto number, connection_.integer("SELECT last_insert_rowid()"));
  LOTSE_ASSERT(number);
  return static_cast<std::uint64_t>(*number);
}

Result<bool> Store::blank_finding_note(std::string_view journey, std::string_view finding,
                                       std::uint64_t number) {
  LOTSE_ASSERT(group_);
  LOTSE_TRY(const auto changes, finding_changes(journey, finding));
  if (std::ranges::find(changes, number, &FindingChange::number) == changes.end()) return false;
  LOTSE_TRY(auto update,  // a hash of the note would tell who guesses it
            connection_.prepare("UPDATE finding_change SET note = '', said = '' WHERE number = ?1"));
  update.bind(1, static_cast<std::int64_t>(number));
  LOTSE_CHECK(update.run());
  return true;
}

}  // namespace lotse
