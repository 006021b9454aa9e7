#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/report/customer.hpp"

namespace lotse {

/// Why something is answered: a word that programs compare, and a sentence for people.
struct Reason {
  std::string_view word;
  std::string text;
};

/// Of what an answer speaks.
struct ActionSubject {
  std::string journey;         ///< id
  std::optional<Value> key{};  ///< of the instance; masked as in CustomerReport
  std::string touchpoint{};    ///< id; empty for a promise of the journey
  std::string title{};
};

/// Where the customer stands in one active instance.
struct Standing {
  ActionSubject subject;
  std::string stage{};  ///< empty: none
  Instant since{};
  std::string turn{};             ///< "the customer's"
  std::optional<double> value{};  ///< at stake; nothing: none, or hidden
};

/// A touchpoint that the customer can reach next by what happens there.
struct ExpectedTouchpoint {
  ActionSubject subject;
  std::string stage{};
  std::vector<std::string> on;          ///< event types
  std::vector<std::string> channels{};  ///< empty: any
  bool here = false;                    ///< in the channel that asks
  std::string when{};                   ///< conditions, as CEL; may be empty
  std::vector<Reason> reasons{};
};

/// What to do or to say, the first first.
struct NextAction {
  /// In the order in which they go first.
  enum class Kind : std::uint8_t {
    broken_promise,  ///< apologise, and say what is done about it
    task,            ///< take it, or say who will
    open_promise,    ///< say by when
    touchpoint,      ///< help the customer there: a moment of truth, or a goal, that can happen here
    message,         ///< what would be sent may be said instead
  };
  Kind kind{};
  ActionSubject subject;
  std::optional<Instant> by{};  ///< of promises and tasks: the deadline
  std::optional<double> value{};
  std::vector<Reason> reasons{};
};
/// `broken_promise`.
[[nodiscard]] std::string_view name_of(NextAction::Kind kind);

/// A value that a touchpoint to come, or an open task, asks the customer for, though it is known.
struct KnownField {
  std::string journey;
  std::optional<Value> key{};  ///< of the instance; masked as in CustomerReport
  std::string field;
  Value value{};                        ///< masked where it is sensitive and the report hides that
  std::vector<std::string> asked_at{};  ///< touchpoints' ids
};

/// A message that must not be given here.
struct AvoidedMessage {
  ActionSubject subject;
  std::string purpose;
  std::vector<Reason> reasons{};  ///< the words are those of Refusal
};

/// What a channel that is in contact with a customer ought to know. docs/policy.md.
struct NextBestActions {
  std::vector<Standing> standing;
  std::vector<ExpectedTouchpoint> expected;  ///< those that can happen here first
  std::vector<NextAction> actions;  ///< by kind, then the higher value, then the earlier `by`, then by place
  std::vector<KnownField> known;
  std::vector<AvoidedMessage> avoid;
};

/// As of `report.as_of`; its trace is not looked at. Pure. A field with `fresh_for` counts as known only in
/// instances that are younger than that: when it was told is not kept.
[[nodiscard]] NextBestActions next_best_actions(const CustomerReport& report, const Workspace& workspace,
                                                std::string_view channel);

/// One JSON object; docs/policy.md has its shape. At most `limit` actions.
[[nodiscard]] std::string next_best_actions_json(const CustomerReport& report, const Workspace& workspace,
                                                 std::string_view channel, std::size_t limit);

}  // namespace lotse
