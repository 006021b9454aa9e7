#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace lotse {

/// What a team has decided about a finding of the friction report. docs/finding-states.md.
enum class FindingState : std::uint8_t {
  open,         ///< nobody has said anything, or it was opened again
  seen,         ///< somebody has looked at it
  in_progress,  ///< it is being mended
  mended,       ///< it is claimed to be mended, from some instant on
  accepted,     ///< it is known, and will not be changed
};
inline constexpr std::array all_finding_states = {FindingState::open, FindingState::seen,
                                                  FindingState::in_progress, FindingState::mended,
                                                  FindingState::accepted};

/// One change of a finding's state, as it is kept for good. It names no customer.
struct FindingChange {
  std::uint64_t number = 0;  ///< ascending in the order of recording; 0: not read from a store
  std::string journey;
  std::string finding;  ///< text_of(FindingName): the same in all versions of the journey
  FindingState state = FindingState::open;
  Instant at{};
  std::string by{};                ///< a token's name, or who says so on the command line
  std::string note{};              ///< as clean_note() gives it
  std::optional<Instant> since{};  ///< of mended only: from when on stays are to be better; not after `at`
  std::string command{};           ///< hash of the idempotency key that it came with; empty: none
  std::string said{};              ///< of one with a command: hash of the request, as it was said
  friend bool operator==(const FindingChange&, const FindingChange&) = default;
};

/// A finding has so many changes at most, so that nobody can block those of others.
inline constexpr std::size_t finding_changes_max = 1'000;
/// So many findings of parts by segments a journey has states of, at most: their values may be any text. All
/// other findings are as many as signals, touchpoints and channels make.
inline constexpr std::size_t segment_findings_max = 200;
inline constexpr std::size_t note_bytes_max = 2'000;
inline constexpr std::size_t finding_by_bytes_max = 200;

/// `in_progress`.
[[nodiscard]] std::string_view name(FindingState state);
/// bad_input for a word that is no state, with the nearest one.
[[nodiscard]] Result<FindingState> read_finding_state(std::string_view word);
/// C0, DEL or C1, the last as UTF-8 has them.
[[nodiscard]] bool has_control(std::string_view text);
/// The note in one line: ends of lines and tabs become spaces, those at its ends go. bad_input for other
/// control characters, for what is no UTF-8, and for more than note_bytes_max.
[[nodiscard]] Result<std::string> clean_note(std::string_view note);
/// What is asked for, as it is to be recorded at `now`: `at`, and of mended a `since` where none is said.
/// bad_input for a `since` after `now` or of another state, and for a `by` that is empty, too long or not
/// of printable characters.
[[nodiscard]] Result<FindingChange> complete(FindingChange change, Instant now);

}  // namespace lotse
