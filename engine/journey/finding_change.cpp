#include "engine/journey/finding_change.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/expression/text.hpp"

namespace lotse {
namespace {

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }

}  // namespace

std::string_view name(FindingState state) {
  switch (state) {
    case FindingState::open:
      return "open";
    case FindingState::seen:
      return "seen";
    case FindingState::in_progress:
      return "in_progress";
    case FindingState::mended:
      return "mended";
    case FindingState::accepted:
      return "accepted";
  }
  LOTSE_ASSERT(false);
}

Result<FindingState> read_finding_state(std::string_view word) {
  std::vector<std::string_view> names;
  for (const FindingState state : all_finding_states) {
    if (word == name(state)) return state;
    names.push_back(name(state));
  }
  const std::string_view meant = nearest(word, names);
  return refuse(fmt::format("`{}` is no state of a finding; there are: {}{}", word, fmt::join(names, ", "),
                            meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

bool has_control(std::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (before == 0xC2 && byte < 0xA0)) return true;
    before = byte;
  }
  return false;
}

Result<std::string> clean_note(std::string_view note) {
  std::string line(note);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
  line.resize(line.find_last_not_of(' ') + 1);  // npos + 1: nothing but spaces
  if (cel::invalid_utf8(line)) return refuse("note: it is no UTF-8");
  if (has_control(line)) return refuse("note: control characters are not taken, plain text is");
  if (line.size() > note_bytes_max)
    return refuse(fmt::format("note: it has {} bytes, {} is the most", line.size(), note_bytes_max));
  return line;
}

Result<FindingChange> complete(FindingChange change, Instant now) {
  if (change.by.empty() || change.by.size() > finding_by_bytes_max || cel::invalid_utf8(change.by) ||
      has_control(change.by)) {
    return refuse(
        fmt::format("by: 1 to {} bytes of plain text were expected: who says so", finding_by_bytes_max));
  }
  if (change.since && change.state != FindingState::mended) {
    return refuse(
        fmt::format("since: only `mended` has one, from when on it is to be better; the state is `{}`",
                    name(change.state)));
  }
  if (change.since && *change.since > now) {
    return refuse(fmt::format(
        "since: {} lies ahead; say `mended` when it is, or leave `since` out: now ({}) is then taken",
        format_instant(*change.since), format_instant(now)));
  }
  change.at = now;
  if (change.state == FindingState::mended && !change.since) change.since = now;
  return change;
}

}  // namespace lotse
