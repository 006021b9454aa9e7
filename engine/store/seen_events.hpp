#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/store/event_log.hpp"

namespace lotse {

/// Which events are stored, by the fingerprint of (source, id): about 8 bytes an event.
///
/// Holds 40 of a fingerprint's 64 bits: 16 choose one of 65,536 sorted arrays, 24 are kept there beside the
/// number. So candidates() may name an event of another key (one look-up in a million at 20 M events); the
/// caller compares texts. It never leaves one out, so that dedupe is exact.
class SeenEvents {
 public:
  SeenEvents();

  /// Appends the numbers of all events that may have this fingerprint to `out`, ascending.
  void candidates(std::uint64_t fingerprint, std::vector<EventNumber>& out) const;
  void insert(std::uint64_t fingerprint, EventNumber number);
  /// Have the memory fetched that candidates() will want; the second needs what the first fetched.
  void prefetch_shard(std::uint64_t fingerprint) const;
  void prefetch_entry(std::uint64_t fingerprint) const;

  /// Fills an empty table in bulk. `replay` calls the function it is given with every event's number and
  /// fingerprint; it is run twice and must do the same both times.
  using Add = std::function<void(EventNumber first, std::span<const std::uint64_t> fingerprints)>;
  [[nodiscard]] Result<void> fill(const std::function<Result<void>(const Add&)>& replay);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const;  ///< of memory held

 private:
  /// 7 bytes: 24 bits of the fingerprint, then the number; ordered by both.
  class Shard {
   public:
    [[nodiscard]] std::uint32_t size() const { return size_; }
    [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
    [[nodiscard]] std::uint64_t entry(std::uint32_t index) const;
    /// Index of the first entry that is not less.
    [[nodiscard]] std::uint32_t lower_bound(std::uint64_t entry) const;
    void prefetch(std::uint64_t entry) const;
    void insert(std::uint64_t entry);
    void reserve(std::uint32_t capacity);
    void append(std::uint64_t entry);
    void sort();

   private:
    [[nodiscard]] std::uint32_t guess(std::uint64_t entry) const;
    void set(std::uint32_t index, std::uint64_t entry);
    std::unique_ptr<unsigned char[]> entries_;
    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;
  };
  std::vector<Shard> shards_;
  std::size_t size_ = 0;
};

}  // namespace lotse
