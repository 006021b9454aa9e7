#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/friction/incidents.hpp"

namespace lotse {

/// An incident as it was last told. What comes late may move or undo what is derived: the record stays, under
/// the id that its owner has heard.
struct IncidentRecord {
  std::string id;
  std::string kind;
  std::string journey;
  std::string touchpoint;
  Instant opened{};
  std::optional<Instant> closed{};
  bool disproved = false;     ///< closed because it is not derived any more
  std::uint32_t changes = 0;  ///< told of
  Value incident{Map{}};      ///< as in the incident report
};

/// What its owner is to hear.
struct IncidentNews {
  enum class What : std::uint8_t { opened, updated, closed };
  What what = What::opened;
  std::string id;
  std::string journey;
  std::string touchpoint;
  std::string title;
  std::string sentence;
  std::uint32_t changes = 0;
};

/// All incidents that were ever told, and what is new in those that are derived now. A value: nothing in it
/// is durable until text() is stored.
class IncidentLedger {
 public:
  IncidentLedger() = default;
  /// What text() wrote; empty: nothing on record. Errors: storage.
  [[nodiscard]] static Result<IncidentLedger> read(std::string text);

  /// Takes over what is derived now, of all journeys, and tells what is new in it: an incident once when it
  /// is first seen open, once for each further change, once when it has closed. One that had closed before it
  /// was seen is put on record without a word. One that is on record as open and not derived any more has
  /// been disproved by what came late, and closes at `now`; derived again, it is opened once more.
  [[nodiscard]] std::vector<IncidentNews> take(const std::vector<Incident>& derived, Instant now);

  /// JSON, as it is stored.
  [[nodiscard]] std::string text() const;
  /// Open first, then the latest opened.
  [[nodiscard]] std::vector<IncidentRecord> records() const;

 private:
  [[nodiscard]] IncidentRecord* find(const Incident& incident, const std::vector<Incident>& derived,
                                     const std::vector<std::string>& taken);

  std::vector<IncidentRecord> records_;  ///< in the order of being put on record
};

/// `opened`, `updated`, `closed`.
[[nodiscard]] std::string_view name(IncidentNews::What what);
/// The record as a member of an API's answer.
[[nodiscard]] Value value_of(const IncidentRecord& record);

}  // namespace lotse
