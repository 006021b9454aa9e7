#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "engine/report/json.hpp"
#include "engine/report/text.hpp"
#include "engine/workbench/proposal.hpp"
#include "engine/workbench/update.hpp"
#include "engine/workbench/yaml_text.hpp"

namespace lotse {
namespace {

std::string_view name_of(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::event_type:
      return "event_type";
    case UpdateKind::channel:
      return "channel";
    case UpdateKind::transition:
      return "transition";
    case UpdateKind::start:
      return "start";
    case UpdateKind::end:
      return "end";
    case UpdateKind::window:
      return "window";
    case UpdateKind::unreached:
      return "unreached";
    case UpdateKind::untaken:
      return "untaken";
    case UpdateKind::long_window:
      return "long_window";
  }
  return {};
}

/// No list of channels names the events that have none.
bool is_without_channel(const UpdateFinding& finding) {
  return finding.kind == UpdateKind::channel && finding.to.empty();
}

bool is_missing_in_file(const UpdateFinding& finding) { return finding.kind < UpdateKind::unreached; }

std::string joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

std::string place(const std::optional<Location>& where) {
  return where ? fmt::format("{}:{}:{}", where->file, where->line, where->column) : std::string();
}

/// The findings in words and as lines of YAML.
class Sentences {
 public:
  explicit Sentences(const JourneyUpdate& update) : journey_(*update.journey) {
    for (const Touchpoint& touchpoint : journey_.touchpoints) ids_.insert(touchpoint.id);
    for (const UpdateFinding& finding : update.findings) {
      if (finding.kind == UpdateKind::event_type)
        new_ids_.emplace(finding.touchpoint, proposal::id_of(finding.touchpoint, ids_));
    }
  }

  [[nodiscard]] std::string what(const UpdateFinding& finding) const {
    switch (finding.kind) {
      case UpdateKind::event_type:
        return fmt::format("{}: no touchpoint hears these events", shown(finding.touchpoint));
      case UpdateKind::channel:
        return fmt::format("{} does not hear its events {}", finding.touchpoint,
                           finding.to.empty() ? "without a channel" : "in " + shown(finding.to));
      case UpdateKind::transition:
        return fmt::format("{} → {} is no transition", finding.touchpoint, finding.to);
      case UpdateKind::start:
        return fmt::format("{} is no start", finding.touchpoint);
      case UpdateKind::end:
        return fmt::format("{} is neither a goal nor an end", finding.touchpoint);
      case UpdateKind::window:
        return fmt::format("{} is given up too soon", finding.touchpoint);
      case UpdateKind::unreached:
        return fmt::format("{} is never reached", finding.touchpoint);
      case UpdateKind::untaken:
        return fmt::format("{} → {} is never taken",
                           finding.touchpoint.empty() ? "anywhere" : finding.touchpoint, finding.to);
      case UpdateKind::long_window:
        return "the journey waits far longer than silence lasts";
    }
    return {};
  }

  [[nodiscard]] std::string evidence(const UpdateFinding& finding) const {
    const std::string share = percent(finding.share);
    switch (finding.kind) {
      case UpdateKind::event_type:
        return fmt::format("{} of {} ({}){}", count_of(finding.count, "event"),
                           count_of(finding.customers, "customer"), share, channels(finding));
      case UpdateKind::channel:
        return fmt::format("{}, {} of its events", count_of(finding.count, "event"), share);
      case UpdateKind::transition:
        return fmt::format("{} times, {} of its events; dependency {:.2f}", grouped(finding.count), share,
                           finding.dependency.value_or(0));
      case UpdateKind::start:
        return fmt::format("{} of the customers begin here ({})", share, grouped(finding.count));
      case UpdateKind::end:
        return fmt::format("{} of its stays end in silence ({})", share, grouped(finding.count));
      case UpdateKind::window:
        return fmt::format(
            "{} of those who go on had been silent for longer ({}); 99 % of the waits were over within {}",
            share, grouped(finding.count), describe_duration(finding.wait.value_or(Duration(0))));
      case UpdateKind::long_window:
        return fmt::format("99 % of {} waits were over within {}", grouped(finding.count),
                           describe_duration(finding.wait.value_or(Duration(0))));
      case UpdateKind::unreached:
      case UpdateKind::untaken:
        break;
    }
    return {};
  }

  /// What could be done where with the lines.
  [[nodiscard]] std::string target(const UpdateFinding& finding) const {
    switch (finding.kind) {
      case UpdateKind::event_type:
        return "added to `touchpoints:`";
      case UpdateKind::transition:
        return fmt::format("added to `next:` of {} ({})", finding.touchpoint, place(finding.where));
      case UpdateKind::channel:
      case UpdateKind::start:
      case UpdateKind::end:
      case UpdateKind::window:
        return fmt::format("{} {} ({})", is_without_channel(finding) ? "changed in" : "added to",
                           finding.touchpoint, place(finding.where));
      case UpdateKind::long_window:
        return "said to the journey";
      case UpdateKind::unreached:
      case UpdateKind::untaken:
        break;
    }
    return {};
  }

