#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/json_body.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/report/next_best_action.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::uint32_t depth_max = 8;
constexpr std::size_t limit_max = 100;
constexpr std::array<std::string_view, 3> members{"customer", "channel", "limit"};

/// What is asked.
struct Question {
  std::vector<Identifier> customer;
  std::string asked;  ///< the customer in the asker's own words
  std::string channel;
  std::size_t limit = 10;
};

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }

/// `"user_id:4711"`, `"4711"`, or `{"user_id": "4711", "email": "kim@example.net"}`.
Result<void> read_customer(Live& live, const Value* customer, Question& question) {
  if (customer != nullptr && customer->string() != nullptr && !customer->string()->empty()) {
    question.asked = *customer->string();
    question.customer = live.find_identifiers(question.asked);
    return {};
  }
  if (customer == nullptr || customer->map() == nullptr || customer->map()->empty()) {
    return refuse(
        "customer: write an identifier, \"user_id:4711\", or a map of them, {\"user_id\": \"4711\"}");
  }
  for (const auto& [name_space, value] : *customer->map()) {
    if (value.string() == nullptr)
      return refuse(fmt::format("customer: the identifier `{}` is no text", *name_space.string()));
    question.customer.push_back({*name_space.string(), *value.string()});
    question.asked +=
        fmt::format("{}{}:{}", question.asked.empty() ? "" : ", ", *name_space.string(), *value.string());
  }
  return {};
}

Result<std::string> read_channel(const Workspace& workspace, const Value* channel) {
  if (channel == nullptr || channel->string() == nullptr)
    return refuse("channel: name the channel that asks, as channels.yaml has it");
  std::vector<std::string_view> known;
  for (const Channel& each : workspace.channels.channels) known.push_back(each.id);
  const std::string& name = *channel->string();
  if (std::ranges::find(known, name) != known.end()) return name;
  const std::string_view meant = nearest(name, known);
  return refuse(fmt::format("channel: `{}` is not in channels.yaml{}", name,
                            meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)));
}

Result<std::size_t> read_limit(const Value* limit, std::size_t otherwise) {
  if (limit == nullptr) return otherwise;
  const auto* number = std::get_if<std::int64_t>(&limit->rep());
  if (number != nullptr && *number >= 1 && *number <= static_cast<std::int64_t>(limit_max))
    return static_cast<std::size_t>(*number);
  return refuse(fmt::format("limit: {} is no whole number from 1 to {}", to_json(*limit), limit_max));
}

Result<Question> read_question(Live& live, const Workspace& workspace, const Request& request) {
  LOTSE_TRY(const Value body, read_object(request, members, depth_max));
  Question question;
  LOTSE_CHECK(read_customer(live, body.find("customer"), question));
  LOTSE_TRY(question.channel, read_channel(workspace, body.find("channel")));
  LOTSE_TRY(question.limit, read_limit(body.find("limit"), question.limit));
  return question;
}

Result<Response> decide(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  const auto workspace = live.workspace();
  LOTSE_TRY(const Question question, read_question(live, *workspace, request));
  LOTSE_TRY(LiveCustomer found, only_customer(question.customer, question.asked,
                                              fmt::format("nobody is known as `{}`", question.asked),
                                              [&](const Identifier& id) { return live.standing(id); }));
  CustomerReport report;
  report.identifiers = std::move(found.view.identifiers);
  report.state = std::move(found.view.state);
  report.journeys = &found.tracker->journeys();
  report.as_of = found.as_of;
  report.sensitive = request.who && request.who->sensitive;
  return Response{.body = next_best_actions_json(report, *workspace, question.channel, question.limit)};
}

}  // namespace

std::vector<Route> decision_routes(Live& live) {
  Route route = get("/v1/decisions", "decide", Permission::read_customers,
                    [&live](const Request& request) { return decide(live, request); });
  route.method = "POST";
  route.body_bytes_max = body_bytes_max;
  return {std::move(route)};
}

}  // namespace lotse::http
