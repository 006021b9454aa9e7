#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/identity/identity.hpp"

namespace lotse {

/// Bytes by customer number, packed: what was set lies in chunks one behind the other, 8 bytes of bookkeeping
/// each, and chunks that hold too much of what was replaced since are emptied and reused (as in a
/// log-structured file system). At most a fifth of the memory, and a few megabytes, is waste. One thread at a
/// time; views are for any.
class StateTable {
 private:
  /// Where a block lies: chunk in the upper 15 bits, offset in units in the lower 17, plus 1; 0 is nowhere.
  using Place = std::uint32_t;
  /// Counts its holders, so that the table knows while any view is there.
  using Witness = std::atomic<std::uint32_t>;

 public:
  /// What the table held when view() was called. Costs 4 bytes a customer to take, and while it is held the
  /// memory of what has been replaced since.
  class View {
   public:
    View(View&& other) noexcept = default;
    View& operator=(View&&) = delete;
    ~View();
    /// As StateTable::find(), for as long as the view lives.
    [[nodiscard]] std::string_view find(CustomerNumber customer) const;
    [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(places_.size()); }
    [[nodiscard]] std::size_t size() const { return size_; }

   private:
    friend class StateTable;
    View() = default;
    std::vector<Place> places_;
    std::vector<std::shared_ptr<const std::byte[]>> chunks_;
    std::size_t size_ = 0;
    std::shared_ptr<Witness> views_;
  };
  [[nodiscard]] View view() const;

  /// Nothing where the customer has no state; valid until the next set() or erase().
  [[nodiscard]] std::string_view find(CustomerNumber customer) const;
  /// Has the memory fetched that find() will give.
  void prefetch(CustomerNumber customer) const {
    if (customer.value() >= places_.size() || places_[customer.value()] == 0) return;
    constexpr std::size_t line = 64;
    constexpr std::size_t lines = 5;  // of a typical state
    const std::byte* const block = address(places_[customer.value()]);
    for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(block + i * line);
  }
  /// Requires that `bytes` are none of the table's own, and not empty.
  void set(CustomerNumber customer, std::string_view bytes);
  void erase(CustomerNumber customer);

  [[nodiscard]] std::size_t size() const { return size_; }  ///< customers that have a state
  [[nodiscard]] std::uint32_t end() const {
    return static_cast<std::uint32_t>(places_.size());
  }  ///< beyond all numbers
  [[nodiscard]] std::size_t bytes() const;  ///< of memory held

 private:
  struct Header {
    std::uint32_t customer;
    std::uint32_t length;
  };
  struct Chunk {
    std::shared_ptr<std::byte[]> memory;  ///< shared with views
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;
    std::uint32_t live = 0;  ///< bytes of blocks that are still the customer's
  };

  [[nodiscard]] Header header(Place place) const;
  [[nodiscard]] std::byte* address(Place place) const;
  void drop(Place place);
  Place append(CustomerNumber customer, std::string_view bytes);
  std::uint32_t open_chunk(std::size_t capacity);
  void close_chunk(std::uint32_t chunk);
  void clean();

  std::vector<Place> places_;  ///< by customer
  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> spare_;  ///< chunks without memory
  std::uint32_t filling_ = no_chunk;
  std::size_t size_ = 0;
  std::size_t live_ = 0;
  std::size_t held_ = 0;
  std::shared_ptr<Witness> views_ = std::make_shared<Witness>(0);
  static constexpr std::uint32_t no_chunk = 0xffffffff;
};

}  // namespace lotse
