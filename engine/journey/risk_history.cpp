#include "engine/journey/risk_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/hash.hpp"

namespace lotse {
namespace {

auto key_of(const RiskSteps& curve) { return std::tuple(curve.version, std::string_view(curve.touchpoint)); }

/// Takes the text up to `end` off its beginning, and `end` with it; all of it where there is none.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

template <class T>
std::optional<T> whole(std::string_view text) {
  T number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::optional<RiskSteps::Step> read_step(std::string_view text) {
  const auto from = whole<std::int64_t>(take(text, ':'));
  if (!from || *from < 0) return std::nullopt;
  if (text == "-") return RiskSteps::Step{.from = Duration{*from}, .percent = {}};
  const auto percent = whole<std::uint8_t>(text);
  if (!percent || *percent > 100) return std::nullopt;
  return RiskSteps::Step{.from = Duration{*from}, .percent = percent};
}

std::optional<RiskSteps> read_curve(std::string_view line) {
  RiskSteps curve;
  const auto version = whole<std::uint32_t>(take(line, ' '));
  curve.touchpoint = take(line, ' ');
  if (!version || curve.touchpoint.empty() || line.empty()) return std::nullopt;
  curve.version = *version;
  while (!line.empty()) {
    const auto step = read_step(take(line, ' '));
    const bool later = step && (curve.steps.empty() || curve.steps.back().from < step->from);
    if (!later) return std::nullopt;
    curve.steps.push_back(*step);
  }
  return curve;
}

}  // namespace

RiskHistory::RiskHistory(std::vector<RiskRefresh> refreshes) {
  std::ranges::stable_sort(refreshes, {}, &RiskRefresh::at);
  for (std::size_t i = 0; i < refreshes.size(); ++i) {
    if (i + 1 == refreshes.size() || refreshes[i + 1].at != refreshes[i].at) add(std::move(refreshes[i]));
  }
}

void RiskHistory::add(RiskRefresh refresh) {
  LOTSE_ASSERT(refreshes_.empty() || refreshes_.back().at < refresh.at);
  std::ranges::sort(refresh.curves, {}, key_of);
  digest_ = hex(sha256(
      fmt::format("{}\n{}\n{}", digest_, refresh.at.time_since_epoch().count(), risk_text(refresh.curves))));
  refreshes_.push_back(std::move(refresh));
}

std::optional<double> RiskHistory::at(std::uint32_t version, std::string_view touchpoint, Duration age,
                                      Instant instant) const {
  const auto after = std::ranges::upper_bound(refreshes_, instant, {}, &RiskRefresh::at);
  if (after == refreshes_.begin()) return std::nullopt;
  const std::vector<RiskSteps>& curves = std::prev(after)->curves;
  const std::tuple wanted(version, touchpoint);
  const auto curve = std::ranges::lower_bound(curves, wanted, {}, key_of);
  if (curve == curves.end() || key_of(*curve) != wanted) return std::nullopt;
  const auto next = std::ranges::upper_bound(curve->steps, age, {}, &RiskSteps::Step::from);
  if (next == curve->steps.begin()) return std::nullopt;
  const std::optional<std::uint8_t> percent = std::prev(next)->percent;
  if (!percent) return std::nullopt;
  return static_cast<double>(*percent) / 100;
}

std::string risk_text(const std::vector<RiskSteps>& curves) {
  std::vector<const RiskSteps*> order;
  for (const RiskSteps& curve : curves) order.push_back(&curve);
  std::ranges::sort(order, {}, [](const RiskSteps* curve) { return key_of(*curve); });
  std::string text;
  for (const RiskSteps* curve : order) {
    if (curve->steps.empty()) continue;
    text += fmt::format("{} {}", curve->version, curve->touchpoint);
    for (const RiskSteps::Step& step : curve->steps) {
      text += fmt::format(" {}:", step.from.count());
      text += step.percent ? fmt::format("{}", *step.percent) : std::string("-");
    }
    text += '\n';
  }
  return text;
}

Result<std::vector<RiskSteps>> read_risk(std::string_view text) {
  std::vector<RiskSteps> curves;
  while (!text.empty()) {
    const std::string_view line = take(text, '\n');
    auto curve = read_curve(line);
    if (!curve) return fail(ErrorCode::storage, fmt::format("`{}` is no recorded curve of risks", line));
    curves.push_back(*std::move(curve));
  }
  return curves;
}

}  // namespace lotse
