#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/identity/identity.hpp"

namespace lotse {

/// Which customer's next timer is due first. Holds what it was told and forgets nothing: whoever takes an
/// entry out asks the customer's state whether it still stands.
class TimerQueue {
 public:
  struct Entry {
    Instant due;
    CustomerNumber customer;
  };

  void add(Instant due, CustomerNumber customer);
  /// The earliest; at equal times the lower number.
  [[nodiscard]] std::optional<Entry> first() const;
  void pop();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

  /// In place of all that is there.
  void assign(std::vector<Entry> entries);

 private:
  std::vector<Entry> entries_;  ///< a heap
};

}  // namespace lotse
