#include "channels/http/api_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "channels/http/idempotency.hpp"
#include "channels/http/json_body.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/read_instant.hpp"
#include "engine/friction/finding_name.hpp"
#include "engine/journey/find_journey.hpp"
#include "engine/report/finding_states_text.hpp"
#include "engine/report/sensitive.hpp"
#include "engine/runtime/live_findings.hpp"
#include "engine/runtime/live_risk.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t body_bytes_max = 16 * 1024;
constexpr std::size_t member_bytes_max = 8 * 1024;
constexpr std::array<std::string_view, 3> members{"state", "note", "since"};

/// The finding that the path, `journey` and `by` name; the rest is to be filled in.
struct Named {
  FindingChange change;
  bool hidden = false;  ///< from the asker: its name tells a sensitive field
};

Result<Named> finding_of(Live& live, const Request& request) {
  const auto tracker = tracker_of(live);
  LOTSE_TRY(const std::size_t journey,
            find_journey(tracker->journeys(), parameter(request, "journey"), "this workspace"));
  const JourneyVersions& versions = tracker->journeys()[journey];
  LOTSE_TRY(const FindingName finding,
            read_finding_name(request.parameters.at("id"), parameter(request, "by"), versions));
  Named named{.change = {.journey = versions.versions.front()->id, .finding = text_of(finding)}};
  const bool sees_all = request.who && request.who->sensitive;
  named.hidden = !sees_all && tells_sensitive(named.change.finding, versions);
  return named;
}

/// The same whether anything was said of it or not.
Response not_shown() {
  return problem(403, "Forbidden",
                 "what the finding is cut by reads a sensitive field, which this token does not show");
}

Result<Response> history(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "by"}));
  LOTSE_TRY(const Named asked, finding_of(live, request));
  if (asked.hidden) return not_shown();
  const auto& [journey, finding] = std::tie(asked.change.journey, asked.change.finding);
  LOTSE_TRY(const auto changes, finding_changes(live, journey, finding));
  return Response{.body = finding_history_json(journey, finding, changes)};
}

/// Of two texts that are one it is the same.
std::string hash_of(const std::string& text) {
  return fmt::format("{:016x}{:016x}", fast_hash(text, 1), fast_hash(text, 2));
}

/// What the body asks for. `said` is of its words, not of what they mean now: "-7d" means another time when
/// the request is sent again.
Result<FindingChange> wanted(Live& live, const Request& request, FindingChange change) {
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
  change.said =
      hash_of(fmt::format("{}\n{}\n{}\n{}\n{}", change.journey, change.finding, state, since, change.note));
  return change;
}

Response shown(const FindingChange& change) {
  JsonWriter json;
  write_change(json, change);
  return Response{.body = std::move(json).str()};
}

/// The command was carried out before: the same answer.
Response answer_again(const FindingChange& now, const FindingChange& before) {
  if (now.said == before.said) return shown(before);
  return problem(422, "Idempotency key was used before",
                 "the same Idempotency-Key came with another body; a new command needs a new key");
}

Result<Response> change_state(Live& live, UnderWay& under_way, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "by"}));
  LOTSE_TRY(Named named, finding_of(live, request));
  if (named.hidden) return not_shown();
  LOTSE_TRY(FindingChange change, wanted(live, request, std::move(named.change)));
  LOTSE_TRY(const std::string key, idempotency_key(request.post));
  std::shared_ptr<void> held;
  if (!key.empty()) {
    change.command = hash_of(fmt::format("{}\n{}", change.by, key));
    held = under_way.enter(change.command);
    if (!held) return fail(ErrorCode::conflict, "a command with this Idempotency-Key is being carried out");
    LOTSE_TRY(const std::optional<FindingChange> before, finding_change_by(live, change.command));
    if (before) return answer_again(change, *before);
  }
  LOTSE_TRY(const FindingChange recorded, change_finding(live, std::move(change)));
  return shown(recorded);
}

/// The note of one change goes; what was decided, when and by whom stays.
Result<Response> redact(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"journey", "by", "number"}));
  LOTSE_TRY(const Named asked, finding_of(live, request));
  if (asked.hidden) return not_shown();
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  LOTSE_TRY(const std::uint64_t number, number_parameter(request, "number", 0, 1, most));
  if (number == 0)
    return fail(ErrorCode::bad_input, "`number` is missing: of which change, as the history has it");
  const auto& [journey, finding] = std::tie(asked.change.journey, asked.change.finding);
  LOTSE_CHECK(redact_finding(live, journey, finding, number));
  LOTSE_TRY(const auto changes, finding_changes(live, journey, finding));
  return Response{.body = finding_history_json(journey, finding, changes)};
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
  Route redaction = get(
      "/v1/findings/{id}/note", "redactFindingNote", Permission::administer,
      [&live](const Request& request) { return redact(live, request); }, Work::report);
  redaction.method = "DELETE";
  return {std::move(change), std::move(redaction),
          get("/v1/findings/{id}/states", "listFindingStates", Permission::read_reports,
              [&live](const Request& request) { return history(live, request); })};
}

}  // namespace lotse::http
