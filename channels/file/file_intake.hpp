#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/file/event_file.hpp"
#include "engine/base/result.hpp"
#include "engine/runtime/engine.hpp"

namespace lotse::file {

/// What became of the records of one file or several.
struct IntakeSummary {
  std::uint64_t records = 0;
  std::uint64_t accepted = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t conflict = 0;
  std::uint64_t from_future = 0;
  std::uint64_t rejected = 0;

  /// All records that were rejected for one reason, with the first of them.
  struct Reason {
    std::string reason;
    std::uint64_t count = 0;
    struct Place {
      std::uint64_t line = 0;
      std::uint32_t column = 0;  ///< 0: the record as a whole
      std::string detail;
      friend bool operator==(const Place&, const Place&) = default;
    };
    std::vector<Place> first;  ///< at most `places_kept`
    friend bool operator==(const Reason&, const Reason&) = default;
  };
  static constexpr std::size_t places_kept = 5;
  std::vector<Reason> reasons;  ///< most frequent first, then by text

  void add(const IngestOutcome& outcome);
  void add(const RejectedRecord& record);
  /// Puts `reasons` in their order.
  void finish();

  friend bool operator==(const IntakeSummary&, const IntakeSummary&) = default;
};

struct IntakeCallbacks {
  /// Every rejected record as it stands in the file, in the file's order. An Error stops the intake.
  std::function<Result<void>(std::string_view record)> on_rejected;
  /// After each batch that is durable.
  std::function<void(const Progress&)> on_progress;
};

/// Reads a file to its end into the engine: a thread parses and prepares batches while this one stores them.
/// What was stored before an Error stays; reading the file again adds the rest.
[[nodiscard]] Result<IntakeSummary> take_in(EventFile& file, Engine& engine,
                                            const IntakeCallbacks& callbacks = {});

}  // namespace lotse::file
