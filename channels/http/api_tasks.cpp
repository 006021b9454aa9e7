#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/idempotency.hpp"
#include "channels/http/json_body.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/hash.hpp"
#include "engine/report/json.hpp"
#include "engine/report/task_json.hpp"

namespace lotse::http {
namespace {

constexpr std::size_t body_bytes_max = 16 * 1024;
constexpr std::size_t text_bytes_max = 8 * 1024;
constexpr std::size_t limit_max = 1000;

/// What may be done with a task, and what may be said with it.
struct Command {
  std::string_view path;
  std::string_view operation;
  std::string_view event;
  bool text;
  bool result;
};
constexpr std::array<Command, 4> commands{
    {{"claim", "claimTask", event_type::task_claimed, false, false},
     {"release", "releaseTask", event_type::task_released, false, false},
     {"notes", "noteOnTask", event_type::task_noted, true, false},
     {"complete", "completeTask", event_type::task_done, true, true}}};

bool sees_sensitive(const Request& request) { return request.who && request.who->sensitive; }

Result<OpenTask> find_task(Live& live, const std::string& key) {
  LOTSE_TRY(const std::vector<OpenTask> tasks, live.tasks({}));
  const auto found = std::ranges::find(tasks, key, &OpenTask::key);
  if (found != tasks.end()) return *found;
  return fail(ErrorCode::not_found, fmt::format("no open task has the key `{}`", key));
}

Result<Response> told(Live& live, const Request& request, std::span<const OpenTask> tasks, std::size_t open) {
  LOTSE_TRY(const auto snapshot, live.snapshot());
  return Response{.body = tasks_json(tasks, open, snapshot->tracker(), sees_sensitive(request))};
}

Result<Response> list(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"team", "limit"}));
  std::size_t limit = 100;
  LOTSE_TRY(limit, number_parameter(request, "limit", limit, 1, limit_max));
  LOTSE_TRY(std::vector<OpenTask> tasks, live.tasks(parameter(request, "team")));
  const std::size_t open = tasks.size();
  tasks.resize(std::min(limit, open));
  return told(live, request, tasks, open);
}

Result<Response> teams(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const auto snapshot, live.snapshot());
  LOTSE_TRY(const std::vector<OpenTask> tasks, live.tasks({}));
  return Response{.body = teams_json(snapshot->workspace().channels.teams, snapshot->tracker(), tasks)};
}

/// The customer behind a task; nobody where the customer was erased meanwhile.
Result<LiveCustomer> customer_of(Live& live, const OpenTask& task) {
  return only_customer(live.find_identifiers(task.customer), task.customer,
                       "the customer of this task has been erased",
                       [&](const Identifier& identifier) { return live.customer(identifier); });
}

Result<Response> detail(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const OpenTask task, find_task(live, request.parameters.at("key")));
  LOTSE_TRY(const LiveCustomer customer, customer_of(live, task));
  return Response{.body = task_json(task, *customer.tracker, customer.view.state, customer.view.events,
                                    sees_sensitive(request))};
}

tl::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::bad_input, std::move(message)); }

Result<Value> read_body(const Command& command, const Request& request) {
  std::vector<std::string_view> known{"by"};
  if (command.text) known.emplace_back("text");
  if (command.result) known.emplace_back("result");
  return read_object(request, known);
}

/// Durable when it returns.
Result<IngestOutcome> record(Live& live, Event event) {
  std::promise<Result<IngestOutcome>> recorded;
  std::vector<Event> events;
  events.push_back(std::move(event));
  const auto submitted = live.submit(live.prepare(std::move(events)), {}, [&](Result<IngestOutcome> outcome) {
    recorded.set_value(std::move(outcome));
  });
  if (submitted == Live::Submitted::queued) return recorded.get_future().get();
  return fail(ErrorCode::unavailable, submitted == Live::Submitted::overloaded
                                          ? "too much is waiting to be written"
                                          : "the engine takes nothing more");
}

/// What is said with a command, as properties of its event: `by`, `text`, `result`.
Result<Map> said_with(const Command& command, const Request& request) {
  LOTSE_TRY(const Value body, read_body(command, request));
  LOTSE_TRY(std::string by, text_member(body, "by", text_bytes_max));
  if (by.empty() && request.who) by = request.who->name;
  Map said{{Value("by"), Value(std::move(by))}};
  for (const char* name : {"text", "result"}) {
    LOTSE_TRY(std::string text, text_member(body, name, text_bytes_max));
    if (!text.empty()) said.emplace_back(Value(name), Value(std::move(text)));
  }
  const bool noted = command.event == event_type::task_noted;
  if (noted && Value(said).find("text") == nullptr) return refuse("text: a note needs one");
  return said;
}

