#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "channels/http/message.hpp"
#include "engine/base/result.hpp"

namespace lotse::http {

using Parameters = std::map<std::string, std::string, std::less<>>;

/// Finds the route of a request. A segment of a path fits a pattern's `{name}` if it is not empty; where
/// several patterns fit, the one that is literal for longer wins. Immutable: for any thread.
class Router {
 public:
  /// Errors: bad_input (a pattern without a leading slash, a `{` without its `}`, a method and pattern twice,
  /// a route with no handler).
  [[nodiscard]] static Result<Router> make(std::vector<Route> routes);

  struct Found {
    const Route* route = nullptr;  ///< nothing: see `path_known`
    bool path_known = false;       ///< some route fits the path, by whatever method
    bool bad_escape = false;       ///< a parameter is not percent-encoded UTF-8
  };
  /// `path` as sent, without the query; `HEAD` finds `GET`. Sets the parameters of the route.
  [[nodiscard]] Found find(std::string_view method, std::string_view path, Parameters& parameters) const;
  /// The methods that fit the path, for `Allow`: `GET, HEAD, OPTIONS`.
  [[nodiscard]] std::string allowed(std::string_view path) const;
  [[nodiscard]] std::span<const Route> routes() const { return routes_; }

 private:
  struct Segment {
    std::string text;  ///< of a literal, or the parameter's name
    bool parameter = false;
  };
  struct Pattern {
    std::vector<Segment> segments;
    std::vector<std::uint32_t> routes;  ///< one for each method
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  [[nodiscard]] Result<void> add(std::uint32_t route);
  [[nodiscard]] static bool fits(const Pattern& pattern, const std::vector<std::string_view>& path);
  template <class Visit>
  void for_each_fitting(std::string_view path, const Visit& visit) const;
  [[nodiscard]] const Route* by_method(const Pattern& pattern, std::string_view method) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;  ///< the more literal ones in front
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>
      literal_;  ///< path → pattern without parameters
};

}  // namespace lotse::http
