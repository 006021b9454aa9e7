#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/http/api.hpp"
#include "channels/http/message.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/live.hpp"
#include "engine/tracking/event.hpp"
#include "tests/support/folder.hpp"

namespace lotse::test {

/// Values of fields declared `sensitive`: they must reach only who may see them.
inline constexpr std::string_view canary_iban = "DE-CANARY-8261";
inline constexpr std::int64_t canary_income = 918273645;
inline constexpr std::string_view canary_income_text = "918273645";

/// Writes a workspace and loads it: an order with a task, a promise, feedback and sensitive fields; a claim
/// whose very key is one.
[[nodiscard]] Workspace api_shop(const std::filesystem::path& folder);

/// Minutes into the tests' time, which begins on 2024-03-01 at 09:00 UTC.
[[nodiscard]] Instant api_minute(std::int64_t minute);

/// A few customers; `ada` with everything that is sensitive, `bob` and a till's customer of the same name.
[[nodiscard]] std::vector<Event> api_events();

/// The engine over the shop with the events in it, at a clock that a test sets.
class ApiLive {
 public:
  explicit ApiLive(std::vector<Event> events = api_events());
  ~ApiLive() { static_cast<void>(live_->stop()); }
  ApiLive(const ApiLive&) = delete;
  ApiLive& operator=(const ApiLive&) = delete;
  [[nodiscard]] Live& live() { return *live_; }
  /// As the service has them.
  [[nodiscard]] std::vector<http::Route> routes() { return http::api_routes(*live_, *changes_); }
  void post(std::vector<Event> events);
  /// With rejects beside no event.
  void reject(std::vector<Reject> rejects);
  void set(Instant now) { now_ = now; }

 private:
  Folder folder_;
  std::atomic<Instant> now_{api_minute(60)};
  std::unique_ptr<Live> live_;
  std::unique_ptr<http::Changes> changes_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What `routes` answer to the operation, as if the server had let `who` in.
[[nodiscard]] http::Response call(const std::vector<http::Route>& routes, std::string_view operation,
                                  std::string id, const Fields& query = {},
                                  std::optional<http::Principal> who = {}, const Fields& headers = {});

/// The same with a body; `key` is the route's, if it has one.
[[nodiscard]] http::Response post_to(const std::vector<http::Route>& routes, std::string_view operation,
                                     std::string body, std::optional<http::Principal> who,
                                     const std::string& key = {}, const Fields& headers = {},
                                     const Fields& query = {});

/// The same with a query, of a route that has an `id`.
[[nodiscard]] http::Response command(const std::vector<http::Route>& routes, std::string_view operation,
                                     std::string id, const Fields& query, std::string body,
                                     std::optional<http::Principal> who, const Fields& headers = {});

/// Opens the operation's endless answer.
void listen(const std::vector<http::Route>& routes, std::string_view operation,
            std::shared_ptr<http::EventStream> stream, const Fields& query,
            std::optional<http::Principal> who, const Fields& headers = {});

[[nodiscard]] http::Principal principal(http::Role role, bool sensitive = false);

}  // namespace lotse::test
