#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/report/customer.hpp"
#include "engine/report/customer_words.hpp"

namespace lotse {

namespace {

using customer::masked;
using customer::word;

class TextWriter {
 public:
  TextWriter(const CustomerReport& report, const CustomerTextOptions& options)
      : report_(report), options_(options) {}

  std::string write() {
    heading();
    for (std::size_t journey = 0; journey < report_.state.journeys.size(); ++journey) {
      const JourneyState& state = report_.state.journeys[journey];
      for (std::size_t index = state.instances.size(); index > 0; --index) {  // the newest first
        instance((*report_.journeys)[journey], state, index - 1);
      }
    }
    timeline();
    return std::move(out_);
  }

 private:
  template <class... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
  }

  [[nodiscard]] std::string bold(std::string_view text) const {
    return options_.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
  }

  /// `2024-03-01 10:00:00`, in the workspace's zone.
  [[nodiscard]] std::string time(Instant at) const {
    std::string text = format_instant(Instant(report_.zone.local(at).time_since_epoch()));
    text[10] = ' ';
    constexpr std::size_t seconds = 19;
    text.resize(std::min(text.size(), seconds));
    return text;
  }

  /// `  label     text`, wrapped at spaces under the text.
  void field(std::string_view label, std::string_view text) {
    if (text.empty()) return;
    constexpr std::size_t indent = 14;
    const std::size_t room = std::max<std::size_t>(20, options_.width - indent);
    bool first = true;
    while (!text.empty()) {
      std::size_t end = text.size();
      if (end > room) {
        const std::size_t space = text.substr(0, room + 1).rfind(' ');
        end = space == std::string_view::npos || space == 0 ? room : space;
      }
      add("  {:<12}{}\n", first ? label : "", text.substr(0, end));
      text.remove_prefix(end);
      while (text.starts_with(' ')) text.remove_prefix(1);
      first = false;
    }
  }

  void heading() {
    add("{}\n", bold(report_.state.customer));
    std::string names;
    for (const Identifier& identifier : report_.identifiers) {
      names += fmt::format("{}{}:{}", names.empty() ? "" : ", ", identifier.name_space, identifier.value);
    }
    field("known as", names);
    std::string traits;
    for (const auto& [name, value] : *report_.state.traits.map()) {
      traits += fmt::format("{}{} {}", traits.empty() ? "" : ", ", *name.string(),
                            customer::plain(customer::shown_trait(report_, *name.string(), value)));
    }
    field("traits", traits);
    std::string consents;
    for (const Consent& consent : report_.consents) {
      consents += fmt::format("{}{}{}: {} since {}", consents.empty() ? "" : ", ",
                              consent.purpose.empty() ? "every purpose" : consent.purpose,
                              consent.channel.empty() ? "" : fmt::format(" by {}", consent.channel),
                              consent.given ? "given" : "withdrawn", time(consent.since));
    }
    if (!consents.empty()) field("consents", consents);
    field("as of", fmt::format("{} ({})", time(report_.as_of), report_.zone.name()));
    field("events", fmt::format("{}", report_.state.events));
    if (std::ranges::all_of(report_.state.journeys,
                            [](const JourneyState& state) { return state.instances.empty(); })) {
      add("\nIn no journey.\n");
    }
  }

  void instance(const JourneyVersions& versions, const JourneyState& state, std::size_t index) {
    const Instance& instance = state.instances[index];
    const Journey& journey = *at(versions.versions, instance.version);
    const std::optional<Value> key = customer::shown_key(report_, journey, instance);
    add("\n{}  {}{}\n", bold(fmt::format("{} {}", journey.id, journey.version)),
        key ? fmt::format("{}  ", customer::plain(*key)) : "", word(instance.status()));
    position(journey, instance);
    field("context", context_text(journey, instance));
    for (const PromiseRecord& record : instance.promises) {
      field("promise",
            fmt::format("{}: {}", journey.promises.at(record.promise).name, promise_text(instance, record)));
    }
    effects(journey, state, index);
    coming(journey, instance);
    if (instance.expression_errors > 0) {
      field("note",
            fmt::format("{} expressions failed; the timeline says which", instance.expression_errors));
    }
    add("  path\n");
    for (const Stay& stay : instance.stays) path(journey, stay);
  }

  void position(const Journey& journey, const Instance& instance) {
    const Stay& stay = instance.stays.back();
    const Touchpoint& touchpoint = at(journey.touchpoints, stay.at);
    const std::string stage =
        touchpoint.stage ? fmt::format(" ({})", at(journey.stages, *touchpoint.stage)) : "";
    if (!instance.ended) {
      field("stands at", fmt::format("{}{}{}, since {}, for {}", touchpoint.id, stage,
                                     stay.channel ? " by " + at(journey.channels, *stay.channel) : "",
                                     time(stay.entered), describe_duration(report_.as_of - stay.entered)));
      field("turn", customer::turn_text(journey, instance));
    } else {
      field("left at", fmt::format("{}{}, {} on {}{}", touchpoint.id, stage, word(stay.cause),
                                   time(instance.ended_at), customer::outcome_text(journey, instance)));
    }
    if (instance.achieved) field("goal", fmt::format("reached on {}", time(*instance.achieved)));
    if (stay.deadline && !instance.ended) {
      const std::string what = stay.awaits ? at(journey.touchpoints, *stay.awaits).id : "this";
      field("promised", fmt::format("{} by {}{}", what, time(*stay.deadline),
                                    *stay.deadline < report_.as_of ? ": broken" : ""));
    }
  }

