#include "engine/report/customer_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/journey/sensitive.hpp"

namespace lotse::customer {

std::string plain(const Value& value) {
  if (value.string() != nullptr) return *value.string();
  if (std::holds_alternative<Timestamp>(value.rep())) return format_instant(*value.instant());
  return describe(value);
}

std::string turn_text(const Journey& journey, const Instance& instance) {
  if (instance.open_tasks > 0) {
    return fmt::format("ours: {} task{} open", instance.open_tasks,
                       instance.open_tasks == 1 ? " is" : "s are");
  }
  switch (at(journey.touchpoints, instance.stays.back().at).turn) {
    case Turn::us:
      return "ours";
    case Turn::third_party:
      return "a third party's";
    case Turn::customer:
      break;
  }
  return "the customer's";
}

std::string outcome_text(const Journey& journey, const Instance& instance) {
  if (instance.restarted) return ", restarted";
  if (instance.version_end == VersionEnd::stopped) return ", its version was stopped";
  if (instance.version_end == VersionEnd::moved) return ", taken over by a newer version";
  return instance.outcome ? fmt::format(", outcome {}", at(journey.outcomes, *instance.outcome)) : "";
}

Value shown_trait(const CustomerReport& report, std::string_view name, const Value& value) {
  if (report.sensitive) return value;
  for (const JourneyVersions& versions : *report.journeys) {
    for (const auto& journey : versions.versions) {
      if (SensitiveReads(*journey).tells_trait(name)) return Value(masked);
    }
  }
  return value;
}

std::optional<Value> shown_key(const CustomerReport& report, const Journey& journey,
                               const Instance& instance) {
  if (!instance.key || report.sensitive || !SensitiveReads(journey).tells(*journey.key)) return instance.key;
  return Value(masked);
}

std::optional<double> shown_value(const CustomerReport& report, const Journey& journey,
                                  const Instance& instance) {
  const bool hidden = journey.value && !report.sensitive && SensitiveReads(journey).tells(*journey.value);
  return hidden ? std::nullopt : instance.value;
}

std::string shown_comment(bool show_sensitive, const Journey& journey, const Feedback& feedback) {
  if (feedback.comment.empty() || show_sensitive) return feedback.comment;
  const SensitiveReads sensitive(journey);
  const bool hidden = std::ranges::any_of(journey.feedback, [&](const FeedbackRule& rule) {
    return rule.comment && sensitive.tells(*rule.comment);
  });
  return hidden ? std::string(masked) : feedback.comment;
}

namespace {

/// What became of a capture tells the value, and so may the message of an expression that failed.
Phrase masked_phrase(const Trace::Item& item, const Journey& journey) {
  const auto is_sensitive = [](const ContextField& field) { return field.sensitive; };
  if (std::ranges::none_of(journey.context, is_sensitive)) return item.phrase;
  if (item.kind == Trace::Kind::expression_failed) return Phrase::verbatim(std::string(masked));
  const std::vector<Phrase>& said = item.phrase.arguments();
  if (item.kind == Trace::Kind::opened) {
    constexpr std::size_t with_key = 4;
    const bool key_tells = journey.key && SensitiveReads(journey).tells(*journey.key);
    return key_tells && said.size() == with_key
               ? phrase("{} opens an instance of {} {}", said[0], said[1], said[2])
               : item.phrase;
  }
  const std::string captured = said.front().text();
  const auto field = std::ranges::find(journey.context, captured, &ContextField::name);
  return field != journey.context.end() && field->sensitive ? phrase("{} is {}", captured, masked)
                                                            : item.phrase;
}

bool tells_values(Trace::Kind kind) {
  return kind == Trace::Kind::captured || kind == Trace::Kind::expression_failed ||
         kind == Trace::Kind::opened;
}

}  // namespace

Phrase unmasked_or_masked(const CustomerReport& report, const Trace::Item& item) {
  if (report.sensitive || !tells_values(item.kind)) return item.phrase;
  for (const auto& journey : (*report.journeys)[item.journey].versions) {
    Phrase said = masked_phrase(item, *journey);
    if (said != item.phrase) return said;
  }
  return item.phrase;
}

}  // namespace lotse::customer