  /// What could be added, each line with its evidence; none where it is the author's to say.
  [[nodiscard]] std::vector<std::string> lines(const UpdateFinding& finding) const {
    const auto with_evidence = [&](const std::string& line) {
      return std::vector<std::string>{fmt::format("{}  # {}", line, evidence(finding))};
    };
    const std::string window = finding.window ? format_duration(*finding.window) : std::string();
    switch (finding.kind) {
      case UpdateKind::event_type:
        return new_touchpoint(finding);
      case UpdateKind::channel:
        if (is_without_channel(finding)) {
          return {"# leave `channels` out: it then hears its events in any channel, and without one; " +
                  evidence(finding)};
        }
        return with_evidence(channels_with(finding));
      case UpdateKind::transition:
        return with_evidence("- " + finding.to);
      case UpdateKind::start:
        return with_evidence("start: true");
      case UpdateKind::end:
        return {fmt::format("ends: ended  # {}; is it a goal, or a loss?", evidence(finding))};
      case UpdateKind::window:
      case UpdateKind::long_window:
        return with_evidence("abandon_after: " + window);
      case UpdateKind::unreached:
      case UpdateKind::untaken:
        break;
    }
    return {};
  }

  /// `order 200 times, basket 12 times`, by the ids that are proposed for new event types.
  [[nodiscard]] std::string ways(const UpdateFinding::Counts& counts) const {
    std::string text;
    for (const auto& [name, count] : counts)
      text += fmt::format("{}{} {} times", text.empty() ? "" : ", ", id_of(name), grouped(count));
    return text;
  }

 private:
  static std::string shown(std::string_view text) { return proposal::in_comment(text); }

  [[nodiscard]] std::string id_of(const std::string& name) const {
    const auto found = new_ids_.find(name);
    return found == new_ids_.end() ? name : found->second;
  }

  static std::string channels(const UpdateFinding& finding) {
    std::string text;
    for (const auto& [channel, events] : finding.channels) {
      if (channel.empty()) continue;
      text += fmt::format("{}{} {}", text.empty() ? ", in " : ", ", shown(channel),
                          percent(static_cast<double>(events) / static_cast<double>(finding.count)));
    }
    return text;
  }

  [[nodiscard]] std::string channels_with(const UpdateFinding& finding) const {
    const Touchpoint& touchpoint =
        at(journey_.touchpoints, journey_.find_touchpoint(finding.touchpoint).value());
    std::vector<std::string> named;
    for (const ChannelIndex channel : touchpoint.channels)
      named.push_back(yaml_scalar(at(journey_.channels, channel)));
    named.push_back(yaml_scalar(finding.to));
    return fmt::format("channels: [{}]", joined(named));
  }

  [[nodiscard]] std::vector<std::string> new_touchpoint(const UpdateFinding& finding) const {
    std::vector<std::string> lines{id_of(finding.touchpoint) + ":", "  # " + evidence(finding)};
    const auto behind =
        finding.before.empty() ? std::nullopt : journey_.find_touchpoint(finding.before.front().first);
    if (behind && at(journey_.touchpoints, *behind).stage) {
      lines.push_back(fmt::format("  stage: {}  # that of {}, which it mostly comes behind",
                                  at(journey_.stages, *at(journey_.touchpoints, *behind).stage),
                                  finding.before.front().first));
    }
    std::vector<std::string> named;
    bool known = true;
    for (const auto& [channel, events] : finding.channels) {
      known = known && journey_.find_channel(channel).has_value();
      named.push_back(yaml_scalar(channel));
    }
    if (known) lines.push_back(fmt::format("  channels: [{}]", joined(named)));
    if (finding.before_all == 0) {
      lines.emplace_back("  start: true  # nothing comes before it");
    } else if (finding.before.empty()) {
      lines.push_back(fmt::format(
          "  # {} times something comes before it, but no usual way leads from there; is it a start?",
          grouped(finding.before_all)));
    }
    lines.push_back("  on: " + yaml_scalar(finding.touchpoint));
    if (finding.after_all == 0) {
      lines.emplace_back("  ends: ended  # nothing comes behind it; is it a goal, or a loss?");
    } else if (finding.after.empty()) {
      lines.push_back(
          fmt::format("  # {} times something comes behind it, but no usual way leads there; is it an end?",
                      grouped(finding.after_all)));
    } else {
      lines.emplace_back("  next:");
    }
    for (const auto& [to, count] : finding.after)
      lines.push_back(fmt::format("    - {}  # {} times", id_of(to), grouped(count)));
    for (const auto& [from, count] : finding.before)
      lines.push_back(fmt::format("# and to `next:` of {}: - {}  # {} times", id_of(from),
                                  id_of(finding.touchpoint), grouped(count)));
    return lines;
  }

