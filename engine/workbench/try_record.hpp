#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/workbench/try_change.hpp"

namespace lotse::trial {

/// One step of a session as a test tells it: what happened, and what it changed for whom.
struct RecordedStep {
  Instant at{};                   ///< of the clock afterwards
  std::optional<Event> event;     ///< nothing: time passed
  std::string customer{};         ///< whose event
  std::vector<Change> changes{};  ///< of the customers whom the step concerned
};

/// A customer of a session who falls into chosen arms.
struct RecordedCustomer {
  std::string name;
  std::vector<std::pair<std::string, std::string>> arms;  ///< split → arm
};

struct Recording {
  std::string name;
  std::string journey;  ///< id
  std::string zone;     ///< whose wall clock the times are read on
  std::vector<RecordedCustomer> customers;
  std::vector<RecordedStep> steps;
  std::vector<Change> finally;  ///< of each customer who had events, from nothing to the end
};

/// The text of a test file with the recording as its last test: `text` (empty: a new file) with a test added
/// and nothing else changed. An Error where that is no test file of `workspace`, its `tests` is no block
/// list, or the test would not pass as it is.
[[nodiscard]] Result<std::string> with_recording(const std::string& file, const std::string& text,
                                                 const Recording& recording, const Workspace& workspace);

}  // namespace lotse::trial
