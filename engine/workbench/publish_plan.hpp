#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/report/text.hpp"
#include "engine/runtime/publishing.hpp"
#include "engine/store/store.hpp"

namespace lotse {

/// What publishing, draining or stopping versions does to the customers that there are: the state of the
/// store's events as it is, against the same with the change, both as of one moment. docs/versions.md.
struct PublishPlan {
  /// What becomes of instances that are active without the change.
  enum class Fate : std::uint8_t {
    stays,     ///< in its version, by whose graph it goes on
    unplaced,  ///< the same, for a version that would take it over has no place for it
    moves,     ///< to a newer version
    exits,     ///< its version is stopped
    opens,     ///< not there without the change: a journey's first version finds it in the events
  };
  struct Group {
    std::uint32_t version = 0;  ///< 0 of those that open
    std::string position{};
    Fate fate = Fate::stays;
    std::uint32_t to_version = 0;  ///< of those that move or open
    std::string to{};              ///< position, or how it has ended: `(dropped)`
    friend auto operator<=>(const Group&, const Group&) = default;
  };
  struct Version {
    std::uint32_t number = 0;
    Instant in_force = Instant::min();  ///< min: for ever
    std::string file{};
  };
  struct Sending {
    std::string touchpoint{};
    bool task = false;
    friend auto operator<=>(const Sending&, const Sending&) = default;
  };
  struct Change {
    std::string journey{};
    std::vector<Version> published{};       ///< versions that the store does not know
    std::optional<VersionChange> change{};  ///< what is decided about a version
    std::map<Group, std::uint64_t> instances{};
    std::map<Sending, std::uint64_t>
        sent{};  ///< messages and tasks that are due at once, by the change alone
    std::map<Sending, std::uint64_t> withdrawn{};  ///< that would be due, or open, without it
    [[nodiscard]] std::uint64_t count(Fate fate) const;
  };
  Instant as_of{};
  std::vector<Change> changes{};  ///< by journey; those of which nothing changes are left out
};

/// Of what `workspace` would publish into `store`, or of `change` alone. Reads the log once. Errors: as
/// publication_of().
[[nodiscard]] Result<PublishPlan> plan_publishing(Store& store, const Workspace& workspace, Instant now,
                                                  const std::optional<VersionChange>& change = std::nullopt);

[[nodiscard]] std::string publish_plan_text(const PublishPlan& plan, const TextStyle& style);
[[nodiscard]] std::string publish_plan_json(const PublishPlan& plan);

}  // namespace lotse
