#include "engine/friction/finding_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/expression/text.hpp"
#include "engine/friction/tally.hpp"
#include "engine/journey/finding_change.hpp"

namespace lotse {
namespace {

constexpr std::size_t part_bytes_max = 200;

/// A finding's id at its colons; a part may have some of its own.
struct Pieces {
  std::string_view signal;
  std::string_view touchpoint;
  std::optional<std::string_view> part;
};

std::optional<Pieces> cut(std::string_view id) {
  const std::size_t first = id.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  Pieces pieces{.signal = id.substr(0, first), .touchpoint = id.substr(first + 1), .part = {}};
  const std::size_t second = pieces.touchpoint.find(':');
  if (second != std::string_view::npos) {
    pieces.part = pieces.touchpoint.substr(second + 1);
    pieces.touchpoint = pieces.touchpoint.substr(0, second);
  }
  pieces.touchpoint = pieces.touchpoint.substr(0, pieces.touchpoint.find(" (v"));  // of `order (v1-2)`
  return pieces;
}

std::optional<Signal> find_signal(std::string_view word) {
  const auto found = std::ranges::find_if(all_signals, [&](Signal one) { return name(one) == word; });
  return found == all_signals.end() ? std::nullopt : std::optional(*found);
}

std::string hint(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? std::string() : fmt::format("; did you mean `{}`?", meant);
}

Error no_such_signal(std::string_view word) {
  std::vector<std::string_view> known;
  for (const Signal signal : all_signals) known.push_back(name(signal));
  return {.code = ErrorCode::bad_input,
          .message = fmt::format("`{}` is no signal; there are: {}{}", word, fmt::join(known, ", "),
                                 hint(word, known))};
}

/// Messages and tasks are nowhere that customers stay, and have no findings.
bool has_stays(const Touchpoint& touchpoint) {
  return touchpoint.kind == TouchpointKind::inbound || touchpoint.kind == TouchpointKind::milestone;
}

Result<void> check_touchpoint(std::string_view id, const JourneyVersions& versions) {
  std::set<std::string_view> ids;
  bool passed_by = false;
  for (const auto& journey : versions.versions) {
    for (const Touchpoint& touchpoint : journey->touchpoints) {
      if (has_stays(touchpoint)) ids.insert(touchpoint.id);
      passed_by |= touchpoint.id == id && !has_stays(touchpoint);
    }
  }
  if (ids.contains(id)) return {};
  if (passed_by) {
    return fail(ErrorCode::not_found,
                fmt::format("`{}` is a message or a task: findings are about where customers stay", id));
  }
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  return fail(ErrorCode::not_found, fmt::format("`{}` has no touchpoint `{}`{}", versions.versions.back()->id,
                                                id, hint(id, known)));
}

/// `channel=web`; nothing where no cut is said.
std::optional<FindingPart> part_in(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos) return std::nullopt;
  return FindingPart{.cut = std::string(text.substr(0, sign)), .value = std::string(text.substr(sign + 1))};
}

Result<void> known_word(std::string_view word, std::string_view what, const std::set<std::string_view>& all,
                        const JourneyVersions& versions) {
  if (all.contains(word)) return {};
  const std::vector<std::string_view> known(all.begin(), all.end());
  return fail(ErrorCode::not_found,
              fmt::format("`{}` has no {} `{}`; there are: {}{}", versions.versions.back()->id, what, word,
                          fmt::join(known, ", "), hint(word, known)));
}

Result<void> check_cut(std::string_view cut, const JourneyVersions& versions) {
  std::set<std::string_view> cuts{"channel", "promise"};
  for (const auto& journey : versions.versions) {
    for (const Segment& segment : journey->segments) cuts.insert(segment.name);
  }
  return known_word(cut, "cut", cuts, versions);
}

Result<void> check_value(const FindingPart& part, const JourneyVersions& versions) {
  if (part.value.empty() || part.value.size() > part_bytes_max || cel::invalid_utf8(part.value) ||
      has_control(part.value)) {
    return fail(ErrorCode::bad_input, fmt::format("a part is 1 to {} bytes of plain text, such as `web` of "
                                                  "drop_off:appointment:channel=web",
                                                  part_bytes_max));
  }
  if (part.value == "(other)")
    return fail(ErrorCode::bad_input, "`(other)` is many values counted together: judge one of them");
  if (part.by_segment()) return {};
  std::set<std::string_view> values{promise_state::kept, promise_state::broken, promise_state::not_due};
  if (part.cut == "channel") {
    values = {"(none)"};
    for (const auto& journey : versions.versions)
      values.insert(journey->channels.begin(), journey->channels.end());
  }
  return known_word(part.value, part.cut, values, versions);
}

Result<FindingPart> read_part(std::string_view id, std::string_view text, std::string_view by,
                              const JourneyVersions& versions) {
  const std::optional<FindingPart> part =
      by.empty() ? part_in(text) : FindingPart{.cut = std::string(by), .value = std::string(text)};
  if (!part) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is of a part, and it is not said by what the report is cut: `by` is "
                            "missing; by channel it would be channel={}",
                            id, text));
  }
  LOTSE_CHECK(check_cut(part->cut, versions));
  LOTSE_CHECK(check_value(*part, versions));
  return *part;
}

}  // namespace

std::string text_of(const FindingName& finding) {
  const std::string part =
      finding.part ? fmt::format(":{}={}", finding.part->cut, finding.part->value) : std::string();
  return fmt::format("{}:{}{}", name(finding.signal), finding.touchpoint, part);
}

FindingName name_of(const FrictionReport& report, const Finding& finding) {
  const FrictionRow& row = row_of(report, finding);
  FindingName named{.signal = finding.signal,
                    .touchpoint = finding.scope == Scope::overall ? std::string() : row.touchpoint};
  if (row.part) named.part = FindingPart{.cut = report.by, .value = *row.part};
  return named;
}

std::optional<FindingName> parse_finding_name(std::string_view text) {
  const std::optional<Pieces> pieces = cut(text);
  const std::optional<Signal> signal = pieces ? find_signal(pieces->signal) : std::nullopt;
  if (!signal) return std::nullopt;
  FindingName found{.signal = *signal, .touchpoint = std::string(pieces->touchpoint)};
  if (!pieces->part) return found;
  found.part = part_in(*pieces->part);
  return found.part ? std::optional(std::move(found)) : std::nullopt;
}

Result<FindingName> read_finding_name(std::string_view id, std::string_view by,
                                      const JourneyVersions& versions) {
  const std::optional<Pieces> pieces = cut(id);
  if (!pieces) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is no finding's id; SIGNAL:TOUCHPOINT was expected, as the friction report "
                            "has it: drop_off:appointment",
                            id));
  }
  const std::optional<Signal> signal = find_signal(pieces->signal);
  if (!signal) return tl::unexpected(no_such_signal(pieces->signal));
  const bool all_touchpoints = pieces->touchpoint.empty();
  if (all_touchpoints && (!pieces->part || signal != Signal::negative_feedback)) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` names no touchpoint; without one there is only negative_feedback::PART, of "
                            "all touchpoints together",
                            id));
  }
  if (!all_touchpoints) LOTSE_CHECK(check_touchpoint(pieces->touchpoint, versions));
  FindingName found{.signal = *signal, .touchpoint = std::string(pieces->touchpoint)};
  if (pieces->part) {
    LOTSE_TRY(found.part, read_part(id, *pieces->part, by, versions));
  }
  return found;
}

}  // namespace lotse
