#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "engine/report/experiment_text.hpp"
#include "engine/report/json.hpp"

namespace lotse {
namespace {

std::optional<std::string> text_of(const std::optional<Instant>& instant) {
  return instant ? std::optional(format_instant(*instant)) : std::nullopt;
}

std::optional<double> days_of(const std::optional<Duration>& duration) {
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count()) / 86'400'000;
}

std::string interval_of(const Interval& interval) {
  return fmt::format("[{}, {}]", json_number(interval.low), json_number(interval.high));
}

void write(JsonWriter& json, const ArmResult& arm) {
  json.begin_object();
  json.field("name", arm.name).field("control", arm.control).field("share", arm.share);
  json.field("customers", arm.customers).field("achieved", arm.achieved).field("open", arm.open);
  json.field("treated", arm.treated).field("rate", arm.achieving().rate());
  json.key("interval").raw(interval_of(arm.interval)).end_object();
}

void write(JsonWriter& json, const ExperimentResult& result, const ArmComparison& comparison) {
  json.begin_object();
  json.field("arm", result.arms[comparison.arm].name).field("control", result.arms[result.control].name);
  json.field("finding", name(comparison.contrast));
  json.field("sentence", comparison_sentence(result, comparison));
  const bool any = comparison.contrast != Contrast::empty;
  const auto figure = [&](double number) { return any ? std::optional(number) : std::nullopt; };
  json.field("difference", figure(comparison.difference));
  json.key("anytime").raw(any ? interval_of(comparison.anytime) : "null");
  json.key("once").raw(any ? interval_of(comparison.once) : "null");
  json.field("margin", figure(comparison.margin)).field("more_needed", comparison.more_needed).end_object();
}

void write(JsonWriter& json, const ExperimentResult& result) {
  json.begin_object();
  json.field("split", result.split).key("carriers").begin_array();
  for (const std::string& carrier : result.carriers) json.value(carrier);
  json.end_array().key("versions").begin_array();
  for (const std::uint32_t version : result.versions) json.value(std::uint64_t{version});
  json.end_array();
  json.field("customers", result.customers).field("final", result.is_final);
  json.field("achieved_before", result.achieved_before).field("too_recent", result.too_recent);
  json.field("later_instances", result.later_instances);
  json.key("sample_ratio").begin_object();
  json.field("chi_square", result.sample_ratio.chi_square);
  json.field("degrees", std::uint64_t{result.sample_ratio.degrees});
  json.field("p", result.sample_ratio.p).field("suspicious", result.ratio_is_off).end_object();
  json.key("arms").begin_array();
  for (const ArmResult& arm : result.arms) write(json, arm);
  json.end_array().key("comparisons").begin_array();
  for (const ArmComparison& comparison : result.comparisons) write(json, result, comparison);
  json.end_array().end_object();
}

}  // namespace

std::string experiment_json(const ExperimentReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("report", "experiment").field("format", std::uint64_t{1});
  json.field("journey", report.journey).field("title", report.title);
  json.field("as_of", format_instant(report.as_of));
  json.field("from", text_of(report.from)).field("to", text_of(report.to));
  json.field("mature_days", days_of(report.mature));
  json.field("erased", report.erased).key("experiments").begin_array();
  for (const ExperimentResult& result : report.experiments) write(json, result);
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
