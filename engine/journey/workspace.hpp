#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/journey/journey.hpp"

namespace lotse {

/// Hours in which nothing is sent, in the customer's zone; may cross midnight (21:00 to 08:00).
struct QuietHours {
  LocalTime from;
  LocalTime to;
  bool drop = false;  ///< drop instead of defer
};
struct FrequencyCap {
  std::uint32_t count;
  Duration per;
  std::optional<std::string> purpose;
};

/// One entry of `channels.yaml`.
struct Channel {
  std::string id;
  std::string title;
  std::string adapter;                ///< webhook, smtp, log, none
  std::vector<std::string> purposes;  ///< consent purposes for which it may be used; empty: not for sending
  std::optional<QuietHours> quiet_hours;
  std::vector<FrequencyCap> caps;
  bool human = false;  ///< a person answers here (call centre, store): for assist pull
  Location where;
};

struct Channels {
  std::string file;
  std::vector<Channel> channels;
};

/// Which customers are erased by themselves, and when.
struct Retention {
  Duration older;  ///< of whom nothing happened, and nothing arrived, for longer than this; a day or more
  LocalTime at;    ///< every night, in the workspace's zone
  friend bool operator==(const Retention&, const Retention&) = default;
};

/// `lotse.yaml`: what holds for the whole workspace; every key is optional.
struct WorkspaceSettings {
  std::string zone = "UTC";  ///< of customers who have no `zone` trait
  std::vector<std::string> namespace_rank = {"user_id", "loyalty_id", "email", "phone", "anonymous_id"};
  std::vector<std::pair<std::string, std::uint32_t>> identity_limits = {{"user_id", 1}};  ///< per customer
  std::vector<std::string> identity_never = {"",     "null",      "undefined", "unknown",
                                             "none", "anonymous", "0",         "n/a"};
  Duration future_tolerance = std::chrono::minutes(5);
  Duration stale_after = std::chrono::hours(1);
  std::optional<Retention> retention;  ///< nothing: everybody is kept
  std::string store = "lotse.db";      ///< relative to the workspace
};

/// A journey with all its versions, ascending. `in_force[i]` is when version i came into force; the first
/// reaches back for ever (Instant::min()).
struct JourneyVersions {
  std::vector<std::shared_ptr<const Journey>> versions;
  std::vector<Instant> in_force;
};

struct Workspace {
  std::filesystem::path root;
  WorkspaceSettings settings;
  Channels channels;
  std::vector<JourneyVersions> journeys;  ///< by id
};

/// Bounds checked before and during parsing.
struct FileLimits {
  std::size_t bytes = 1 << 20;
  std::uint32_t depth = 32;
  std::uint32_t nodes = 50'000;
  std::uint32_t aliases = 100;  ///< uses of anchors; expansion counts towards `nodes`
  std::uint32_t touchpoints = 1'000;
};

template <class T>
struct Loaded {
  std::optional<T> value;            ///< nothing when a finding is an error
  std::vector<Diagnostic> findings;  ///< all, by place
};

/// Text of a journey file → the Journey, or all findings. `file` is for messages only. Never throws;
/// deterministic.
[[nodiscard]] Loaded<std::shared_ptr<const Journey>> load_journey(std::string_view file,
                                                                  std::string_view text,
                                                                  const Channels& channels,
                                                                  const WorkspaceSettings& settings = {},
                                                                  const FileLimits& limits = {});
[[nodiscard]] Loaded<Channels> load_channels(std::string_view file, std::string_view text,
                                             const FileLimits& limits = {});
[[nodiscard]] Loaded<WorkspaceSettings> load_settings(std::string_view file, std::string_view text,
                                                      const FileLimits& limits = {});

/// Reads lotse.yaml, channels.yaml and journeys/*.yaml (or *.journey.yaml beside them) of a folder. The same
/// journey in several files gives several versions; two files with one (journey, version) are a finding.
[[nodiscard]] Loaded<Workspace> load_workspace(const std::filesystem::path& root);

}  // namespace lotse
