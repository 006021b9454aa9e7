#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/context.hpp"
#include "engine/report/text.hpp"

namespace lotse::cli {

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f} M", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.0f} k", per_second / 1e3);
  return fmt::format("{:.0f}", per_second);
}

ProgressBar::~ProgressBar() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::show(std::optional<double> share, std::uint64_t events) {
  if (!shown_ || (drawn_ && Clock::now() - *drawn_ < std::chrono::milliseconds(100))) return;
  drawn_ = Clock::now();
  const double elapsed = std::chrono::duration<double>(*drawn_ - begin_).count();
  const double rate = elapsed > 0 ? static_cast<double>(events) / elapsed : 0;
  std::string line = fmt::format("{}  ", name_);
  if (share) {
    const double done = std::min(1.0, *share);
    constexpr std::size_t width = 24;
    const auto filled = static_cast<std::size_t>(done * width);
    line += fmt::format("[{}{}] {:3.0f} %  ", std::string(filled, '#'), std::string(width - filled, '.'),
                        done * 100);
    if (done > 0.01) {
      const auto left = Duration(static_cast<std::int64_t>(elapsed * (1 - done) / done * 1'000));
      line += fmt::format("{} left  ", describe_duration(std::chrono::floor<std::chrono::seconds>(left)));
    }
  }
  line += fmt::format("{} events  {}/s", grouped(events), rate_text(rate));
  fmt::print(stderr, "\r\x1b[K{}", line.substr(0, terminal_width(stderr) - 1));
  std::fflush(stderr);
}

}  // namespace lotse::cli
