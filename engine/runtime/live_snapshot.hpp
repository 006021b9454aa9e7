#pragma once

#include <memory>
#include <optional>

#include "engine/identity/identity.hpp"
#include "engine/runtime/live.hpp"
#include "engine/runtime/remains.hpp"
#include "engine/runtime/state_table.hpp"
#include "engine/runtime/store_readers.hpp"

namespace lotse {

class LiveSnapshot final : public Snapshot {
 public:
  struct Parts {
    std::shared_ptr<const Tracker> tracker;
    std::shared_ptr<const Workspace> workspace;
    IdentitySettings identity;
    StateTable::View states;
    Remains remains;  ///< of erased customers
    EventNumber last;
    std::optional<Instant> last_event_time;
    Instant last_fired;  ///< up to here timers have fired
    Instant taken;
    std::shared_ptr<StoreReaders> readers;
  };
  explicit LiveSnapshot(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const Tracker& tracker() const override { return *parts_.tracker; }
  [[nodiscard]] const Workspace& workspace() const override { return *parts_.workspace; }
  [[nodiscard]] std::optional<Instant> last_event_time() const override { return parts_.last_event_time; }
  [[nodiscard]] std::uint64_t events() const override { return parts_.last.value(); }
  [[nodiscard]] std::uint64_t erased() const override { return parts_.remains.size(); }
  [[nodiscard]] Result<void> for_each_state(
      const Moment& moment, std::uint32_t partitions,
      const std::function<void(std::uint32_t, const CustomerState&)>& visit) const override;

 private:
  Parts parts_;
};

}  // namespace lotse
