#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/identity/index_table.hpp"
#include "engine/identity/string_arena.hpp"
#include "engine/tracking/event.hpp"
#include "engine/workbench/seen_once.hpp"

namespace lotse {

/// Whether events of this type are Lotse's own (identify, message_sent …), which are no step of a customer.
[[nodiscard]] bool is_own_type(std::string_view type);

/// What discovery needs of an event log: who did what, when and where. Takes events in any order; 24 bytes,
/// the id and what SeenOnce needs are kept of each.
class CaseLog {
 public:
  struct Entry {
    std::string_view who;  ///< names the case
    const Event* event;
  };
  /// Names and ids have at most StringArena::length_max bytes. An event whose source and id were there before
  /// is left out, as it is of the store. Events of Lotse's own types are counted and left out. Many at once
  /// are quicker.
  void add(std::span<const Entry> entries);

  struct Record {
    std::uint32_t who = 0;   ///< the case, for case_name()
    std::uint32_t kind = 0;  ///< into kinds()
    Instant time{};
  };
  /// What events say again and again.
  struct Kind {
    std::uint32_t type = 0;     ///< into types()
    std::uint32_t channel = 0;  ///< into channels()
    std::uint32_t source = 0;
  };
  /// Case by case in the order of their first events in the log; within a case as the tracker orders events:
  /// time, id bytewise, source. Empties the log of its events; sorts with so many threads, whose number
  /// changes nothing.
  [[nodiscard]] std::vector<Record> take_sorted(unsigned threads = 1);

  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }
  [[nodiscard]] const std::vector<std::string>& types() const { return types_.names; }
  [[nodiscard]] const std::vector<std::string>& channels() const { return channels_.names; }
  [[nodiscard]] std::string case_name(std::uint32_t who) const;
  [[nodiscard]] std::size_t cases() const { return cases_.size(); }
  [[nodiscard]] std::uint64_t own_events() const { return own_events_; }  ///< of Lotse's own types

 private:
  struct Names {
    std::vector<std::string> names;
    IndexTable index;
    std::uint32_t of(std::string_view name);
  };
  struct Kept {
    Instant time;
    std::uint32_t who;
    std::uint32_t kind;
    StringArena::Ref id;
  };
  static constexpr std::size_t block_size = std::size_t{1} << 16U;

  [[nodiscard]] std::optional<std::uint32_t> find_case(std::string_view who, std::uint64_t hash) const;
  [[nodiscard]] std::uint32_t case_of(std::string_view who, std::uint64_t hash);
  void keep(std::uint32_t who, std::uint32_t kind, const Event& event);
  [[nodiscard]] std::uint32_t kind_of(const Event& event);
  /// Groups by case; gives where the events of each begin, and behind the last.
  [[nodiscard]] std::vector<std::size_t> group(Kept* to);
  [[nodiscard]] bool before(const Kept& a, const Kept& b) const;

  std::vector<std::unique_ptr<Kept[]>> blocks_;  ///< so that growing moves nothing
  std::size_t size_ = 0;
  StringArena texts_;                    ///< of ids and of names of cases
  std::vector<StringArena::Ref> cases_;  ///< their names
  IndexTable case_index_;
  SeenOnce seen_;
  std::vector<SeenOnce::Fingerprint> fingerprints_;  ///< memory for add()
  std::vector<bool> first_;                          ///< the entries that are being added: no duplicates
  std::vector<std::uint64_t> hashes_;                ///< their cases' names'
  std::vector<std::optional<std::uint32_t>> known_;  ///< their cases
  std::vector<Kind> kinds_;
  std::vector<bool> own_;  ///< by kind: one of Lotse's own types
  IndexTable kind_index_;
  Names types_, channels_, sources_;
  std::uint64_t own_events_ = 0;
};

}  // namespace lotse
