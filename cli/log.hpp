#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "channels/http/settings.hpp"

namespace lotse::cli {

/// What a running service tells whoever operates it, on the standard error: a line each, as text or JSON.
/// Nothing personal and no secret may be handed in. Any thread; a slow reader of the standard error holds
/// nobody up: the oldest lines go first.
class Log {
 public:
  using Value = std::variant<std::string_view, std::uint64_t, double>;
  using Fields = std::initializer_list<std::pair<std::string_view, Value>>;

  Log(http::LogLevel level, http::LogFormat format);
  ~Log();  ///< writes what is waiting
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool tells(http::LogLevel level) const { return level >= level_; }

  /// `2024-03-01T09:00:00.250Z info reloaded changed="a 2"`, or
  /// `{"time":…,"level":"info","message":"reloaded",…}`.
  void debug(std::string_view message, Fields fields = {}) const {
    write(http::LogLevel::debug, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const {
    write(http::LogLevel::info, message, fields);
  }
  void warning(std::string_view message, Fields fields = {}) const {
    write(http::LogLevel::warning, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const {
    write(http::LogLevel::error, message, fields);
  }
  void write(http::LogLevel level, std::string_view message, Fields fields = {}) const;

 private:
  struct Sink;
  http::LogLevel level_;
  http::LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace lotse::cli
