#include "channels/http/router.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "channels/http/text.hpp"
#include "engine/expression/text.hpp"

namespace lotse::http {
namespace {

/// `/a/b` → `a`, `b`; `/` → one that is empty.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// A literal segment may come percent-encoded in parts (RFC 3986, section 6.2.2.2).
bool same_literal(std::string_view sent, std::string_view literal) {
  if (sent == literal) return true;
  std::string decoded;
  return sent.find('%') != std::string_view::npos && percent_decode(sent, decoded) && decoded == literal;
}

}  // namespace

Result<Router> Router::make(std::vector<Route> routes) {
  Router router;
  router.routes_ = std::move(routes);
  for (std::uint32_t i = 0; i < router.routes_.size(); ++i) LOTSE_CHECK(router.add(i));
  std::ranges::stable_sort(router.patterns_, [](const Pattern& a, const Pattern& b) {
    return std::ranges::lexicographical_compare(a.segments, b.segments, {}, &Segment::parameter,
                                                &Segment::parameter);
  });
  for (std::uint32_t i = 0; i < router.patterns_.size(); ++i) {
    const Pattern& pattern = router.patterns_[i];
    if (std::ranges::none_of(pattern.segments, &Segment::parameter)) {
      router.literal_.emplace(router.routes_[pattern.routes.front()].pattern, i);
    }
  }
  return router;
}

Result<void> Router::add(std::uint32_t route) {
  const Route& added = routes_[route];
  if (!added.pattern.starts_with('/')) {
    return fail(ErrorCode::bad_input,
                fmt::format("route '{}': expected a path that begins with '/'", added.pattern));
  }
  if (!added.handle && !added.stream) {
    return fail(ErrorCode::bad_input, fmt::format("route {} {} has no handler", added.method, added.pattern));
  }
  Pattern pattern;
  for (const std::string_view segment : segments_of(added.pattern)) {
    const bool parameter = is_parameter(segment);
    if (!parameter && segment.find_first_of("{}") != std::string_view::npos) {
      return fail(ErrorCode::bad_input,
                  fmt::format("route '{}': a parameter is a whole segment, as in '/v1/customers/{{id}}'",
                              added.pattern));
    }
    pattern.segments.push_back(
        {std::string(parameter ? segment.substr(1, segment.size() - 2) : segment), parameter});
  }
  const auto same_path = [&](const Pattern& other) {
    return routes_[other.routes.front()].pattern == added.pattern;
  };
  const auto known = std::ranges::find_if(patterns_, same_path);
  Pattern& place = known == patterns_.end() ? patterns_.emplace_back(std::move(pattern)) : *known;
  const auto same_method = [&](std::uint32_t other) { return routes_[other].method == added.method; };
  if (std::ranges::any_of(place.routes, same_method)) {
    return fail(ErrorCode::bad_input, fmt::format("route {} {} is there twice", added.method, added.pattern));
  }
  place.routes.push_back(route);
  return {};
}

bool Router::fits(const Pattern& pattern, const std::vector<std::string_view>& path) {
  return std::ranges::equal(pattern.segments, path, [](const Segment& segment, std::string_view sent) {
    return segment.parameter ? !sent.empty() : same_literal(sent, segment.text);
  });
}

/// Until `visit` is false.
template <class Visit>
void Router::for_each_fitting(std::string_view path, const Visit& visit) const {
  if (!path.starts_with('/')) return;
  const auto segments = segments_of(path);
  for (const Pattern& pattern : patterns_) {
    if (fits(pattern, segments) && !visit(pattern, segments)) return;
  }
}

const Route* Router::by_method(const Pattern& pattern, std::string_view method) const {
  const auto find = [&](std::string_view wanted) -> const Route* {
    for (const std::uint32_t route : pattern.routes) {
      if (routes_[route].method == wanted) return &routes_[route];
    }
    return nullptr;
  };
  const Route* route = find(method);
  return route == nullptr && method == "HEAD" ? find("GET") : route;
}

Router::Found Router::find(std::string_view method, std::string_view path, Parameters& parameters) const {
  parameters.clear();
  if (const auto literal = literal_.find(path); literal != literal_.end()) {
    if (const Route* route = by_method(patterns_[literal->second], method))
      return {.route = route, .path_known = true};
  }
  Found found;
  for_each_fitting(path, [&](const Pattern& pattern, const std::vector<std::string_view>& segments) {
    found.path_known = true;
    found.route = by_method(pattern, method);
    if (found.route == nullptr) return true;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (!pattern.segments[i].parameter) continue;
      std::string& value = parameters[pattern.segments[i].text];
      found.bad_escape |= !percent_decode(segments[i], value) || cel::invalid_utf8(value).has_value();
    }
    return false;
  });
  return found;
}

std::string Router::allowed(std::string_view path) const {
  std::vector<std::string_view> methods = {"OPTIONS"};
  for_each_fitting(path, [&](const Pattern& pattern, const auto&) {
    for (const std::uint32_t route : pattern.routes) {
      methods.emplace_back(routes_[route].method);
      if (routes_[route].method == "GET") methods.emplace_back("HEAD");
    }
    return true;
  });
  std::ranges::sort(methods);
  const auto [end, last] = std::ranges::unique(methods);
  methods.erase(end, last);
  return fmt::format("{}", fmt::join(methods, ", "));
}

}  // namespace lotse::http
