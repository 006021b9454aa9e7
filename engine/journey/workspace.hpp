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
  bool drop = false;      ///< drop instead of defer
  bool holidays = false;  ///< Channels::holidays are quiet all day
};
struct FrequencyCap {
  std::uint32_t count;
  Duration per;
  std::optional<std::string> purpose;
};

/// How messages are posted to a web address, signed as Standard Webhooks say.
struct WebhookSettings {
  std::string url;
  std::vector<std::string> secrets;  ///< environment variables with `whsec_…`; the first signs, all are shown
  bool private_addresses = false;    ///< whether it may resolve to a private, loopback or link-local address
  Duration timeout = std::chrono::seconds(15);
  friend bool operator==(const WebhookSettings&, const WebhookSettings&) = default;
};

enum class SmtpTls : std::uint8_t { required, opportunistic, none };

/// How messages are sent as mail.
struct SmtpSettings {
  std::string url;   ///< smtp://host:587, smtps://host:465
  std::string from;  ///< a mailbox: `Example <hello@example.net>`
  SmtpTls tls = SmtpTls::required;
  std::optional<std::string> user;  ///< environment variables
  std::optional<std::string> password;
  Duration timeout = std::chrono::seconds(30);
  friend bool operator==(const SmtpSettings&, const SmtpSettings&) = default;
};

/// `purposes` of `channels.yaml`: what a consent is given for.
struct Purpose {
  std::string id;
  bool opt_in = true;  ///< false: allowed until the customer says no
};

/// Who takes tasks: `teams` of `channels.yaml`.
struct Team {
  std::string id;
  std::string title;
  std::optional<WebhookSettings> webhook;  ///< of its ticket system
  std::optional<double> cost{};  ///< of one task, in the currency of the journeys' `value`, 0 and more
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
  /// The trait, or else the namespace of identifiers, that has the customer's address; nothing: it needs
  /// none.
  std::optional<std::string> address;
  std::optional<WebhookSettings> webhook;  ///< of `adapter: webhook`
  std::optional<SmtpSettings> smtp;        ///< of `adapter: smtp`
  Location where;
};

struct Channels {
  std::string file;
  std::vector<Channel> channels;
  std::vector<Purpose> purposes;      ///< those that are declared; any other is opt-in
  std::vector<FrequencyCap> caps;     ///< over all channels together
  std::vector<std::string> holidays;  ///< `2026-12-25`: quiet all day in channels that keep holidays
  std::vector<Team> teams;
  std::optional<std::string> alerts;  ///< the channel by which owners are alerted
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

/// A time in which a version opens no instances, its end left out.
struct Drain {
  Instant from{};
  Instant until = Instant::max();
  friend bool operator==(const Drain&, const Drain&) = default;
};

class RiskHistory;  // engine/journey/risk_history.hpp

/// A journey with all its versions, ascending. `in_force[i]` is when version i came into force; the first
/// reaches back for ever (Instant::min()). docs/versions.md.
struct JourneyVersions {
  std::vector<std::shared_ptr<const Journey>> versions;
  std::vector<Instant> in_force;
  std::vector<std::vector<Drain>> drains{};   ///< by version, each ascending; none is there: never drained
  std::vector<Instant> stopped{};             ///< by version; max, or none is there: never
  std::shared_ptr<const RiskHistory> risk{};  ///< what `risk` in conditions reads; null: nothing is known

  /// When the version was stopped; max: never.
  [[nodiscard]] Instant stopped_at(std::size_t version) const;
  [[nodiscard]] bool is_drained(std::size_t version, Instant at) const;
  /// The newest version in force at `at` that is neither drained nor stopped then; nothing: none opens
  /// instances.
  [[nodiscard]] std::optional<std::size_t> opening_at(Instant at) const;
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
