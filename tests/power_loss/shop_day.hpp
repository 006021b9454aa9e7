#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/power_loss/disk.hpp"
#include "tests/runtime/shop.hpp"

namespace lotse::test {

/// Batches of a shop's events as senders hand them in: with repeats, with other content under a known id, out
/// of order; and what a store must have come to when the first so many of them are in it.
class ShopDay {
 public:
  ShopDay(std::uint64_t seed, std::size_t batches, std::size_t batch_events_max);

  [[nodiscard]] const Workspace& workspace() const { return workspace_; }
  [[nodiscard]] const std::vector<std::vector<Event>>& batches() const { return batches_; }

  struct Expected {
    std::uint64_t events = 0;
    std::uint64_t conflicts = 0;
    std::vector<CustomerState> states{};
    friend bool operator==(const Expected&, const Expected&) = default;
  };
  /// After the first `batches`.
  [[nodiscard]] const Expected& after(std::size_t batches) const { return after_[batches]; }

 private:
  Workspace workspace_;
  std::vector<std::vector<Event>> batches_;
  std::vector<Expected> after_;
};

/// How far the day's batches have come by some call of a recording: a note on the disk.
struct Progress {
  std::uint32_t begun = 0;         ///< handed to the engine
  std::uint32_t acknowledged = 0;  ///< of these
  [[nodiscard]] std::uint64_t note() const { return std::uint64_t{begun} << 32U | acknowledged; }
  [[nodiscard]] static Progress of(std::uint64_t note) {
    return {.begun = static_cast<std::uint32_t>(note >> 32U),
            .acknowledged = static_cast<std::uint32_t>(note)};
  }
};

/// The store's file on a Disk.
inline constexpr const char* kStore = "s.lotse";

/// Opens the store with so small a write-ahead log that it is folded and begun anew many times in a day.
[[nodiscard]] Result<std::unique_ptr<Engine>> open_store(const ShopDay& day, const Disk& disk);

/// Gives the thread that folds the log the time to do so, which a busy machine may not.
void let_fold(const Disk& disk);

/// What is wrong with a store.
enum class Fault : std::uint8_t {
  none,
  lost,     ///< something acknowledged is not there
  half,     ///< a part of a batch is there, or what was never sent, or states that do not follow from the log
  damaged,  ///< cannot be opened, or read
};
struct Verdict {
  Fault fault = Fault::none;
  std::string what{};
};

/// Opens the store that `files` hold, twice, and looks whether it holds the day's first so many batches, no
/// fewer than were acknowledged and no more than were begun; all is then handed in again and must be there
/// once.
[[nodiscard]] Verdict judge(const ShopDay& day, const DiskFiles& files, Progress progress);

}  // namespace lotse::test
