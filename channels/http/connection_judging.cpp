#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "channels/http/connection.hpp"
#include "channels/http/cors.hpp"
#include "channels/http/credentials.hpp"
#include "channels/http/text.hpp"

/// What is told of a request before a handler sees it: by its head alone, and whether its body can be
/// inflated.
namespace lotse::http {
namespace {

/// Whoever asked can then ask with the right one.
std::string not_allowed(Role role, Permission permission) {
  std::string may;
  for (const Role other : {Role::channel, Role::agent, Role::analyst, Role::author, Role::admin}) {
    if (allows(other, permission)) may += fmt::format("{}`{}`", may.empty() ? "" : " or ", name_of(other));
  }
  return fmt::format("a token of the role {} may do this; this one is of `{}`", may, name_of(role));
}

}  // namespace

std::size_t Connection::body_bytes_max() const {
  const std::size_t general = lane_->shared().options.body_bytes_max;
  return route_ == nullptr ? general : std::min(route_->body_bytes_max.value_or(general), general);
}

bool Connection::is_head_request() const { return piece(parser_.head().method) == "HEAD"; }

std::optional<Response> Connection::judge() {
  const Head& head = parser_.head();
  const Router::Found found =
      lane_->shared().router.find(request_.post.method, request_.post.path, request_.parameters);
  route_ = found.route;
  if (auto refused = judge_method(found)) return refused;
  if (auto refused = judge_sender()) return refused;
  if (head.content_length > body_bytes_max()) {
    return body_refused(413, "Body too large",
                        fmt::format("{} bytes; at most {} are taken", head.content_length, body_bytes_max()));
  }
  const std::string_view coding = head.fields.find("content-encoding").value_or("identity");
  if (!same(coding, "gzip") && !same(coding, "x-gzip") && !same(coding, "identity")) {
    return body_refused(415, "Unknown content encoding", "of content encodings, only 'gzip' is known");
  }
  return {};
}

std::optional<Response> Connection::judge_method(const Router::Found& found) {
  const bool preflight = is_preflight(request_.post.method, parser_.head().fields);
  if (request_.post.method == "OPTIONS" && (preflight || found.route == nullptr) &&
      (found.path_known || request_.post.path == "*")) {
    return answer_options(preflight);
  }
  if (!found.path_known) return problem(404, "Not found", "there is nothing at this path");
  if (found.route == nullptr) {
    Response response = problem(405, "Method not allowed", "");
    response.headers.emplace_back("Allow", lane_->shared().router.allowed(request_.post.path));
    return response;
  }
  if (found.bad_escape) return problem(400, "Malformed path", "expected percent-encoded UTF-8");
  return {};
}

Response Connection::answer_options(bool preflight) {
  Response response{.status = 204, .content_type = {}};
  const Shared& shared = lane_->shared();
  const std::string methods = shared.router.allowed(request_.post.path);
  response.headers.emplace_back("Allow", methods);
  if (!preflight) return response;
  const HeaderFields& fields = parser_.head().fields;
  Parameters unused;
  route_ =
      shared.router.find(*fields.find("access-control-request-method"), request_.post.path, unused).route;
  if (route_ == nullptr || !route_->browsers) return response;
  for (auto& line : preflight_headers(fields, methods)) response.headers.push_back(std::move(line));
  return response;
}

std::optional<Response> Connection::judge_sender() {
  request_.who.reset();
  if (route_->admit) return admit(false);
  if (!route_->permission && !route_->any_token) return {};
  const auto token = credential(parser_.head().fields);
  if (token) request_.who = lane_->shared().hooks.authenticate(*token);
  if (!request_.who) {
    Response response = problem(401, "Unauthorized",
                                token ? "the token is unknown or has expired"
                                      : "a token is expected, as in 'Authorization: Bearer lotse_…'");
    response.headers.emplace_back("WWW-Authenticate", token ? R"(Bearer realm="lotse", error="invalid_token")"
                                                            : R"(Bearer realm="lotse")");
    return response;
  }
  if (route_->permission && !allows(request_.who->role, *route_->permission)) {
    return problem(403, "Forbidden", not_allowed(request_.who->role, *route_->permission));
  }
  return {};
}

std::optional<Response> Connection::admit(bool whole) {
  try {
    Admission admission = route_->admit(request_.post, whole);
    if (!admission) return std::move(admission.error());
    request_.who = *std::move(admission);
    return {};
  } catch (const std::exception&) {  // as of a handler: a fault of ours
    return problem(500, "Internal error", "");
  }
}

Response Connection::body_refused(unsigned status, std::string_view title, std::string detail) {
  if (route_ == nullptr || !route_->refuse) return problem(status, title, detail);
  show_head();  // it may have moved while the body came
  return route_->refuse(request_,
                        {.status = status, .reason = std::string(title), .detail = std::move(detail)});
}

/// Compressed bodies are told by what they begin with too: some clients do not say so.
std::optional<Response> Connection::inflate_body() {
  std::string_view& body = request_.post.body;
  const bool said = !same(parser_.head().fields.find("content-encoding").value_or("identity"), "identity");
  if (body.empty() || !(said || Inflater::looks_compressed(body))) return {};
  const auto outcome = lane_->inflater().inflate(body, inflated_, body_bytes_max());
  body = inflated_.view();
  if (!account()) return {};
  switch (outcome) {
    case Inflater::Outcome::done:
      return {};
    case Inflater::Outcome::too_large:
      return body_refused(413, "Body too large",
                          fmt::format("at most {} bytes are taken, inflated", body_bytes_max()));
    case Inflater::Outcome::malformed:
      return body_refused(400, "Malformed body", "the body is no whole gzip");
  }
  return {};
}

}  // namespace lotse::http
