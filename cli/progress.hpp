#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace lotse::cli {

/// A rate as people read it: `850`, `12 k`, `1.2 M`.
[[nodiscard]] std::string rate_text(double per_second);

/// One line on the terminal of stderr that is drawn again ten times a second, and wiped at the end; nothing
/// where it is not shown.
class ProgressBar {
 public:
  ProgressBar(std::string name, bool shown) : name_(std::move(name)), shown_(shown) {}
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `share` of the work that is done, in [0, 1], where it is known.
  void show(std::optional<double> share, std::uint64_t events);

 private:
  using Clock = std::chrono::steady_clock;
  std::string name_;
  bool shown_;
  Clock::time_point begin_ = Clock::now();
  std::optional<Clock::time_point> drawn_;
};

}  // namespace lotse::cli
