#include "channels/http/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/traceparent.hpp"

namespace lotse::http {
namespace {

/// What the writer needs to gather before more is taken; senders are spread by their own jitter.
constexpr std::string_view retry_after_seconds = "1";

/// Of one request so many are kept for its engineer; all are in the answer.
constexpr std::size_t rejects_of_a_request_max = 100;

Response response(Reply reply) {
  Response out{.status = reply.status,
               .content_type = std::move(reply.content_type),
               .body = std::move(reply.body),
               .headers = std::move(reply.headers)};
  if (out.status == 429 || out.status == 503) out.headers.emplace_back("Retry-After", retry_after_seconds);
  if (out.status == 401) out.headers.emplace_back("WWW-Authenticate", R"(Bearer realm="lotse")");
  return out;
}

/// One request on its way through the engine.
struct Passage {
  std::shared_ptr<const Dialect> dialect;
  std::shared_ptr<const Request> request;
  Answer answer;
  std::vector<std::size_t> index;  ///< of each event in the request
  std::vector<std::size_t> told;   ///< of the engine's rejections, those among `refused` already; ascending
  std::vector<RefusedPart> refused;
  Counted counted;

  void refuse(const Fault& fault) const { answer(response(dialect->refused(request->post, fault))); }

  void fail_with(const Error& error) const {
    Response out = response(dialect->refused(
        request->post,
        {.status = 503, .reason = "the events could not be stored", .detail = {}, .place = {}}));
    out.cause = error.message;
    answer(std::move(out));
  }

  void finish(const Result<IngestOutcome>& result) {
    if (!result) return fail_with(result.error());
    Taken taken{.accepted = result->accepted,
                .duplicate = result->duplicate,
                .conflict = result->conflict,
                .from_future = result->from_future,
                .refused = std::move(refused)};
    // Whether an event names anybody is known only when its turn has come.
    for (const Rejection& late : result->rejected) {
      if (std::ranges::binary_search(told, late.index)) continue;
      taken.refused.push_back({.index = index[late.index],
                               .reason = late.reason,
                               .detail = late.detail,
                               .place = {},
                               .text = {}});
    }
    std::ranges::stable_sort(taken.refused, {}, &RefusedPart::index);
    if (counted) counted(dialect->name(), taken);
    answer(response(dialect->taken(request->post, taken)));
  }
};

class Intake {
 public:
  Intake(Live& live, std::shared_ptr<const Dialect> dialect, Authenticate authenticate, Counted counted)
      : live_(live),
        dialect_(std::move(dialect)),
        authenticate_(std::move(authenticate)),
        counted_(std::move(counted)) {}

  void handle(std::shared_ptr<const Request> request, Answer answer) const {
    const Post& post = request->post;
    if (auto reply = dialect_->answer(post)) return answer(response(*std::move(reply)));
    auto passage = std::make_shared<Passage>(Passage{.dialect = dialect_,
                                                     .request = request,
                                                     .answer = std::move(answer),
                                                     .index = {},
                                                     .told = {},
                                                     .refused = {},
                                                     .counted = counted_});
    if (!request->who) return passage->refuse(nobody());
    const Principal& sender = *request->who;
    auto understood = read(post, sender);
    if (!understood) {
      record(sender, post, understood.error(), refused_text(post.body));
      return passage->refuse(understood.error());
    }
    take(std::move(passage), sender, *std::move(understood));
  }

  /// As Route::admit.
  Admission admit(const Post& post, bool whole) const {
    const std::vector<std::string> keys = dialect_->keys(post);
    if (keys.empty() && !whole && dialect_->looks_for_key_in_body()) return std::nullopt;
    bool known = false;
    for (const std::string& key : keys) {
      auto principal = authenticate_(key);
      if (principal && allows(principal->role, Permission::post_events)) return principal;
      known = known || principal.has_value();
    }
    return tl::make_unexpected(refuse(post, known ? not_allowed() : nobody()));
  }

  /// As Route::refuse. Of a body that is not read, or cannot be, no text is kept.
  Response refuse_body(const Request& request, const Fault& fault) const {
    if (request.who) record(*request.who, request.post, fault, {});
    return refuse(request.post, fault);
  }

 private:
  Response refuse(const Post& post, const Fault& fault) const {
    return response(dialect_->refused(post, fault));
  }

  static Fault not_allowed() {
    return {.status = 403,
            .reason = "the token may not post events",
            .detail = "a token of the role `channel` may",
            .place = {}};
  }
  static Fault nobody() {
    return {.status = 401,
            .reason = "no valid token",
            .detail = "it is missing, unknown or expired",
            .place = {}};
  }

  tl::expected<Understood, Fault> read(const Post& post, const Principal& sender) const {
    const std::size_t most = dialect_->request_bytes_max();
    if (post.body.size() > most) {
      return tl::make_unexpected(Fault{.status = 413,
                                       .reason = fmt::format("larger than {} bytes", most),
                                       .detail = fmt::format("{} bytes", post.body.size()),
                                       .place = {}});
    }
    auto understood = dialect_->read(post, {.source = sender.name, .channels = sender.channels});
    if (understood) trace(post, understood->events);
    return understood;
  }

