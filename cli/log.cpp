#include "cli/log.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <string>

#include "cli/context.hpp"
#include "engine/base/overloaded.hpp"
#include "engine/base/quoted.hpp"

namespace lotse::cli {
namespace {

using http::LogFormat;
using http::LogLevel;

constexpr std::size_t waiting_max = 8'192;  ///< lines

std::string_view name_of(LogLevel level) {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

/// Whether text stands without quotes in a line of `key=value`.
bool is_bare(std::string_view text) {
  constexpr std::string_view special = " \"=\\";
  return !text.empty() && text.find_first_of(special) == std::string_view::npos &&
         text.find_first_of(std::string_view("\n\r\t\x1b", 4)) == std::string_view::npos;
}

void append_value(std::string& line, const Log::Value& value, bool quote) {
  std::visit(Overloaded{[&](std::string_view text) {
                          quote || !is_bare(text) ? append_quoted(line, text) : void(line += text);
                        },
                        [&](std::uint64_t number) { line += fmt::format("{}", number); },
                        [&](double number) { line += fmt::format("{:.6g}", number); }},
             value);
}

std::string text_line(std::string_view time, LogLevel level, std::string_view message, Log::Fields fields) {
  std::string line = fmt::format("{} {} {}", time, name_of(level), message);
  for (const auto& [key, value] : fields) {
    line += fmt::format(" {}=", key);
    append_value(line, value, false);
  }
  return line;
}

std::string json_line(std::string_view time, LogLevel level, std::string_view message, Log::Fields fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":)", time, name_of(level));
  append_quoted(line, message);
  for (const auto& [key, value] : fields) {
    line += ',';
    append_quoted(line, key);
    line += ':';
    append_value(line, value, true);
  }
  return line + '}';
}

}  // namespace

struct Log::Sink {
  std::shared_ptr<spdlog::details::thread_pool> threads =
      std::make_shared<spdlog::details::thread_pool>(waiting_max, 1);
  std::shared_ptr<spdlog::async_logger> logger =
      std::make_shared<spdlog::async_logger>("lotse", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                             threads, spdlog::async_overflow_policy::overrun_oldest);
};

Log::Log(LogLevel level, LogFormat format) : level_(level), format_(format), sink_(std::make_unique<Sink>()) {
  sink_->logger->set_pattern("%v");
}

Log::~Log() { sink_->logger->flush(); }

void Log::write(LogLevel level, std::string_view message, Fields fields) const {
  if (!tells(level)) return;
  const std::string time = format_instant(now());
  sink_->logger->info("{}", format_ == LogFormat::text ? text_line(time, level, message, fields)
                                                       : json_line(time, level, message, fields));
}

}  // namespace lotse::cli
