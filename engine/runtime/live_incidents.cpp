#include "engine/runtime/live_incidents.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "engine/runtime/live_engine.hpp"

namespace lotse {
namespace {

constexpr std::string_view record_name = "incidents";

/// There is one kind of Live.
LiveEngine& engine_of(Live& live) { return static_cast<LiveEngine&>(live); }

Result<IncidentLedger> ledger_on_record(StoreReaders& readers) {
  LOTSE_TRY(const StoreReaders::Reader reader, readers.look());
  LOTSE_TRY(const std::optional<std::string> text, reader->text_value(record_name));
  return IncidentLedger::read(text.value_or(""));
}

}  // namespace

Result<std::vector<IncidentNews>> record_incidents(Live& live, const std::vector<Incident>& derived) {
  return engine_of(live).record_incidents(derived);
}

Result<std::vector<IncidentRecord>> incidents_on_record(Live& live) {
  return engine_of(live).incidents_on_record();
}

Result<std::vector<IncidentNews>> LiveEngine::record_incidents(const std::vector<Incident>& derived) {
  LOTSE_TRY(IncidentLedger ledger, ledger_on_record(*readers_));
  const std::string before = ledger.text();
  std::vector<IncidentNews> news = ledger.take(derived, now());
  std::string after = ledger.text();
  if (after == before) return news;
  Result<void> told;
  LOTSE_CHECK(on_writer([&] {
    told = rep_.broken ? Result<void>(tl::unexpected(*rep_.broken))
                       : outreach_.tell(news, {.name = record_name, .text = std::move(after)}, now());
  }));
  LOTSE_CHECK(told);
  return news;
}

Result<std::vector<IncidentRecord>> LiveEngine::incidents_on_record() {
  LOTSE_TRY(const IncidentLedger ledger, ledger_on_record(*readers_));
  return ledger.records();
}

Result<void> LiveOutreach::tell(const std::vector<IncidentNews>& news, Noted noted, Instant now) {
  Round round;
  round.noted = std::move(noted);
  const auto& channel = workspace_->channels.alerts;
  const auto* adapter = channel ? adapter_of(*channel) : nullptr;
  for (const IncidentNews& one : news) {
    const Touchpoint* touchpoint = touchpoint_of(one.journey, one.touchpoint);
    if (adapter == nullptr || touchpoint == nullptr) continue;
    const std::string id = fmt::format("alert:incident:{}:{}", one.id, one.changes);
    Outgoing outgoing{
        .kind = Outgoing::Kind::alert,
        .id = id,
        .handed_out = now,
        .due = now,
        .journey = one.journey,
        .touchpoint = one.touchpoint,
        .channel = *channel,
        .template_name = fmt::format("incident_{}", name(one.what)),
        .title = one.title,
        .address = touchpoint->owner,
        .with = Value(Map{{Value("incident"), Value(one.id)}, {Value("detail"), Value(one.sentence)}})};
    auto body = (*adapter)->compose(outgoing);
    if (!body) continue;
    round.put.push_back({OutboxEntry{.id = id,
                                     .kind = OutboxEntry::Kind::alert,
                                     .route = *channel,
                                     .journey = one.journey,
                                     .touchpoint = one.touchpoint,
                                     .made = now,
                                     .stale_at = now,
                                     .next = now},
                         *std::move(body)});
  }
  return write(round);
}

}  // namespace lotse