  /// An event's own trace (CloudEvents, Distributed Tracing extension) goes before the request's.
  static void trace(const Post& post, std::vector<Event>& events) {
    const auto traceparent = post.headers->find("traceparent");
    if (!traceparent || !is_traceparent(*traceparent)) return;
    for (Event& event : events) {
      if (event.traceparent.empty()) event.traceparent = *traceparent;
    }
  }

  void take(std::shared_ptr<Passage> passage, const Principal& sender, Understood understood) const {
    const Instant arrived = passage->request->post.received;
    PreparedEvents prepared = live_.prepare(std::move(understood.events));
    for (const Rejection& rejection : prepared.rejected()) {
      passage->told.push_back(rejection.index);
      understood.refused.push_back({.index = understood.index[rejection.index],
                                    .reason = rejection.reason,
                                    .detail = rejection.detail,
                                    .place = {},
                                    .text = refused_text(understood.text[rejection.index])});
    }
    if (prepared.size() == 0 && understood.refused.empty()) return passage->finish(IngestOutcome{});
    std::vector<Reject> rejects;
    rejects.reserve(understood.refused.size());
    for (RefusedPart& refused : understood.refused) {
      if (rejects.size() == rejects_of_a_request_max) break;  // the rest will be like them
      rejects.push_back(
          reject(sender, arrived, refused.reason, refused.detail, refused.place, std::move(refused.text)));
    }
    passage->refused = std::move(understood.refused);
    passage->index = std::move(understood.index);
    const auto done = [passage](const Result<IngestOutcome>& outcome) { passage->finish(outcome); };
    switch (live_.submit(std::move(prepared), std::move(rejects), done)) {
      case Live::Submitted::queued:
        return;
      case Live::Submitted::overloaded:
        return passage->refuse(
            {.status = 429, .reason = "too much is waiting", .detail = "try again later", .place = {}});
      case Live::Submitted::stopped:
        return passage->refuse(
            {.status = 503, .reason = "no events are taken now", .detail = "try again later", .place = {}});
    }
  }

  /// Of a request of which nothing is taken; whether that is written down makes no difference to its sender.
  void record(const Principal& sender, const Post& post, const Fault& fault, std::string text) const {
    if (counted_) {
      Taken none;
      none.refused.push_back({.index = 0, .reason = fault.reason, .detail = {}, .place = {}, .text = {}});
      counted_(dialect_->name(), none);
    }
    std::vector<Reject> rejects;
    rejects.push_back(
        reject(sender, post.received, fault.reason, fault.detail, fault.place, std::move(text)));
    static_cast<void>(
        live_.submit(live_.prepare({}), std::move(rejects), [](const Result<IngestOutcome>&) {}));
  }

  [[nodiscard]] Reject reject(const Principal& sender, Instant arrived, std::string reason,
                              std::string detail, std::string place, std::string text) const {
    return {.arrived = arrived,
            .sender = sender.name,
            .dialect = std::string(dialect_->name()),
            .reason = std::move(reason),
            .detail = std::move(detail),
            .place = std::move(place),
            .text = std::move(text)};
  }

  Live& live_;
  std::shared_ptr<const Dialect> dialect_;
  Authenticate authenticate_;
  Counted counted_;
};

/// `post_v1_events` of `POST /v1/events`; a slash at the end is told too.
std::string operation_of(const Dialect::Endpoint& endpoint) {
  std::string out;
  for (const char c : endpoint.method + endpoint.path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter || capital) {
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.ends_with('_')) {
      out += '_';
    }
  }
  return out;
}

}  // namespace

std::vector<Route> intake_routes(Live& live, std::vector<std::shared_ptr<const Dialect>> dialects,
                                 Authenticate authenticate, Counted counted) {
  std::vector<Route> routes;
  for (const auto& dialect : dialects) {
    const auto intake = std::make_shared<const Intake>(live, dialect, authenticate, counted);
    for (const Dialect::Endpoint& endpoint : dialect->endpoints()) {
      Route route{.method = endpoint.method,
                  .pattern = endpoint.path,
                  .operation = operation_of(endpoint),
                  .work = Work::io,
                  .browsers = true,
                  .body_bytes_max = dialect->request_bytes_max()};
      if (endpoint.keyed) {
        route.admit = [intake](const Post& post, bool whole) { return intake->admit(post, whole); };
      }
      route.refuse = [intake](const Request& request, const Fault& fault) {
        return intake->refuse_body(request, fault);
      };
      route.handle = [intake](std::shared_ptr<const Request> request, Answer answer) {
        intake->handle(std::move(request), std::move(answer));
      };
      routes.push_back(std::move(route));
    }
  }
  return routes;
}

}  // namespace lotse::http
