#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// An instance's move from one stay to the next.
struct Change {
  Instant at{};
  std::string journey{};
  std::uint32_t version = 0;
  std::string customer{};  ///< name; personal
  std::uint32_t instance = 0;
  std::optional<std::string>
      from{};  ///< touchpoint that was left; nothing: the instance was opened, or revived
  std::optional<std::string> to{};  ///< touchpoint that was reached; nothing: the instance ended
  std::string
      cause{};  ///< of leaving: advanced, hopped, went_back, dropped, exited, achieved; else opened, revived
  std::string channel{};  ///< by which it was reached; may be empty
  friend bool operator==(const Change&, const Change&) = default;
};

/// Finds the moves of customers by comparing their states before and after a step.
class Moves {
 public:
  void before(const CustomerState& state);
  void after(const Tracker& tracker, const CustomerState& state);
  [[nodiscard]] std::vector<Change> take() { return std::exchange(changes_, {}); }

 private:
  struct Mark {
    std::size_t stays = 0;
    bool open = false;         ///< the last stay
    bool left_behind = false;  ///< a newer version took it over
  };
  std::vector<std::vector<Mark>> marks_;  ///< by journey, by instance
  std::vector<Change> changes_;
};

}  // namespace lotse