  const Journey& journey_;
  std::set<std::string> ids_;
  std::map<std::string, std::string> new_ids_;  ///< by event type
};

void append_missing_in_file(std::string& text, const JourneyUpdate& update, const Sentences& sentences) {
  constexpr std::size_t shown_max = 12;
  const auto end = std::ranges::find_if_not(update.findings, is_missing_in_file);
  const auto count = static_cast<std::size_t>(end - update.findings.begin());
  if (count == 0) return;
  text += "\nThe log has it, the file lacks it:\n";
  for (std::size_t i = 0; i < std::min(count, shown_max); ++i) {
    const UpdateFinding& finding = update.findings[i];
    text += fmt::format("\n  {}\n    {}\n", sentences.what(finding), sentences.evidence(finding));
    if (!finding.before.empty()) text += fmt::format("    comes behind {}\n", sentences.ways(finding.before));
    if (!finding.after.empty()) text += fmt::format("    before {}\n", sentences.ways(finding.after));
    if (!finding.examples.empty()) text += fmt::format("    for example {}\n", joined(finding.examples));
    text += fmt::format("    could be {}:\n", sentences.target(finding));
    for (const std::string& line : sentences.lines(finding)) text += fmt::format("      {}\n", line);
  }
  if (count > shown_max)
    text += fmt::format("\n  and {} (--format json)\n", count_of(count - shown_max, "rarer one"));
}

void append_missing_in_log(std::string& text, const JourneyUpdate& update, const Sentences& sentences) {
  const auto begin = std::ranges::find_if_not(update.findings, is_missing_in_file);
  if (begin == update.findings.end()) return;
  text += "\nThe file has it, the log lacks it:\n\n";
  for (auto finding = begin; finding != update.findings.end(); ++finding) {
    const std::string where = place(finding->where);
    text += fmt::format("  {}{}{}\n", where, where.empty() ? "" : ": ", sentences.what(*finding));
    const std::string evidence = sentences.evidence(*finding);
    if (!evidence.empty()) text += fmt::format("    {}\n", evidence);
    for (const std::string& line : sentences.lines(*finding))
      text += fmt::format("    could be {}:\n      {}\n", sentences.target(*finding), line);
  }
}

void write_counts(JsonWriter& json, std::string_view key, std::string_view name,
                  const UpdateFinding::Counts& counts) {
  json.key(key).begin_array();
  for (const auto& [what, count] : counts)
    json.begin_object().field(name, std::string_view(what)).field("count", count).end_object();
  json.end_array();
}

void write_finding(JsonWriter& json, const UpdateFinding& finding, const Sentences& sentences) {
  json.begin_object().field("kind", name_of(finding.kind));
  json.field("says", std::string_view(sentences.what(finding)));
  json.field(finding.kind == UpdateKind::event_type ? "event_type" : "touchpoint",
             std::string_view(finding.touchpoint));
  const bool leads = finding.kind == UpdateKind::transition || finding.kind == UpdateKind::untaken;
  if (leads) json.field("to", std::string_view(finding.to));
  if (finding.kind == UpdateKind::channel) json.field("channel", std::string_view(finding.to));
  json.field("count", finding.count).field("share", finding.share);
  if (finding.dependency) json.field("dependency", *finding.dependency);
  if (finding.window) {
    json.field("wait_p99", std::string_view(format_duration(finding.wait.value_or(Duration(0)))));
    json.field("abandon_after", std::string_view(format_duration(*finding.window)));
  }
  if (finding.kind == UpdateKind::event_type) {
    json.field("customers", finding.customers);
    write_counts(json, "channels", "channel", finding.channels);
    write_counts(json, "before", "name", finding.before);
    write_counts(json, "after", "name", finding.after);
  }
  json.key("examples").begin_array();
  for (const std::string& who : finding.examples) json.value(std::string_view(who));
  json.end_array();
  if (finding.where) {
    json.key("where").begin_object();
    json.field("file", std::string_view(finding.where->file));
    json.field("line", std::uint64_t{finding.where->line})
        .field("column", std::uint64_t{finding.where->column});
    json.end_object();
  }
  std::string lines;
  for (const std::string& line : sentences.lines(finding)) lines += line + "\n";
  json.field("propose", std::string_view(lines)).end_object();
}

}  // namespace

std::string update_text(const JourneyUpdate& update) {
  const Sentences sentences(update);
  std::string text = fmt::format("{} beside {} of {}: {:.1f} % of the events follow its paths\n",
                                 update.journey->file, count_of(update.events, "event"),
                                 count_of(update.customers, "customer"), update.fitness() * 100);
  if (update.findings.empty()) return text + "\nNothing is missing on either side.\n";
  append_missing_in_file(text, update, sentences);
  append_missing_in_log(text, update, sentences);
  return text;
}

std::string update_json(const JourneyUpdate& update) {
  const Sentences sentences(update);
  JsonWriter json;
  json.begin_object();
  json.field("journey", std::string_view(update.journey->id));
  json.field("version", std::uint64_t{update.journey->version});
  json.field("file", std::string_view(update.journey->file));
  json.field("customers", update.customers).field("events", update.events);
  json.field("following", update.following).field("fitness", update.fitness());
  json.key("findings").begin_array();
  for (const UpdateFinding& finding : update.findings) write_finding(json, finding, sentences);
  json.end_array().end_object();
  return std::move(json).str();
}

}  // namespace lotse