/// The event's id: of two commands with one idempotency key it is the same, so that the log takes one.
std::string id_of(const Command& command, const Request& request, Instant now, const std::string& key) {
  static std::atomic<std::uint64_t> counter = 0;
  const std::string& task = request.parameters.at("key");
  if (key.empty()) {
    return fmt::format("task:{}:{}:{}:{}", task, command.path, now.time_since_epoch().count(), counter++);
  }
  const std::string whose = fmt::format("{}\n{}", request.who ? request.who->name : "", key);
  return fmt::format("task:{}:{}:{:016x}{:016x}", task, command.path, fast_hash(whose, 1),
                     fast_hash(whose, 2));
}

Result<Event> event_of(Live& live, const Command& command, const OpenTask& task, std::string id,
                       const Map& said) {
  Map properties{{Value("journey"), Value(task.journey)},
                 {Value("key"), Value(task.key)},
                 {Value("task"), Value(task.touchpoint)}};
  properties.insert(properties.end(), said.begin(), said.end());
  const std::vector<Identifier> named = live.find_identifiers(task.customer);
  if (named.empty()) return fail(ErrorCode::not_found, "the customer of this task has been erased");
  return Event{.id = std::move(id),
               .source = "lotse",
               .type = std::string(command.event),
               .time = std::max(live.now(), task.last_step + Duration(1)),
               .ids = {named.front()},
               .properties = Value(std::move(properties))};
}

tl::unexpected<Error> taken_by_another(const OpenTask& task) {
  return fail(ErrorCode::conflict,
              fmt::format("`{}` has claimed this task already; release it first", task.claimed_by));
}

Result<Response> carry_out(Live& live, const Command& command, const Request& request, const Map& said,
                           std::string id) {
  LOTSE_TRY(OpenTask task, find_task(live, request.parameters.at("key")));
  LOTSE_TRY(const Event event, event_of(live, command, task, std::move(id), said));
  const std::string& by = *event.properties.find("by")->string();
  const bool claims = command.event == event_type::task_claimed;
  if (claims && !task.claimed_by.empty() && task.claimed_by != by) return taken_by_another(task);
  LOTSE_TRY([[maybe_unused]] const IngestOutcome outcome, record(live, event));
  if (command.event == event_type::task_done) return Response{.status = 204, .content_type = {}};
  LOTSE_TRY(task, find_task(live, task.key));
  if (claims && task.claimed_by != by) return taken_by_another(task);  // at the same moment
  return told(live, request, {&task, 1}, 1);
}

/// The command was carried out before: the same answer, as far as the task is still there to be shown.
Result<Response> answer_again(Live& live, const Command& command, const Request& request, const Map& said,
                              const Event& before) {
  const Value words(said);
  const bool same = std::ranges::all_of(std::array{"by", "text", "result"}, [&](const char* name) {
    const Value* now = words.find(name);
    const Value* then = before.properties.find(name);
    return now == nullptr || then == nullptr ? now == then : now->identical(*then);
  });
  if (!same) {
    return problem(422, "Idempotency key was used before",
                   "the same Idempotency-Key came with another body; a new command needs a new key");
  }
  const auto task = find_task(live, request.parameters.at("key"));
  if (command.event == event_type::task_done || !task) return Response{.status = 204, .content_type = {}};
  const bool claims = command.event == event_type::task_claimed;
  if (claims && !task->claimed_by.empty() && task->claimed_by != *words.find("by")->string())
    return taken_by_another(*task);
  return told(live, request, {&*task, 1}, 1);
}

Result<Response> obey(Live& live, UnderWay& under_way, const Command& command, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const Map said, said_with(command, request));
  LOTSE_TRY(const std::string key, idempotency_key(request.post));
  const std::string id = id_of(command, request, live.now(), key);
  if (key.empty()) return carry_out(live, command, request, said, id);
  const auto held = under_way.enter(id);
  if (!held) return fail(ErrorCode::conflict, "a command with this Idempotency-Key is being carried out");
  LOTSE_TRY(const std::optional<Event> before, live.find_event("lotse", id));
  if (before) return answer_again(live, command, request, said, *before);
  return carry_out(live, command, request, said, id);
}

Route post(const Command& command, Compute compute) {
  Route route = get(fmt::format("/v1/tasks/{{key}}/{}", command.path), std::string(command.operation),
                    Permission::read_customers, std::move(compute));
  route.method = "POST";
  route.body_bytes_max = body_bytes_max;
  return route;
}

}  // namespace

std::vector<Route> task_routes(Live& live) {
  std::vector<Route> routes{get("/v1/tasks", "listTasks", Permission::read_customers,
                                [&live](const Request& request) { return list(live, request); }),
                            get("/v1/teams", "listTeams", Permission::read_customers,
                                [&live](const Request& request) { return teams(live, request); }),
                            get("/v1/tasks/{key}", "getTask", Permission::read_customers,
                                [&live](const Request& request) { return detail(live, request); })};
  const auto under_way = std::make_shared<UnderWay>();
  for (const Command& command : commands) {
    routes.push_back(post(command, [&live, under_way, &command](const Request& request) {
      return obey(live, *under_way, command, request);
    }));
  }
  return routes;
}

}  // namespace lotse::http
