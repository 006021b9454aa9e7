#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "channels/http/api_parts.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/read_instant.hpp"
#include "engine/report/customer.hpp"
#include "engine/report/why.hpp"

namespace lotse::http {
namespace {

/// The time that a parameter names; `otherwise` where it is left out. A time to come is refused: nothing is
/// known of it.
Result<Instant> past(Live& live, const Request& request, std::string_view name, Instant otherwise) {
  const std::string text = parameter(request, name);
  if (text.empty()) return otherwise;
  const Zone zone = Zone::find(live.workspace()->settings.zone).value_or(Zone::utc());
  const Instant now = live.now();
  auto instant = read_instant(text, zone, now);
  if (!instant) {
    return fail(instant.error().code, fmt::format("{}: {}", name, instant.error().message));
  }
  if (*instant <= now) return *instant;
  return fail(ErrorCode::bad_input,
              fmt::format("{}: `{}` is yet to come; it is {} now", name, text, format_instant(now)));
}

Result<Moment> moment_of(Live& live, const Request& request) {
  Moment moment;
  LOTSE_TRY(moment.as_of, past(live, request, "as_of", moment.as_of));
  LOTSE_TRY(moment.known_at, past(live, request, "known_at", moment.known_at));
  return moment;
}

std::string text_of(const Identifier& identifier) {
  return fmt::format("{}:{}", identifier.name_space, identifier.value);
}

/// A bare value may be known in several namespaces.
Result<LiveCustomer> find_customer(Live& live, const std::string& id, const Moment& moment) {
  const bool asked_back = moment.as_of != Instant::max() || moment.known_at != Instant::max();
  return only_customer(live.find_identifiers(id), id,
                       asked_back ? fmt::format("nobody was known as `{}` by then", id)
                                  : fmt::format("nobody is known as `{}`", id),
                       [&](const Identifier& identifier) { return live.customer(identifier, moment); });
}

CustomerReport report_of(const LiveCustomer& customer, const Request& request) {
  CustomerReport report;
  report.identifiers = customer.view.identifiers;
  report.state = customer.view.state;
  report.consents = consents_of(customer.view.events);
  report.journeys = &customer.tracker->journeys();
  report.as_of = customer.as_of;
  report.sensitive = request.who && request.who->sensitive;
  return report;
}

Result<Response> customer(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"as_of", "known_at"}));
  LOTSE_TRY(const Moment moment, moment_of(live, request));
  LOTSE_TRY(const LiveCustomer found, find_customer(live, request.parameters.at("id"), moment));
  return Response{.body = customer_json(report_of(found, request), TimelineIn::no)};
}

Result<Response> timeline(Live& live, const Request& request) {
  constexpr std::uint64_t limit_max = 1000;
  LOTSE_CHECK(check_parameters(request, {"as_of", "known_at", "limit", "before"}));
  TimelinePage page;
  LOTSE_TRY(page.limit, number_parameter(request, "limit", page.limit, 1, limit_max));
  LOTSE_TRY(page.before, number_parameter(request, "before", page.before, 0, SIZE_MAX));
  LOTSE_TRY(const Moment moment, moment_of(live, request));
  LOTSE_TRY(const LiveCustomer found, find_customer(live, request.parameters.at("id"), moment));
  CustomerReport report = report_of(found, request);
  TraceList trace;
  report.state = found.tracker->derive(found.view.state.customer, found.view.events, found.as_of, &trace);
  report.trace = trace.take();
  const Instant known_at = moment.known_at == Instant::max() ? live.now() : moment.known_at;
  return Response{.body = customer_timeline_json(report, known_at, page)};
}

Result<Response> why(Live& live, const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"touchpoint", "journey", "as_of", "known_at"}));
  const std::string touchpoint = parameter(request, "touchpoint");
  if (touchpoint.empty()) return fail(ErrorCode::bad_input, "touchpoint: which one? Its id is needed");
  const std::string journey = parameter(request, "journey");
  LOTSE_TRY(const Moment moment, moment_of(live, request));
  LOTSE_TRY(const LiveCustomer found, find_customer(live, request.parameters.at("id"), moment));
  LOTSE_TRY(const WhyAnswer answer,
            lotse::why({.tracker = found.tracker.get(),
                        .customer = found.view.state.customer,
                        .events = found.view.events,
                        .journey = journey,
                        .touchpoint = touchpoint,
                        .as_of = found.as_of,
                        .zone = Zone::find(live.workspace()->settings.zone).value_or(Zone::utc()),
                        .sensitive = request.who && request.who->sensitive}));
  return Response{.body = why_json(answer)};
}

}  // namespace

/// That is one customer where they are linked, and else the asker has to say which.
Result<LiveCustomer> only_customer(const std::vector<Identifier>& named, const std::string& asked,
                                   const std::string& nobody, const LookUp& look) {
  std::vector<LiveCustomer> found;
  std::string names;
  for (const Identifier& identifier : named) {
    const bool met = std::ranges::any_of(found, [&](const LiveCustomer& customer) {
      return std::ranges::find(customer.view.identifiers, identifier) != customer.view.identifiers.end();
    });
    if (met) continue;
    LOTSE_TRY(std::optional<LiveCustomer> customer, look(identifier));
    if (!customer) continue;
    names += fmt::format("{}`{}`", names.empty() ? "" : ", ", text_of(identifier));
    found.push_back(*std::move(customer));
  }
  if (found.empty()) return fail(ErrorCode::not_found, nobody);
  if (found.size() == 1) return std::move(found.front());
  return fail(ErrorCode::conflict,
              fmt::format("`{}` names {} customers: {}; ask for one of these", asked, found.size(), names));
}

std::vector<Route> customer_routes(Live& live) {
  return {get("/v1/customers/{id}", "getCustomer", Permission::read_customers,
              [&live](const Request& request) { return customer(live, request); }),
          get("/v1/customers/{id}/timeline", "getCustomerTimeline", Permission::read_customers,
              [&live](const Request& request) { return timeline(live, request); }),
          get("/v1/customers/{id}/why", "getCustomerWhy", Permission::read_customers,
              [&live](const Request& request) { return why(live, request); })};
}

}  // namespace lotse::http
