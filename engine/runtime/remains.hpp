#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/store/store.hpp"
#include "engine/tracking/state.hpp"
#include "engine/tracking/tracker.hpp"

namespace lotse {

/// What reports go on counting of a customer who is erased at `erased` (later than everything in `state`):
/// instances, stays, scores, promises, and that messages and tasks were due. Gone are name, traits, keys,
/// context, comments, what messages carried and what was handed out. An instance that is open leaves the
/// journey at `erased`, without an outcome. A segment that reads sensitive context is null.
[[nodiscard]] CustomerState remains_of(const Tracker& tracker, const CustomerState& state, Instant erased);

/// Such a state as JSON by names, which outlives any version of Lotse; docs/store.md has its shape.
[[nodiscard]] std::string remains_json(const Tracker& tracker, const CustomerState& remains);

/// The way back. A journey that the tracker does not have is left out. Errors: storage, for anything that
/// remains_json() did not write. Requires EventReader::padding bytes behind `json`.
[[nodiscard]] Result<CustomerState> read_remains(const Tracker& tracker, std::string_view json);

/// The remains of all erased customers, packed. A copy shares its content and is for any thread.
class Remains {
 public:
  /// All that the store has, under the tracker's numbers.
  [[nodiscard]] static Result<Remains> load(Store& store, const Tracker& tracker);
  void add(const std::vector<CustomerState>& erased, Instant last_event);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// The latest event of an erased customer; min: none.
  [[nodiscard]] Instant last_event() const { return last_event_; }
  /// Calls `visit` for those that fall to one of `partitions`, as of `as_of`.
  void visit(const Tracker& tracker, Instant as_of, std::uint32_t partition, std::uint32_t partitions,
             const std::function<void(std::uint32_t, const CustomerState&)>& visit) const;

 private:
  using Batch = std::vector<std::string>;
  std::vector<std::shared_ptr<const Batch>> batches_;
  std::size_t size_ = 0;
  Instant last_event_ = Instant::min();
};

}  // namespace lotse
