#include <utility>

#include "engine/runtime/live_engine.hpp"

namespace lotse {

Result<std::string> LiveEngine::reload(const Workspace& workspace) {
  ChannelAdapters adapters;
  if (options_.connect) {
    LOTSE_TRY(adapters, options_.connect(workspace));
  }
  return reload(workspace, std::move(adapters));
}

Result<std::string> LiveEngine::reload(const Workspace& workspace, NewAdapters adapters) {
  const std::lock_guard once(reload_once_);
  std::vector<PublishedJourney> published;
  std::vector<RecordedRisk> risks;
  {
    LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
    LOTSE_TRY(published, reader->published());
    LOTSE_TRY(risks, reader->risks());
  }
  LOTSE_TRY(const Publication publication, publication_of(workspace, published, risks, now()));
  std::string meaning = meaning_of(publication.journeys, workspace);
  std::string before;
  std::shared_ptr<const Tracker> old;
  std::optional<Instant> last_event;
  LOTSE_CHECK(on_writer([&] {
    before = rep_.meaning;
    old = rep_.tracker;
    last_event = rep_.projection.last_event_time();
  }));
  if (meaning == before) {  // what is left may be settings that no state depends on
    Result<void> settings_taken;
    LOTSE_CHECK(on_writer([&] { settings_taken = take_settings(workspace, std::move(adapters)); }));
    if (!settings_taken) return tl::unexpected(settings_taken.error());
    return std::string();
  }
  if (identity_settings(workspace.settings) != rep_.identity) {
    return fail(
        ErrorCode::conflict,
        "`identity` in lotse.yaml was changed, which decides who is who: stop the engine and start it again");
  }
  auto tracker = std::make_shared<const Tracker>(publication.journeys, workspace.settings);
  const std::string change = describe_change(before, meaning);
  const auto as_they_are = [&] {
    return only_newer_versions(old->journeys(), before, tracker->journeys(), meaning,
                               rep_.projection.last_event_time());
  };
  bool done = false;
  Result<void> taken;
  if (only_newer_versions(old->journeys(), before, tracker->journeys(), meaning, last_event)) {
    LOTSE_CHECK(on_writer([&] {
      if (!as_they_are()) return;  // an event came that the new version would have had
      done = true;
      taken =
          take_over(workspace, std::move(adapters), publication, meaning, tracker, std::nullopt, no_event);
    }));
  }
  if (!done) {
    Projection derived(*tracker, rep_.identity);
    EventNumber replayed = no_event;
    {
      LOTSE_TRY(const StoreReaders::Reader reader, readers_->look());
      LOTSE_CHECK(replay_log(reader->log(), EventNumber(1), derived));
      Gate nobody;
      LOTSE_CHECK(derived.settle(reader->log(), nobody));
      replayed = reader->log().last();
    }
    LOTSE_CHECK(on_writer([&] {
      taken = take_over(workspace, std::move(adapters), publication, meaning, tracker, std::move(derived),
                        replayed);
    }));
  }
  if (!taken) return tl::unexpected(taken.error());
  return change;
}

Result<VersionChange> LiveEngine::change_version(std::string_view journey, std::uint32_t version,
                                                 VersionChange::What what) {
  Result<VersionChange> written;
  LOTSE_CHECK(on_writer([&] { written = write_version_change(journey, version, what); }));
  if (!written) return written;
  LOTSE_TRY([[maybe_unused]] const std::string changed, reload(*workspace(), std::nullopt));
  return written;
}

Result<VersionChange> LiveEngine::write_version_change(std::string_view journey, std::uint32_t version,
                                                       VersionChange::What what) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  LOTSE_TRY(const auto published, rep_.store->published());
  LOTSE_TRY(VersionChange change, version_change(published, journey, version, what, now()));
  const auto write = [&]() -> Result<void> {
    LOTSE_CHECK(rep_.store->begin());
    LOTSE_CHECK(rep_.store->change_version(change));
    return rep_.commit();
  };
  if (const auto done = write(); !done) {
    break_with(done.error());
    return tl::unexpected(done.error());
  }
  return change;
}

Result<void> LiveEngine::take_settings(const Workspace& workspace, NewAdapters adapters) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);  // nothing may be written behind what has failed
  rep_.settings = workspace.settings;
  rep_.future_tolerance = workspace.settings.future_tolerance;
  auto next = std::make_shared<const Workspace>(workspace);
  {
    const std::lock_guard lock(mutex_);
    workspace_.swap(next);
  }
  ++turn_;
  auto known = erasure_.use_settings();
  if (known && adapters) {
    known = outreach_.use(workspace_, *std::move(adapters));
  } else {
    outreach_.use(workspace_);
  }
  if (!known) break_with(known.error());
  return known;
}

Result<void> LiveEngine::take_over(const Workspace& workspace, NewAdapters adapters,
                                   const Publication& publication, std::string meaning,
                                   std::shared_ptr<const Tracker> tracker, std::optional<Projection> derived,
                                   EventNumber replayed) {
  if (rep_.broken) return tl::unexpected(*rep_.broken);
  if (derived) {
    LOTSE_CHECK(replay_log(rep_.store->log(), EventNumber(replayed.value() + 1), *derived));
    Gate nobody;
    LOTSE_CHECK(derived->settle(rep_.store->log(), nobody));
    derived->keep_timers();
  }
  LOTSE_TRY(Remains remains, Remains::load(*rep_.store, *tracker));
  const auto write = [&]() -> Result<void> {
    LOTSE_CHECK(rep_.publish(publication));
    if (derived) return {};
    // The states that are written are right under the new journeys too.
    LOTSE_CHECK(rep_.store->begin());
    LOTSE_CHECK(rep_.keep_check_point_under(meaning));
    return rep_.commit();
  };
  if (auto written = write(); !written) {
    rep_.broken = written.error();
    fail_with(written.error());
    return written;
  }
  if (derived) derived->witness(remains.last_event());
  {
    const Gate::Stay stay(rep_.gate);
    rep_.remains = std::move(remains);
    rep_.meaning = std::move(meaning);
    if (derived) {
      rep_.projection = *std::move(derived);
      rep_.checkpoint.reset();
      rep_.checkpoint_whole = true;
    } else {
      rep_.projection.use(*tracker);
    }
    rep_.tracker = std::move(tracker);
  }
  return take_settings(workspace, std::move(adapters));
}

}  // namespace lotse
