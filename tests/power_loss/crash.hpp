#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/power_loss/disk.hpp"
#include "tests/support/dice.hpp"

namespace lotse::test {

/// What may be on a disk after the power is lost at some call of a recording. The recording must outlive it.
///
/// What was synced is there. Of everything since a file's last sync anything may be there or not, whatever
/// the order in which it was written and whatever became of other files: a call whole, some of its sectors of
/// 512 bytes, the first or the last bytes of a sector. The same for a file's size: an extension may be there
/// without its content, as zeros or as what lay on the disk before, and content may be cut off. A name stands
/// for what it stood for at the last sync of names, or at any time since.
class Platter {
 public:
  void apply(const DiskCall& call);

  [[nodiscard]] DiskFiles nothing_unsynced() const;
  [[nodiscard]] DiskFiles everything() const;
  [[nodiscard]] DiskFiles anything(Dice& dice) const;

 private:
  struct File {
    std::string synced;
    std::vector<const DiskCall*> since;  ///< writes and truncations
  };
  struct Name {
    std::optional<std::uint32_t> synced;
    std::vector<std::optional<std::uint32_t>> since;
  };
  [[nodiscard]] static std::string torn(const File& file, Dice& dice);

  std::map<std::uint32_t, File> files_;
  std::map<std::string, Name> names_;
};

/// A state after the power was lost behind call `calls` of a recording, with the test's last note by then.
struct CrashState {
  std::size_t calls = 0;
  std::uint64_t note = 0;
  DiskFiles files{};
};

/// Crash states of a recording from its first note on, one after the other, each but once: about `wanted` of
/// those behind every call with nothing unsynced, everything, and so often anything.
class CrashStates {
 public:
  CrashStates(const std::vector<DiskCall>& recording, std::size_t wanted, std::uint64_t seed);
  [[nodiscard]] std::optional<CrashState> next();

 private:
  const std::vector<DiskCall>* recording_;
  std::size_t turns_;    ///< states behind each call
  unsigned one_in_ = 1;  ///< of which so few are given
  Dice dice_;
  Platter platter_;
  std::size_t calls_ = 0;
  std::size_t turn_ = 0;  ///< of the states behind the last call
  std::optional<std::uint64_t> note_;
  std::vector<std::uint64_t> given_;  ///< hashes of the states behind the last few calls
};

}  // namespace lotse::test
