#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "channels/http/server.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/dialect.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// What the service counts for whoever watches it. Nothing personal and nothing secret is taken in: routes
/// are patterns, reasons are our own words. Any thread.
class Metrics {
 public:
  void count(const Finished& request);
  /// What became of the events of one request.
  void count(std::string_view dialect, const Taken& taken);
  void count_reload(bool done, Instant at);

  /// Prometheus' text format 0.0.4. `store` is the database's file, whose size is told.
  [[nodiscard]] std::string text(const LiveStatus& status, const std::filesystem::path& store) const;

 private:
  static constexpr std::size_t methods = 8;  ///< the last: any other
  static constexpr std::size_t classes = 5;  ///< 1xx to 5xx
  static constexpr std::size_t bounds = 13;
  static constexpr std::size_t reasons_max = 200;

  struct Requests {
    std::array<std::uint64_t, classes> by_class{};
    std::array<std::uint64_t, bounds + 1> by_duration{};
    double seconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    [[nodiscard]] std::uint64_t count() const;
  };
  struct Events {
    std::uint64_t accepted = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t conflict = 0;
    std::uint64_t rejected = 0;
    std::uint64_t from_future = 0;
  };
  using ByMethod = std::array<Requests, methods>;

  void add_requests(std::string& out) const;
  void add_events(std::string& out) const;
  void add_reloads(std::string& out) const;
  template <class Visit>
  void for_each_request(const Visit& visit) const;

  mutable std::mutex mutex_;
  std::map<std::string, ByMethod, std::less<>> requests_;  ///< by route
  std::map<std::string, Events, std::less<>> events_;      ///< by dialect
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      reasons_;  ///< of rejects, by dialect and reason
  std::uint64_t reloads_ = 0;
  std::uint64_t failed_reloads_ = 0;
  bool reload_failed_ = false;  ///< the last one
  Instant last_reload_{};       ///< that was done
};

}  // namespace lotse::http
