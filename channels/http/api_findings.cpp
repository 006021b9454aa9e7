#include "channels/http/api_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "channels/http/idempotency.hpp"
#include "channels/http/json_body.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/read_instant.hpp"
#include "engine/friction/finding_name.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/finding_states_text.hpp"
#include "engine/runtime/live_findings.hpp"
#include "engine/runtime/live_risk.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t body_bytes_max = 16 * 1024;
constexpr std::size_t member_bytes_max = 8 * 1024;
constexpr std::array<std::string_view, 3> members{"state", "note", "since"};

/// The finding that the path and `journey` name; the rest is to be filled in.
Result<FindingChange> finding_of(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey"}));
  const auto tracker = tracker_of(live);
  LOTSE_TRY(const std::size_t journey,
            find_journey(tracker->journeys(), parameter(request, "journey"), "this workspace"));
  const JourneyVersions& versions = tracker->journeys()[journey];
  LOTSE_TRY(const FindingName finding, read_finding_name(request.parameters.at("id"), versions));
  return FindingChange{.journey = versions.versions.front()->id, .finding = text_of(finding)};
}

Result<Response> history(Live& live, const Request& request) {
  LOTSE_TRY(const FindingChange asked, finding_of(live, request));
  LOTSE_TRY(std::vector<FindingChange> changes, finding_changes(live, asked.journey));
  std::erase_if(changes, [&](const FindingChange& change) { return change.finding != asked.finding; });
  return Response{.body = finding_history_json(asked.journey, asked.finding, changes)};
}

/// What the body asks for.
Result<FindingChange> wanted(Live& live, const Request& request) {
  LOTSE_TRY(FindingChange change, finding_of(live, request));
  LOTSE_TRY(const Value body, read_object(request, members));
  LOTSE_TRY(const std::string state, text_member(body, "state", member_bytes_max));
  if (state.empty()) return fail(ErrorCode::bad_input, "state: say which, such as \"seen\"");
  LOTSE_TRY(change.state, read_finding_state(state));
  LOTSE_TRY(const std::string note, text_member(body, "note", member_bytes_max));
  LOTSE_TRY(change.note, clean_note(note));
  LOTSE_TRY(const std::string since, text_member(body, "since", member_bytes_max));
  if (!since.empty()) {
    const Zone zone = Zone::find(live.workspace()->settings.zone).value_or(Zone::utc());
    LOTSE_TRY(change.since, read_instant(since, zone, live.now()));
  }
  if (request.who) change.by = request.who->name;
  return change;
}

/// Of two commands with one idempotency key it is the same.
std::string command_of(const std::string& by, const std::string& key) {
  const std::string whose = fmt::format("{}\n{}", by, key);
  return fmt::format("{:016x}{:016x}", fast_hash(whose, 1), fast_hash(whose, 2));
}

Response shown(const FindingChange& change) {
  JsonWriter json;
  write_change(json, change);
  return Response{.body = std::move(json).str()};
}

/// The command was carried out before: the same answer.
Response answer_again(const FindingChange& now, const FindingChange& before) {
  const bool same_since = now.since ? now.since == before.since : !before.since || before.since == before.at;
  const bool same = now.journey == before.journey && now.finding == before.finding &&
                    now.state == before.state && now.note == before.note && same_since;
  if (same) return shown(before);
  return problem(422, "Idempotency key was used before",
                 "the same Idempotency-Key came with another body; a new command needs a new key");
}

Result<Response> change_state(Live& live, UnderWay& under_way, const Request& request) {
  LOTSE_TRY(FindingChange change, wanted(live, request));
  LOTSE_TRY(const std::string key, idempotency_key(request.post));
  std::shared_ptr<void> held;
  if (!key.empty()) {
    change.command = command_of(change.by, key);
    held = under_way.enter(change.command);
    if (!held) return fail(ErrorCode::conflict, "a command with this Idempotency-Key is being carried out");
    LOTSE_TRY(const std::optional<FindingChange> before, finding_change_by(live, change.command));
    if (before) return answer_again(change, *before);
  }
  LOTSE_TRY(const FindingChange recorded, change_finding(live, std::move(change)));
  return shown(recorded);
}

}  // namespace

std::vector<Route> finding_routes(Live& live) {
  const auto under_way = std::make_shared<UnderWay>();
  Route change = get(
      "/v1/findings/{id}/state", "changeFindingState", Permission::judge_findings,
      [&live, under_way](const Request& request) { return change_state(live, *under_way, request); },
      Work::report);
  change.method = "POST";
  change.body_bytes_max = body_bytes_max;
  return {std::move(change), get("/v1/findings/{id}/states", "listFindingStates", Permission::read_reports,
                                 [&live](const Request& request) { return history(live, request); })};
}

}  // namespace lotse::http
