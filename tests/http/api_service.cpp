#include "tests/http/api_service.hpp"

#include <future>
#include <utility>

#include "channels/cloudevents/cloudevents.hpp"
#include "channels/native/native.hpp"
#include "channels/segment/segment.hpp"
#include "engine/base/assert.hpp"

namespace lotse::test {

namespace {

http::Tokens every_kind(std::map<std::string, std::string>& texts, Instant now) {
  http::Tokens tokens;
  const auto add = [&](const char* kind, http::Role role, bool sensitive = false,
                       std::optional<Instant> expires = {}) {
    texts[kind] =
        tokens.add({.name = kind, .role = role, .channels = {}, .sensitive = sensitive}, now, expires)
            .value();
  };
  add("channel", http::Role::channel);
  add("agent", http::Role::agent);
  add("agent_sensitive", http::Role::agent, true);
  add("analyst", http::Role::analyst);
  add("author", http::Role::author);
  add("admin", http::Role::admin);
  add("expired", http::Role::admin, true, now + std::chrono::minutes(1));
  add("revoked", http::Role::admin, true);
  LOTSE_ASSERT(tokens.revoke("revoked"));
  texts["none"] = "";
  texts["garbage"] = "lotse_admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  return tokens;
}

}  // namespace

ApiService::ApiService(std::function<void(const http::Finished&)> finished) {
  http::ServiceOptions options;
  options.store = folder_ / "shop.lotse";
  options.backups = folder_.path();
  options.live.engine.clock = [this] { return now_.load(); };
  options.server.port = 0;
  options.finished = std::move(finished);
  options.dialects = {native::dialect(), segment::dialect(), cloudevents::dialect()};
  options.tokens = every_kind(tokens_, now_);
  service_ = http::Service::start(api_shop(folder_.path()), std::move(options)).value();
  now_ = api_minute(62);  // past what expires

  Live& live = service_->live();
  std::promise<void> done;
  const auto submitted =
      live.submit(live.prepare(api_events()), {{.sender = "shop", .dialect = "native", .reason = "no type"}},
                  [&](const Result<IngestOutcome>&) { done.set_value(); });
  LOTSE_ASSERT(submitted == Live::Submitted::queued);
  done.get_future().wait();
}

}  // namespace lotse::test
