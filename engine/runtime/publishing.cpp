#include "engine/runtime/publishing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/journey/risk_history.hpp"

namespace lotse {
namespace {

/// To be raised when equal events lead to another state, or to other bytes of it, than with the program
/// before.
constexpr int kDerivation = 6;

struct Version {
  std::shared_ptr<const Journey> journey;
  Instant in_force;
  bool published = false;
  std::vector<Drain> drains{};
  Instant stopped = Instant::max();
};
using Versions = std::map<std::uint32_t, Version>;

Result<std::shared_ptr<const Journey>> load_published(const PublishedJourney& published,
                                                      const Workspace& workspace) {
  auto loaded = load_journey(published.file, published.source, workspace.channels, workspace.settings);
  if (loaded.value) return *std::move(loaded.value);
  const auto error = std::ranges::find(loaded.findings, Severity::error, &Diagnostic::severity);
  return fail(
      ErrorCode::bad_input,
      fmt::format(
          "journey `{}` version {} is kept in the store, for instances that began with it, and cannot be "
          "loaded any more: {}",
          published.journey, published.version,
          error == loaded.findings.end() ? "no reason given" : render(*error)));
}

Version as_published(const PublishedJourney& old, std::shared_ptr<const Journey> journey) {
  return {.journey = std::move(journey),
          .in_force = old.in_force,
          .published = true,
          .drains = old.drains,
          .stopped = old.stopped};
}

/// Digits enough to tell one content from another.
std::string_view short_hash(std::string_view hash) { return hash.substr(0, 12); }

Result<Versions> versions_of(const JourneyVersions& journey, const Workspace& workspace,
                             std::span<const PublishedJourney> published, Instant now) {
  const std::string& id = journey.versions.front()->id;
  Versions versions;
  for (const PublishedJourney& old : published) {
    if (old.journey != id) continue;
    const auto same = [&](const auto& version) { return version->version == old.version; };
    const auto here = std::ranges::find_if(journey.versions, same);
    if (here == journey.versions.end()) {
      LOTSE_TRY(auto loaded, load_published(old, workspace));
      versions[old.version] = as_published(old, std::move(loaded));
      continue;
    }
    if ((*here)->content_hash != old.content_hash) {
      return fail(
          ErrorCode::conflict,
          fmt::format("{}: journey `{}` version {} was published with other content ({}) than the file has "
                      "now ({}): raise its `version`",
                      (*here)->file, id, old.version, short_hash(old.content_hash),
                      short_hash((*here)->content_hash)));
    }
    versions[old.version] = as_published(old, *here);
  }
  for (const auto& version : journey.versions) {
    versions.try_emplace(version->version,
                         Version{.journey = version, .in_force = version->in_force_from.value_or(now)});
  }
  if (Version& first = versions.begin()->second; !first.published) first.in_force = Instant::min();
  return versions;
}

/// A version is found by searching for the last that was in force: they must have come in their order.
Result<void> check_order(const Versions& versions) {
  for (auto next = std::next(versions.begin()); next != versions.end(); ++next) {
    const auto& [before_number, before] = *std::prev(next);
    const auto& [number, version] = *next;
    if (std::prev(next) != versions.begin() && version.in_force <= before.in_force) {
      return fail(
          ErrorCode::conflict,
          fmt::format("{}: journey `{}` version {} would be in force from {}, not after version {}, which is "
                      "from {}: give a later `in_force_from`",
                      version.journey->file, version.journey->id, number, format_instant(version.in_force),
                      before_number, format_instant(before.in_force)));
    }
  }
  return {};
}

std::span<const Drain> drains_of(const JourneyVersions& journey, std::size_t version) {
  return version < journey.drains.size() ? std::span<const Drain>(journey.drains[version])
                                         : std::span<const Drain>();
}

/// Whether both have opened the same instances up to `until`.
bool drained_alike(std::span<const Drain> a, std::span<const Drain> b, Instant until) {
  const auto turns = [&](std::span<const Drain> drains) {
    std::vector<Instant> found;
    for (const Drain& drain : drains) {
      for (const Instant turn : {drain.from, drain.until}) {
        if (turn <= until) found.push_back(turn);
      }
    }
    return found;
  };
  return turns(a) == turns(b);
}

/// A version that was there before means the same for the states that there are.
bool same_version(const JourneyVersions& had, const JourneyVersions& has, std::size_t version,
                  Instant last_event) {
  const Journey& before = *had.versions[version];
  const Journey& after = *has.versions[version];
  return before.id == after.id && before.version == after.version &&
         before.content_hash == after.content_hash && had.in_force[version] == has.in_force[version] &&
         had.stopped_at(version) == has.stopped_at(version) &&
         drained_alike(drains_of(had, version), drains_of(has, version), last_event);
}

std::string_view word(VersionChange::What what) {
  constexpr std::array<std::string_view, 3> words = {"drained", "resumed", "stopped"};
  return words.at(static_cast<std::size_t>(what));
}

}  // namespace

Result<VersionChange> version_change(std::span<const PublishedJourney> published, std::string_view journey,
                                     std::optional<std::uint32_t> version, VersionChange::What what,
                                     Instant now) {
  const PublishedJourney* found = nullptr;
  for (const PublishedJourney& one : published) {  // ascending: the last is the newest
    if (one.journey == journey && (!version || one.version == *version)) found = &one;
  }
  if (found == nullptr) {
    return fail(ErrorCode::not_found,
                version ? fmt::format("the store knows no version {} of journey `{}`", *version, journey)
                        : fmt::format("the store knows no journey `{}`", journey));
  }
  const bool drained = !found->drains.empty() && found->drains.back().until == Instant::max();
  std::string_view objection;
  if (found->stopped != Instant::max()) {
    objection = "is stopped for good";
  } else if (what == VersionChange::What::drained && drained) {
    objection = "is drained already";
  } else if (what == VersionChange::What::resumed && !drained) {
    objection = "is not drained";
  }
  if (!objection.empty()) {
    return fail(ErrorCode::conflict, fmt::format("journey `{}` version {} cannot be {}: it {}", journey,
                                                 found->version, word(what), objection));
  }
  return VersionChange{.journey = std::string(journey), .version = found->version, .what = what, .at = now};
}

Result<Publication> publication_of(const Workspace& workspace, std::span<const PublishedJourney> published,
                                   std::span<const RecordedRisk> risks, Instant now) {
  Publication publication;
  for (const JourneyVersions& journey : workspace.journeys) {
    LOTSE_TRY(const Versions versions, versions_of(journey, workspace, published, now));
    LOTSE_CHECK(check_order(versions));
    JourneyVersions& tracked = publication.journeys.emplace_back();
    for (const auto& [number, version] : versions) {
      tracked.versions.push_back(version.journey);
      tracked.in_force.push_back(tracked.in_force.empty() ? Instant::min() : version.in_force);
      tracked.drains.push_back(version.drains);
      tracked.stopped.push_back(version.stopped);
      if (!version.published) publication.unpublished.push_back({version.journey, tracked.in_force.back()});
    }
    std::vector<RiskRefresh> refreshes;
    for (const RecordedRisk& risk : risks) {
      if (risk.journey == tracked.versions.front()->id) refreshes.push_back(risk.refresh);
    }
    if (!refreshes.empty()) tracked.risk = std::make_shared<const RiskHistory>(std::move(refreshes));
  }
  return publication;
}

std::string meaning_of(const std::vector<JourneyVersions>& journeys, const Workspace& workspace) {
  std::string meaning = fmt::format("derivation {}\n", kDerivation);
  const WorkspaceSettings& settings = workspace.settings;
  std::string text = fmt::format("{}\n{}\n", settings.zone, settings.stale_after.count());
  for (const std::string& name : settings.namespace_rank) text += fmt::format("rank {}\n", name);
  for (const auto& [name, limit] : settings.identity_limits)
    text += fmt::format("limit {} {}\n", name, limit);
  for (const std::string& value : settings.identity_never) text += fmt::format("never {}\n", value);
  meaning += fmt::format("settings {}\n", hex(sha256(text)));
  text.clear();
  for (const Channel& channel : workspace.channels.channels)
    text += fmt::format("{} {}\n", channel.id, channel.human);
  meaning += fmt::format("channels {}\n", hex(sha256(text)));
  for (const JourneyVersions& journey : journeys) {
    for (std::size_t i = 0; i < journey.versions.size(); ++i) {
      meaning +=
          fmt::format("journey {} {} {} {}", journey.versions[i]->id, journey.versions[i]->version,
                      journey.versions[i]->content_hash, journey.in_force[i].time_since_epoch().count());
      for (const Drain& drain : drains_of(journey, i)) {
        meaning += fmt::format(" drained {} {}", drain.from.time_since_epoch().count(),
                               drain.until.time_since_epoch().count());
      }
      if (const Instant stopped = journey.stopped_at(i); stopped != Instant::max())
        meaning += fmt::format(" stopped {}", stopped.time_since_epoch().count());
      meaning += "\n";
    }
    if (journey.risk)
      meaning += fmt::format("risk {} {}\n", journey.versions.front()->id, journey.risk->digest());
  }
  return meaning;
}

bool only_newer_versions(const std::vector<JourneyVersions>& before, std::string_view meaning_before,
                         const std::vector<JourneyVersions>& after, std::string_view meaning_after,
                         std::optional<Instant> last_event) {
  const auto but_journeys = [](std::string_view meaning) {
    return meaning.substr(0, meaning.find("\njourney "));
  };
  if (but_journeys(meaning_before) != but_journeys(meaning_after) || before.size() != after.size())
    return false;
  for (std::size_t j = 0; j < before.size(); ++j) {
    const JourneyVersions& had = before[j];
    const JourneyVersions& has = after[j];
    if (has.versions.size() < had.versions.size()) return false;
    const Instant last = last_event.value_or(Instant::min());
    for (std::size_t v = 0; v < has.versions.size(); ++v) {
      if (v < had.versions.size()) {
        if (!same_version(had, has, v, last)) return false;
      } else if (has.versions[v]->migrate || (last_event && has.in_force[v] <= *last_event)) {
        return false;
      }
    }
  }
  return true;
}

std::string describe_change(std::string_view before, std::string_view after) {
  const auto lines_of = [](std::string_view text) {
    std::set<std::string, std::less<>> lines;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines.emplace(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
  };
  std::set<std::string> changed;
  const auto add_missing = [&changed](const auto& from, const auto& in) {
    for (const std::string& line : from) {
      if (in.contains(line)) continue;
      const std::size_t first = line.find(' ');
      const std::size_t second = line.find(' ', first + 1);
      if (line.starts_with("journey ")) {
        changed.insert(line.substr(0, line.find(' ', second + 1)));
      } else {
        changed.insert(line.substr(0, line.starts_with("risk ") ? second : first));
      }
    }
  };
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(after);
  add_missing(old_lines, new_lines);
  add_missing(new_lines, old_lines);
  return fmt::format("{}", fmt::join(changed, ", "));
}

}  // namespace lotse
