#include "tests/http/api_shop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <iterator>

#include "engine/base/assert.hpp"

namespace lotse::test {

namespace {

constexpr std::string_view kChannels = R"yaml(
channels:
  web: {title: Web}
  store: {title: Store, human: true}
  call_center: {title: Call centre, human: true}
  email: {title: E-mail, adapter: log, purposes: [service]}
)yaml";

constexpr std::string_view kOrder = R"yaml(
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: 10d
value: context.amount
stages: [buy, use]
segments: {plan: customer.plan, wealth: string(context.income)}
context:
  amount: {type: number, default: 0}
  iban: {type: string, sensitive: true, description: Where it is paid from}
  income: {type: integer, sensitive: true}
feedback:
  - {on: rated, scale: stars, score: event.score, comment: event.comment}
promises:
  - {name: delivery, from: ordered, until: used, within: 5d}
touchpoints:
  ordered:
    title: Ordered in the shop
    stage: buy
    channels: [web, store]
    start: true
    on: ordered
    capture: {amount: event.amount, iban: event.iban, income: customer.income}
    next: [paid, {to: call, after: 30m}]
  call: {title: Call back, channels: [call_center], handover: {team: sales}, promise: 4h}
  paid:
    stage: buy
    channels: [web, store]
    on: paid
    next: [used]
  used:
    stage: use
    channels: [web]
    on: used
    goal: true
)yaml";

constexpr std::string_view kClaim = R"yaml(
journey: claim
version: 1
title: Money back
owner: shop@example.net
key: event.iban
abandon_after: 10d
stages: [ask]
context:
  iban: {type: string, sensitive: true}
  limit: {type: number, sensitive: true}
touchpoints:
  claimed:
    stage: ask
    channels: [web]
    start: true
    on: claimed
    capture: {iban: event.iban, limit: event.limit}
    next: [settled]
  settled:
    stage: ask
    channels: [web]
    on: settled
    goal: true
)yaml";

Event made(std::int64_t at, std::string id, std::string type, Identifier who, Map properties = {},
           Map traits = {}) {
  Event event;
  event.id = std::move(id);
  event.source = "shop";
  event.type = std::move(type);
  event.channel = "web";
  event.time = api_minute(at);
  event.ids = {std::move(who)};
  event.properties = Value(std::move(properties));
  event.traits = Value(std::move(traits));
  return event;
}

/// Header lines or query parameters from a list.
class ListedFields final : public PostFields {
 public:
  explicit ListedFields(const Fields& fields) : fields_(fields) {}
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const override {
    const auto found = std::ranges::find(fields_, name, &Fields::value_type::first);
    return found == fields_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string_view>> with_prefix(
      std::string_view prefix) const override {
    std::vector<std::pair<std::string, std::string_view>> found;
    for (const auto& [name, value] : fields_) {
      if (name.starts_with(prefix)) found.emplace_back(name, value);
    }
    return found;
  }

 private:
  const Fields& fields_;
};

/// What a request's pointers point to.
class Carried {
 public:
  Carried(const Fields& query, const Fields& headers) : query_(query), headers_(headers) {}
  [[nodiscard]] std::shared_ptr<http::Request> request(const http::Route& route,
                                                       std::optional<http::Principal> who) const {
    auto request = std::make_shared<http::Request>();
    request->post.method = route.method;
    request->post.path = route.pattern;
    request->post.headers = &headers_;
    request->post.query = &query_;
    request->who = std::move(who);
    return request;
  }

 private:
  ListedFields query_;
  ListedFields headers_;
};

}  // namespace

Workspace api_shop(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "journeys");
  const auto write = [&](const char* name, std::string_view text) { std::ofstream(folder / name) << text; };
  write("lotse.yaml", "zone: UTC\n");
  write("channels.yaml", kChannels);
  write("journeys/claim.yaml", kClaim);
  write("journeys/order.yaml", kOrder);
  auto loaded = load_workspace(folder);
  if (!loaded.value) fmt::print(stderr, "{}", render(loaded.findings));
  LOTSE_ASSERT(loaded.value);
  return *std::move(loaded.value);
}

Instant api_minute(std::int64_t minute) {
  return *parse_instant("2024-03-01T09:00:00Z") + std::chrono::minutes(minute);
}

