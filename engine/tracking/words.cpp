#include "engine/tracking/words.hpp"

#include <array>

namespace lotse {

std::string_view word(Status status) {
  static constexpr std::array<std::string_view, 4> words{"active", "achieved", "exited", "dropped"};
  return words.at(static_cast<std::size_t>(status));
}

std::string_view word(Cause cause) {
  static constexpr std::array<std::string_view, 7> words{"open",    "advanced", "hopped",  "went_back",
                                                         "dropped", "exited",   "achieved"};
  return words.at(static_cast<std::size_t>(cause));
}

std::string_view word(Entry entry) {
  static constexpr std::array<std::string_view, 8> words{"start",   "transition", "milestone", "went_back",
                                                         "skipped", "elsewhere",  "hop",       "returned"};
  return words.at(static_cast<std::size_t>(entry));
}

std::string_view word(Scale scale) {
  static constexpr std::array<std::string_view, 5> words{"nps", "csat5", "ces7", "stars", "sentiment"};
  return words.at(static_cast<std::size_t>(scale));
}

std::string_view word(TaskStatus status) {
  static constexpr std::array<std::string_view, 4> words{"none", "open", "done", "withdrawn"};
  return words.at(static_cast<std::size_t>(status));
}

std::string_view word(EffectStatus status) {
  static constexpr std::array<std::string_view, 5> words{"pending", "handed_out", "withdrawn", "stale",
                                                         "blocked"};
  return words.at(static_cast<std::size_t>(status));
}

std::string_view word(PromiseStatus status) {
  static constexpr std::array<std::string_view, 4> words{"open", "kept", "broken", "released"};
  return words.at(static_cast<std::size_t>(status));
}

std::string_view word(Trace::Kind kind) {
  static constexpr std::array<std::string_view, 23> words{
      "event",     "opened",      "moved",  "repeated",  "blocked",           "deviated", "ignored",
      "abandoned", "revived",     "exited", "ended",     "achieved",          "captured", "message",
      "task",      "timer",       "hold",   "condition", "expression_failed", "feedback", "promise",
      "withdrawn", "lost_context"};
  return words.at(static_cast<std::size_t>(kind));
}

std::string_view word(LostContext::What what) {
  static constexpr std::array<std::string_view, 2> words{"asked_again", "missing"};
  return words.at(static_cast<std::size_t>(what));
}

}  // namespace lotse
