#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/changes.hpp"
#include "channels/http/parameters.hpp"
#include "engine/expression/value.hpp"

namespace lotse::http {
namespace {

/// Data of an event of the stream: JSON on one line.
std::string data_of(const Change& change, bool with_customer) {
  const auto text = [](const std::optional<std::string>& id) { return id ? Value(*id) : Value(); };
  Map map{{Value("at"), Value(format_instant(change.at))},
          {Value("journey"), Value(change.journey)},
          {Value("version"), Value(std::int64_t{change.version})},
          {Value("from"), text(change.from)},
          {Value("to"), text(change.to)},
          {Value("cause"), Value(change.cause)},
          {Value("channel"), change.channel.empty() ? Value() : Value(change.channel)}};
  if (with_customer) {
    map.emplace_back(Value("customer"), Value(change.customer));
    map.emplace_back(Value("instance"), Value(std::int64_t{change.instance}));
  }
  return to_json(Value(std::move(map)));
}

/// `restart` where the client says that it has listened before: nothing is sent again, so what it shows must
/// be read anew.
void listen(Live& live, Changes& changes, const Request& request,
            const std::shared_ptr<EventStream>& stream) {
  const bool again = request.post.headers->find("last-event-id").has_value();
  const bool with_customer = request.who && allows(request.who->role, Permission::read_customers);
  const Value data(Map{{Value("at"), Value(format_instant(live.now()))}});
  if (stream->send(again ? "restart" : "start", to_json(data))) {
    changes.add(stream, parameter(request, "journey"), with_customer);
  }
}

}  // namespace

Changes::Changes(Live& live)
    : observed_(live.observe([this](const std::vector<Change>& changes) { tell(changes); })) {}

void Changes::add(std::shared_ptr<EventStream> stream, std::string journey, bool with_customer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const Listener& listener) { return listener.stream->closed(); });
  listeners_.push_back({std::move(stream), std::move(journey), with_customer});
}

void Changes::tell(const std::vector<Change>& changes) {
  const std::lock_guard lock(mutex_);
  for (const Change& change : changes) {
    std::optional<std::string> named;
    std::optional<std::string> nameless;
    std::erase_if(listeners_, [&](const Listener& listener) {
      if (!listener.journey.empty() && listener.journey != change.journey) return listener.stream->closed();
      auto& data = listener.with_customer ? named : nameless;
      if (!data) data = data_of(change, listener.with_customer);
      return !listener.stream->send("move", *data);
    });
  }
}

void Changes::tell(const std::vector<IncidentNews>& news) {
  const std::lock_guard lock(mutex_);
  for (const IncidentNews& one : news) {
    const std::string data = to_json(Value(Map{{Value("what"), Value(name(one.what))},
                                               {Value("incident"), Value(one.id)},
                                               {Value("journey"), Value(one.journey)},
                                               {Value("touchpoint"), Value(one.touchpoint)},
                                               {Value("title"), Value(one.title)},
                                               {Value("sentence"), Value(one.sentence)}}));
    std::erase_if(listeners_, [&](const Listener& listener) {
      if (!listener.journey.empty() && listener.journey != one.journey) return listener.stream->closed();
      return !listener.stream->send("incident", data);
    });
  }
}

std::vector<Route> change_routes(Live& live, Changes& changes) {
  Route route;
  route.method = "GET";
  route.pattern = "/v1/changes";
  route.operation = "streamChanges";
  route.permission = Permission::read_reports;
  route.work = Work::io;  // it only enters a listener
  route.stream = [&live, &changes](const std::shared_ptr<const Request>& request,
                                   const std::shared_ptr<EventStream>& stream) {
    listen(live, changes, *request, stream);
  };
  return {std::move(route)};
}

}  // namespace lotse::http