std::vector<Event> api_events() {
  const Identifier ada{"user_id", "ada"};
  const Value iban(canary_iban);
  std::vector<Event> events;
  events.push_back(
      made(0, "e0", "ordered", ada,
           {{Value("order"), Value("o1")}, {Value("amount"), Value(12.5)}, {Value("iban"), iban}},
           {{Value("plan"), Value("fibre")}, {Value("income"), Value(canary_income)}}));
  events.push_back(
      made(1, "e1", "rated", ada, {{Value("score"), Value(2.0)}, {Value("comment"), Value("slow")}}));
  events.push_back(made(2, "e2", "claimed", ada, {{Value("iban"), iban}, {Value("limit"), iban}}));
  events.push_back(made(3, "e3", "ordered", {"user_id", "bob"},
                        {{Value("order"), Value("o2")}, {Value("amount"), Value(3.0)}}));
  events.push_back(made(4, "e4", "paid", {"user_id", "bob"}, {{Value("order"), Value("o2")}}));
  events.push_back(made(5, "e5", "ordered", {"loyalty_id", "bob"},
                        {{Value("order"), Value("o3")}, {Value("amount"), Value(7.0)}}));
  return events;
}

ApiLive::ApiLive(std::vector<Event> events) {
  LiveOptions options;
  options.engine.clock = [this] { return now_.load(); };
  live_ = Live::start(api_shop(folder_.path()), folder_ / "shop.lotse", std::move(options)).value();
  changes_ = std::make_unique<http::Changes>(*live_);
  if (!events.empty()) post(std::move(events));
}

void ApiLive::post(std::vector<Event> events) {
  const std::size_t count = events.size();
  std::promise<Result<IngestOutcome>> answer;
  const auto submitted =
      live_->submit(live_->prepare(std::move(events)), {},
                    [&](Result<IngestOutcome> outcome) { answer.set_value(std::move(outcome)); });
  LOTSE_ASSERT(submitted == Live::Submitted::queued);
  const auto outcome = answer.get_future().get();
  LOTSE_ASSERT(outcome && outcome->accepted == count);
}

void ApiLive::reject(std::vector<Reject> rejects) {
  std::promise<void> done;
  const auto submitted = live_->submit(live_->prepare({}), std::move(rejects),
                                       [&](const Result<IngestOutcome>&) { done.set_value(); });
  LOTSE_ASSERT(submitted == Live::Submitted::queued);
  done.get_future().wait();
}

namespace {

http::Response answer_of(const http::Route& route, const std::shared_ptr<const http::Request>& request) {
  std::optional<http::Response> response;
  route.handle(request, [&](http::Response given) { response = std::move(given); });
  LOTSE_ASSERT(response);
  return *std::move(response);
}

}  // namespace

http::Response call(const std::vector<http::Route>& routes, std::string_view operation, std::string id,
                    const Fields& query, std::optional<http::Principal> who, const Fields& headers) {
  const auto& route = *std::ranges::find(routes, operation, &http::Route::operation);
  const Carried carried(query, headers);
  auto request = carried.request(route, std::move(who));
  if (!id.empty()) request->parameters.emplace("id", std::move(id));
  return answer_of(route, request);
}

http::Response post_to(const std::vector<http::Route>& routes, std::string_view operation, std::string body,
                       std::optional<http::Principal> who, const std::string& key, const Fields& headers,
                       const Fields& query) {
  const auto& route = *std::ranges::find(routes, operation, &http::Route::operation);
  const Carried carried(query, headers);
  auto request = carried.request(route, std::move(who));
  if (!key.empty()) request->parameters["key"] = key;
  const std::size_t size = body.size();
  body.append(Post::padding, '\0');
  request->post.body = std::string_view(body).substr(0, size);
  return answer_of(route, request);
}

http::Response command(const std::vector<http::Route>& routes, std::string_view operation, std::string id,
                       const Fields& query, std::string body, std::optional<http::Principal> who,
                       const Fields& headers) {
  const auto& route = *std::ranges::find(routes, operation, &http::Route::operation);
  const Carried carried(query, headers);
  auto request = carried.request(route, std::move(who));
  request->parameters.emplace("id", std::move(id));
  const std::size_t size = body.size();
  body.append(Post::padding, '\0');
  request->post.body = std::string_view(body).substr(0, size);
  return answer_of(route, request);
}

void listen(const std::vector<http::Route>& routes, std::string_view operation,
            std::shared_ptr<http::EventStream> stream, const Fields& query,
            std::optional<http::Principal> who, const Fields& headers) {
  const auto& route = *std::ranges::find(routes, operation, &http::Route::operation);
  const Carried carried(query, headers);
  route.stream(carried.request(route, std::move(who)), std::move(stream));
}

http::Principal principal(http::Role role, bool sensitive) {
  return {.name = "test", .role = role, .channels = {}, .sensitive = sensitive};
}

}  // namespace lotse::test