  [[nodiscard]] std::string context_text(const Journey& journey, const Instance& instance) const {
    std::string text;
    for (std::size_t index = 0; index < journey.context.size(); ++index) {
      const auto& value = instance.context.at(index);
      if (!value) continue;
      const ContextField& field = journey.context[index];
      const bool hidden = field.sensitive && !report_.sensitive;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", field.name,
                          hidden ? masked : customer::plain(*value));
    }
    return text;
  }

  [[nodiscard]] std::string promise_text(const Instance& instance, const PromiseRecord& record) const {
    const bool known = record.deadline != Instant::max();
    switch (instance.status(record, report_.as_of)) {
      case PromiseStatus::kept:
        return fmt::format("kept on {}", time(*record.reached));
      case PromiseStatus::broken:
        return fmt::format("broken, was due by {}", time(record.deadline));
      case PromiseStatus::released:
        return known ? fmt::format("released by the end before {}", time(record.deadline))
                     : "released by the end";
      case PromiseStatus::open:
        break;
    }
    return known ? fmt::format("open, due by {}", time(record.deadline))
                 : "open, until when is not known yet";
  }

  void effects(const Journey& journey, const JourneyState& state, std::size_t index) {
    for (const Effect& effect : state.effects) {
      if (effect.instance.value() != index) continue;
      const Touchpoint& touchpoint = at(journey.touchpoints, effect.touchpoint);
      const bool is_task = touchpoint.kind == TouchpointKind::handover;
      std::string text = fmt::format("{} on {}: {}", touchpoint.id, time(effect.due),
                                     is_task ? word(effect.task) : word(effect.status(report_.as_of)));
      if (effect.channel) text += " by " + at(journey.channels, *effect.channel);
      if (is_task && effect.deadline) text += fmt::format(", promised by {}", time(*effect.deadline));
      field(is_task ? "task" : "message", text);
    }
  }

  void coming(const Journey& journey, const Instance& instance) {
    for (const OpenTransition& open : open_transitions(journey, instance)) {
      std::string text = open.to;
      if (open.due != Instant::max()) {
        text += " at " + time(open.due);
      } else if (!open.on.empty()) {
        text += fmt::format(" on {}", fmt::join(open.on, " or "));
        if (!open.channels.empty()) text += fmt::format(" by {}", fmt::join(open.channels, ", "));
      }
      if (!open.when.empty()) text += fmt::format(", when {}", open.when);
      field(open.due == Instant::max() ? "may go to" : "due next", text);
    }
  }

  void path(const Journey& journey, const Stay& stay) {
    const Touchpoint& touchpoint = at(journey.touchpoints, stay.at);
    const bool open = stay.cause == Cause::open;
    std::string text = fmt::format("    {}  {}{}", time(stay.entered), touchpoint.id,
                                   stay.channel ? " by " + at(journey.channels, *stay.channel) : "");
    if (stay.entry != Entry::start && stay.entry != Entry::transition)
      text += fmt::format(" ({})", word(stay.entry));
    text += fmt::format(", {} {}", open ? "here for" : fmt::format("{} after", word(stay.cause)),
                        describe_duration((open ? report_.as_of : stay.left) - stay.entered));
    if (stay.recovered) text += fmt::format(", back on {}", time(*stay.recovered));
    if (stay.repeats > 0) text += fmt::format(", {} repeat{}", stay.repeats, stay.repeats == 1 ? "" : "s");
    add("{}\n", text);
    for (const Feedback& feedback : stay.feedback) {
      add("{:25}{} {:g}{}\n", "", word(feedback.scale), feedback.score,
          feedback.comment.empty()
              ? ""
              : fmt::format(": \"{}\"", customer::shown_comment(report_.sensitive, journey, feedback)));
    }
  }

  void timeline() {
    if (report_.trace.empty()) return;
    add("\n{}\n", bold("timeline"));
    Instant last = Instant::min();
    for (const Trace::Item& item : report_.trace) {
      const bool outside = item.kind == Trace::Kind::event;
      add("  {:<19}  {}{}\n", item.at == last && !outside ? "" : time(item.at), outside ? "" : "  ",
          customer::unmasked_or_masked(report_, item).text());
      last = item.at;
    }
  }

  const CustomerReport& report_;
  const CustomerTextOptions& options_;
  std::string out_;
};

}  // namespace

std::string customer_text(const CustomerReport& report, const CustomerTextOptions& options) {
  return TextWriter(report, options).write();
}

}  // namespace lotse
